//! The two kinds of which each kernel is there.

/// Rows are whole packs of elements and whole words of codes, at addresses that are multiples of those, so that an octet,
/// or the codes of two, move as one. What that asks of a format's rows, its family says.
pub(super) const WIDE: bool = true;

/// Rows begin and end anywhere, aligned to their elements and no more.
pub(super) const NARROW: bool = false;

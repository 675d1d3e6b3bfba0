//! Division of what is numbered, matrix after matrix or tile after tile.

/// `i / count` and `i % count`; `(0, i)` for a count of 0, since a division that may fail is a call to a panic.
#[inline(always)]
pub(crate) fn divide(i: u32, count: u32) -> (u32, u32) {
    let quotient = i.checked_div(count).unwrap_or(0);
    (quotient, i - quotient * count)
}

//! What tells one block-scaled format from another: the length of a block, its scale, and the codes.

mod mx;
mod two_level;
mod word;

use crate::octet::Octet;
pub(super) use mx::{Mxfp4, Mxfp8};
pub(super) use two_level::Nvfp4;
pub(super) use word::Codes;

/// A scale, and what elements are multiplied by before they become codes.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub code: u8,
    pub multiplier: f32,
}

/// A block-scaled format.
pub(super) trait BlockFormat: Copy {
    /// Octets whose elements share a scale: 2 or 4.
    const OCTETS: u32;
    /// The codes of an octet.
    type Codes: Codes;
    /// What all blocks of a row share.
    type Row: Copy;

    /// What the blocks of `row` share.
    ///
    /// # Safety
    /// There is such a row.
    unsafe fn row(&self, row: u32) -> Self::Row;
    /// The scale of a block whose largest magnitude is `amax`.
    fn scale(row: Self::Row, amax: f32) -> Scale;
    /// What a scale multiplies values of codes by.
    fn unscale(row: Self::Row, code: u8) -> f32;
    /// The codes of an octet.
    fn encode(octet: &Octet, multiplier: f32) -> Self::Codes;
    /// The values of codes, without their scale.
    fn decode(codes: Self::Codes) -> Octet;
}

//! Products of FP8 on every GPU, and of operands that tensor copies cannot move: codes become f16, exactly, as they are
//! loaded, so that `mma.sync` multiplies them and sums in `f32`.

pub mod block_scaled;
pub mod dense;

/// The tile of all of them.
pub type Tile = super::dense::Tile64x64;

/// A flag: A is e5m2, otherwise e4m3.
pub const A_E5M2: u32 = 1;

/// A flag: B is e5m2, otherwise e4m3.
pub const B_E5M2: u32 = 2;

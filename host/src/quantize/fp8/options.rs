//! What FP8 quantisers can be asked for.

use crate::quantize::LiveRows;

/// Options of the quantisers of activations.
#[derive(Clone, Copy, Default)]
pub struct Fp8Options<'a> {
    /// Which rows exist. Codes of the others are not written; their scales are zero. A matrix is the last two dimensions.
    pub rows: LiveRows<'a>,
    /// How scales are rounded.
    pub rounding: ScaleRounding,
}

/// How scales are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleRounding {
    /// To the nearest `f32`.
    #[default]
    Nearest,
    /// Up to a power of two, so that an [`E8m0`](formats::E8m0) holds them: DeepGEMM's `use_ue8m0`.
    PowerOfTwo,
}

/// In which order the scales of 1x128 groups are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleMajor {
    /// `[.., M, K/128]`: the scales of a row follow each other.
    #[default]
    K,
    /// `[.., K/128, M]`, M rounded up to a multiple of 4 by zeros: those of a column of groups do, as the product scaled by
    /// blocks wants them.
    Mn,
}

/// What a channel of `[.., N, K]` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelAxis {
    /// A row: a scale for each output of `x @ w^T`, `[.., N]`.
    Rows,
    /// A column: `[.., K]`.
    Columns,
}

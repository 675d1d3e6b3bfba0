//! What a tensor map describes.

use crate::{Interleave, L2Promotion, OutOfBounds, Swizzle, TensorMapType};

/// The most dimensions a tensor map has.
pub const MAX_RANK: usize = 5;

/// A tensor in global memory and the tile of it that one copy moves. Dimensions go from the innermost
/// (contiguous) outwards, the reverse of a row-major shape.
///
/// The fields are the parameters of `cuTensorMapEncodeTiled` (CUDA Driver API, "Tensor Map Object
/// Management"); [`check`](Self::check) tells which of its rules they break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TiledTensor<'a> {
    /// The device address of the first element.
    pub address: u64,
    /// The type of the elements.
    pub dtype: TensorMapType,
    /// Elements in each of 1 to 5 dimensions.
    pub shape: &'a [u64],
    /// Bytes from one element to the next in each dimension but the innermost.
    pub strides: &'a [u64],
    /// Elements that the tile spans in each dimension, those that `element_strides` skips included.
    pub tile: &'a [u32],
    /// In each dimension, every how many elements of the span one is copied; `None` for all of them.
    ///
    /// A tile that spans `n` elements at stride `s` has `ceil(n / s)`. The innermost stride is ignored
    /// where there is no interleaving.
    pub element_strides: Option<&'a [u32]>,
    /// The layout of channels in global memory.
    pub interleave: Interleave,
    /// The permutation in shared memory.
    pub swizzle: Swizzle,
    /// How much is fetched into the L2 cache at once.
    pub l2_promotion: L2Promotion,
    /// What a load writes outside the tensor.
    pub out_of_bounds: OutOfBounds,
}

impl<'a> TiledTensor<'a> {
    /// A tensor with no interleaving, swizzling or promotion, whole tiles, and zeros outside.
    pub const fn new(
        address: u64,
        dtype: TensorMapType,
        shape: &'a [u64],
        strides: &'a [u64],
        tile: &'a [u32],
    ) -> Self {
        Self {
            address,
            dtype,
            shape,
            strides,
            tile,
            element_strides: None,
            interleave: Interleave::None,
            swizzle: Swizzle::None,
            l2_promotion: L2Promotion::None,
            out_of_bounds: OutOfBounds::Zero,
        }
    }
}

//! Tensor maps: the descriptors that the tensor memory accelerator (TMA) copies tiles by.
//!
//! `cuTensorMapEncodeTiled` (CUDA 12.0; CUDA Driver API, "Tensor Map Object Management"; PTX ISA, "Tensors").
//! Encoding is done on the host and reads no device memory. The 128 bytes go to the device in global,
//! constant or parameter space, 64-byte aligned there too.

use core::ptr;

use crate::error::{DriverError, call};

mod rules;

/// An encoded descriptor, opaque but for its size and alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct TensorMap([u8; 128]);

/// `CUtensorMapDataType`: the elements, and how an out-of-range or denormal value is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TensorMapType {
    U8 = 0,
    U16 = 1,
    U32 = 2,
    I32 = 3,
    U64 = 4,
    I64 = 5,
    F16 = 6,
    F32 = 7,
    F64 = 8,
    Bf16 = 9,
    /// `f32` with denormals flushed to zero.
    F32Ftz = 10,
    /// `f32` rounded to TF32.
    Tf32 = 11,
    /// `f32` rounded to TF32 with denormals flushed to zero.
    Tf32Ftz = 12,
}

impl TensorMapType {
    /// The size of an element, in bytes.
    pub const fn size(self) -> u64 {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::U32 | Self::I32 | Self::F32 | Self::F32Ftz | Self::Tf32 | Self::Tf32Ftz => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// `CUtensorMapInterleave`: the layout of channels in global memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Interleave {
    /// Plain rows.
    #[default]
    None = 0,
    /// Slices of 16 bytes of channels (NC/8HWC8).
    Bytes16 = 1,
    /// Slices of 32 bytes of channels (NC/16HWC16).
    Bytes32 = 2,
}

/// `CUtensorMapSwizzle`: how 16-byte chunks of a tile are permuted in shared memory, so that a column
/// of chunks lies in different banks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Swizzle {
    /// No permutation.
    #[default]
    None = 0,
    /// Within spans of 32 bytes.
    Bytes32 = 1,
    /// Within spans of 64 bytes.
    Bytes64 = 2,
    /// Within spans of 128 bytes.
    Bytes128 = 3,
}

/// `CUtensorMapL2promotion`: how much is fetched into the L2 cache at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum L2Promotion {
    /// What the copy asks for.
    #[default]
    None = 0,
    /// 64 bytes.
    Bytes64 = 1,
    /// 128 bytes.
    Bytes128 = 2,
    /// 256 bytes.
    Bytes256 = 3,
}

/// `CUtensorMapFloatOOBfill`: what a load writes for elements outside the tensor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum OutOfBounds {
    /// Zeros.
    #[default]
    Zero = 0,
    /// A special NaN that a fused multiply-add takes as zero; floating-point types only.
    NanAsZero = 1,
}

/// A tensor in global memory and the tile of it that one copy moves. Dimensions go from the innermost
/// (contiguous) outwards, the reverse of a row-major shape.
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
    /// Elements of the tile in each dimension.
    pub tile: &'a [u32],
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
    /// A tensor with no interleaving, swizzling or promotion, and zeros outside.
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
            interleave: Interleave::None,
            swizzle: Swizzle::None,
            l2_promotion: L2Promotion::None,
            out_of_bounds: OutOfBounds::Zero,
        }
    }
}

impl TensorMap {
    /// Encodes the descriptor of a tiled tensor.
    ///
    /// # Errors
    /// [`DriverError::Argument`] where the tensor breaks a rule that the driver documents;
    /// [`DriverError::MissingSymbol`] with a driver before CUDA 12.0; [`DriverError::Call`] if the driver
    /// refuses for another reason.
    pub fn tiled(tensor: &TiledTensor<'_>) -> Result<Self, DriverError> {
        rules::check(tensor)
            .map_err(|problem| DriverError::argument("cuTensorMapEncodeTiled", problem))?;
        let mut map = Self([0; 128]);
        let element_strides = [1_u32; rules::MAX_RANK];
        // SAFETY: `map` is 64-byte aligned and may be written; `rules::check` saw that the arrays have
        // `rank` entries (`strides` one less); the address is not read.
        unsafe {
            call!(cuTensorMapEncodeTiled(
                &mut map,
                tensor.dtype,
                tensor.shape.len() as u32,
                ptr::without_provenance_mut(tensor.address as usize),
                tensor.shape.as_ptr(),
                tensor.strides.as_ptr(),
                tensor.tile.as_ptr(),
                element_strides.as_ptr(),
                tensor.interleave,
                tensor.swizzle,
                tensor.l2_promotion,
                tensor.out_of_bounds,
            ))
        }?;
        Ok(map)
    }

    /// The bytes to copy to the device.
    pub const fn as_bytes(&self) -> &[u8; 128] {
        &self.0
    }
}

//! The ways in which a tensor map may treat its tensor and its tiles.
//!
//! The values are those of the driver's enumerations (CUDA Driver API, "Tensor Map Object Management").

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
    /// A special NaN that `fma.oob` takes as zero; floating-point types only.
    NanAsZero = 1,
}

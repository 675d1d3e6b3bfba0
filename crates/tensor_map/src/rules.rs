//! The documented rules of `cuTensorMapEncodeTiled`, told apart here because the driver answers
//! `CUDA_ERROR_INVALID_VALUE` to all of them alike.
//!
//! CUDA Driver API, "Tensor Map Object Management: cuTensorMapEncodeTiled".

use core::fmt;

use crate::{Interleave, MAX_RANK, OutOfBounds, Swizzle, TensorMapType, TiledTensor};

const MAX_EXTENT: u64 = 1 << 32;
const MAX_STRIDE: u64 = 1 << 40;
const MAX_TILE: u32 = 256;
const MAX_ELEMENT_STRIDE: u32 = 8;

/// Declares [`BrokenRule`]: of each rule its documentation, what breaks it, and how that is said.
macro_rules! broken_rules {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } $message:literal)*) => {
        /// A rule that a [`TiledTensor`] breaks, and the value that breaks it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum BrokenRule {
            $(
                $(#[$doc])*
                #[allow(missing_docs, reason = "the names say it")]
                $name { $($field: $type),* },
            )*
        }

        impl fmt::Display for BrokenRule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    $(Self::$name { $($field),* } => write!(f, $message),)*
                }
            }
        }
    };
}

broken_rules! {
    /// 1 to 5 dimensions, 3 to 5 if interleaved.
    Rank { least: usize, rank: usize }
    "a shape has {least} to 5 dimensions, not {rank}"

    /// One stride fewer than dimensions.
    StrideCount { rank: usize, needed: usize, count: usize }
    "{rank} dimensions need {needed} strides, not {count}"

    /// As many dimensions of the tile as of the tensor.
    TileRank { rank: usize, count: usize }
    "a tile of {rank} dimensions is needed, not of {count}"

    /// As many element strides as dimensions.
    ElementStrideCount { rank: usize, count: usize }
    "{rank} dimensions need as many element strides, not {count}"

    /// The address is a multiple of 16 bytes, or of 32 in slices of 32.
    Address { granule: u64, address: u64 }
    "the address is a multiple of {granule}, not {address:#x}"

    /// 1 to 2^32 elements in a dimension.
    Extent { dimension: usize, extent: u64 }
    "dimension {dimension} has 1 to 2^32 elements, not {extent}"

    /// A stride is a multiple of 16 bytes, or of 32 in slices of 32, below 2^40.
    Stride { dimension: usize, granule: u64, stride: u64 }
    "the stride of dimension {dimension} is a multiple of {granule} bytes below 2^40, not {stride}"

    /// 1 to 256 elements in a dimension of the tile.
    TileExtent { dimension: usize, extent: u32 }
    "dimension {dimension} of a tile has 1 to 256 elements, not {extent}"

    /// An element stride is 1 to 8.
    ElementStride { dimension: usize, stride: u32 }
    "the element stride of dimension {dimension} is 1 to 8, not {stride}"

    /// A row of a tile is a multiple of 16 bytes, unless interleaved.
    TileRow { bytes: u64 }
    "a row of the tile is a multiple of 16 bytes, not {bytes}"

    /// A row of a tile fits the span of the swizzle, unless interleaved.
    SwizzledRow { span: u32, bytes: u64 }
    "a row of the tile fits the swizzle's {span} bytes, but has {bytes}"

    /// Slices of 32 bytes go with the swizzle of 32 bytes.
    InterleavedSwizzle { swizzle: Swizzle }
    "slices of 32 bytes go with a swizzle of 32 bytes, not with {swizzle:?}"

    /// Only floating-point elements are filled with NaN.
    NanFill { dtype: TensorMapType }
    "elements of type {dtype:?} cannot be filled with NaN"
}

impl core::error::Error for BrokenRule {}

impl TiledTensor<'_> {
    /// Checks the rules that the driver documents.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), BrokenRule> {
        self.check_counts()?;
        self.check_global()?;
        self.check_tile()?;
        self.check_row()?;
        self.check_modes()
    }

    fn check_counts(&self) -> Result<(), BrokenRule> {
        let rank = self.shape.len();
        let least = match self.interleave {
            Interleave::None => 1,
            Interleave::Bytes16 | Interleave::Bytes32 => 3,
        };
        let (strides, tile) = (self.strides.len(), self.tile.len());
        let steps = self.element_strides.map_or(rank, <[u32]>::len);
        if !(least..=MAX_RANK).contains(&rank) {
            Err(BrokenRule::Rank { least, rank })
        } else if strides != rank - 1 {
            let (needed, count) = (rank - 1, strides);
            Err(BrokenRule::StrideCount {
                rank,
                needed,
                count,
            })
        } else if tile != rank {
            Err(BrokenRule::TileRank { rank, count: tile })
        } else if steps != rank {
            Err(BrokenRule::ElementStrideCount { rank, count: steps })
        } else {
            Ok(())
        }
    }

    fn check_global(&self) -> Result<(), BrokenRule> {
        let (address, granule) = (self.address, self.granule());
        if !address.is_multiple_of(granule) {
            return Err(BrokenRule::Address { granule, address });
        }
        for (dimension, &extent) in self.shape.iter().enumerate() {
            if !(1..=MAX_EXTENT).contains(&extent) {
                return Err(BrokenRule::Extent { dimension, extent });
            }
        }
        for (dimension, &stride) in (1..).zip(self.strides) {
            if !stride.is_multiple_of(granule) || stride >= MAX_STRIDE {
                return Err(BrokenRule::Stride {
                    dimension,
                    granule,
                    stride,
                });
            }
        }
        Ok(())
    }

    /// What the address and the strides are a multiple of.
    fn granule(&self) -> u64 {
        match self.interleave {
            Interleave::None | Interleave::Bytes16 => 16,
            Interleave::Bytes32 => 32,
        }
    }

    fn check_tile(&self) -> Result<(), BrokenRule> {
        for (dimension, &extent) in self.tile.iter().enumerate() {
            if !(1..=MAX_TILE).contains(&extent) {
                return Err(BrokenRule::TileExtent { dimension, extent });
            }
        }
        for (dimension, &stride) in self.element_strides.unwrap_or(&[]).iter().enumerate() {
            if !(1..=MAX_ELEMENT_STRIDE).contains(&stride) {
                return Err(BrokenRule::ElementStride { dimension, stride });
            }
        }
        Ok(())
    }

    fn check_row(&self) -> Result<(), BrokenRule> {
        if self.interleave != Interleave::None {
            return Ok(());
        }
        let bytes = u64::from(self.tile[0]) * self.dtype.size();
        if !bytes.is_multiple_of(16) {
            return Err(BrokenRule::TileRow { bytes });
        }
        match self.swizzle.span() {
            Some(span) if bytes > u64::from(span) => Err(BrokenRule::SwizzledRow { span, bytes }),
            _ => Ok(()),
        }
    }

    fn check_modes(&self) -> Result<(), BrokenRule> {
        let (swizzle, dtype) = (self.swizzle, self.dtype);
        if self.interleave == Interleave::Bytes32 && swizzle != Swizzle::Bytes32 {
            Err(BrokenRule::InterleavedSwizzle { swizzle })
        } else if self.out_of_bounds == OutOfBounds::NanAsZero && !dtype.is_float() {
            Err(BrokenRule::NanFill { dtype })
        } else {
            Ok(())
        }
    }
}

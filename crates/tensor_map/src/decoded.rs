//! A description that owns its numbers and is known to keep the rules.

use crate::simulated::EncodeError;
use crate::{Interleave, MAX_RANK, Swizzle, TensorMapType, TiledTensor};

/// What a simulated tensor map describes, as [`simulated::decode`](crate::simulated::decode) reads it.
///
/// Every rule holds, so that a walk of its tiles needs no further check. Only tensors without
/// interleaving come here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodedTensor {
    rank: usize,
    shape: [u64; MAX_RANK],
    strides: [u64; MAX_RANK - 1],
    tile: [u32; MAX_RANK],
    element_strides: [u32; MAX_RANK],
    /// The rest of the description; its slices are empty.
    modes: TiledTensor<'static>,
}

/// The bytes that an mbarrier cannot count any more (PTX ISA, "mbarrier: Tracking asynchronous
/// operations": a pending transaction count of at most 2^20 - 1).
const TRANSACTION_LIMIT: u64 = 1 << 20;

impl DecodedTensor {
    /// Copies a description, if it keeps the rules and the simulator can walk its tiles.
    pub(crate) fn new(tensor: &TiledTensor<'_>) -> Result<Self, EncodeError> {
        tensor.check().map_err(EncodeError::Rule)?;
        if tensor.interleave != Interleave::None {
            return Err(EncodeError::Interleaved);
        }
        let modes = TiledTensor {
            shape: &[],
            strides: &[],
            tile: &[],
            element_strides: None,
            ..*tensor
        };
        let decoded = Self {
            rank: tensor.shape.len(),
            shape: padded(tensor.shape),
            strides: padded(tensor.strides),
            tile: padded(tensor.tile),
            element_strides: padded(tensor.element_strides.unwrap_or(&[])),
            modes,
        };
        decoded.check_size()?;
        Ok(decoded)
    }

    fn check_size(&self) -> Result<(), EncodeError> {
        let rows: u64 = (1..self.rank)
            .map(|d| u64::from(self.tile_extent(d)))
            .product();
        let bytes = rows * u64::from(self.row_bytes());
        if bytes >= TRANSACTION_LIMIT {
            return Err(EncodeError::TileSize { bytes });
        }
        self.end().map(drop).ok_or(EncodeError::AddressSpace)
    }

    /// The address after the last element; `None` where that is not a 64-bit number.
    fn end(&self) -> Option<u64> {
        let row = self.shape[0] * self.dtype().size();
        (1..self.rank).try_fold(self.modes.address.checked_add(row)?, |end, dimension| {
            let last = self.shape[dimension] - 1;
            end.checked_add(last.checked_mul(self.strides[dimension - 1])?)
        })
    }

    /// The description.
    pub fn description(&self) -> TiledTensor<'_> {
        TiledTensor {
            shape: &self.shape[..self.rank],
            strides: &self.strides[..self.rank - 1],
            tile: &self.tile[..self.rank],
            element_strides: Some(&self.element_strides[..self.rank]),
            ..self.modes
        }
    }

    /// Dimensions of the tensor and of its tile: 1 to 5.
    pub const fn rank(&self) -> usize {
        self.rank
    }

    /// The type of the elements.
    pub const fn dtype(&self) -> TensorMapType {
        self.modes.dtype
    }

    /// The permutation in shared memory.
    pub const fn swizzle(&self) -> Swizzle {
        self.modes.swizzle
    }

    /// Writes whole elements as a load does where the tile lies outside of the tensor.
    pub fn fill(&self, elements: &mut [u8]) {
        self.dtype().fill(self.modes.out_of_bounds, elements);
    }

    /// Every how many elements of a dimension one is copied. The innermost stride is ignored (CUDA
    /// Driver API: "TMA doesn't support the stride for dimension zero").
    pub(crate) const fn step(&self, dimension: usize) -> u32 {
        if dimension == 0 {
            1
        } else {
            self.element_strides[dimension]
        }
    }

    /// Elements that a copy moves in a dimension below [`rank`](Self::rank): `ceil(tile / stride)`.
    pub(crate) const fn tile_extent(&self, dimension: usize) -> u32 {
        self.tile[dimension].div_ceil(self.step(dimension))
    }

    /// The bytes of a tile's row, a multiple of 16.
    pub const fn row_bytes(&self) -> u32 {
        self.tile[0] * self.dtype().size() as u32
    }

    /// The bytes from one row of a tile to the next in shared memory: the row's own or, swizzled, the
    /// span's (CUDA C++ Programming Guide, "The Swizzle Modes": where the span exceeds the inner
    /// dimension, shared memory holds the full span).
    pub const fn row_pitch(&self) -> u32 {
        match self.swizzle().span() {
            None => self.row_bytes(),
            Some(span) => span,
        }
    }

    /// The rows of a tile, over all dimensions but the innermost.
    pub fn rows(&self) -> u32 {
        (1..self.rank)
            .map(|dimension| self.tile_extent(dimension))
            .product()
    }

    /// The bytes that a load of a tile completes on its barrier: all of the tile's, those outside of the
    /// tensor included.
    ///
    /// PTX ISA, "cp.async.bulk.tensor": the complete-tx operation counts the bytes copied, and fill
    /// values are copied as well.
    pub fn transaction_bytes(&self) -> u32 {
        self.rows() * self.row_bytes()
    }

    /// The bytes of shared memory that a tile lies in, [`row_pitch`](Self::row_pitch) included.
    pub fn shared_bytes(&self) -> u32 {
        self.rows() * self.row_pitch()
    }

    /// The address of the first element.
    pub(crate) const fn address(&self) -> u64 {
        self.modes.address
    }

    /// Elements of the tensor in a dimension.
    pub(crate) const fn extent(&self, dimension: usize) -> u64 {
        self.shape[dimension]
    }

    /// Bytes from one element to the next in a dimension other than the innermost.
    pub(crate) const fn stride(&self, dimension: usize) -> u64 {
        self.strides[dimension - 1]
    }
}

/// At most `N` numbers, and ones after them.
fn padded<T: Copy + From<u8>, const N: usize>(values: &[T]) -> [T; N] {
    core::array::from_fn(|index| values.get(index).copied().unwrap_or(T::from(1)))
}

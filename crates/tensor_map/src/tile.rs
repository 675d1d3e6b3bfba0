//! The walk of a tile: which bytes of shared memory go with which bytes of global memory.
//!
//! PTX ISA, "Tensors: Tiled Mode". The tile at coordinates `c` holds the elements `c[d] + i * s[d]` of each
//! dimension `d`, `s` being the element strides and `i` counting the tile's elements. In shared memory
//! the innermost dimension varies fastest:
//!
//! ```text
//!  row 0, row 1, ...           each of row_bytes bytes, row_pitch bytes apart
//!   └ chunk, chunk, ...        of 16 bytes, the unit of swizzling
//!      └ piece[, piece]        split where the tensor begins or ends
//! ```
//!
//! Whether an element is outside of the tensor is asked of each alone: a row may begin before the tensor
//! and end after it. Coordinates are signed, so a tile may begin before the tensor.
//!
//! Stores and reductions differ, which PTX does not say, but an H200 does it, whatever the element size: a chunk
//! that begins inside a row of the tensor is written whole. Of a row that is no multiple of 16 bytes, what follows in
//! global memory is overwritten, up to 15 bytes:
//!
//! ```text
//!  chunks        |0      15|16     31|32     47|
//!  tensor's row  xxxxxxxxxxxxxx                    22 bytes
//!  loaded        xxxxxxxxxxxxxx0000000000000000    and filled
//!  stored        xxxxxxxxxxxxxxxxxxxx              32 bytes
//! ```

use core::iter::FusedIterator;
use core::ops::Range;
use core::{error, fmt};

use crate::{DecodedTensor, MAX_RANK};

/// The bytes that swizzling moves as one.
const CHUNK: u32 = 16;

/// A run of whole elements of a tile within one 16-byte chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Bytes from the start of the tile in shared memory, before [`Swizzle::apply`](crate::Swizzle::apply).
    pub offset: u32,
    /// The length in bytes: 1 to 16.
    pub bytes: u32,
    /// The address in global memory; `None` outside of the tensor, where a load writes
    /// [`DecodedTensor::fill`] and a store nothing. Of a store, the rest of the chunk that a row ends in is not outside.
    pub global: Option<u64>,
}

/// Why a tile cannot be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError {
    /// The instruction names another number of dimensions than the map has.
    #[allow(missing_docs, reason = "the names say it")]
    Rank { rank: usize, count: usize },
    /// A store begins before the tensor (PTX ISA, "Restriction on Tensor Copy instructions": starting
    /// coordinates are non-negative from shared to global memory).
    #[allow(missing_docs, reason = "the names say it")]
    NegativeStart { dimension: usize, coordinate: i32 },
}

impl fmt::Display for TileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rank { rank, count } => write!(
                f,
                "{count} coordinates for a tensor map of {rank} dimensions"
            ),
            Self::NegativeStart {
                dimension,
                coordinate,
            } => write!(
                f,
                "a store begins within the tensor, not at {coordinate} in dimension {dimension}"
            ),
        }
    }
}

impl error::Error for TileError {}

impl DecodedTensor {
    /// The pieces of the tile at `coordinates`, for a load.
    ///
    /// # Errors
    /// [`TileError::Rank`] if there are not as many coordinates as dimensions.
    pub fn load_tile(&self, coordinates: &[i32]) -> Result<Pieces<'_>, TileError> {
        self.check_rank(coordinates)?;
        Ok(Pieces::new(self, coordinates, 1))
    }

    /// The pieces of the tile at `coordinates`, for a store or a reduction, which write the chunk that a row of the tensor
    /// ends in whole.
    ///
    /// # Errors
    /// As [`load_tile`](Self::load_tile); [`TileError::NegativeStart`] if a coordinate is negative.
    pub fn store_tile(&self, coordinates: &[i32]) -> Result<Pieces<'_>, TileError> {
        self.check_rank(coordinates)?;
        for (dimension, &coordinate) in coordinates.iter().enumerate() {
            if coordinate < 0 {
                return Err(TileError::NegativeStart {
                    dimension,
                    coordinate,
                });
            }
        }
        Ok(Pieces::new(self, coordinates, CHUNK))
    }

    fn check_rank(&self, coordinates: &[i32]) -> Result<(), TileError> {
        let (rank, count) = (self.rank(), coordinates.len());
        match count == rank {
            true => Ok(()),
            false => Err(TileError::Rank { rank, count }),
        }
    }
}

/// The pieces of a tile, in the order of their offsets. They leave out only the padding between rows.
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    tensor: &'a DecodedTensor,
    start: [i64; MAX_RANK],
    /// The position in the tile, in elements; the innermost is not used.
    position: [u32; MAX_RANK],
    /// What the tensor's rows end at a multiple of, in bytes.
    unit: u32,
    rows_left: u32,
    row: Row,
    row_offset: u32,
    /// The bytes of the row that are behind.
    done: u32,
}

/// A row of a tile.
#[derive(Debug, Clone)]
struct Row {
    /// The bytes of the row that lie in the tensor.
    inside: Range<u32>,
    /// The address of the first of them.
    address: u64,
}

impl<'a> Pieces<'a> {
    fn new(tensor: &'a DecodedTensor, coordinates: &[i32], unit: u32) -> Self {
        let mut start = [0; MAX_RANK];
        for (number, &coordinate) in start.iter_mut().zip(coordinates) {
            *number = i64::from(coordinate);
        }
        let position = [0; MAX_RANK];
        Self {
            tensor,
            start,
            position,
            unit,
            rows_left: tensor.rows(),
            row: Row::new(tensor, &start, &position).rounded(unit),
            row_offset: 0,
            done: 0,
        }
    }

    fn next_row(&mut self) {
        for dimension in 1..self.tensor.rank() {
            self.position[dimension] += 1;
            if self.position[dimension] < self.tensor.tile_extent(dimension) {
                break;
            }
            self.position[dimension] = 0;
        }
        self.row = Row::new(self.tensor, &self.start, &self.position).rounded(self.unit);
        self.rows_left -= 1;
        self.row_offset += self.tensor.row_pitch();
        self.done = 0;
    }
}

impl Row {
    fn new(tensor: &DecodedTensor, start: &[i64; MAX_RANK], position: &[u32; MAX_RANK]) -> Self {
        let mut address = tensor.address();
        for dimension in 1..tensor.rank() {
            let offset = position[dimension] * tensor.step(dimension);
            let coordinate = start[dimension] + i64::from(offset);
            if !(0..tensor.extent(dimension) as i64).contains(&coordinate) {
                return Self {
                    inside: 0..0,
                    address: 0,
                };
            }
            address += coordinate as u64 * tensor.stride(dimension);
        }
        let (size, count) = (tensor.dtype().size(), i64::from(tensor.tile_extent(0)));
        let first = (-start[0]).clamp(0, count);
        let end = (tensor.extent(0) as i64 - start[0]).clamp(first, count);
        if first < end {
            address += (start[0] + first) as u64 * size;
        }
        let bytes = |elements: i64| elements as u32 * size as u32;
        Self {
            inside: bytes(first)..bytes(end),
            address,
        }
    }

    /// The same, but for where it ends: at the end of a unit, which never exceeds the tile's row, whole chunks.
    fn rounded(mut self, unit: u32) -> Self {
        if !self.inside.is_empty() {
            self.inside.end = self.inside.end.next_multiple_of(unit);
        }
        self
    }

    /// The piece from the byte `done` of the row to its chunk's end at most, its offset being in the row.
    fn piece(&self, done: u32) -> Piece {
        let chunk_end = (done / CHUNK + 1) * CHUNK;
        let Range { start, end } = self.inside;
        let (stop, global) = if done < start {
            (start, None)
        } else if done < end {
            (end, Some(self.address + u64::from(done - start)))
        } else {
            (chunk_end, None)
        };
        Piece {
            offset: done,
            bytes: stop.min(chunk_end) - done,
            global,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.rows_left == 0 {
            return None;
        }
        let mut piece = self.row.piece(self.done);
        piece.offset += self.row_offset;
        self.done += piece.bytes;
        if self.done == self.tensor.row_bytes() {
            self.next_row();
        }
        Some(piece)
    }
}

impl FusedIterator for Pieces<'_> {}

//! Tensor maps: the descriptors that the tensor memory accelerator (TMA) copies tiles by.
//!
//! ```text
//!  TiledTensor ──check──▶ the driver's encoder (libcuda)      ──▶ TensorMap, for a GPU
//!       │
//!       └────────check──▶ simulated::encode                   ──▶ TensorMap, for the simulator
//!                         simulated::decode ──▶ DecodedTensor ──▶ load_tile, store_tile: Pieces
//! ```
//!
//! | part | what it says | source |
//! |---|---|---|
//! | [`TiledTensor`], [`BrokenRule`] | a tensor, a tile of it, and the limits of both | CUDA Driver API, "Tensor Map Object Management" |
//! | [`simulated`] | the simulator's own 128 bytes | this crate |
//! | [`Pieces`] | where each byte of a tile lies, and what is outside of the tensor | PTX ISA, "Tensors: Tiled Mode"; measured on an H200 for stores |
//! | [`Swizzle::apply`] | the permutation of a tile in shared memory | PTX ISA, "Tensors: Swizzling Modes" |
//! | [`reduce()`] | what a reducing copy leaves in memory | PTX ISA, "cp.reduce.async.bulk" |
//!
//! Dimensions go from the innermost (contiguous) outwards, the reverse of a row-major shape.
//!
//! The crate allocates nothing and builds for a GPU too, where a kernel names a map `*const TensorMap`.
//!
//! ```
//! use tensor_map::{Piece, Swizzle, TensorMapType, TiledTensor, simulated};
//!
//! // 100 rows of 64 bf16, moved in tiles of 8 rows, each row a span of the swizzle.
//! let tensor = TiledTensor {
//!     swizzle: Swizzle::Bytes128,
//!     ..TiledTensor::new(0x1000, TensorMapType::Bf16, &[64, 100], &[128], &[64, 8])
//! };
//! let decoded = simulated::decode(&simulated::encode(&tensor)?)?;
//! assert_eq!(decoded.transaction_bytes(), 1024);
//!
//! // The last tile has four rows of the tensor; the others are filled.
//! let last: Vec<Piece> = decoded.load_tile(&[0, 96])?.collect();
//! assert_eq!(last[8].global, Some(0x1000 + 97 * 128));
//! assert_eq!(last[32].global, None);
//! let shared = 1024;
//! assert_eq!(decoded.swizzle().apply(shared + last[8].offset), shared + 128 + 16);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

mod decoded;
mod element;
mod modes;
mod reduce;
mod rules;
pub mod simulated;
mod swizzle;
mod tensor;
mod tile;

pub use decoded::DecodedTensor;
pub use element::TensorMapType;
pub use modes::{Interleave, L2Promotion, OutOfBounds, Swizzle};
pub use reduce::{ReduceError, ReduceOp, ReduceType, reduce};
pub use rules::BrokenRule;
pub use swizzle::TILE_ALIGNMENT;
pub use tensor::{MAX_RANK, TiledTensor};
pub use tile::{Piece, Pieces, TileError};

/// An encoded descriptor, opaque but for its size and alignment: `CUtensorMap`.
///
/// Who encoded it decides who can read it: the driver for a GPU, [`simulated::encode`] for the simulator.
/// On a GPU it lies in global, constant or parameter space, 64-byte aligned there too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct TensorMap([u8; 128]);

impl TensorMap {
    /// The map of these bytes, which are not looked at.
    pub const fn from_bytes(bytes: [u8; 128]) -> Self {
        Self(bytes)
    }

    /// The bytes to copy to the device.
    pub const fn as_bytes(&self) -> &[u8; 128] {
        &self.0
    }
}

//! The engine for Hopper: `C[M, N] = A[M, K] * B[N, K]^T` by TMA and wgmma, warp-specialised and persistent.
//!
//! ```text
//!             full[s]                         empty[s]
//! producer ──────────▶ stage s of the ring ──────────▶ producer
//! (1 thread, TMA)      A: BM rows, B: BN rows          again
//!                      128 bytes of K each
//!                            │
//!                 consumer warpgroups: 64 or 128 rows of C each, wgmma
//!                            │
//!                            │          (where blocks share K, they add up their sums)
//!                 finish: scales, bias ─▶ slabs in shared memory ─▶ TMA store
//! ```
//!
//! | file | what |
//! |---|---|
//! | `tile` | the shape of a tile, and the plan of shared memory |
//! | `ring` | stages, with the barriers that hand them over; two directories up |
//! | `schedule` | which block computes which tiles, in which order |
//! | `work` | what of it all is a block's |
//! | `neighbours` | the blocks of a cluster, which load for each other |
//! | `load` | the producer |
//! | `missing` | rows that a tile has, and a product does not |
//! | `multiply` | the consumers' main loop: the tensor cores add |
//! | `promote` | the other main loop: every stage's sum is scaled and added in `f32` |
//! | `alone` | the same by fewer registers |
//! | `scales` | the factors of stages, where blocks have scales |
//! | `slots` | the scales of stages, on their way through shared memory |
//! | `sum` | the choice between the loops |
//! | `share` | which block has what of K and of a tile, where blocks share K |
//! | `split` | their sums become one |
//! | `result` | the choice between the ways to lay a tile over C |
//! | `order` | the order in which B's rows lie in memory |
//! | `columns` | what is done to columns of C |
//! | `slab` | values in shared memory, on their way to C |
//! | `store` | from there to C, straight |
//! | `held` | at first to registers, while the next tile's products run |
//! | `transpose` | the same with rows and columns swapped |
//! | `staged`, `staged_transpose` | both where C has an epilogue |
//! | `finished` | what the epilogue makes of values, and C |
//! | `shuffled` | both where B's rows are shuffled |
//! | `consumer` | a warpgroup as one |
//! | `registers` | how warpgroups divide a block's registers |
//! | `engine` | all of it together |
//! | [`tiles`] | which tiles there are |
//! | `products` | the kernels' signatures |
//! | [`bf16`], [`mod@f16`] | the kernels of 16-bit floats |
//! | [`fp8`], [`fp8_mixed`] | those of FP8, and of its two formats with each other |
//! | [`fp8_shuffled`] | those of FP8 by shuffled weights |
//! | [`block_scaled`] | those of FP8 with scales of blocks |
//! | [`mod@epilogue`] | those of all with an epilogue |
//!
//! A directory of kernels is a PTX module, which a driver compiles as a whole at first use: so each holds what one use needs,
//! products of the same types, summed the same way; those of few rows are apart where there are many others.
//!
//! From an accumulator to values of `C`, as every engine does: `finish`, one directory up. A batch is a third dimension
//! of the operands' tensor maps, and more tiles.
//!
//! A new kind of product is another type in one of these places, not another kernel body.

mod alone;
pub mod bf16;
pub mod block_scaled;
mod columns;
mod consumer;
mod engine;
pub mod epilogue;
pub mod f16;
mod finished;
pub mod fp8;
pub mod fp8_mixed;
pub mod fp8_shuffled;
mod held;
mod load;
mod missing;
mod multiply;
mod neighbours;
mod order;
mod products;
mod promote;
mod registers;
mod result;
mod scales;
mod schedule;
mod share;
mod shuffled;
mod slab;
mod slots;
mod split;
mod staged;
mod staged_transpose;
mod store;
mod sum;
mod tile;
pub mod tiles;
mod transpose;
mod work;

use crate::ring;
pub use missing::{SWIZZLE_ROWS, loaded_rows};
pub use schedule::GROUP;
use shuffled::{StraightShuffled, SwappedShuffled};
use staged::Staged;
use staged_transpose::SwappedStaged;
use store::Straight;
pub use tile::{ROW_BYTES, Tile, WARP_ROWS};
use transpose::Swapped;

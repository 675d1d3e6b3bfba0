//! Block-scaled formats: MXFP8, MXFP4 and NVFP4. A row's consecutive elements, 32 or 16 of them, share a scale of
//! one byte.
//!
//! ```text
//! x       [matrices * rows, columns]   row r at x + r * stride
//! data    [matrices * rows, columns]   codes: a byte an element, or half a byte
//! scales  [matrices, grid]             one grid of a matrix's scales after the other, each padded on its own
//!
//! block (r, c): row r of the grids, padding included, chunk c of it
//! warp:         64 octets of the row, two a lane; 2 lanes share a scale, or none
//! ```
//!
//! There is one body that quantises, `body`, over any [`Source`](crate::octet::Source) and any `format`; an
//! activation fused into it is another source. A row that does not exist, and every padding, gets scales of zero; the
//! data of such a row is not written.
//!
//! | family | blocks of | element | scale |
//! |---|---|---|---|
//! | [`mxfp8`] | 32 | e4m3 | e8m0 |
//! | [`mxfp4`] | 32 | e2m1 | e8m0 |
//! | [`nvfp4`] | 16 | e2m1 | e4m3, and one `f32` for many rows |
//!
//! Each kernel is there twice: where addresses and strides of all elements are multiples of 16 bytes, and those of codes of
//! two octets', so that they move in packs and words; and as `<name>_narrow` for all others.
//!
//! The kernels' arguments, in this order, each kernel taking what it needs:
//!
//! | argument | |
//! |---|---|
//! | `x`, `x_stride` | the elements to quantise, and the elements from row to row |
//! | `gate`, `up`, `x_stride` | or what they are an activation of; the gates twice where nothing is gated |
//! | `number`, `first`, `second`, `third` | the activation's number in the [`Table`](crate::activation::table::Table), and its parameters |
//! | `data`, `data_stride` | the codes, and the bytes from row to row |
//! | `scales` | the scales, grid after grid |
//! | `matrices`, `rows`, `columns` | matrices, rows of each, and elements of a row |
//! | `layout` | the number of a `ScaleLayout` |
//! | `flags` | any of [`EXACT`] and [`EVERY`] |
//! | `n_used`, `map`, `counts` | which rows exist, as [`RowSet`](crate::rows::RowSet) has it; a group is a matrix |
//! | `global`, `rows_per_global` | the rows' scales, and how many rows share one; 0 is all of them |

mod back;
mod body;
mod code;
mod format;
mod grids;
pub mod mxfp4;
pub mod mxfp8;
pub mod nvfp4;
mod stamp;

pub use back::TOGETHER;

/// A flag: NVFP4 in its exact form.
pub const EXACT: u32 = 1;

/// A flag: every row exists, and nothing need be asked.
pub const EVERY: u32 = 2;

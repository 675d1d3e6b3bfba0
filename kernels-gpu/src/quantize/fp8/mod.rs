//! FP8 with `f32` scales: per tensor, per row, per column, for groups of 128 and for tiles of 128 x 128.
//!
//! ```text
//! x       [matrices * rows, columns]   row r at x + r * stride, any number of columns
//! data    [matrices * rows, columns]   codes, a byte an element
//! scales  [matrices, grid]             the scale of place (r, c) at r * row_step + c * column_step
//! ```
//!
//! `scale = amax / largest` of those that share it, `code = x * (largest / amax)`, saturated; `amax` is 1e-12 at least. An
//! activation fused into a quantiser is another [`Source`](crate::octet::Source), rounded to its elements first. A row that
//! does not exist gets scales of zero, as does padding; its codes are not written.
//!
//! | family | scales | |
//! |---|---|---|
//! | [`tensor`] | one | given, or found in two steps |
//! | [`token`] | one a row | from memory, and from activations |
//! | [`group`] | one for 128 elements of a row | from memory, and from activations |
//! | [`weights`] | one for 128 x 128 elements, or one a column | from memory |
//! | [`columns`] | one a column | from memory, read once by clusters (sm_90a) |
//! | [`back`] | any | back to numbers |
//!
//! Each kernel is there twice: where rows are whole pairs of octets and all addresses and strides are multiples of 16 bytes, so
//! that an octet, or the codes of two, move as one; and as `<name>_narrow` for all others. The two do not share a
//! body at run time, since the narrow one's registers would be the wide one's too. Of [`columns`] the wide ones take a tensor map
//! of the elements instead, and go from strip to strip.
//!
//! The arguments of the quantisers, in this order:
//!
//! | argument | |
//! |---|---|
//! | `x`, `x_stride` | the elements to quantise, and the elements from row to row |
//! | `gate`, `up`, `x_stride` | or what they are an activation of; the gates twice where nothing is gated |
//! | `number`, `first`, `second`, `third` | the activation's number in the [`Table`](crate::activation::table::Table), and its parameters |
//! | `data`, `data_stride` | the codes, and the codes from row to row |
//! | `scales`, `matrix_step`, `row_step`, `column_step` | the scales, and the steps between them |
//! | `grid_rows` | rows of a grid, padding included |
//! | `matrices`, `rows`, `columns` | matrices, rows of each, and elements of a row; there are some of all |
//! | `flags` | the sum of [`E5M2`], [`POWER_OF_TWO`], or of some |
//! | `n_used`, `map`, `counts` | which rows exist, as [`RowSet`](crate::rows::RowSet) has it; a group is a matrix |

pub mod back;
#[cfg_attr(target_arch = "nvptx64", cfg(cuda_arch = "sm_90a"))]
pub mod columns;
mod data;
mod elements;
mod grid;
pub mod group;
mod reduce;
pub(crate) mod scale;
mod stamp;
mod strip;
pub mod tensor;
mod together;
pub mod token;
pub mod weights;

pub use reduce::REDUCE_BYTES;
pub use strip::{COLUMN_BYTES, STRIP};
pub use together::kept;

/// A flag: the codes are e5m2, otherwise e4m3.
pub const E5M2: u32 = 1;

/// A flag: scales are rounded up to powers of two.
pub const POWER_OF_TWO: u32 = 2;

/// A flag: each column has a scale of its own.
pub const PER_COLUMN: u32 = 4;

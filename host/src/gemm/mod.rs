//! Matrix products: FlashInfer's module `gemm`.

mod dense;
mod element;
mod grouped;
mod hopper;

pub use dense::{mm, mm_into};
pub use element::{GemmElement, GemmOutput};
pub(crate) use grouped::{GroupedRows, grouped_rows};
pub use grouped::{grouped_mm, grouped_mm_into};

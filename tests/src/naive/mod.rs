//! The operations once more, from their definitions, as plainly as can be and in `f64`.
//!
//! Nothing here shares code or method with the library's references: sorts where those select, ranks where
//! those sort, sums from the first product to the last.

mod activation;
mod fused_moe;
mod gemm;
mod quantize;
mod routing;

pub use activation::{activation, gelu, gelu_tanh, halves, silu, silu_and_mul};
pub use fused_moe::{Moe, Permuted, finalize, permute};
pub use gemm::{bmm, grouped_mm, mm, scaled_mm};
pub use quantize::{
    BlockFormat, Fp8, interleave, lay_out, mn_major, reorder_rows, shuffle_rows, to_blocks,
};
pub use routing::{Routed, topk};

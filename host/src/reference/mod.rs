//! The references: what is right, as plain loops over rayon rows.
//!
//! They are written to be read, and they are what [`Device::cpu`](crate::Device::cpu) runs.

pub mod activation;
pub mod exact;
pub mod fused_moe;
pub mod gemm;
pub mod quantize;
mod rows;

pub use rows::{Rows, RowsMut};

//! Quantisers, and the layouts in which kernels want quantised weights and their scales.

pub mod block;
pub mod fp8;
pub(crate) mod fp8_code;
mod kind;
pub mod layout;
mod quotient;

//! Tensor-core data movement and arithmetic on a warp's registers.

mod ldmatrix;
mod mma;

pub(crate) use ldmatrix::{load, store};
pub use mma::MmaKind;
pub(crate) use mma::multiply;

//! Tensor-core data movement and arithmetic.

mod arithmetic;
mod element;
mod ldmatrix;
mod mma;
#[cfg(test)]
mod recorded;

pub(crate) use arithmetic::{Operand, Precision, dot};
pub(crate) use element::Element;
pub(crate) use ldmatrix::{load, store};
pub use mma::MmaKind;
pub(crate) use mma::{Mma, operand};

//! Activations: FlashInfer's module `activation`, its table of activation types, and Megatron's kernels that know of
//! padding.
//!
//! | operation | |
//! |---|---|
//! | [`silu_and_mul`], [`gelu_and_mul`], [`gelu_tanh_and_mul`] | `act(x[.., ..d]) * x[.., d..]` |
//! | [`swiglu`] | gate and up projection in tensors of their own, with biases |
//! | [`activation()`] | any [`ActivationType`], in either order, with parameters of each expert |
//! | [`padded_swiglu`], [`padded_squared_relu`] | the rows in use of a permuted, padded tensor |
//!
//! All are one kernel body: what differs is the function, where the operands are, and which rows exist.

mod activation_type;
mod and_mul;
mod call;
mod element;
mod experts;
mod general;
mod launch;
mod on_cpu;
mod padded;
mod swiglu;

pub use activation_type::ActivationType;
pub use and_mul::{
    gelu_and_mul, gelu_and_mul_into, gelu_tanh_and_mul, gelu_tanh_and_mul_into, silu_and_mul,
    silu_and_mul_into,
};
pub(crate) use element::Function;
pub use element::GatedElement;
pub use experts::{ExpertParameters, ExpertRows};
pub use general::{ActivationOptions, activation, activation_into};
pub(crate) use launch::{ActivationRows, function_rows};
pub use padded::{
    padded_squared_relu, padded_squared_relu_into, padded_swiglu, padded_swiglu_into,
};
pub use swiglu::{SwigluOptions, swiglu, swiglu_into};

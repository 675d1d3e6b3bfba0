//! The layouts in which kernels want quantised weights and their scales.

pub mod layout;

//! Quantisers, and the layouts of what they give.

pub mod block;
pub mod fp8;
pub mod layout;
pub mod rows;

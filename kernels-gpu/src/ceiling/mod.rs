//! What a device can do at most, to measure others by: reading, copying, multiplying, and nothing else.
//!
//! | module | kernels |
//! |---|---|
//! | [`memory`] | read all of a buffer; read one and write another |
//! | [`wgmma`] | matrix products of operands in shared memory (sm_90a) |
//!
//! `benches/src/ceiling` runs them.

pub mod memory;
// Other architectures have no such instruction; the simulator has it.
#[cfg_attr(target_arch = "nvptx64", cfg(cuda_arch = "sm_90a"))]
pub mod wgmma;

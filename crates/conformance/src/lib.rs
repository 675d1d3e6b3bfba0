//! Micro-kernels, one or more an instruction, that must give the same bits in the simulator and on a GPU.
//!
//! Each module holds the kernels of one group of instructions and, for the host, the [`Case`]s in which they
//! run. `tests/conformance` runs every case in the simulator and compares with what an H200 gave; with a
//! Hopper GPU it compares both directly.
//!
//! All kernels have one signature, [`Arguments`]: words to read, words to write, and a tensor map. They
//! write every word of the output that they claim, whatever the threads' order.
#![cfg_attr(target_arch = "nvptx64", no_std)]
#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx))]

#[cfg(not(target_arch = "nvptx64"))]
mod case;
mod words;

pub mod bulk;
pub mod clusters;
pub mod matrices;
pub mod mbarriers;
pub mod memory;
pub mod scalars;
pub mod tensors;
pub mod warps;
pub mod wgmma;

#[cfg(not(target_arch = "nvptx64"))]
pub use case::{Arguments, Case, Compare, MicroKernel, Tensor, random_words};

/// The PTX of each module of kernels, for sm_90a.
#[cfg(not(target_arch = "nvptx64"))]
pub const PTX: &[(&str, &str)] = &[
    ("bulk", include_str!("../ptx/bulk.sm_90a.ptx")),
    ("clusters", include_str!("../ptx/clusters.sm_90a.ptx")),
    ("matrices", include_str!("../ptx/matrices.sm_90a.ptx")),
    ("mbarriers", include_str!("../ptx/mbarriers.sm_90a.ptx")),
    ("memory", include_str!("../ptx/memory.sm_90a.ptx")),
    ("scalars", include_str!("../ptx/scalars.sm_90a.ptx")),
    ("tensors", include_str!("../ptx/tensors.sm_90a.ptx")),
    ("warps", include_str!("../ptx/warps.sm_90a.ptx")),
    ("wgmma", include_str!("../ptx/wgmma.sm_90a.ptx")),
];

/// Every case.
#[cfg(not(target_arch = "nvptx64"))]
#[must_use]
pub fn cases() -> Vec<Case> {
    [
        bulk::cases(),
        clusters::cases(),
        matrices::cases(),
        mbarriers::cases(),
        memory::cases(),
        scalars::cases(),
        tensors::cases(),
        warps::cases(),
        wgmma::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

//! A CUDA grid on the CPU.
//!
//! [`launch()`] runs a kernel once per simulated thread. Each thread is a stackful coroutine; the
//! threads of one block share one OS thread and hand over to each other only where the kernel
//! waits (barriers, warp collectives) or touches shared memory. Blocks are spread over rayon.
//!
//! ```text
//! launch ── grid ──┬─ block (one OS thread) ── scheduler ──┬─ thread = coroutine ── device::*
//!                  ├─ block                                ├─ thread
//!                  └─ ...                                  └─ ...
//! ```
//!
//! Kernels call the functions of [`device`], which give each instruction the meaning that the PTX
//! ISA gives it. Where PTX leaves a choice, the simulator takes a different one for every
//! [`SimOptions::seed`]: the order of blocks and threads, which warp lags behind, which lane is
//! elected. Where PTX allows lateness, it is late: the bytes of a copy arrive at the wait that
//! demands them, or when nobody can go on without them. Where PTX says *undefined*, the launch ends with a [`Fault`] that names the
//! kernel, block, thread and source line.
//!
//! # Not modelled
//!
//! Time; the memory order of global memory; atomics as synchronisation (the race detector orders
//! accesses by barriers, `mbarrier`s and `bar.warp.sync` only); blocks that wait for blocks outside
//! of their cluster. `docs/simulator.md` in the repository explains the model.
//!
//! # Example
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering};
//!
//! use cuda_sim::{LaunchConfig, SimOptions, device, launch};
//!
//! let sum = AtomicU32::new(0);
//! let kernel = || {
//!     let x = device::thread_idx().x;
//!     let total = device::redux(u32::MAX, device::Redux::AddU32, x);
//!     if device::lane_id() == 0 {
//!         sum.fetch_add(total, Ordering::Relaxed);
//!     }
//! };
//! launch(&SimOptions::default(), "sum_of_indices", LaunchConfig::new(1, 64), &kernel)?;
//! assert_eq!(sum.into_inner(), 64 * 63 / 2);
//! # Ok::<(), cuda_sim::Fault>(())
//! ```

mod block;
mod cluster;
mod config;
mod context;
mod coroutine;
pub mod device;
mod fault;
mod global;
mod launch;
mod matrix;
mod memory;
mod options;
mod panic_capture;
mod runner;
mod schedule;
mod sync;
mod thread;
mod transfer;
mod trap;
mod warp;
mod warpgroup;

pub use config::{Dim3, LaunchConfig};
pub use fault::{Fault, FaultKind, SourceLine};
pub use global::GlobalBuffer;
pub use launch::launch;
pub use options::{Detectors, SimOptions};

//! Compiles Rust device crates to PTX with stock rustc and LLVM's own tools.
//!
//! The surface is rust-cuda's `cuda_builder`; what is underneath is rustc's `nvptx64-nvidia-cuda`
//! backend:
//!
//! ```text
//! device crate --cargo--> bitcode --llvm-link--> IR --fix-ups--> IR --opt, llc--> PTX
//!                                      ^                 ^              one module per
//!                                  prelude.ll     convergent asm,       kernel family
//!                                                 launch bounds
//! ```
//!
//! A device crate is an ordinary `no_std` library crate. Each kernel is an `extern "ptx-kernel"` function
//! with a marker beside it that names its module and launch bounds; `#[kernel]` of `cuda_std`
//! writes both. Device code sees `cfg(target_arch = "nvptx64")` and
//! `cfg(cuda_arch = "sm_90a")`, the architecture it is compiled for.
//!
//! ```no_run
//! use cuda_builder::{Arch, CudaBuilder};
//!
//! # fn main() -> Result<(), cuda_builder::CudaBuilderError> {
//! let modules = CudaBuilder::new("kernels-gpu")
//!     .arch(Arch::Sm90a)
//!     .build_modules()?;
//! for module in &modules {
//!     println!("{}: {}", module.family, module.kernels.join(" "));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! In a build script, [`CudaBuilder::build`] and [`CudaBuilder::build_modules`] tell cargo which sources
//! to watch.
//!
//! # Reproducible output
//!
//! Equal source and an equal toolchain give equal bytes, wherever and whenever they are built: the
//! PTX holds no paths, no dates and no crate hashes.

mod arch;
mod builder;
mod device_crate;
mod error;
mod ir;
mod llvm;
mod parameters;
mod ptx;
mod rerun;
mod toolchain;

pub use arch::{Arch, NvvmArch, PtxIsa, UnknownArch};
pub use builder::CudaBuilder;
pub use error::CudaBuilderError;
pub use ir::IrError;
pub use ptx::{Header, PtxModule};
pub use toolchain::{
    CARGO_VAR, LLVM_DIR_VAR, RUSTC_VAR, Rejected, RustcVersion, Toolchain, ToolchainError,
};

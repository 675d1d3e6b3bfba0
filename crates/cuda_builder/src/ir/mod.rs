//! Fix-ups on textual LLVM IR: what Rust source cannot say and rustc does not add.
//!
//! Each is a pure function over the text of a module. LLVM prints one instruction, one definition
//! and one global to a line, which is all the structure they rely on; a line of an unknown shape is
//! an error, never skipped.

mod convergent;
mod kernels;
mod launch_bounds;
mod names;

pub(crate) use convergent::mark_asm_convergent;
pub(crate) use kernels::{Kernel, find_kernels};
pub(crate) use launch_bounds::apply_launch_bounds;
pub(crate) use names::normalise_names;

/// Why a module's IR could not be fixed up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IrError {
    /// A call of side-effecting inline assembly has an unknown shape.
    #[error("cannot mark this inline assembly convergent: {0}")]
    AsmCall(String),
    /// A kernel's marker cannot be read.
    #[error("kernel marker `{marker}`: {reason}")]
    Marker {
        /// The marker's symbol.
        marker: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A marker names a kernel that the module does not define.
    #[error("`{0}` is marked as a kernel, but no kernel of that name is defined")]
    NoSuchKernel(String),
    /// A kernel has no marker.
    #[error("kernel `{0}` has no marker: declare it with #[kernel]")]
    UnmarkedKernel(String),
}

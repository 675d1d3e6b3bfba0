//! cuBLASLt in the same process: what our products are measured against.
//!
//! | module | what |
//! |---|---|
//! | [`problem`], [`layout`], [`scales`] | what is computed; where matrices and scale factors lie: pure |
//! | [`search`] | where the library may be: nothing is linked, no toolkit is needed |
//! | `ffi`, `descriptor`, `operation` | its functions and constants; its objects; a problem told in them |
//! | [`cublaslt`], [`plan`] | the library and what its heuristics suggest; running a suggestion |
//!
//! The binding is our own, of the 15 functions used: `cudarc`, the crate that has them all, panics where the library or
//! a symbol is missing, cannot be told which file to take, and is built for one version of the library.
//!
//! ```no_run
//! # fn main() -> Result<(), gatewarp_benches::peer::Error> {
//! use gatewarp_benches::peer::{CublasLt, Problem, Types};
//!
//! let peer = CublasLt::load()?;
//! let problem = Problem::new(4096, 4096, 4096, Types::Bf16);
//! for plan in peer.candidates(&problem, 32 << 20, 16)? {
//!     println!("{} bytes, {} waves", plan.workspace_bytes(), plan.waves());
//! }
//! # Ok(())
//! # }
//! ```

pub mod cublaslt;
mod descriptor;
pub mod error;
#[cfg(test)]
mod fake;
mod ffi;
pub mod layout;
mod operation;
pub mod plan;
pub mod problem;
pub mod scales;
pub mod search;
#[cfg(test)]
mod tests;

pub use cublaslt::CublasLt;
pub use error::Error;
pub use plan::{Operands, Plan};
pub use problem::{Problem, Scaling, Types};
pub use scales::Scales;

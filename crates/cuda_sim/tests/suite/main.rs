//! The simulator against the plain meaning of each instruction, and each detector against a
//! kernel that breaks its rule and a twin that does not.

mod barriers;
#[cfg(unix)]
mod buffers;
mod bulk;
mod clusters;
mod copies;
mod dependents;
mod detectors;
#[cfg(unix)]
mod global;
mod launching;
mod matrices;
mod mbarriers;
mod races;
mod registers;
mod shared;
mod support;
mod tensors;
mod warps;
mod wgmma;

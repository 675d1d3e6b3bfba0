//! The simulator against the plain meaning of each instruction, and each detector against a
//! kernel that breaks its rule and a twin that does not.

mod barriers;
mod copies;
mod detectors;
mod launching;
mod matrices;
mod races;
mod shared;
mod support;
mod warps;

//! Synchronisation of a block: its barriers, and what to do when every thread waits.

mod barrier;
pub(crate) mod idle;

pub use barrier::BarrierReduce;
pub(crate) use barrier::{Arrival, BarrierTable, Completion, Flavour};

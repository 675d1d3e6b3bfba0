//! Synchronisation: barriers of blocks and clusters, `mbarrier`s, the register pool, and what to do
//! when every thread waits.

mod barrier;
mod cluster;
mod cluster_barrier;
mod dependence;
pub(crate) mod exit;
pub(crate) mod idle;
mod mbarrier;
mod registers;

pub use barrier::BarrierReduce;
pub(crate) use barrier::{Arrival, BarrierTable, Completion, Flavour};
pub(crate) use cluster::{finish_cluster_barrier, finish_mbarrier};
pub(crate) use cluster_barrier::ClusterBarrier;
pub(crate) use dependence::Dependence;
pub(crate) use mbarrier::{Mbarrier, Mbarriers, Test};
pub(crate) use registers::{RegisterPool, Request};

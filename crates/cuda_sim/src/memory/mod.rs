//! A block's shared memory, the copies on their way into it, and who may touch it when.

mod access;
mod cp_async;
mod groups;
mod history;
mod order;
mod shared;

pub(crate) use cp_async::Copy;
pub(crate) use groups::Groups;
pub(crate) use history::{Accessor, History};
pub(crate) use order::{Agent, Join, Knowledge, Order, Stamp};
pub(crate) use shared::{AsyncRead, SHARED_BASE, SharedMemory, Span, at_rank, place, split};

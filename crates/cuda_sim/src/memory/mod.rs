//! A block's shared memory, the copies on their way into it, and who may touch it when.

mod cp_async;
mod race;
mod shared;

pub(crate) use cp_async::{Copy, CopyQueue};
pub(crate) use race::{Join, RaceDetector};
pub(crate) use shared::{SHARED_BASE, SharedMemory};

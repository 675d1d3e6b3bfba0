//! The plan of a block that goes from strip to strip, and of its shared memory.
//!
//! ```text
//! shared   ring of STAGES x [ STAGE_ROWS rows of STRIP_BYTES, swizzled by 128 bytes ]
//!          exchange
//!          barriers of the ring
//! ```

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};
use cuda_std::warp;

use super::slots::EXCHANGE_BYTES;
use crate::octet::{OCTET, RawOctet};
use crate::ring::{Place, Ring, ring_bytes};

/// Bytes of a strip's rows.
pub const STRIP_BYTES: u32 = 128;

/// Rows of a stage.
pub const STAGE_ROWS: u32 = 128;

/// Stages of a strip that a block has at most.
pub const MOST_STAGES: u32 = 8;

/// Stages of the ring.
pub(super) const STAGES: u32 = 12;

/// Threads that have octets.
pub(super) const THREADS: u32 = 512;

/// Bytes of a stage.
pub(super) const STAGE_BYTES: u32 = STAGE_ROWS * STRIP_BYTES;

/// Where the exchange's memory begins.
pub(super) const EXCHANGE: u32 = STAGES * STAGE_BYTES;

/// Where the ring's barriers are.
const RING: u32 = EXCHANGE + EXCHANGE_BYTES;

/// Bytes of dynamic shared memory.
pub const STREAM_BYTES: u32 = RING + ring_bytes(STAGES);

/// Threads of a block, of elements of so many bytes: a row of them for each row of a strip, and a warp.
#[must_use]
pub const fn stream_threads(element: usize) -> (u32, u32) {
    let octets = octets(element);
    (octets, (THREADS + warp::WARP_SIZE) / octets)
}

/// Octets of a strip's row.
pub(super) const fn octets(element: usize) -> u32 {
    STRIP_BYTES / (OCTET * element) as u32
}

/// The barriers of the ring.
#[inline(always)]
#[track_caller]
pub(super) fn ring() -> Ring<STAGES> {
    let barriers = dynamic_shared_mem::<u8>().byte_add(RING);
    Ring::at(Mbarrier::at(barriers))
}

/// A stage of it.
#[inline(always)]
#[track_caller]
pub(super) fn stage(place: Place<STAGES>) -> Shared<u8> {
    dynamic_shared_mem::<u8>().add(place.stage * STAGE_BYTES)
}

/// A thread's octets of a strip, by stages.
pub(super) type Kept = [[RawOctet; 2]; MOST_STAGES as usize];

//! `mbarrier`: barriers in shared memory that count arrivals of threads and bytes of copies (sm_90).
//!
//! A barrier is 8 bytes. Its phase completes when its pending arrivals and its pending bytes are both
//! zero; then the next phase begins with the count that it was initialised with. A wait names a phase by
//! its parity: 0 for the first, 1 for the second, and so on. Waiting for parity 1 on a fresh barrier
//! returns at once, as if a phase had come before.
//!
//! | who | does |
//! |---|---|
//! | one thread | [`init`](Mbarrier::init), [`mbarrier_init`](crate::fence::mbarrier_init), then a block or cluster barrier |
//! | producer | [`arrive_expect_tx`](Mbarrier::arrive_expect_tx) of the bytes, then the copies that name the barrier |
//! | consumer | [`wait`](Mbarrier::wait), uses what arrived, [`arrive`](Mbarrier::arrive) on the barrier that the producer waits for |
//!
//! PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier". Every function is
//! executed by any single thread.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::shared::Shared;

/// One instruction on a barrier that gives nothing back.
#[cfg(target_arch = "nvptx64")]
macro_rules! instruction {
    ($ptx:literal, $($operand:expr),*) => {
        // SAFETY: the caller's contract is the instruction's.
        unsafe { asm!($ptx, $(in(reg32) $operand,)* options(nostack)) }
    };
}

/// Whether a phase has completed, by an instruction that sets the predicate `p`.
#[cfg(target_arch = "nvptx64")]
macro_rules! test {
    ($ptx:literal, $address:expr, $parity:expr) => {{
        let complete: u32;
        // SAFETY: the caller's contract is the instruction's.
        unsafe {
            asm!("{{", ".reg .pred p;", concat!($ptx, " p, [{a}], {n};"), "selp.u32 {c}, 1, 0, p;", "}}",
                a = in(reg32) $address, n = in(reg32) $parity, c = out(reg32) complete, options(nostack));
        }
        complete != 0
    }};
}

mod remote;

pub use remote::RemoteMbarrier;

/// A barrier in the block's own shared memory: its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mbarrier {
    address: u32,
}

impl Mbarrier {
    /// Bytes of a barrier, and its alignment.
    pub const BYTES: u32 = 8;

    /// The barrier whose 8 bytes are at `place`.
    #[inline(always)]
    #[must_use]
    pub const fn at(place: Shared<u64>) -> Self {
        Self {
            address: place.address(),
        }
    }

    /// The barrier `count` places further on: the elements of an array of barriers.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // `add` as on raw pointers
    pub const fn add(self, count: u32) -> Self {
        Self {
            address: self.address + count * Self::BYTES,
        }
    }

    /// The shared-window address.
    #[inline(always)]
    #[must_use]
    pub const fn address(self) -> u32 {
        self.address
    }

    /// The barrier at the same place in block `rank` of the cluster (`mapa.shared::cluster.u32`).
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub fn remote(self, rank: u32) -> RemoteMbarrier {
        RemoteMbarrier::at(crate::cluster::map_address(self.address, rank))
    }

    /// Makes the 8 bytes a barrier for `count` arrivals a phase (`mbarrier.init.shared::cta.b64`, sm_80).
    ///
    /// Other threads and copies may use it after [`mbarrier_init`](crate::fence::mbarrier_init) by this
    /// thread and a barrier of the block, or of the cluster if other blocks use it.
    ///
    /// # Safety
    /// - The 8 bytes lie inside the block's dynamic shared memory, aligned to 8, and hold no barrier.
    /// - `count` is from 1 to 2^20 - 1.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn init(self, count: u32) {
        on! {
            gpu => instruction!("mbarrier.init.shared::cta.b64 [{0}], {1};", self.address, count),
            sim => cuda_sim::device::mbarrier_init(self.address, count),
        }
    }

    /// Makes the barrier plain bytes again (`mbarrier.inval.shared::cta.b64`, sm_80).
    ///
    /// # Safety
    /// It is a barrier, and nobody uses it meanwhile or later.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn inval(self) {
        on! {
            gpu => instruction!("mbarrier.inval.shared::cta.b64 [{0}];", self.address),
            sim => cuda_sim::device::mbarrier_inval(self.address),
        }
    }

    /// Counts one arrival in; what the thread did before is visible to those who wait for the phase
    /// (`mbarrier.arrive.release.cta.shared::cta.b64`).
    ///
    /// # Safety
    /// It is a barrier, and its phase has an arrival pending.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive(self) {
        on! {
            gpu => instruction!("mbarrier.arrive.release.cta.shared::cta.b64 _, [{0}];", self.address),
            sim => cuda_sim::device::mbarrier_arrive(self.address, 1),
        }
    }

    /// Counts `count` arrivals in, as [`arrive`](Self::arrive).
    ///
    /// # Safety
    /// It is a barrier, and its phase has that many arrivals pending.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive_count(self, count: u32) {
        on! {
            gpu => instruction!("mbarrier.arrive.release.cta.shared::cta.b64 _, [{0}], {1};", self.address, count),
            sim => cuda_sim::device::mbarrier_arrive(self.address, count),
        }
    }

    /// Makes the phase wait for `bytes` more bytes, and counts one arrival in
    /// (`mbarrier.arrive.expect_tx.release.cta.shared::cta.b64`).
    ///
    /// # Safety
    /// As [`arrive`](Self::arrive); at most 2^20 - 1 bytes are pending.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive_expect_tx(self, bytes: u32) {
        on! {
            gpu => instruction!("mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [{0}], {1};", self.address, bytes),
            sim => cuda_sim::device::mbarrier_arrive_expect_tx(self.address, bytes),
        }
    }

    /// Makes the phase wait for `bytes` more bytes (`mbarrier.expect_tx.relaxed.cta.shared::cta.b64`).
    ///
    /// # Safety
    /// It is a barrier, whose phase cannot complete meanwhile; at most 2^20 - 1 bytes are pending.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn expect_tx(self, bytes: u32) {
        on! {
            gpu => instruction!("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [{0}], {1};", self.address, bytes),
            sim => cuda_sim::device::mbarrier_expect_tx(self.address, bytes),
        }
    }

    /// Counts `bytes` bytes as arrived, with no copy (`mbarrier.complete_tx.relaxed.cta.shared::cta.b64`).
    ///
    /// # Safety
    /// It is a barrier, and its phase waits for these bytes.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn complete_tx(self, bytes: u32) {
        on! {
            gpu => instruction!("mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [{0}], {1};", self.address, bytes),
            sim => cuda_sim::device::mbarrier_complete_tx(self.address, bytes),
        }
    }

    /// Counts an arrival in when the thread's earlier [`cp_async`](crate::cp_async) copies have landed,
    /// an arrival that is part of the barrier's count (`cp.async.mbarrier.arrive.noinc.shared::cta.b64`,
    /// sm_80).
    ///
    /// # Safety
    /// As [`arrive`](Self::arrive).
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive_on_copies(self) {
        on! {
            gpu => instruction!("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [{0}];", self.address),
            sim => cuda_sim::device::cp_async_mbarrier_arrive(self.address, true),
        }
    }

    /// [`arrive_on_copies`](Self::arrive_on_copies) with an arrival that comes on top of the count
    /// (`cp.async.mbarrier.arrive.shared::cta.b64`, sm_80).
    ///
    /// # Safety
    /// It is a barrier, whose phase cannot complete before this is executed.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn add_arrival_on_copies(self) {
        on! {
            gpu => instruction!("cp.async.mbarrier.arrive.shared::cta.b64 [{0}];", self.address),
            sim => cuda_sim::device::cp_async_mbarrier_arrive(self.address, false),
        }
    }

    /// Whether the phase of this parity has completed (`mbarrier.test_wait.parity.acquire.cta`, sm_80).
    /// If so, what those who arrived did before is visible.
    ///
    /// # Safety
    /// It is a barrier, and `parity` is that of its current phase or of the one before.
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub unsafe fn test_wait(self, parity: u32) -> bool {
        on! {
            gpu => test!("mbarrier.test_wait.parity.shared::cta.b64", self.address, parity),
            sim => cuda_sim::device::mbarrier_test_wait_parity(self.address, parity),
        }
    }

    /// [`test_wait`](Self::test_wait) that may sleep for a while before it says no
    /// (`mbarrier.try_wait.parity.acquire.cta`, sm_90).
    ///
    /// # Safety
    /// As [`test_wait`](Self::test_wait).
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub unsafe fn try_wait(self, parity: u32) -> bool {
        on! {
            gpu => test!("mbarrier.try_wait.parity.shared::cta.b64", self.address, parity),
            sim => cuda_sim::device::mbarrier_try_wait_parity(self.address, parity),
        }
    }

    /// [`try_wait`](Self::try_wait) that sees what other blocks of the cluster did before they arrived
    /// (`mbarrier.try_wait.parity.acquire.cluster`, sm_90).
    ///
    /// # Safety
    /// As [`test_wait`](Self::test_wait).
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub unsafe fn try_wait_cluster(self, parity: u32) -> bool {
        on! {
            gpu => test!("mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64", self.address, parity),
            sim => cuda_sim::device::mbarrier_try_wait_parity(self.address, parity),
        }
    }

    /// Waits until the phase of this parity has completed: [`try_wait`](Self::try_wait) until it says yes.
    ///
    /// # Safety
    /// As [`test_wait`](Self::test_wait).
    #[inline(always)]
    #[track_caller]
    pub unsafe fn wait(self, parity: u32) {
        // SAFETY: the caller's contract.
        while !unsafe { self.try_wait(parity) } {}
    }

    /// [`wait`](Self::wait) by [`try_wait_cluster`](Self::try_wait_cluster).
    ///
    /// # Safety
    /// As [`test_wait`](Self::test_wait).
    #[inline(always)]
    #[track_caller]
    pub unsafe fn wait_cluster(self, parity: u32) {
        // SAFETY: the caller's contract.
        while !unsafe { self.try_wait_cluster(parity) } {}
    }
}

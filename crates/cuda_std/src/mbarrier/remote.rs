//! Barriers of other blocks of the cluster: arrivals. A wait is for a block's own barriers alone.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

/// A barrier in the shared memory of some block of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteMbarrier {
    address: u32,
}

impl RemoteMbarrier {
    /// The barrier at an address of the cluster's shared window.
    #[inline(always)]
    pub(super) const fn at(address: u32) -> Self {
        Self { address }
    }

    /// The address in the cluster's shared window.
    #[inline(always)]
    #[must_use]
    pub const fn address(self) -> u32 {
        self.address
    }

    /// Counts one arrival in; what the thread did before is visible to those in the cluster who wait for
    /// the phase (`mbarrier.arrive.release.cluster.shared::cluster.b64`, sm_90).
    ///
    /// # Safety
    /// - It is a barrier, and its phase has an arrival pending.
    /// - Its block has started (a cluster barrier says so) and does not exit before.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive(self) {
        on! {
            gpu => instruction!("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [{0}];", self.address),
            sim => cuda_sim::device::mbarrier_arrive(self.address, 1),
        }
    }

    /// [`arrive`](Self::arrive) of a thread that has written nothing for the others, such as one that is done
    /// reading (`mbarrier.arrive.shared::cluster.b64`, which releases in the thread's block alone; sm_90).
    ///
    /// The wider release is a fence of the whole GPU, which a main loop cannot afford.
    ///
    /// # Safety
    /// As [`arrive`](Self::arrive).
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive_after_reading(self) {
        on! {
            gpu => instruction!("mbarrier.arrive.shared::cluster.b64 _, [{0}];", self.address),
            sim => cuda_sim::device::mbarrier_arrive(self.address, 1),
        }
    }

    /// Counts `count` arrivals in, as [`arrive`](Self::arrive).
    ///
    /// # Safety
    /// As [`arrive`](Self::arrive), with that many arrivals pending.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive_count(self, count: u32) {
        on! {
            gpu => instruction!("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [{0}], {1};", self.address, count),
            sim => cuda_sim::device::mbarrier_arrive(self.address, count),
        }
    }

    /// Makes the phase wait for `bytes` more bytes, and counts one arrival in
    /// (`mbarrier.arrive.expect_tx.release.cluster.shared::cluster.b64`, sm_90).
    ///
    /// # Safety
    /// As [`arrive`](Self::arrive); at most 2^20 - 1 bytes are pending.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn arrive_expect_tx(self, bytes: u32) {
        on! {
            gpu => instruction!("mbarrier.arrive.expect_tx.release.cluster.shared::cluster.b64 _, [{0}], {1};", self.address, bytes),
            sim => cuda_sim::device::mbarrier_arrive_expect_tx(self.address, bytes),
        }
    }
}

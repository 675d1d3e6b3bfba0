//! Clusters: blocks that run together and reach each other's shared memory (sm_90).
//!
//! A launch says how many blocks form a cluster. Addresses of the cluster's shared window are 32 bits,
//! like those of the block's own, which are among them; [`map_address`] finds the same place in another
//! block.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::mbarrier::RemoteMbarrier;
use crate::shared::Shared;

macro_rules! special_registers {
    ($($name:ident, $ptx:literal, $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!("`", $ptx, "`: ", $doc, " Executed by any thread.")]
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub fn $name() -> u32 {
            on! {
                gpu => compute!(reg32 u32 = concat!("mov.u32 {0}, ", $ptx, ";")),
                sim => $sim,
            }
        }
    )* };
}

special_registers! {
    block_rank, "%cluster_ctarank", cuda_sim::device::cluster_ctarank(), "the block's rank in its cluster.";
    blocks, "%cluster_nctarank", cuda_sim::device::cluster_nctarank(), "how many blocks the cluster has.";
    block_idx_x, "%cluster_ctaid.x", cuda_sim::device::cluster_ctaid().x, "the block's place in its cluster.";
    block_idx_y, "%cluster_ctaid.y", cuda_sim::device::cluster_ctaid().y, "the block's place in its cluster.";
    block_idx_z, "%cluster_ctaid.z", cuda_sim::device::cluster_ctaid().z, "the block's place in its cluster.";
    dim_x, "%cluster_nctaid.x", cuda_sim::device::cluster_nctaid().x, "the cluster's extent in blocks.";
    dim_y, "%cluster_nctaid.y", cuda_sim::device::cluster_nctaid().y, "the cluster's extent in blocks.";
    dim_z, "%cluster_nctaid.z", cuda_sim::device::cluster_nctaid().z, "the cluster's extent in blocks.";
    idx_x, "%clusterid.x", cuda_sim::device::clusterid().x, "the cluster's place in the grid.";
    idx_y, "%clusterid.y", cuda_sim::device::clusterid().y, "the cluster's place in the grid.";
    idx_z, "%clusterid.z", cuda_sim::device::clusterid().z, "the cluster's place in the grid.";
    grid_dim_x, "%nclusterid.x", cuda_sim::device::nclusterid().x, "the grid's extent in clusters.";
    grid_dim_y, "%nclusterid.y", cuda_sim::device::nclusterid().y, "the grid's extent in clusters.";
    grid_dim_z, "%nclusterid.z", cuda_sim::device::nclusterid().z, "the grid's extent in clusters.";
}

/// The address in block `rank` of the cluster that corresponds to a shared `address` of this block
/// (`mapa.shared::cluster.u32`). Executed by any thread.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn map_address(address: u32, rank: u32) -> u32 {
    on! {
        gpu => compute!(reg32 u32 = "mapa.shared::cluster.u32 {0}, {1}, {2};", reg32 address, reg32 rank),
        sim => cuda_sim::device::mapa(address, rank),
    }
}

/// Counts the thread in at the cluster's barrier; what it did before is visible to those who waited
/// (`barrier.cluster.arrive.release.aligned`).
///
/// # Safety
/// Every thread of the cluster executes this, a warp's together, and [`wait`] after it, once a phase.
#[inline(always)]
#[track_caller]
pub unsafe fn arrive() {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("barrier.cluster.arrive.release.aligned;", options(nostack)) },
        sim => cuda_sim::device::cluster_arrive(true),
    }
}

/// [`arrive`] that shows nothing (`barrier.cluster.arrive.relaxed.aligned`).
///
/// # Safety
/// As [`arrive`].
#[inline(always)]
#[track_caller]
pub unsafe fn arrive_relaxed() {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("barrier.cluster.arrive.relaxed.aligned;", options(nostack)) },
        sim => cuda_sim::device::cluster_arrive(false),
    }
}

/// Waits until every thread of the cluster arrived (`barrier.cluster.wait.acquire.aligned`).
///
/// # Safety
/// Every thread of the cluster executes this, a warp's together, after an [`arrive`].
#[inline(always)]
#[track_caller]
pub unsafe fn wait() {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("barrier.cluster.wait.acquire.aligned;", options(nostack)) },
        sim => cuda_sim::device::cluster_wait(),
    }
}

/// Waits until every thread of the cluster is here; what they wrote before is visible to all after.
///
/// # Safety
/// Every thread of the cluster executes this, a warp's together.
#[inline(always)]
#[track_caller]
pub unsafe fn sync() {
    // SAFETY: the caller's contract.
    unsafe {
        arrive();
        wait();
    }
}

/// A value of 4 bytes that moves between blocks.
pub trait RemoteValue: Copy {
    /// The value's bits.
    fn to_bits(self) -> u32;
    /// The value with these bits.
    fn from_bits(bits: u32) -> Self;
}

macro_rules! remote_values {
    ($($type:ty: |$value:ident| $to:expr, |$bits:ident| $from:expr;)*) => { $(
        impl RemoteValue for $type {
            #[inline(always)]
            fn to_bits(self) -> u32 {
                let $value = self;
                $to
            }
            #[inline(always)]
            fn from_bits($bits: u32) -> Self {
                $from
            }
        }
    )* };
}
remote_values! {
    u32: |value| value, |bits| bits;
    i32: |value| value as u32, |bits| bits as i32;
    f32: |value| value.to_bits(), |bits| f32::from_bits(bits);
}

/// A pointer into the shared memory of some block of the cluster.
pub struct Remote<T> {
    pointer: Shared<T>,
}

impl<T> Clone for Remote<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Remote<T> {}

impl<T> Shared<T> {
    /// The same place in block `rank` of the cluster ([`map_address`], sm_90).
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub fn remote(self, rank: u32) -> Remote<T> {
        Remote {
            pointer: Self::from_address(map_address(self.address(), rank)),
        }
    }
}

impl<T> Remote<T> {
    /// The address in the cluster's shared window.
    #[inline(always)]
    #[must_use]
    pub const fn address(self) -> u32 {
        self.pointer.address()
    }

    /// The pointer `count` elements further on, in the same block.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // `add` as on raw pointers
    pub const fn add(self, count: u32) -> Self {
        Self {
            pointer: self.pointer.add(count),
        }
    }
}

impl<T: RemoteValue> Remote<T> {
    /// Loads the element (`ld.shared::cluster.u32`).
    ///
    /// # Safety
    /// - The element lies inside its block's dynamic shared memory, aligned to 4.
    /// - Its block has started (a cluster barrier says so) and does not exit meanwhile.
    /// - No thread writes it without a barrier of the cluster in between.
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub unsafe fn read(self) -> T {
        T::from_bits(on! {
            gpu => {
                let bits: u32;
                // SAFETY: in bounds, aligned and unraced by the caller's contract.
                unsafe {
                    asm!("ld.shared::cluster.u32 {0}, [{1}];",
                        out(reg32) bits, in(reg32) self.address(), options(nostack));
                }
                bits
            },
            // SAFETY: any bytes are a `u32`.
            sim => unsafe { cuda_sim::device::cluster_load::<u32>(self.address()) },
        })
    }

    /// Stores the element (`st.shared::cluster.u32`).
    ///
    /// # Safety
    /// As [`read`](Self::read); no thread reads it either without a barrier of the cluster in between.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn write(self, value: T) {
        on! {
            // SAFETY: in bounds, aligned and unraced by the caller's contract.
            gpu => unsafe {
                asm!("st.shared::cluster.u32 [{0}], {1};",
                    in(reg32) self.address(), in(reg32) value.to_bits(), options(nostack));
            },
            // SAFETY: a `u32` has no padding.
            sim => unsafe { cuda_sim::device::cluster_store(self.address(), value.to_bits()) },
        }
    }

    /// Stores the element later, and completes 4 bytes on `barrier`
    /// (`st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.b32`, PTX ISA 8.1).
    ///
    /// A module that uses it must declare PTX ISA 8.1, which takes a driver of CUDA 12.1.
    ///
    /// # Safety
    /// - As [`write`](Self::write), until the barrier's phase was waited for.
    /// - `barrier` lies in the same block, and its phase expects the bytes.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn write_async(self, value: T, barrier: RemoteMbarrier) {
        on! {
            // SAFETY: the caller's contract is the instruction's.
            gpu => unsafe {
                asm!("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.b32 [{0}], {1}, [{2}];",
                    in(reg32) self.address(), in(reg32) value.to_bits(), in(reg32) barrier.address(),
                    options(nostack));
            },
            sim => cuda_sim::device::st_async_u32(self.address(), value.to_bits(), barrier.address()),
        }
    }
}

/// Adds to a counter in some block of the cluster and returns what it held before
/// (`atom.relaxed.cluster.shared::cluster.add.u32`). Executed by any thread.
///
/// # Safety
/// As [`Remote::read`], except that the counter is accessed only atomically until the next barrier of the
/// cluster.
#[inline(always)]
#[track_caller]
pub unsafe fn atomic_add_u32(counter: Remote<u32>, value: u32) -> u32 {
    on! {
        gpu => {
            let old: u32;
            // SAFETY: in bounds and aligned by the caller's contract.
            unsafe {
                asm!("atom.relaxed.cluster.shared::cluster.add.u32 {0}, [{1}], {2};",
                    out(reg32) old, in(reg32) counter.address(), in(reg32) value, options(nostack));
            }
            old
        },
        sim => cuda_sim::device::cluster_atomic_add_u32(counter.address(), value),
    }
}

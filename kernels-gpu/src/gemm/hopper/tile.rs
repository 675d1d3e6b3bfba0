//! The shape of a tile and the plan of shared memory.
//!
//! ```text
//! shared   STAGES x [ A: BM rows | B: BN rows ]    rows of 128 bytes of K, swizzled by 128 bytes
//!          CONSUMERS x 2 slabs of 64 rows of 128 bytes, on their way to C
//!          barriers: full[STAGES], empty[STAGES]
//! ```

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};

use super::ring::Ring;

/// Bytes of K in a stage: what the swizzle spans, and what four products take.
pub const ROW_BYTES: u32 = 128;

/// Rows of C that a warpgroup computes.
pub(super) const WARPGROUP_ROWS: u32 = 64;

/// Bytes of a slab: 64 rows of as many columns of C as take 128 bytes.
pub(super) const SLAB_BYTES: u32 = WARPGROUP_ROWS * ROW_BYTES;

/// Slabs of a warpgroup: one is written while the other is stored.
pub(super) const SLABS: u32 = 2;

/// What a Hopper block may have of shared memory.
const SHARED_LIMIT: u32 = 227 * 1024;

/// A stage of the ring.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Rows of A.
    pub a_rows: u32,
    /// Rows of B that one block of a cluster loads.
    pub b_rows: u32,
    /// Where B starts.
    pub b_offset: u32,
    /// Bytes of it.
    pub stage_bytes: u32,
}

impl Layout {
    /// Where stage `index` is.
    #[inline(always)]
    #[track_caller]
    pub fn stage(self, index: u32) -> Shared<u8> {
        dynamic_shared_mem::<u8>().byte_add(index * self.stage_bytes)
    }
}

/// An output tile of `64 CONSUMERS x 2 R`, computed by a producer and `CONSUMERS` warpgroups of `R` accumulator
/// registers a thread, through a ring of `STAGES`; `CLUSTER` blocks, one below the other, share B.
pub struct Tile<const R: usize, const CONSUMERS: u32, const STAGES: u32, const CLUSTER: u32>;

impl<const R: usize, const CONSUMERS: u32, const STAGES: u32, const CLUSTER: u32>
    Tile<R, CONSUMERS, STAGES, CLUSTER>
{
    /// Rows of C.
    pub const BM: u32 = WARPGROUP_ROWS * CONSUMERS;
    /// Columns of C.
    pub const BN: u32 = 2 * R as u32;
    /// Rows of B that one block of a cluster loads, for all of them.
    pub const B_ROWS: u32 = Self::BN / CLUSTER;
    /// Blocks of a cluster.
    pub const CLUSTER: u32 = CLUSTER;
    /// Threads of a block.
    pub const THREADS: u32 = 128 * (1 + CONSUMERS);
    /// What a stage looks like.
    pub(super) const LAYOUT: Layout = Layout {
        a_rows: Self::BM,
        b_rows: Self::B_ROWS,
        b_offset: Self::BM * ROW_BYTES,
        stage_bytes: Self::STAGE_BYTES,
    };
    const STAGE_BYTES: u32 = (Self::BM + Self::BN) * ROW_BYTES;
    const SLABS_OFFSET: u32 = STAGES * Self::STAGE_BYTES;
    const BARRIERS_OFFSET: u32 = Self::SLABS_OFFSET + CONSUMERS * SLABS * SLAB_BYTES;
    /// Bytes of dynamic shared memory.
    pub const SHARED_BYTES: u32 = Self::BARRIERS_OFFSET + 2 * STAGES * 8;

    /// Every tile the kernels are stamped for must satisfy these.
    pub(super) const CHECKED: () = {
        assert!(CONSUMERS == 2, "as the registers are dealt out");
        assert!(Self::SHARED_BYTES <= SHARED_LIMIT);
        assert!(CLUSTER == 1 || CLUSTER == 2);
        assert!(
            Self::STAGE_BYTES.is_multiple_of(1024) && (Self::BM * ROW_BYTES).is_multiple_of(1024)
        );
        assert!((Self::B_ROWS * ROW_BYTES).is_multiple_of(1024));
    };

    /// The ring's barriers.
    #[inline(always)]
    pub(super) fn ring() -> Ring<STAGES, CLUSTER> {
        let barriers = dynamic_shared_mem::<u8>().byte_add(Self::BARRIERS_OFFSET);
        Ring::at(Mbarrier::at(barriers))
    }

    /// The slabs of a consumer.
    #[inline(always)]
    pub(super) fn slabs(consumer: u32) -> Shared<u8> {
        dynamic_shared_mem::<u8>().byte_add(Self::SLABS_OFFSET + consumer * SLABS * SLAB_BYTES)
    }
}

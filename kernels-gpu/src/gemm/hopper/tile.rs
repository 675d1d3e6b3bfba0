//! The shape of a tile and the plan of shared memory.
//!
//! ```text
//! shared   STAGES x [ A: BM rows | B: BN rows ]    rows of 128 bytes of K, swizzled by 128 bytes
//!          CONSUMERS x 1 or 2 slabs of 64 rows of 128 bytes, on their way to C, or as much as a narrow tile takes in f32
//!          CONSUMERS x chunks from other blocks, where several share K
//!          barriers: full[STAGES], empty[STAGES]; where several share K, arrived and read of each consumer
//! ```

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};

use super::ring::Ring;
use super::split::{CHUNK, CHUNK_BYTES, Exchange, Share, received};

/// Bytes of K in a stage: what the swizzle spans, and what four products take.
pub const ROW_BYTES: u32 = 128;

/// Rows of C that a warpgroup computes.
pub(super) const WARPGROUP_ROWS: u32 = 64;

/// Rows of those that a warp has, and stores at a time.
pub const WARP_ROWS: u32 = WARPGROUP_ROWS / 4;

/// Bytes of a warpgroup's slabs of 64 rows of as many columns of C as take 128 bytes.
pub(super) const SLAB_BYTES: u32 = WARPGROUP_ROWS * ROW_BYTES;

/// Barriers of an exchange.
const EXCHANGE_BARRIERS: u32 = 2;

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

/// Consumer warpgroups of a block.
pub(super) const CONSUMERS: u32 = 2;

/// An output tile of `64 SHARING x 2 R`, computed by `SHARING` consumer warpgroups of `R` accumulator registers a thread,
/// through a ring of `STAGES`. Both consumers share a tile, or they take turns: while one stores, the other multiplies. `CLUSTER` blocks, one below the other, share B; or up to `SPLIT` blocks
/// compute the tile together, each for a part of K: as many as the launch puts into a cluster.
pub struct Tile<
    const R: usize,
    const SHARING: u32,
    const STAGES: u32,
    const CLUSTER: u32,
    const SPLIT: u32,
>;

impl<const R: usize, const SHARING: u32, const STAGES: u32, const CLUSTER: u32, const SPLIT: u32>
    Tile<R, SHARING, STAGES, CLUSTER, SPLIT>
{
    /// Rows of C.
    pub const BM: u32 = WARPGROUP_ROWS * SHARING;
    /// Columns of C.
    pub const BN: u32 = 2 * R as u32;
    /// Rows of B that one block of a cluster loads, for all of them.
    pub const B_ROWS: u32 = Self::BN / CLUSTER;
    /// Blocks of a cluster that share B.
    pub const CLUSTER: u32 = CLUSTER;
    /// Blocks of a cluster that may share K, a power of two.
    pub const SPLIT: u32 = SPLIT;
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
    /// Slabs of a consumer: one is written while the other is stored. Where they take turns, one does, since the other consumer
    /// multiplies meanwhile.
    pub(super) const SLABS: u32 = SHARING;
    /// Bytes of a consumer's slabs, or of a part in `f32` where that is less.
    const SLABS_BYTES: u32 = if Self::PART_BYTES < Self::SLABS * SLAB_BYTES {
        Self::PART_BYTES
    } else {
        Self::SLABS * SLAB_BYTES
    };
    const PART_BYTES: u32 = WARPGROUP_ROWS * Self::BN * 4;
    const INCOMING_OFFSET: u32 = Self::SLABS_OFFSET + CONSUMERS * Self::SLABS_BYTES;
    /// Bytes of the chunks that a consumer receives.
    const INCOMING_BYTES: u32 = received(Self::BN / CHUNK, SPLIT) * CHUNK_BYTES;
    const BARRIERS_OFFSET: u32 = Self::INCOMING_OFFSET + CONSUMERS * Self::INCOMING_BYTES;
    const BARRIERS: u32 = 2 * STAGES + EXCHANGE_BARRIERS * CONSUMERS;
    /// Bytes of dynamic shared memory.
    pub const SHARED_BYTES: u32 = Self::BARRIERS_OFFSET + Self::BARRIERS * Mbarrier::BYTES;

    /// Every tile the kernels are stamped for must satisfy these.
    pub(super) const CHECKED: () = {
        assert!(SHARING == 1 || SHARING == CONSUMERS);
        assert!(SPLIT == 1 || SHARING == CONSUMERS);
        assert!(Self::SHARED_BYTES <= SHARED_LIMIT);
        assert!(CLUSTER == 1 || CLUSTER == 2 || CLUSTER == 4);
        assert!(SPLIT == 1 || CLUSTER == 1 && SPLIT.is_power_of_two() && SPLIT <= 8);
        assert!(
            SPLIT == 1 || Self::PART_BYTES <= Self::SLABS_BYTES,
            "a place for each chunk"
        );
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
        let on = Self::SLABS_OFFSET + consumer * Self::SLABS_BYTES;
        dynamic_shared_mem::<u8>().byte_add(on)
    }

    /// A consumer's exchange with other blocks, which sends from its slabs: those of chunks that it owns are left for C.
    #[inline(always)]
    pub(super) fn exchange(consumer: u32, share: Share) -> Exchange {
        let base = dynamic_shared_mem::<u8>();
        let incoming = Self::INCOMING_OFFSET + consumer * Self::INCOMING_BYTES;
        let barrier = Mbarrier::at(base.byte_add(Self::BARRIERS_OFFSET))
            .add(2 * STAGES + EXCHANGE_BARRIERS * consumer);
        Exchange {
            share,
            chunks: Self::BN / CHUNK,
            outgoing: Self::slabs(consumer),
            incoming: base.add(incoming),
            arrived: barrier,
            read: barrier.add(1),
            round: 0,
        }
    }
}

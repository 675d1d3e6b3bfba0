//! The shape of a tile and the plan of shared memory.
//!
//! ```text
//! shared   STAGES x [ A: BM rows | B: BN rows ]    rows of 128 bytes of K, swizzled by 128 bytes
//!          CONSUMERS x 1 or 2 slabs of 64 rows of 128 bytes, on their way to C, or as much as a narrow tile takes in f32
//!          barriers: full[STAGES], empty[STAGES]; where blocks share K, arrived[of the warps of a tile]
//!          where stages have scales, STAGES slots of them, and their barriers
//! ```

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};

use super::ring::Ring;
use super::share::{CHUNK, Deal, Pieces, Share};
use super::slots::{MOST_ROWS, Slots};
use super::split::Exchange;

/// Bytes of K in a stage: what the swizzle spans, and what four products take.
pub const ROW_BYTES: u32 = 128;

/// Rows of C that a warpgroup computes.
pub(super) const WARPGROUP_ROWS: u32 = 64;

/// Rows of those that a warp has, and stores at a time.
pub const WARP_ROWS: u32 = WARPGROUP_ROWS / 4;

/// Bytes of a warpgroup's slabs of 64 rows of as many columns of C as take 128 bytes.
pub(super) const SLAB_BYTES: u32 = WARPGROUP_ROWS * ROW_BYTES;

/// Columns of a slab that a tile without so many has.
const NARROW: u32 = 16;

/// Columns of a slab of elements of so many bytes, in tiles of so many columns.
pub(super) const fn slab_columns(columns: u32, element: u32) -> u32 {
    let whole = ROW_BYTES / element;
    if columns < whole { NARROW } else { whole }
}

/// What a Hopper block may have of shared memory.
const SHARED_LIMIT: u32 = 227 * 1024;

/// A stage of the ring.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// Rows of A: all of the tile's, or those that are [loaded](Layout::loaded).
    pub a_rows: u32,
    /// Rows of B, the same.
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

/// Threads of a block: the producer's, and the consumers'.
pub(super) const THREADS: u32 = 128 * (1 + CONSUMERS);

/// An output tile of `64 SHARING HALVES x 2 R`, computed by `SHARING` consumer warpgroups of `HALVES` times `R` accumulator
/// registers a thread, through a ring of `STAGES`. Both consumers share a tile, or they take turns: while one stores, the other
/// multiplies, and has all rows, 64 or both halves of 128.
///
/// # Clusters
/// A kernel's grid is a row of clusters: as many blocks in y and z as a cluster has. A cluster of `(rows, columns, shares)`
/// blocks computes `rows x columns` neighbouring tiles, whose operands its blocks load for each other, and each by as many
/// blocks as share K, up to `SPLIT`, and no more than K has stages. `rows` and `columns` are powers of two; `columns` divides
/// the tile's rows, and `rows` its columns, into multiples of 8. Where blocks share K there are as many clusters as they have
/// tiles; else there may be fewer.
pub struct Tile<
    const R: usize,
    const SHARING: u32,
    const STAGES: u32,
    const SPLIT: u32,
    const HALVES: usize = 1,
>;

impl<const R: usize, const SHARING: u32, const STAGES: u32, const SPLIT: u32, const HALVES: usize>
    Tile<R, SHARING, STAGES, SPLIT, HALVES>
{
    /// Rows of C.
    pub const BM: u32 = WARPGROUP_ROWS * SHARING * HALVES as u32;
    /// Columns of C.
    pub const BN: u32 = 2 * R as u32;
    /// Blocks of a cluster that may share K.
    pub const SPLIT: u32 = SPLIT;
    /// Threads of a block.
    pub const THREADS: u32 = THREADS;
    /// What a stage looks like.
    pub(super) const LAYOUT: Layout = Layout {
        a_rows: Self::BM,
        b_rows: Self::BN,
        b_offset: Self::BM * ROW_BYTES,
        stage_bytes: Self::STAGE_BYTES,
    };
    const STAGE_BYTES: u32 = (Self::BM + Self::BN) * ROW_BYTES;
    const SLABS_OFFSET: u32 = STAGES * Self::STAGE_BYTES;
    /// Slabs of a consumer: one is written while the other is stored. Where they take turns, one does, since the other consumer
    /// multiplies meanwhile; and where it has both halves of 128 rows, there is room for one.
    pub(super) const SLABS: u32 = if HALVES == 1 { SHARING } else { 1 };
    /// Bytes of a consumer's slabs, or of a part in `f32` where that is less.
    const SLABS_BYTES: u32 = if Self::PART_BYTES < Self::SLABS * SLAB_BYTES {
        Self::PART_BYTES
    } else {
        Self::SLABS * SLAB_BYTES
    };
    const PART_BYTES: u32 = WARPGROUP_ROWS * Self::BN * 4;
    const BARRIERS_OFFSET: u32 = Self::SLABS_OFFSET + CONSUMERS * Self::SLABS_BYTES;
    const BARRIERS: u32 = 2 * STAGES + if SPLIT > 1 { Self::SHARING_WARPS } else { 0 };
    /// Warps that compute a tile.
    pub(super) const SHARING_WARPS: u32 = 4 * SHARING;
    /// Bytes of dynamic shared memory, where stages have no scales.
    pub const SHARED_BYTES: u32 = Self::BARRIERS_OFFSET + Self::BARRIERS * Mbarrier::BYTES;
    /// Bytes of dynamic shared memory, where they do.
    pub const SCALED_SHARED_BYTES: u32 =
        Self::SHARED_BYTES + Slots::<STAGES>::bytes([Self::BM, Self::BN]);

    /// Columns of C that are copied at a time, of elements of so many bytes: 128 bytes, swizzled by as many, or less, as they
    /// come.
    #[must_use]
    pub const fn slab_columns(element: u32) -> u32 {
        slab_columns(Self::BN, element)
    }

    /// Whether blocks that share K can exchange their sums in the ring.
    pub(super) const fn holds(deal: Deal) -> bool {
        Pieces::exchange_bytes(deal, Self::SHARING_WARPS, Self::BN / CHUNK, SPLIT)
            <= Self::SLABS_OFFSET
    }

    /// Whether there is room for scales of stages.
    pub(super) const HAS_SLOTS: bool =
        Self::SCALED_SHARED_BYTES <= SHARED_LIMIT && Self::BM <= MOST_ROWS && Self::BN <= MOST_ROWS;

    /// Every tile the kernels are stamped for must satisfy these.
    pub(super) const CHECKED: () = {
        assert!(SHARING == 1 || SHARING == CONSUMERS);
        assert!(HALVES == 1 || HALVES == 2 && SPLIT == 1);
        assert!(SPLIT <= 8);
        assert!(Self::BN.is_multiple_of(NARROW));
        assert!(
            Self::STAGE_BYTES.is_multiple_of(1024) && (Self::BM * ROW_BYTES).is_multiple_of(1024)
        );
    };

    /// The ring's barriers.
    #[inline(always)]
    pub(super) fn ring() -> Ring<STAGES> {
        let barriers = dynamic_shared_mem::<u8>().byte_add(Self::BARRIERS_OFFSET);
        Ring::at(Mbarrier::at(barriers))
    }

    /// The slabs of a consumer.
    #[inline(always)]
    pub(super) fn slabs(consumer: u32) -> Shared<u8> {
        let on = Self::SLABS_OFFSET + consumer * Self::SLABS_BYTES;
        dynamic_shared_mem::<u8>().byte_add(on)
    }

    /// The slots that stages' scales come through.
    #[inline(always)]
    pub(super) fn slots() -> Slots<STAGES> {
        let memory = dynamic_shared_mem::<u8>().byte_add(Self::SHARED_BYTES);
        Slots::at(memory, [Self::BM, Self::BN])
    }

    /// The exchange of one of the warps that compute a tile with those of the other blocks, in the ring's memory.
    #[inline(always)]
    pub(super) fn exchange(warp: u32, share: Share, deal: Deal) -> Exchange {
        let base = dynamic_shared_mem::<u8>();
        let barriers = Mbarrier::at(base.byte_add(Self::BARRIERS_OFFSET));
        Exchange {
            pieces: Pieces::new(share, deal, [warp, Self::SHARING_WARPS], Self::BN / CHUNK),
            memory: base,
            arrived: barriers.add(2 * STAGES + warp),
        }
    }
}

//! The shape of an output tile, who computes which part of it, and the plan of shared memory.
//!
//! ```text
//! block   BM x BN of C            warps WARPS_M x WARPS_N, 32 threads each
//! warp    16 MT x 8 NT of C       MT x NT mma.m16n8k16 a step of 16 in K
//!
//! shared  STAGES x ( A: BM rows of 80 bytes | B: BN rows of 80 bytes )
//! row     32 elements of K (64 bytes), 16 bytes of padding: the 8 rows that one ldmatrix reads
//!         then start in 8 different groups of 4 banks
//! ```

/// Elements of K in one stage.
pub const BLOCK_K: u32 = 32;

/// Stages of the pipeline: two under way while one is computed on.
pub const STAGES: u32 = 3;

/// Bytes from one row of a shared tile to the next.
pub(super) const ROW_BYTES: u32 = BLOCK_K * 2 + 16;

/// 16-byte chunks of a row.
pub(super) const ROW_CHUNKS: u32 = BLOCK_K / 8;

/// An output tile: `MT x NT` mma tiles a warp, `WARPS_M x WARPS_N` warps.
pub struct TileShape<const MT: usize, const NT: usize, const WARPS_M: u32, const WARPS_N: u32>;

impl<const MT: usize, const NT: usize, const WARPS_M: u32, const WARPS_N: u32>
    TileShape<MT, NT, WARPS_M, WARPS_N>
{
    /// Rows of the tile.
    pub const BM: u32 = 16 * MT as u32 * WARPS_M;
    /// Columns of the tile.
    pub const BN: u32 = 8 * NT as u32 * WARPS_N;
    /// Threads of the block.
    pub const THREADS: u32 = 32 * WARPS_M * WARPS_N;
    /// Where B starts in a stage.
    pub(super) const B_OFFSET: u32 = Self::BM * ROW_BYTES;
    /// Bytes of a stage.
    pub(super) const STAGE_BYTES: u32 = (Self::BM + Self::BN) * ROW_BYTES;
    /// Bytes of dynamic shared memory.
    pub const SHARED_BYTES: u32 = STAGES * Self::STAGE_BYTES;

    /// Every tile the kernels are stamped for must satisfy these.
    pub(super) const CHECKED: () = {
        assert!(NT.is_multiple_of(2), "B fragments are loaded two at a time");
        assert!(Self::STAGE_BYTES.is_multiple_of(16), "chunks are 16 bytes");
        assert!(
            Self::SHARED_BYTES <= 99 * 1024,
            "fits every GPU since sm_80"
        );
    };
}

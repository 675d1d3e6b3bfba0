//! Grouped matrix product: each group of rows of A has a B of its own.
//!
//! ```text
//! offsets [groups + 1]   group g is rows offsets[g] .. offsets[g + 1] of C
//! A row of C row r       a_rows[r], or r itself if a_rows is null
//! B [groups, n, k]
//! ```
//!
//! The offsets are on the device, so the host launches for the most tiles there can be: block (i, j)
//! looks for the i-th tile of all groups' tiles and does nothing if there are fewer.

use cuda_std::warp::{self, FULL_MASK, WARP_SIZE};
use cuda_std::{kernel, thread};
use half::{bf16, f16};

use super::chunk::{Aligned, Unaligned};
use super::dense::{Tile16x64, Tile64x64, Tile128x128, row_or_null};
use super::finish::Finish;
use super::fold::Whole;
use super::load::Operand;
use super::tile::{Output, Unchanged};

macro_rules! grouped_gemm {
    ($($name:ident: $tile:ty, $threads:literal, $blocks:literal, $type:ty, $chunks:expr;)*) => { $(
        /// `C[r, :] = A[a_rows[r], :] * B[group of r]^T` for each row of each group.
        ///
        /// # Safety
        /// - `offsets` holds `groups + 1` values, whatever they are: ends past `rows` are cut.
        /// - A is readable at every row that `a_rows` names (`rows` of them, if null `rows` itself), B at
        ///   `[groups, n, k]`, C is writable at `[rows, n]` with stride `ldc`.
        /// - Unless the name says unaligned: A and B start at multiples of 16 bytes, `k` and `lda` are
        ///   multiples of 8.
        /// - The grid is (most tiles, `n / BN` rounded up), with the tile's threads and shared memory.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds($threads, $blocks), dependent)]
        pub unsafe fn $name(
            a: *const $type,
            b: *const $type,
            c: *mut $type,
            offsets: *const i32,
            a_rows: *const i32,
            groups: u32,
            rows: u32,
            n: u32,
            k: u32,
            lda: u64,
            ldc: u64,
        ) {
            const { assert!(<$tile>::THREADS == $threads) };
            // SAFETY: the kernel's contract; the whole block is here.
            let Some(tile) = (unsafe { find_tile(offsets, groups, rows, <$tile>::BM, thread::block_idx_x()) }) else {
                return;
            };
            let column = thread::block_idx_y() * <$tile>::BN;
            let finish = Finish::bias(core::ptr::null(), rows, n);
            let output = Output { c, ldc, row: tile.row, column, row_end: tile.row_end, column_end: n, finish, last: Unchanged };
            let b = b.wrapping_add(tile.group as usize * n as usize * k as usize);
            // SAFETY: the kernel's contract is the tile's.
            unsafe {
                let row = |r| gathered_row(a, a_rows, tile.row + r, tile.row_end, lda);
                let a = Operand { chunks: $chunks, row };
                let row = |r| row_or_null(b, column + r, n, k as u64);
                let b = Operand { chunks: $chunks, row };
                <$tile>::compute(a, b, k, Whole, output);
            }
        }
    )* };
}

grouped_gemm! {
    grouped_gemm_bf16_t128x128: Tile128x128, 256, 2, bf16, Aligned;
    grouped_gemm_bf16_t16x64: Tile16x64, 128, 4, bf16, Aligned;
    grouped_gemm_bf16_unaligned_t64x64: Tile64x64, 256, 2, bf16, Unaligned;
    grouped_gemm_f16_t128x128: Tile128x128, 256, 2, f16, Aligned;
    grouped_gemm_f16_t16x64: Tile16x64, 128, 4, f16, Aligned;
    grouped_gemm_f16_unaligned_t64x64: Tile64x64, 256, 2, f16, Unaligned;
}

/// A tile of one group's rows.
#[derive(Clone, Copy)]
struct GroupTile {
    group: u32,
    row: u32,
    row_end: u32,
}

/// The `index`-th tile of `block_rows` rows, counting through the groups in order; each warp finds it for
/// itself, a lane a group.
///
/// # Safety
/// The whole warp calls this together; `offsets` holds `groups + 1` values.
#[inline(always)]
unsafe fn find_tile(
    offsets: *const i32,
    groups: u32,
    rows: u32,
    block_rows: u32,
    index: u32,
) -> Option<GroupTile> {
    let mut before = 0;
    let mut first = 0;
    while first < groups {
        let group = first + warp::lane_id();
        // SAFETY: the caller's contract.
        let (start, end) = unsafe { group_rows(offsets, group, groups, rows) };
        let tiles = (end - start).div_ceil(block_rows);
        // SAFETY: the whole warp is here.
        let through = before + unsafe { inclusive_sum(tiles) };
        // SAFETY: as above.
        let found = unsafe { warp::warp_vote_ballot(FULL_MASK, index < through) };
        if found != 0 {
            let lane = found.trailing_zeros();
            // Meaningful in the found lane alone; the others may wrap.
            let row = (index + tiles)
                .wrapping_sub(through)
                .wrapping_mul(block_rows)
                .wrapping_add(start);
            // SAFETY: as above.
            let (row, row_end) = unsafe { (broadcast(row, lane), broadcast(end, lane)) };
            return Some(GroupTile {
                group: first + lane,
                row,
                row_end,
            });
        }
        // SAFETY: as above.
        before = unsafe { broadcast(through, WARP_SIZE - 1) };
        first += WARP_SIZE;
    }
    None
}

/// Where a group's rows start and end; nothing past the last group.
///
/// # Safety
/// `offsets` holds `groups + 1` values.
#[inline(always)]
unsafe fn group_rows(offsets: *const i32, group: u32, groups: u32, rows: u32) -> (u32, u32) {
    if group >= groups {
        return (0, 0);
    }
    // SAFETY: the group is one of `groups`.
    let (start, end) = unsafe {
        (
            *offsets.add(group as usize),
            *offsets.add(group as usize + 1),
        )
    };
    let (start, end) = (
        (start.max(0) as u32).min(rows),
        (end.max(0) as u32).min(rows),
    );
    (start, end.max(start))
}

/// The sum of `value` over this lane and those below.
///
/// # Safety
/// The whole warp calls this together.
#[inline(always)]
unsafe fn inclusive_sum(value: u32) -> u32 {
    let mut sum = value;
    let mut distance = 1;
    while distance < WARP_SIZE {
        // SAFETY: the whole warp is here; a value from outside is not used.
        let (below, inside) = unsafe { warp::warp_shuffle_up(FULL_MASK, sum, distance, WARP_SIZE) };
        if inside {
            sum += below;
        }
        distance *= 2;
    }
    sum
}

/// Lane `lane`'s value, in every lane.
///
/// # Safety
/// The whole warp calls this together.
#[inline(always)]
unsafe fn broadcast(value: u32, lane: u32) -> u32 {
    // SAFETY: the whole warp is here.
    unsafe { warp::warp_shuffle_idx(FULL_MASK, value, lane, WARP_SIZE) }.0
}

/// The row of A that row `row` of C is made of, or null past the group's end.
///
/// # Safety
/// `a_rows` is null or holds `row_end` values.
#[inline(always)]
unsafe fn gathered_row<T>(
    a: *const T,
    a_rows: *const i32,
    row: u32,
    row_end: u32,
    lda: u64,
) -> *const T {
    if row >= row_end {
        return core::ptr::null();
    }
    if a_rows.is_null() {
        return a.wrapping_add(row as usize * lda as usize);
    }
    // SAFETY: `row` is before `row_end`.
    let source = unsafe { *a_rows.add(row as usize) };
    a.wrapping_add(source as usize * lda as usize)
}

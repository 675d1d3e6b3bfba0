//! The body of every quantiser to a block-scaled format.
//!
//! A lane has an octet; a block's lanes find their largest magnitude by shuffles, each computes the scale for itself,
//! and the first of them writes it. A thread's next octet is on its way while it computes with one.

use cuda_std::thread;
use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, sync_warp, warp_shuffle_xor};

use super::format::{BlockFormat, Codes};
use super::grids::{Grids, Line};
use crate::octet::{OCTET, Octet, Source, amax};
use crate::rows::RowSet;

/// Where the codes go.
#[derive(Clone, Copy)]
pub(super) struct Data {
    /// The first byte of the first row.
    pub data: *mut u8,
    /// Bytes from row to row.
    pub stride: u64,
    /// Elements of a row.
    pub columns: u32,
    /// Whether elements lie in whole packs and octets' codes in whole words, so that each moves as one.
    pub wide: bool,
}

impl Data {
    /// Octets of a row.
    #[inline(always)]
    fn octets(&self) -> u32 {
        self.columns / OCTET as u32
    }

    /// The first code of a row.
    #[inline(always)]
    fn row(&self, row: u32) -> *mut u8 {
        self.data.wrapping_add(row as usize * self.stride as usize)
    }
}

/// Quantises the rows that exist, and clears the scales of those that do not.
///
/// # Safety
/// - The source, the data, the grids and the format hold the rows that they say.
/// - `exists` is called for rows of the matrices.
/// - Blocks have whole warps, in one dimension; rows have columns.
#[inline(always)]
pub(super) unsafe fn quantize<S: Source, F: BlockFormat>(
    source: S,
    format: F,
    data: Data,
    grids: Grids,
    exists: impl Fn(u32) -> bool,
) {
    let mut padded = RowSet::first();
    while padded < grids.all_rows() {
        let line = grids.line(padded);
        if line.is_row && exists(line.row) {
            // SAFETY: the row exists; the rest is the caller's contract.
            unsafe { quantize_row(source, format, data, &grids, line) };
        } else {
            // SAFETY: the caller's contract.
            unsafe { grids.clear(line) };
        }
        padded += RowSet::step();
    }
}

/// Quantises this block's chunk of a row.
///
/// # Safety
/// As [`quantize`]; the row exists.
#[inline(always)]
unsafe fn quantize_row<S: Source, F: BlockFormat>(
    source: S,
    format: F,
    data: Data,
    grids: &Grids,
    line: Line,
) {
    // SAFETY: the row exists.
    let shared = unsafe { format.row(line.row) };
    let step = thread::block_dim_x() * thread::grid_dim_y();
    let lane = lane_id();
    let mut i = thread::block_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
    let octets = grids.padded_columns() * F::LANES;
    let to = Row {
        codes: data.row(line.row),
        octets: data.octets(),
        wide: data.wide,
        // Only the first lane of a block writes its scale.
        scales: if lane.is_multiple_of(F::LANES) {
            octets
        } else {
            0
        },
    };
    // A step is whole warps, so whole pieces of scales.
    let mut scale = line.scale(i / F::LANES);
    let advance = line.advance(step / F::LANES);
    // SAFETY: the row exists.
    let mut raw = unsafe { fetch(source, line.row, i, data) };
    // The same for the whole warp.
    while i < octets + lane {
        // SAFETY: the row exists.
        let next = unsafe { fetch(source, line.row, i + step, data) };
        // SAFETY: all lanes are here.
        unsafe { to.write::<F>(shared, i, &source.open(&raw), scale) };
        raw = next;
        i += step;
        scale = scale.wrapping_add(advance);
    }
}

/// Reads an octet of a row, or its last, whose lane then has nothing to write: lanes past the end make whole blocks.
///
/// # Safety
/// All lanes of the warp are here. There is such a row, of so many columns, one octet at least.
#[inline(always)]
unsafe fn fetch<S: Source>(source: S, row: u32, i: u32, data: Data) -> S::Raw {
    // SAFETY: no overflow, inside the row, and all lanes are here.
    unsafe {
        let column = i.min(data.octets() - 1).unchecked_mul(OCTET as u32);
        if data.wide {
            source.fetch(row, column)
        } else {
            // Keeps this arm apart: without it, `ptxas` runs its loads in the other one too, switched off.
            sync_warp(FULL_MASK);
            source.narrow().fetch(row, column)
        }
    }
}

/// Where a row goes.
struct Row {
    /// Its first code.
    codes: *mut u8,
    /// Its octets.
    octets: u32,
    wide: bool,
    /// Its octets, of padding too, whose scales this lane writes.
    scales: u32,
}

impl Row {
    /// Writes the codes of octet `i`, and the block's scale if that is this lane's.
    ///
    /// # Safety
    /// All lanes of the warp are here, each with its octet.
    #[inline(always)]
    unsafe fn write<F: BlockFormat>(&self, shared: F::Row, i: u32, octet: &Octet, to: *mut u8) {
        // SAFETY: all lanes are here.
        let scale = F::scale(shared, unsafe { block_amax::<F>(octet) });
        let codes = F::encode(octet, scale.multiplier);
        let at = self
            .codes
            .wrapping_add(i as usize * F::Codes::BYTES as usize);
        let is_data = i < self.octets;
        // SAFETY: inside the row, and aligned if it is wide.
        unsafe {
            if is_data && self.wide {
                codes.store(at, true);
            } else if is_data {
                codes.store(at, false);
            }
        }
        if i < self.scales {
            // SAFETY: inside the grid's line.
            unsafe { *to = if is_data { scale.code } else { 0 } };
        }
    }
}

/// The largest magnitude of a block.
///
/// # Safety
/// All lanes of the warp are here.
#[inline(always)]
unsafe fn block_amax<F: BlockFormat>(octet: &Octet) -> f32 {
    let mut largest = amax(octet);
    let mut distance = 1;
    while distance < F::LANES {
        // SAFETY: all lanes are here.
        let (other, _) = unsafe { warp_shuffle_xor(FULL_MASK, largest, distance, WARP_SIZE) };
        largest = largest.max(other);
        distance *= 2;
    }
    largest
}

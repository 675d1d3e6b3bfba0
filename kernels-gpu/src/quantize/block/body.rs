//! The body of every quantiser to a block-scaled format.
//!
//! A lane has two octets, one after the other; a block's lanes find their largest magnitude by shuffles, each computes the
//! scale for itself, and the first of them writes it.
//!
//! ```text
//! blocks of 32   lanes 0 0 1 1 | 2 2 3 3 | ..   an octet each
//! blocks of 16   lanes 0 0 | 1 1 | ..
//! ```

use cuda_std::thread;
use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, warp_shuffle_xor};

use super::format::{BlockFormat, Codes};
use super::grids::{Grids, Line};
use crate::element::Element;
use crate::octet::{OCTET, RawOctet, Source, amax, open};
use crate::rows::threads_of_row;

/// Where the codes go.
#[derive(Clone, Copy)]
pub(super) struct Data<const WIDE: bool> {
    /// The first byte of the first row.
    pub data: *mut u8,
    /// Bytes from row to row.
    pub stride: u64,
    /// Elements of a row.
    pub columns: u32,
}

impl<const WIDE: bool> Data<WIDE> {
    /// Pairs of octets of a row.
    #[inline(always)]
    fn pairs(&self) -> u32 {
        self.columns / (2 * OCTET as u32)
    }

    /// The first code of a row.
    #[inline(always)]
    fn row(&self, row: u32) -> *mut u8 {
        self.data.wrapping_add(row as usize * self.stride as usize)
    }
}

/// Quantises this block's chunk of its row of the grids, or clears its scales if there is no such row.
///
/// # Safety
/// - The source, the data, the grids and the format hold the rows that they say.
/// - `exists` is called for rows of the matrices.
/// - Blocks have whole warps, in one dimension; rows have columns.
#[inline(always)]
pub(super) unsafe fn quantize<S: Source, F: BlockFormat, const WIDE: bool>(
    source: S,
    format: F,
    data: Data<WIDE>,
    grids: Grids,
    exists: impl Fn(u32) -> bool,
) {
    let line = grids.line(thread::block_idx_x());
    if line.is_row && exists(line.row) {
        // SAFETY: the row exists; the rest is the caller's contract.
        unsafe { quantize_row(source, format, data, &grids, line) };
    } else {
        // SAFETY: the caller's contract.
        unsafe { grids.clear(line) };
    }
}

/// Quantises this block's chunk of a row: a pair of octets a lane, both on their way before the first is used, the first pair
/// before the row's scale is.
///
/// # Safety
/// As [`quantize`]; the row exists.
#[inline(always)]
unsafe fn quantize_row<S: Source, F: BlockFormat, const WIDE: bool>(
    source: S,
    format: F,
    data: Data<WIDE>,
    grids: &Grids,
    line: Line,
) {
    let (lane, lanes) = (lane_id(), F::OCTETS / 2);
    let (mut i, step) = threads_of_row();
    let pairs = grids.padded_columns() * lanes;
    // SAFETY: the row exists.
    let read = |i| unsafe { fetch(source, line.row, i, data) };
    let mut raw = read(i);
    // SAFETY: the row exists.
    let shared = unsafe { format.row(line.row) };
    let to = Row::<WIDE> {
        codes: data.row(line.row),
        pairs: data.pairs(),
        // Only the first lane of a block writes its scale.
        scales: if lane.is_multiple_of(lanes) { pairs } else { 0 },
    };
    // A step is whole warps, so whole pieces of scales.
    let mut scale = line.scale(i / lanes);
    let advance = line.advance(step / lanes);
    // The same for the whole warp.
    while i - lane < pairs {
        let pair = [source.close(&raw[0]), source.close(&raw[1])];
        // SAFETY: the row exists, and all lanes are here.
        unsafe { to.write::<S::Value, F>(shared, i, &pair, scale) };
        i += step;
        scale = scale.wrapping_add(advance);
        if i - lane < pairs {
            raw = read(i);
        }
    }
}

/// Reads a pair of octets of a row, or its last, whose lane then has nothing to write: lanes past the end make whole
/// blocks.
///
/// # Safety
/// There is such a row, of so many columns, a pair at least.
#[inline(always)]
unsafe fn fetch<S: Source, const WIDE: bool>(
    source: S,
    row: u32,
    i: u32,
    data: Data<WIDE>,
) -> [S::Raw; 2] {
    const LEN: u32 = OCTET as u32;
    // SAFETY: no overflow.
    let column = unsafe { i.min(data.pairs() - 1).unchecked_mul(2 * LEN) };
    // SAFETY: inside the row, and aligned if it is wide.
    [column, column + LEN].map(|column| unsafe {
        if WIDE {
            source.fetch(row, column)
        } else {
            source.fetch_first(row, column, LEN)
        }
    })
}

/// Where a row goes.
struct Row<const WIDE: bool> {
    /// Its first code.
    codes: *mut u8,
    /// Its pairs of octets.
    pairs: u32,
    /// Its pairs, of padding too, whose scales this lane writes.
    scales: u32,
}

impl<const WIDE: bool> Row<WIDE> {
    /// Writes the codes of pair `i`, and their scale if that is this lane's.
    ///
    /// # Safety
    /// All lanes of the warp are here, each with its pair.
    #[inline(always)]
    unsafe fn write<V: Element, F: BlockFormat>(
        &self,
        shared: F::Row,
        i: u32,
        pair: &[RawOctet; 2],
        to: *mut u8,
    ) {
        // SAFETY: all lanes are here.
        let scale = F::scale(shared, unsafe { block_amax::<V, F>(pair) });
        let encode = |raw: &RawOctet| F::encode(&open::<V>(raw), scale.multiplier);
        let codes = [encode(&pair[0]), encode(&pair[1])];
        let is_data = i < self.pairs;
        if is_data {
            let at = i as usize * 2 * F::Codes::BYTES as usize;
            // SAFETY: inside the row, and aligned if it is wide.
            unsafe { F::Codes::store_pair(codes, self.codes.wrapping_add(at), WIDE) };
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
unsafe fn block_amax<V: Element, F: BlockFormat>(pair: &[RawOctet; 2]) -> f32 {
    let mut largest = amax::<V, 2>(pair);
    let mut distance = 1;
    while distance < F::OCTETS / 2 {
        // SAFETY: all lanes are here.
        let (other, _) = unsafe { warp_shuffle_xor(FULL_MASK, largest, distance, WARP_SIZE) };
        largest = largest.max(other);
        distance *= 2;
    }
    largest
}

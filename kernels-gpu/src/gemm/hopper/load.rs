//! The producer: one thread that fills the ring.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::Shared;
use cuda_std::tma::{self, TensorMap};

use super::neighbours::Slice;
use super::result::Target;
use super::ring::{Place, Ring};
use super::schedule::TilePlace;
use super::tile::{Layout, ROW_BYTES};

/// Where the engine's operands come from.
#[derive(Clone, Copy)]
pub(super) struct Operands {
    /// A, matrix after matrix, in boxes of the rows that one block of a cluster loads by 128 bytes.
    pub a: *const TensorMap,
    /// B, the same.
    pub b: *const TensorMap,
}

/// A producer and where it stands.
pub(super) struct Producer<const STAGES: u32> {
    pub operands: Operands,
    pub ring: Ring<STAGES>,
    pub place: Place<STAGES>,
    pub layout: Layout,
    /// What it loads of A and of B.
    pub slices: [Slice; 2],
}

impl<const STAGES: u32> Producer<STAGES> {
    /// Loads the operands of a tile of `C`: `k_steps` stages of `k_elements` each, from stage `first` on.
    ///
    /// # Safety
    /// One thread of the block executes this. The maps are as [`Operands`] says, of operands that are readable.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn tile<C: Target>(
        &mut self,
        tile: TilePlace,
        [first, k_steps]: [u32; 2],
        k_elements: u32,
    ) {
        let [a, b] = self.slices;
        let rows = [a.of_tile(tile.row), b.of_tile(tile.column), tile.matrix];
        let [a_row, b_row, matrix] = rows.map(|at| at as i32);
        let (mut block, end) = (first as i32, (first + k_steps) as i32);
        while block < end {
            let k = block * k_elements as i32;
            let a = match C::BLOCKED[0] {
                true => [0, a_row, block],
                false => [k, a_row, matrix],
            };
            let b = match C::BLOCKED[1] {
                true => [0, b_row, block],
                false => [k, b_row, matrix],
            };
            // SAFETY: the caller's contract.
            unsafe { self.stage(a, b) };
            block += 1;
        }
    }

    /// Loads a stage. Its barrier expects all bytes of it, those that neighbours load among them.
    #[inline(always)]
    #[track_caller]
    unsafe fn stage(&mut self, a: [i32; 3], b: [i32; 3]) {
        let stage = self.layout.stage(self.place.stage);
        let full = self.ring.full(self.place);
        let [of_a, of_b] = self.slices;
        // SAFETY: the stage is empty in all blocks that share the slices, and the boxes fit their places.
        unsafe {
            self.ring.wait_empty(self.place);
            full.arrive_expect_tx(self.layout.stage_bytes);
            let place = stage.add(of_a.in_tile(self.layout.a_rows) * ROW_BYTES);
            of_a.load(place, self.operands.a, a, full);
            let place = stage.add(of_b.in_tile(self.layout.b_rows) * ROW_BYTES);
            of_b.load(place.add(self.layout.b_offset), self.operands.b, b, full);
        }
        self.place.advance();
    }
}

impl Slice {
    /// Loads it into a place, in all blocks that it is for.
    ///
    /// # Safety
    /// As [`tma::load_multicast`], into the memory of all of them; the box has the slice's rows.
    #[inline(always)]
    #[track_caller]
    unsafe fn load(self, place: Shared<u8>, map: *const TensorMap, at: [i32; 3], full: Mbarrier) {
        // SAFETY: the caller's contract.
        unsafe {
            match self.blocks {
                0 => tma::load(place, map, at, full),
                blocks => tma::load_multicast(place, map, at, full, blocks),
            }
        }
    }
}

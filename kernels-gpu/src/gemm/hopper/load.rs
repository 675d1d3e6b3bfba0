//! The producer: one thread that fills the ring.

use cuda_std::tma::{self, TensorMap};

use super::result::Target;
use super::ring::{Place, Ring};
use super::schedule::TilePlace;
use super::tile::{Layout, ROW_BYTES};

/// Where the engine's operands come from.
#[derive(Clone, Copy)]
pub(super) struct Operands {
    /// A, matrix after matrix, in boxes of a tile's rows by 128 bytes.
    pub a: *const TensorMap,
    /// B, matrix after matrix, in boxes of the rows that one block of a cluster loads by 128 bytes.
    pub b: *const TensorMap,
}

/// A producer and where it stands.
pub(super) struct Producer<const STAGES: u32, const CLUSTER: u32> {
    pub operands: Operands,
    pub ring: Ring<STAGES, CLUSTER>,
    pub place: Place<STAGES>,
    pub layout: Layout,
    /// The block's rank in its cluster.
    pub rank: u32,
}

impl<const STAGES: u32, const CLUSTER: u32> Producer<STAGES, CLUSTER> {
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
        let part = self.rank * self.layout.b_rows;
        let row = tile.row * CLUSTER + self.rank;
        let a_row = (row * self.layout.a_rows) as i32;
        let b_row = (tile.column * self.layout.b_rows * CLUSTER + part) as i32;
        let matrix = tile.matrix as i32;
        let mut step = 0;
        while step < k_steps {
            let block = (first + step) as i32;
            let k = ((first + step) * k_elements) as i32;
            let a = match C::BLOCKED[0] {
                true => [0, a_row, block],
                false => [k, a_row, matrix],
            };
            let b = match C::BLOCKED[1] {
                true => [0, b_row, block],
                false => [k, b_row, matrix],
            };
            // SAFETY: the caller's contract.
            unsafe { self.stage(a, b, part) };
            step += 1;
        }
    }

    /// Loads a stage. Its barrier expects all bytes of it, those that the peer loads among them.
    #[inline(always)]
    #[track_caller]
    unsafe fn stage(&mut self, a: [i32; 3], b: [i32; 3], part: u32) {
        let stage = self.layout.stage(self.place.stage);
        let b_place = stage.add(self.layout.b_offset + part * ROW_BYTES);
        let full = self.ring.full(self.place);
        // SAFETY: the stage is empty in all blocks of the cluster, and the boxes fit their places.
        unsafe {
            self.ring.wait_empty(self.place);
            full.arrive_expect_tx(self.layout.stage_bytes);
            tma::load(stage, self.operands.a, a, full);
            if CLUSTER == 1 {
                tma::load(b_place, self.operands.b, b, full);
            } else {
                tma::load_multicast(b_place, self.operands.b, b, full, (1 << CLUSTER) - 1);
            }
        }
        self.place.advance();
    }
}

//! The producer: one thread that fills the ring.
//!
//! The thread is elected. Of one that has a number ptxas does not know that it is one, and issues each copy in a loop over those
//! that there might be.

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
#[derive(Clone, Copy)]
pub(super) struct Producer<const STAGES: u32> {
    pub operands: Operands,
    pub ring: Ring<STAGES>,
    pub place: Place<STAGES>,
    /// Of what it loads, with its neighbours.
    pub layout: Layout,
    /// What it loads of A and of B.
    pub slices: [Slice; 2],
    /// How many of the next stages have been begun, with the product's B.
    pub early: u32,
}

impl<const STAGES: u32> Producer<STAGES> {
    /// Loads the operands of a tile of `C`: `k_steps` stages of `k_elements` each, from stage `first` on.
    ///
    /// # Safety
    /// One thread of the block executes this, elected. The maps are as [`Operands`] says, of operands that are readable.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn tile<C: Target>(
        &mut self,
        tile: TilePlace,
        [first, k_steps]: [u32; 2],
        k_elements: u32,
    ) {
        let [a, b] = C::sides(0, 1);
        let mut block = first;
        while block < first + k_steps {
            let boxes = self.boxes::<C>(tile, block, k_elements);
            // SAFETY: the caller's contract; the stage is empty in all blocks that share the slices.
            unsafe {
                self.ring.wait_empty(self.place);
                if self.early == 0 {
                    self.begin(b, boxes);
                } else {
                    self.early -= 1;
                }
                self.load(a, boxes);
            }
            self.place.advance();
            block += 1;
        }
    }

    /// Begins the first stages of the first tile, as many as the ring has, with the product's B alone.
    ///
    /// # Safety
    /// As [`Producer::tile`], of B, which is executed next, from the ring's first stage on.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn early<C: Target>(
        &mut self,
        tile: TilePlace,
        [first, k_steps]: [u32; 2],
        k_elements: u32,
    ) {
        let ([_, b], stages) = (C::sides(0, 1), k_steps.min(STAGES));
        let (mut ahead, mut block) = (*self, first);
        while block < first + stages {
            let boxes = self.boxes::<C>(tile, block, k_elements);
            // SAFETY: the caller's contract; all stages are empty.
            unsafe { ahead.begin(b, boxes) };
            ahead.place.advance();
            block += 1;
        }
        self.early = stages;
    }

    /// Where a stage's boxes of A and of B are.
    #[inline(always)]
    #[track_caller]
    fn boxes<C: Target>(&self, tile: TilePlace, block: u32, k_elements: u32) -> [[i32; 3]; 2] {
        let [a, b] = self.slices;
        let rows = [a.of_tile(tile.row), b.of_tile(tile.column)];
        let of = |side: usize| match C::BLOCKED[side] {
            true => [0, rows[side], block],
            false => [block * k_elements, rows[side], tile.matrix],
        };
        [of(0), of(1)].map(|at| at.map(|at| at as i32))
    }

    /// Loads one operand of a stage, the first. Its barrier expects all bytes of it, those that neighbours load among them.
    ///
    /// # Safety
    /// As [`Producer::load`].
    #[inline(always)]
    #[track_caller]
    unsafe fn begin(&self, side: usize, boxes: [[i32; 3]; 2]) {
        let full = self.ring.full(self.place);
        // SAFETY: the caller's contract.
        unsafe {
            full.arrive_expect_tx(self.layout.bytes());
            self.load(side, boxes);
        }
    }

    /// Loads one operand of a stage: A, or B.
    ///
    /// # Safety
    /// The stage is empty in all blocks that share the slice, and the box fits its place.
    #[inline(always)]
    #[track_caller]
    unsafe fn load(&self, side: usize, boxes: [[i32; 3]; 2]) {
        let (map, offset) = match side {
            0 => (self.operands.a, 0),
            _ => (self.operands.b, self.layout.b_offset),
        };
        let (slice, full) = (self.slices[side], self.ring.full(self.place));
        let stage = self.layout.stage(self.place.stage).add(offset);
        let place = stage.add(slice.in_tile * ROW_BYTES);
        // SAFETY: the caller's contract.
        unsafe { slice.load(place, map, boxes[side], full) };
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

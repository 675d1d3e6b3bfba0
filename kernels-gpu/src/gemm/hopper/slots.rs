//! Scales on their way through shared memory, beside the ring: a slot for each of its stages.
//!
//! ```text
//!            loaded[s]                                            free[s]
//! a warp  ─────────────▶  slot s: scales of rows of A  (BM)    ───────────▶  the warp again
//! (cp.async)                      and of B             (BN, or one)
//! ```
//!
//! A warp of the producer loads them, so that consumers neither wait for global memory nor hold what is under way in
//! registers. They may lie in memory as they like: 4 bytes are copied at a time.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::Shared;
use cuda_std::{cp_async, unroll, warp};

use super::ring::{Place, Ring};
use super::sum::Part;
use crate::gemm::scales::Scales;
use crate::pack::Words2;

/// Rows of an operand of a tile at most: each lane has eight.
pub(super) const MOST_ROWS: u32 = 8 * LANES;

/// Threads of the warp that loads.
const LANES: u32 = 32;

/// The slots of `STAGES` stages.
#[derive(Clone, Copy)]
pub(super) struct Slots<const STAGES: u32> {
    ring: Ring<STAGES>,
    first: Shared<f32>,
    /// Rows of A and of B in a slot.
    rows: [u32; 2],
}

impl<const STAGES: u32> Slots<STAGES> {
    /// Bytes of shared memory, for so many rows of A and of B.
    pub const fn bytes([a, b]: [u32; 2]) -> u32 {
        STAGES * ((a + b) * size_of::<f32>() as u32 + 2 * Mbarrier::BYTES)
    }

    /// Those of tiles of so many rows of A and of B, in memory of [`Slots::bytes`], aligned to 8 bytes.
    #[inline(always)]
    pub const fn at(memory: Shared<u8>, rows: [u32; 2]) -> Self {
        let first: Shared<f32> = memory.byte_add(0);
        Self {
            ring: Ring::at(Mbarrier::at(
                first.add(STAGES * (rows[0] + rows[1])).byte_add(0),
            )),
            first,
            rows,
        }
    }

    /// Makes the barriers, for so many warps that read each slot. A barrier of the block must follow.
    ///
    /// # Safety
    /// One thread of the block executes this, once.
    #[inline(always)]
    pub unsafe fn init(self, readers: u32) {
        // SAFETY: the caller's contract.
        unsafe { self.ring.init(LANES, readers) };
    }

    /// A stage's slot.
    #[inline(always)]
    const fn slot(self, stage: u32) -> Shared<f32> {
        self.first.add(stage * (self.rows[0] + self.rows[1]))
    }

    /// Waits for a stage's scales.
    ///
    /// # Safety
    /// The barriers were made.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn wait(self, place: Place<STAGES>) {
        // SAFETY: the caller's contract.
        unsafe { self.ring.wait_full(place) }
    }

    /// The scales of rows `row` and `row + 8` of A in a stage's slot.
    ///
    /// # Safety
    /// They were waited for, and the slot is not released yet.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn rows(self, stage: u32, row: u32) -> [f32; 2] {
        let row = self.slot(stage).add(row);
        // SAFETY: the caller's contract.
        unsafe { [row.read(), row.add(8).read()] }
    }

    /// Where the scales of B start in a stage's slot.
    #[inline(always)]
    pub const fn columns(self, stage: u32) -> Shared<Words2> {
        self.slot(stage).add(self.rows[0]).byte_add(0)
    }

    /// Gives a stage's slot back.
    ///
    /// # Safety
    /// Each warp that reads it executes this whole, once for each time that it waited.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn release(self, stage: u32) {
        // SAFETY: the caller's contract; all lanes have read.
        unsafe {
            warp::sync_warp(warp::FULL_MASK);
            if warp::lane_id() == 0 {
                self.ring.release_own(stage);
            }
        }
    }
}

/// The warp that fills the slots.
pub(super) struct Loader<const STAGES: u32> {
    slots: Slots<STAGES>,
    place: Place<STAGES>,
}

/// An operand's scales as a tile needs them.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub scales: Scales,
    /// How many are wanted, each a row after the other.
    pub count: u32,
}

impl<const STAGES: u32> Loader<STAGES> {
    /// That of the slots.
    #[inline(always)]
    pub const fn new(slots: Slots<STAGES>) -> Self {
        Self {
            slots,
            place: Place::START,
        }
    }

    /// Loads the scales of a part, stage by stage.
    ///
    /// # Safety
    /// The whole warp executes this, for each part that consumers sum, in their order; the scales are readable.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn part(&mut self, [a, b]: [Wanted; 2], part: Part) {
        let (mut a, mut b) = (a.lane(part.row, part), b.lane(part.column, part));
        let mut step = 0;
        while step < part.k_steps {
            let slot = self.slots.slot(self.place.stage);
            // SAFETY: the slot is free, and each lane has places of its own in it.
            unsafe {
                self.slots.ring.wait_empty(self.place);
                a.copy(slot);
                b.copy(slot.add(self.slots.rows[0]));
                self.slots.ring.full(self.place).arrive_on_copies();
            }
            self.place.advance();
            step += 1;
        }
    }
}

impl Wanted {
    /// A lane's, from the part's first stage on.
    #[inline(always)]
    fn lane(self, first: u32, part: Part) -> Lane {
        let Self { scales, count } = self;
        let on = u64::from(part.first_step) * u64::from(scales.block_step);
        Lane {
            scales,
            next: scales.scales.wrapping_add(on as usize),
            first,
            count,
        }
    }
}

/// Rows `lane`, `lane + 32`, .. of an operand. Where their scales are is computed stage by stage: a warp that loads has time,
/// and few registers.
struct Lane {
    scales: Scales,
    /// Where the next stage's scales begin.
    next: *const f32,
    /// The tile's first row.
    first: u32,
    count: u32,
}

impl Lane {
    /// Begins to copy the next stage's.
    ///
    /// # Safety
    /// They are readable, and the slot is free.
    #[inline(always)]
    #[track_caller]
    unsafe fn copy(&mut self, slot: Shared<f32>) {
        unroll!(i < 8 => {
            let row = i as u32 * LANES + warp::lane_id();
            if row < self.count {
                let from = self.next.wrapping_add(self.scales.place(self.first + row));
                // SAFETY: the caller's contract.
                unsafe { cp_async::copy_4(slot.add(row), from.cast()) };
            }
        });
        self.next = self.next.wrapping_add(self.scales.block_step as usize);
    }
}

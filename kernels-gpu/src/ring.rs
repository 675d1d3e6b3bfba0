//! The ring of stages between a producer, which fills them, and consumers.

use cuda_std::fence;
use cuda_std::mbarrier::Mbarrier;

/// The barriers of `STAGES` stages. A stage that blocks of a cluster load for each other is empty when the consumers of all of
/// them are done with it.
#[derive(Clone, Copy)]
pub(crate) struct Ring<const STAGES: u32> {
    full: Mbarrier,
    empty: Mbarrier,
}

/// Bytes of a ring's barriers.
pub(crate) const fn ring_bytes(stages: u32) -> u32 {
    2 * stages * Mbarrier::BYTES
}

/// Where a walk around the ring stands: producer and consumers begin at [`Place::START`] and go on in step.
#[derive(Clone, Copy)]
pub(crate) struct Place<const STAGES: u32> {
    pub stage: u32,
    round: u32,
}

impl<const STAGES: u32> Place<STAGES> {
    pub const START: Self = Self { stage: 0, round: 0 };

    /// Goes on by `stages`.
    #[inline(always)]
    pub fn skip(&mut self, stages: u32) {
        let stage = self.stage + stages;
        self.stage = stage % STAGES;
        self.round ^= stage / STAGES % 2;
    }

    /// The next stage.
    #[inline(always)]
    pub fn advance(&mut self) {
        self.stage += 1;
        if self.stage == STAGES {
            self.stage = 0;
            self.round ^= 1;
        }
    }
}

impl<const STAGES: u32> Ring<STAGES> {
    /// The ring whose barriers start here.
    #[inline(always)]
    pub const fn at(barriers: Mbarrier) -> Self {
        Self {
            full: barriers,
            empty: barriers.add(STAGES),
        }
    }

    /// Makes the barriers, for so many arrivals that fill a stage, and that empty it. A barrier of all that use them must follow.
    ///
    /// # Safety
    /// One thread of the block executes this, once.
    #[inline(always)]
    pub unsafe fn init(self, fills: u32, empties: u32) {
        let mut stage = 0;
        while stage < STAGES {
            // SAFETY: the barriers lie in the plan of shared memory, and nobody uses them yet.
            unsafe {
                self.full.add(stage).init(fills);
                self.empty.add(stage).init(empties);
            }
            stage += 1;
        }
        fence::mbarrier_init();
    }

    /// The barrier that tells when a stage is full: copies complete their bytes on it.
    #[inline(always)]
    pub const fn full(self, place: Place<STAGES>) -> Mbarrier {
        self.full.add(place.stage)
    }

    /// Waits for a stage that may be overwritten.
    ///
    /// # Safety
    /// The ring was initialised.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn wait_empty(self, place: Place<STAGES>) {
        let empty = self.empty.add(place.stage);
        // SAFETY: a barrier of the ring. In the first round all stages are empty.
        unsafe { empty.wait(place.round ^ 1) }
    }

    /// Waits for a stage that has been loaded.
    ///
    /// # Safety
    /// The ring was initialised.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn wait_full(self, place: Place<STAGES>) {
        // SAFETY: a barrier of the ring.
        unsafe { self.full(place).wait(place.round) }
    }

    /// Hands a stage back to the producer of a block that loads into it.
    ///
    /// # Safety
    /// For each of these blocks one thread of a consumer executes this, once for each time that the stage was full.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn release(self, stage: u32, loader: u32) {
        // SAFETY: a barrier of the ring, in a block that does not exit before all are done.
        unsafe { self.empty.add(stage).remote(loader).arrive_after_reading() }
    }

    /// Hands a stage back, where only this block loads.
    ///
    /// # Safety
    /// Executed as often as [`Ring::init`] was told, each time that the stage was full.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn release_own(self, stage: u32) {
        // SAFETY: a barrier of the ring.
        unsafe { self.empty.add(stage).arrive() }
    }
}

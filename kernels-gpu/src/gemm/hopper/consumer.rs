//! A consumer warpgroup, where it works as one.

use cuda_std::thread;

/// A consumer's warpgroup, as one of its threads sees it.
#[derive(Clone, Copy)]
pub(super) struct Warpgroup {
    /// Which consumer it is.
    pub consumer: u32,
    /// The thread's number in it.
    pub thread: u32,
}

impl Warpgroup {
    /// A barrier of the warpgroup.
    ///
    /// # Safety
    /// All its threads execute this together.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn sync(self) {
        // SAFETY: the caller's contract; each consumer has a barrier of its own.
        unsafe {
            match self.consumer {
                0 => thread::barrier_sync::<1>(128),
                _ => thread::barrier_sync::<2>(128),
            }
        }
    }
}

/// Which of a block's tiles a consumer computes, and which part of them.
#[derive(Clone, Copy)]
pub(super) struct Turns {
    consumer: u32,
    /// Whether consumers take turns; else they share tiles.
    taken: bool,
}

impl Turns {
    /// Those of a consumer, of which `sharing` compute a tile together.
    #[inline(always)]
    pub const fn of(consumer: u32, sharing: u32) -> Self {
        Self {
            consumer,
            taken: sharing == 1,
        }
    }

    /// Its rows of a tile, in units of its own.
    #[inline(always)]
    pub const fn part(self) -> u32 {
        if self.taken { 0 } else { self.consumer }
    }

    /// Tiles of the other before its first.
    #[inline(always)]
    pub const fn before(self) -> u32 {
        if self.taken { self.consumer } else { 0 }
    }

    /// Tiles of the other between its own.
    #[inline(always)]
    pub const fn between(self) -> u32 {
        self.taken as u32
    }

    /// The relay for a tile, the first of the block or not, and the last or not.
    #[inline(always)]
    pub const fn relay(self, first: bool, last: bool) -> Relay {
        Relay {
            consumer: self.consumer,
            waits: self.taken && !first,
            passes: self.taken && !last,
        }
    }
}

/// Hands the ring over from the consumer of one tile to that of the next, which does not look at a stage before: a barrier
/// tells rounds of the ring apart only from the one before.
#[derive(Clone, Copy)]
pub(super) struct Relay {
    consumer: u32,
    waits: bool,
    passes: bool,
}

impl Relay {
    /// Nothing is handed over.
    pub const NONE: Self = Self {
        consumer: 0,
        waits: false,
        passes: false,
    };

    /// Waits for the ring.
    ///
    /// # Safety
    /// All threads of the consumer execute this, before a tile's first stage.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn wait(self) {
        if self.waits {
            // SAFETY: the caller's contract; the other consumer's threads arrive.
            unsafe {
                match self.consumer {
                    0 => thread::barrier_sync::<3>(256),
                    _ => thread::barrier_sync::<4>(256),
                }
            }
        }
    }

    /// Passes the ring on.
    ///
    /// # Safety
    /// All threads of the consumer execute this, when a tile's last stage was full.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn pass(self) {
        if self.passes {
            // SAFETY: the caller's contract; the other consumer's threads wait.
            unsafe {
                match self.consumer {
                    0 => thread::barrier_arrive::<4>(256),
                    _ => thread::barrier_arrive::<3>(256),
                }
            }
        }
    }
}

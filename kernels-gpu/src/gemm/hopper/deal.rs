//! Values of columns, which one thread each loads and all of a warpgroup need.
//!
//! ```text
//! thread c       value of column c ──▶ shared memory ──▶ values of columns 8j + 2q, 8j + 2q + 1       q = lane % 4
//! ```
//!
//! A value takes each thread half a load from shared memory, where passing it by a shuffle would take a whole one.

use cuda_std::shared::Shared;

use super::consumer::Warpgroup;
use crate::pack::Words2;

/// Deals values of columns out to the threads of a warpgroup.
pub(super) struct Dealer {
    warpgroup: Warpgroup,
    columns: u32,
    /// Where the next are dealt out, and the last.
    places: [Shared<f32>; 2],
}

impl Dealer {
    /// Bytes of shared memory.
    pub const fn bytes(columns: u32) -> u32 {
        2 * columns * size_of::<f32>() as u32
    }

    /// That of a warpgroup, of values of so many columns, at most 128.
    #[inline(always)]
    pub fn new(warpgroup: Warpgroup, columns: u32, at: Shared<f32>) -> Self {
        Self {
            warpgroup,
            columns,
            places: [at, at.add(columns)],
        }
    }

    /// The thread's number in its warpgroup.
    #[inline(always)]
    pub fn thread(&self) -> u32 {
        self.warpgroup.thread
    }

    /// The column whose value the thread deals out; where there are fewer than threads, some have the same.
    #[inline(always)]
    pub fn column(&self) -> u32 {
        self.thread() % self.columns
    }

    /// Deals out the value of each thread's column.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this together. There are [`Dealer::bytes`] of shared memory, and nobody else uses
    /// it.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn deal(&mut self, value: f32) -> Hand {
        let [place, last] = self.places;
        self.places = [last, place];
        // SAFETY: what was here has been read by all who passed the barrier of the last; the caller's contract.
        unsafe {
            if self.thread() < self.columns {
                place.add(self.thread()).write(value);
            }
            self.warpgroup.sync();
        }
        Hand(place.byte_add(self.thread() % 4 * size_of::<Words2>() as u32))
    }
}

/// What a thread has of values that were dealt out.
#[derive(Clone, Copy)]
pub(super) struct Hand(Shared<Words2>);

impl Hand {
    /// The values of columns `8j + 2q` and the next.
    ///
    /// # Safety
    /// They were dealt out last, or last but one and the thread has not come to the barrier of the next.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn pair(self, j: usize) -> [f32; 2] {
        // SAFETY: the caller's contract.
        let Words2(values) = unsafe { self.0.add(4 * j as u32).read() };
        values.map(f32::from_bits)
    }
}

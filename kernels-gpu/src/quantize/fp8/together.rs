//! A block quantises octets that share a scale.

use cuda_std::thread;

use super::elements::{Elements, Octets};
use super::grid::Job;
use super::kept::Kept;
use super::reduce::BlockMax;
use super::scale::Scale;
use crate::octet::amax;

/// Quantises `count` octets, one at least, and returns their scale; `place(n)` is the row of one and its place in that.
///
/// What fits is kept in shared memory while the largest magnitude is found, each thread its own, so that memory is read and
/// activations are computed once. What does not is read again.
///
/// # Safety
/// The source and the job hold the places; the whole block, of whole warps, is here, with its shared memory.
#[inline(always)]
pub(super) unsafe fn quantize_together<S: Elements>(
    octets: &Octets<S>,
    job: &Job,
    block: &mut BlockMax,
    count: u32,
    place: impl Fn(u32) -> (u32, u32),
) -> f32 {
    let (first, step) = (thread::thread_idx_x(), thread::block_dim_x());
    let kept = Kept::<S>::new(count);
    // The last octet stands for those past it, whose magnitude is the same.
    let fetch = |n: u32| {
        let (row, i) = place(n.min(count - 1));
        // SAFETY: one of the places.
        unsafe { octets.fetch(row, i) }
    };
    let mut largest = 0.0f32;
    let (mut n, mut raw) = (first, fetch(first));
    while n < count {
        let next = fetch(n + step);
        let stored = octets.source.stored(&raw);
        // SAFETY: this thread's own.
        unsafe { kept.write(n, &stored) };
        largest = largest.max(amax(&S::reopen(&stored)));
        raw = next;
        n += step;
    }
    // SAFETY: the whole block is here.
    let scale = Scale::of(unsafe { block.of(largest) }, job.data.format, job.flags);
    let mut n = first;
    while n < count {
        let stored = if kept.holds(n) {
            // SAFETY: written by this thread.
            unsafe { kept.read(n) }
        } else {
            octets.source.stored(&fetch(n))
        };
        // SAFETY: one of the places.
        unsafe {
            job.data
                .write(octets, place(n), &S::reopen(&stored), scale.multiplier)
        };
        n += step;
    }
    scale.stored
}

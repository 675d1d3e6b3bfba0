//! A block quantises octets that share a scale.

use cuda_std::{thread, unroll};

use super::elements::Octets;
use super::grid::Job;
use super::reduce::block_max;
use super::scale::Scale;
use crate::octet::{OCTET, RawOctet, Source, amax, open};

/// Words of octets that a thread keeps, as memory has them.
const KEPT_WORDS: usize = 16;

/// Octets that a thread keeps, of elements of so many bytes.
#[must_use]
pub const fn kept(element: usize) -> usize {
    KEPT_WORDS * 4 / (OCTET * element)
}

/// Quantises `count` octets, one at least, and returns their scale; `place(n)` is the row of one and its place in that.
///
/// Each thread keeps its first octets in registers while the largest magnitude is found, so that memory is read and
/// activations are computed once. What it does not keep is read again.
///
/// # Safety
/// The source and the job hold the places; the whole block, of whole warps, is here, for the only time, with its shared
/// memory.
#[inline(always)]
pub(super) unsafe fn quantize_together<S: Source, const WIDE: bool>(
    octets: &Octets<S, WIDE>,
    job: &Job,
    count: u32,
    place: impl Fn(u32) -> (u32, u32),
) -> f32 {
    let (first, step) = (thread::thread_idx_x(), thread::block_dim_x());
    // The last octet stands for those past it, whose magnitude is the same.
    let fetch = |n: u32| {
        let (row, i) = place(n.min(count - 1));
        // SAFETY: one of the places.
        unsafe { octets.fetch(row, i) }
    };
    let close = |raw: &S::Raw| octets.source.close(raw);
    let kept = keep(octets, |j| fetch(first + j * step));
    let mut largest = amax::<S::Value, 4>(&kept);
    for_rest::<S>(count, |n| {
        largest = largest.max(amax::<S::Value, 1>(&[close(&fetch(n))]))
    });
    // SAFETY: the whole block is here, for the only time.
    let largest = unsafe { block_max(largest) };
    let scale = Scale::of(largest, job.data.format, job.flags);
    let write = |n: u32, closed: &RawOctet| {
        let octet = open::<S::Value>(closed);
        // SAFETY: one of the places.
        unsafe {
            job.data
                .write::<WIDE>(octets.columns, place(n), &octet, scale.multiplier)
        };
    };
    unroll!(j < 4 => {
        let n = first + j as u32 * step;
        if j < const { self::kept(size_of::<S::Value>()) } && n < count {
            write(n, &kept[j]);
        }
    });
    for_rest::<S>(count, |n| write(n, &close(&fetch(n))));
    scale.stored
}

/// Calls `with` for this thread's octets, of `count` of all, past those that it keeps.
#[inline(always)]
fn for_rest<S: Source>(count: u32, mut with: impl FnMut(u32)) {
    let step = thread::block_dim_x();
    let mut n = thread::thread_idx_x() + kept(size_of::<S::Value>()) as u32 * step;
    while n < count {
        with(n);
        n += step;
    }
}

/// The octets that a thread keeps, all of them on their way before the first is used; of wide elements, only two.
#[inline(always)]
fn keep<S: Source, const WIDE: bool>(
    octets: &Octets<S, WIDE>,
    fetch: impl Fn(u32) -> S::Raw,
) -> [RawOctet; 4] {
    let close = |raw: &S::Raw| octets.source.close(raw);
    let (a, b) = (fetch(0), fetch(1));
    if const { kept(size_of::<S::Value>()) == 2 } {
        let (a, b) = (close(&a), close(&b));
        return [a, b, a, b];
    }
    let (c, d) = (fetch(2), fetch(3));
    [close(&a), close(&b), close(&c), close(&d)]
}

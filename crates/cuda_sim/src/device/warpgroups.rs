//! `wgmma`: asynchronous matrix products of a warpgroup (four warps).
//!
//! PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions". The accumulator lives in a
//! [`Fragment`], which hardware owns from the `wgmma` until the wait.

use crate::context::with_caller;
use crate::matrix::MmaKind;
use crate::warpgroup;

pub use crate::warpgroup::Fragment;

/// The immediates of a `wgmma.mma_async.sync.aligned.m64n{2 R}k{32 bytes}.f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wgmma {
    /// The types of `A` and `B`.
    pub kind: MmaKind,
    /// Whether `D = A B + D`, not `A B`.
    pub scale_d: bool,
    /// Whether `A` is taken negative.
    pub negate_a: bool,
    /// Whether `B` is taken negative.
    pub negate_b: bool,
    /// Whether `A` in shared memory is M-major (16-bit types only).
    pub transpose_a: bool,
    /// Whether `B` is N-major (16-bit types only).
    pub transpose_b: bool,
}

/// `A` of a `wgmma`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WgmmaOperand {
    /// In shared memory, by its descriptor.
    Shared(u64),
    /// In registers, as the A fragment of `m64k16` (16-bit types) or `m64k32` (8-bit types).
    Registers([u32; 4]),
}

/// `wgmma.mma_async`: begins `d = a b (+ d)`; `b` is a descriptor.
#[track_caller]
pub fn wgmma<const R: usize>(d: &mut Fragment<R>, a: WgmmaOperand, b: u64, wgmma: Wgmma) {
    with_caller(|caller| {
        caller.tick();
        warpgroup::begin(caller, d, (a, b), wgmma);
    });
}

/// `wgmma.fence.sync.aligned`: orders the registers' earlier uses before the `wgmma`s that follow.
#[track_caller]
pub fn wgmma_fence() {
    with_caller(|caller| caller.thread.products.borrow_mut().fences += 1);
}

/// `wgmma.commit_group.sync.aligned`: closes the warpgroup's open group.
#[track_caller]
pub fn wgmma_commit_group() {
    with_caller(|caller| caller.thread.products.borrow_mut().commit());
}

/// `wgmma.wait_group.sync.aligned pending`: waits until at most `pending` of the youngest groups are
/// under way.
#[track_caller]
pub fn wgmma_wait_group(pending: u32) {
    with_caller(|caller| warpgroup::wait(caller, pending));
}

/// After a [`wgmma_wait_group`]: takes over the results that have arrived for `d`.
#[track_caller]
pub fn wgmma_settle<const R: usize>(d: &mut Fragment<R>) {
    with_caller(|caller| d.settle(caller));
}

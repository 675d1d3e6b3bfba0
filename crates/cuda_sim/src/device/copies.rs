//! `cp.async`: asynchronous copies into shared memory.

use crate::context::{Caller, with_caller};
use crate::fault::Violation;
use crate::memory::Copy;
use crate::transfer::land_copy;

/// `cp.async.shared.global [dst], [src], bytes, src_bytes`: starts a copy of `src_bytes` bytes,
/// followed by zeros up to `bytes` (4, 8 or 16). It lands when the thread waits for it, and no
/// thread may touch the destination before.
///
/// # Safety
/// `src_bytes` bytes at `src` stay readable until the thread waits for the copy, or exits.
#[track_caller]
pub unsafe fn cp_async(dst: u32, src: *const u8, bytes: u32, src_bytes: u32) {
    with_caller(|caller| {
        caller.tick();
        caller.block.dependence.copies(caller);
        let copy = caller.check(begin(caller, (dst, bytes), (src, src_bytes)));
        caller.thread.copies.borrow_mut().push(copy);
    });
}

fn begin(
    caller: Caller<'_>,
    (dst, bytes): (u32, u32),
    (src, src_bytes): (*const u8, u32),
) -> Result<Copy, Violation> {
    let (block, address) = (caller.block, caller.own(dst)?);
    let span = block.shared.borrow().span(address, bytes as usize)?;
    // SAFETY: the contract of `cp_async`.
    let copy = unsafe { Copy::new(span.clone(), src, src_bytes, caller.line) }?;
    let order = caller.cluster.order.borrow();
    let mut history = block.history.borrow_mut();
    history.write(&order, span.clone(), caller.accessor())?;
    block.shared.borrow_mut().take_off(span)?;
    Ok(copy)
}

/// `cp.async.commit_group`: the thread's copies since the last commit form a group.
#[track_caller]
pub fn cp_async_commit() {
    with_caller(|caller| caller.thread.copies.borrow_mut().commit());
}

/// `cp.async.wait_group n`: all but the `n` youngest of the thread's groups land.
#[track_caller]
pub fn cp_async_wait_group(n: u32) {
    with_caller(|caller| land(caller, n));
}

/// `cp.async.wait_all`: all of the thread's copies land, committed or not.
#[track_caller]
pub fn cp_async_wait_all() {
    with_caller(|caller| {
        caller.thread.copies.borrow_mut().commit();
        land(caller, 0);
    });
}

/// The copies land as writes that the thread does now: what it synchronised before says nothing
/// about them.
fn land(caller: Caller<'_>, pending: u32) {
    let now = caller.accessor().stamp;
    let landed = caller.thread.copies.borrow_mut().wait(pending);
    for mut copy in landed {
        caller.check(land_copy(caller.cluster, caller.thread, now, &mut copy));
    }
}

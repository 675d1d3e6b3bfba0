//! `cp.async`: asynchronous copies into shared memory.

use crate::context::{Caller, with_caller};
use crate::memory::Copy;

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
        let mut memory = caller.block.shared.borrow_mut();
        let span = memory.span(dst, bytes as usize);
        let copy = span.and_then(|span| {
            // SAFETY: this function's own contract.
            let copy = unsafe { Copy::new(span.clone(), src, src_bytes, caller.line) }?;
            let mut races = caller.block.races.borrow_mut();
            races.write(caller.thread.linear, span.clone(), caller.line)?;
            memory.take_off(span)?;
            Ok(copy)
        });
        drop(memory);
        let copy = caller.check(copy);
        caller.thread.copies.borrow_mut().push(copy);
    });
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

fn land(caller: Caller<'_>, pending: u32) {
    let copies = caller.thread.copies.borrow_mut().wait(pending);
    for copy in copies {
        let span = copy.target.clone();
        let bytes = copy.read();
        let mut memory = caller.block.shared.borrow_mut();
        memory.land(span.clone(), &bytes[..span.len()]);
        drop(memory);
        // The thread wrote the bytes now: what it synchronised before says nothing about them.
        let mut races = caller.block.races.borrow_mut();
        let written = races.write(caller.thread.linear, span, copy.line);
        drop(races);
        caller.check(written);
    }
}

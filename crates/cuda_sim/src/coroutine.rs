//! Coroutines on pooled stacks.
//!
//! Code that runs here may fault: it then ends with a [`Trap`], and its stack can be used again.
//!
//! A stack is two mappings (the stack and its guard page), and Linux allows a process 65530 of
//! them by default, so the number of stacks in use is bounded: see [`MAX_STACKS`].

use std::io;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};
use std::thread;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::trap::{Ending, Running, Trap};

/// Stacks that one launch may use at a time, over all of its blocks.
pub(crate) const MAX_STACKS: usize = 16 * 1024;

/// Unused stacks, all of one size.
static POOL: Mutex<Pool> = Mutex::new(Pool {
    bytes: 0,
    stacks: Vec::new(),
});

struct Pool {
    bytes: usize,
    stacks: Vec<DefaultStack>,
}

/// Stacks for one block, which go back to the pool when dropped.
pub(crate) struct Stacks {
    bytes: usize,
    stacks: Vec<DefaultStack>,
}

impl Stacks {
    /// Takes `count` stacks of `bytes` bytes from the pool and makes the ones that it lacks.
    pub(crate) fn take(count: usize, bytes: usize) -> io::Result<Self> {
        let mut taken = Self {
            bytes,
            stacks: take_pooled(count, bytes),
        };
        while taken.stacks.len() < count {
            taken.stacks.push(DefaultStack::new(bytes)?);
        }
        Ok(taken)
    }

    /// One of the stacks.
    pub(crate) fn pop(&mut self) -> Option<DefaultStack> {
        self.stacks.pop()
    }

    /// Takes a finished coroutine's stack back, if there is one.
    pub(crate) fn extend(&mut self, stack: Option<DefaultStack>) {
        self.stacks.extend(stack);
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_STACKS.saturating_sub(pool.stacks.len());
        if pool.bytes == self.bytes {
            self.stacks.truncate(room);
            pool.stacks.append(&mut self.stacks);
        }
    }
}

fn take_pooled(count: usize, bytes: usize) -> Vec<DefaultStack> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.bytes != bytes {
        pool.bytes = bytes;
        let stale = mem::take(&mut pool.stacks);
        drop(pool);
        drop(stale);
        return Vec::new();
    }
    let kept = pool.stacks.len().saturating_sub(count);
    pool.stacks.split_off(kept)
}

/// How a turn of a coroutine ended.
pub(crate) enum Turn {
    /// It suspended itself.
    Suspended,
    /// The kernel returned.
    Returned,
    /// The kernel panicked with this payload.
    Panicked(Box<dyn std::any::Any + Send>),
    /// The kernel touched memory that it does not have.
    Trapped(Box<Trap>),
}

/// The execution state of one simulated thread.
pub(crate) struct Fiber(Coroutine<(), (), Ending, DefaultStack>);

impl Fiber {
    /// A coroutine that will run `body` on `stack`.
    ///
    /// # Safety
    /// Everything that `body` borrows outlives the fiber.
    pub(crate) unsafe fn new<F>(stack: DefaultStack, body: F) -> Self
    where
        F: FnOnce(&Yielder<(), ()>),
    {
        // SAFETY: the caller keeps what `body` borrows alive.
        let coroutine = unsafe {
            Coroutine::with_stack_unchecked(stack, |yielder, ()| {
                body(yielder);
                None
            })
        };
        Self(coroutine)
    }

    /// Runs the coroutine until it suspends or ends.
    pub(crate) fn resume(&mut self) -> Turn {
        let _running = Running::enter(self.0.trap_handler());
        match panic::catch_unwind(AssertUnwindSafe(|| self.0.resume(()))) {
            Ok(CoroutineResult::Yield(())) => Turn::Suspended,
            Ok(CoroutineResult::Return(None)) => Turn::Returned,
            Ok(CoroutineResult::Return(Some(trap))) => Turn::Trapped(trap.into()),
            Err(payload) => Turn::Panicked(payload),
        }
    }

    /// Ends the coroutine, unwinding its stack if it is suspended, and gives the stack back.
    pub(crate) fn finish(mut self) -> DefaultStack {
        debug_assert!(!thread::panicking(), "a coroutine cannot unwind twice");
        // A destructor that panics while the stack unwinds cannot be reported: a fault ended
        // the launch already.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| self.0.force_unwind()));
        self.0.into_stack()
    }
}

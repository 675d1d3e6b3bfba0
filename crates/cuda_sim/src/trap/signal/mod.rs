//! The handler of `SIGSEGV` and `SIGBUS`.
//!
//! A fault of the coroutine that runs on this OS thread ends that coroutine: the handler changes the
//! interrupted registers so that the thread continues in corosensei's code, which returns from
//! `resume`. Every other signal goes to whoever handled it before, in the end to the default action.
//!
//! The signal is synchronous: it interrupts the very instruction of the kernel that faulted. That is
//! why the handler may walk the stack, which it could not do if it interrupted the unwinder or the
//! loader.

mod chain;
mod registers;
mod stack;

use std::cell::Cell;
use std::ffi::c_void;
use std::thread;

use corosensei::trap::CoroutineTrapHandler;
use libc::{c_int, siginfo_t};

use crate::trap::frames::Frames;
use crate::trap::{Ending, Trap};
use registers::Registers;

type Handler = CoroutineTrapHandler<Ending>;

thread_local! {
    /// The coroutine that runs on this OS thread.
    static RUNNING: Cell<Option<Handler>> = const { Cell::new(None) };
    /// What is known of a fault while the handler walks the stack.
    static WALKING: Cell<Option<Trap>> = const { Cell::new(None) };
}

/// A coroutine that runs on this OS thread. Its memory faults end it.
pub(crate) struct Running {
    outer: Option<Handler>,
}

impl Running {
    /// Says that the coroutine of `handler` runs, until the value is dropped.
    pub(crate) fn enter(handler: Handler) -> Self {
        chain::install();
        stack::install();
        Self {
            outer: RUNNING.replace(Some(handler)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(self.outer);
    }
}

/// The signal handler.
///
/// # Safety
/// Called by the kernel, with what it passes to an `SA_SIGINFO` handler.
unsafe extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes both, for this call.
    let (details, mut registers) = unsafe { (&*info, Registers::new(context)) };
    let caused = || inspect(RUNNING.get()?, details, &registers);
    // A fault of the walk itself means that the stack is broken, too.
    let trap = WALKING.take().or_else(caused);
    match (trap, RUNNING.get()) {
        // SAFETY: the coroutine runs on this OS thread, and its stack was in use when it faulted.
        // What it may have left half done is the launch's memory, which a fault leaves unspecified,
        // and its block's cells, of which only those are used again that hold the fault.
        (Some(trap), Some(running)) => unsafe {
            registers.redirect(running.setup_trap_handler(move || Some(trap)));
        },
        // SAFETY: the caller's contract.
        _ => unsafe { chain::pass_on(signal, info, context) },
    }
}

/// What happened, if the coroutine that runs caused the signal and can be ended.
fn inspect(running: Handler, info: &siginfo_t, registers: &Registers) -> Option<Trap> {
    let caused_here = running.stack_ptr_in_bounds(registers.stack_pointer());
    // An abandoned panic would count as one for ever.
    if !caused_here || chain::is_sent(info) || thread::panicking() {
        return None;
    }
    let address = chain::address(info);
    let instruction = registers.instruction();
    let trap = Trap {
        address,
        written: registers.written(),
        stack_overflow: address.is_some_and(|address| running.stack_ptr_in_bounds(address)),
        frames: Frames::new(instruction),
    };
    // Where the instruction itself could not be fetched there is nothing to walk from.
    if address == Some(instruction) {
        return Some(trap);
    }
    WALKING.set(Some(trap));
    let frames = walk(running, instruction);
    WALKING.set(None);
    Some(Trap { frames, ..trap })
}

/// The callers of `instruction`, within the coroutine.
fn walk(running: Handler, instruction: usize) -> Frames {
    let mut frames = Frames::new(instruction);
    let mut interrupted = false;
    // SAFETY: only the unwinder's own state needs synchronisation, which the unwinder sees to.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            let address = frame.ip().addr();
            if !interrupted {
                // The first frames are the handler's.
                interrupted = address == instruction;
                return true;
            }
            running.stack_ptr_in_bounds(frame.sp().addr()) && frames.push(address)
        });
    }
    frames
}

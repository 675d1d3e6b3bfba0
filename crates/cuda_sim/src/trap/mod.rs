//! Memory faults of simulated threads, turned into reports.
//!
//! Nothing instruments what a kernel does to global memory: it reads and writes through plain
//! pointers. An access that leaves its buffer hits a guard page (see [`crate::global`]), one that
//! leaves the stack hits the stack's, and the operating system sends `SIGSEGV` or `SIGBUS`:
//!
//! ```text
//! kernel: *p ── guard page ── signal ── handler: where, and called from where?
//!                                          └─ the coroutine ends with a Trap ── Fault
//! ```
//!
//! The handler is [`signal`]'s. It passes on every signal that no simulated thread caused.
//!
//! # What is lost
//!
//! The stack of a trapped thread is not unwound. What lives there is never dropped, and a cell that
//! is borrowed there stays borrowed. The simulator itself therefore borrows no cell of the block where it
//! first touches an address that the kernel gave it: see [`crate::global::touch`].

#[cfg_attr(
    not(all(
        any(target_os = "linux", target_vendor = "apple"),
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    allow(dead_code, reason = "only a signal handler makes these")
)]
mod frames;
#[cfg_attr(
    not(all(
        any(target_os = "linux", target_vendor = "apple"),
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    path = "absent.rs"
)]
mod signal;
mod source;

use std::fmt;

use crate::fault::{FaultKind, SourceLine, Violation};
use crate::global;
use frames::Frames;
pub(crate) use signal::Running;

/// Lines of a kernel's call chain that a report lists.
const MAX_CALLERS: usize = 4;

/// How a coroutine ended: by itself, or by a memory fault.
pub(crate) type Ending = Option<Trap>;

/// A memory fault of a simulated thread, as the signal handler saw it.
#[derive(Clone, Copy)]
pub(crate) struct Trap {
    /// What was touched, where the processor tells.
    address: Option<usize>,
    /// Whether it was written, where the processor tells.
    written: Option<bool>,
    /// Whether `address` is in the guard of the thread's own stack.
    stack_overflow: bool,
    frames: Frames,
}

impl Trap {
    /// The rule that was broken.
    pub(crate) fn violation(&self) -> Violation {
        let kind = match self.stack_overflow {
            true => FaultKind::StackOverflow,
            false => FaultKind::GlobalOutOfRange,
        };
        Violation::new(kind, self.to_string())
    }

    /// The rule that the kernel broke, and at which line, if its debug information tells.
    pub(crate) fn report(&self) -> (Option<SourceLine>, Violation) {
        let mut lines = source::kernel_lines(&self.frames).into_iter();
        let line = lines.next();
        let mut violation = self.violation();
        for caller in lines.take(MAX_CALLERS) {
            violation.detail += &format!("\ncalled from {caller}");
        }
        (line, violation)
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(address) = self.address else {
            return f.write_str(
                "an address that no pointer can have, or a vector access of a misaligned one",
            );
        };
        let access = match self.written {
            Some(true) => "write to",
            Some(false) => "read of",
            None => "access to",
        };
        write!(f, "{access} {address:#x}: ")?;
        match self.stack_overflow {
            true => f.write_str("the guard page of the thread's stack"),
            false => f.write_str(&global::describe(address)),
        }
    }
}

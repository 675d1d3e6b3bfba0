//! The stack on which signals of one OS thread are handled.
//!
//! std gives each thread one that has room for its own handler: `SIGSTKSZ`, 8 KiB on x86-64 Linux,
//! of which the saved vector registers may take half. Walking a stack needs more.

use std::mem::{self, MaybeUninit};
use std::ptr;

use libc::stack_t;

/// Bytes of a signal stack.
const BYTES: usize = 64 * 1024;

thread_local! {
    static STACK: SignalStack = SignalStack::new();
}

/// Gives this OS thread a signal stack that is large enough, once.
pub(super) fn install() {
    // While the thread ends, its last destructors run without.
    let _ = STACK.try_with(|_| ());
}

/// A signal stack of this OS thread; `None` if it had a large one, or would not have this one.
struct SignalStack(Option<Box<[MaybeUninit<u8>]>>);

impl SignalStack {
    fn new() -> Self {
        let before = exchange(None);
        if before.ss_flags & libc::SS_DISABLE == 0 && before.ss_size >= BYTES {
            return Self(None);
        }
        let mut bytes = Box::new_uninit_slice(BYTES);
        exchange(Some(stack_t {
            ss_sp: bytes.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: BYTES,
        }));
        Self(Some(bytes))
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        let Some(bytes) = &mut self.0 else { return };
        // std has freed the thread's first signal stack by now: there is nothing to go back to.
        if exchange(None).ss_sp == bytes.as_mut_ptr().cast() {
            exchange(Some(stack_t {
                ss_sp: ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: BYTES,
            }));
        }
    }
}

/// Sets the signal stack of this OS thread, if there is a new one, and yields the one before.
fn exchange(stack: Option<stack_t>) -> stack_t {
    let stack = stack.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: zeros are a valid `stack_t`. A new stack is one that nobody else uses, and outlives its
    // use: see `SignalStack`.
    unsafe {
        let mut before = mem::zeroed();
        libc::sigaltstack(stack, &mut before);
        before
    }
}

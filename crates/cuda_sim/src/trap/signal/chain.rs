//! Installing the handler in front of others, and passing on what is theirs.

use std::ffi::c_void;
use std::mem;
use std::ptr;
use std::sync::{Once, OnceLock};

use libc::{c_int, sigaction, siginfo_t};

/// The signals by which memory faults are told: macOS uses both.
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Who handled [`SIGNALS`] before.
static BEFORE: OnceLock<[sigaction; 2]> = OnceLock::new();

/// Installs the handler, once per process. Where that fails, faults end the process as before.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // The first signal may come right after the installation.
        BEFORE.get_or_init(|| SIGNALS.map(current));
        let action = handler();
        for signal in SIGNALS {
            // SAFETY: the handler keeps the contract of an `SA_SIGINFO` handler.
            unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
        }
    });
}

fn handler() -> sigaction {
    let mut action = default();
    let handler: unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = super::on_fault;
    action.sa_sigaction = handler as usize;
    // On the signal stack, as the thread's own may be full; not blocked, as walking a broken stack
    // may fault again.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    action
}

/// The default action.
fn default() -> sigaction {
    // SAFETY: all zeros are the default handler, no flags and an empty mask.
    unsafe { mem::zeroed() }
}

fn current(signal: c_int) -> sigaction {
    let mut action = default();
    // SAFETY: asks only.
    unsafe { libc::sigaction(signal, ptr::null(), &mut action) };
    action
}

/// Whether a process sent the signal, rather than a fault caused it.
pub(super) fn is_sent(info: &siginfo_t) -> bool {
    /// `SI_USER` of macOS, whose `<sys/signal.h>` numbers it unlike the others.
    const SI_USER_MACOS: c_int = 0x10001;
    // POSIX, <signal.h>: the codes of signals that the system raises are above zero.
    info.si_code <= 0 || info.si_code == SI_USER_MACOS
}

/// The address that was touched. x86-64 tells none where it finds a general protection fault, not a
/// page fault; Linux then says that the kernel raised the signal.
pub(super) fn address(info: &siginfo_t) -> Option<usize> {
    #[cfg(target_os = "linux")]
    const SI_KERNEL: c_int = 0x80;
    #[cfg(target_os = "linux")]
    if info.si_code == SI_KERNEL {
        return None;
    }
    // SAFETY: both signals carry an address.
    Some(unsafe { info.si_addr() }.addr())
}

/// Lets the handler from before have the signal.
///
/// # Safety
/// The arguments are those of this process's `SA_SIGINFO` handler, during its call.
pub(super) unsafe fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let position = SIGNALS.iter().position(|&known| known == signal);
    let before = BEFORE.get().zip(position).map(|(before, at)| before[at]);
    let action = before.unwrap_or_else(default);
    match action.sa_sigaction {
        // SAFETY: the caller's contract.
        libc::SIG_DFL | libc::SIG_IGN => unsafe { end(signal, info) },
        handler if action.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: the flag says that the handler has this type.
            let handler = unsafe {
                mem::transmute::<usize, unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(
                    handler,
                )
            };
            // SAFETY: the caller's contract.
            unsafe { handler(signal, info, context) }
        }
        handler => {
            // SAFETY: without the flag the handler has this type.
            let handler = unsafe { mem::transmute::<usize, extern "C" fn(c_int)>(handler) };
            handler(signal);
        }
    }
}

/// Lets the signal end the process: the instruction that faulted faults again, now unhandled.
///
/// # Safety
/// `info` is what the kernel passed.
unsafe fn end(signal: c_int, info: *const siginfo_t) {
    // SAFETY: the default action needs no contract, and `info` is the kernel's.
    unsafe {
        libc::sigaction(signal, &default(), ptr::null_mut());
        if is_sent(&*info) {
            libc::raise(signal);
        }
    }
}

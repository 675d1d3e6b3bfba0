//! Functions that find their own body at their first call.
//!
//! A trampoline is a symbol (`cuInit`, say) and a [`Slot`]. The symbol's code is one indirect jump
//! through the slot's `target`, which starts as the architecture's `resolve`:
//!
//! ```text
//! first call    cuInit ──▶ slot.target = resolve ──▶ bind(slot) ──▶ slot.lookup("cuInit")
//!                                          │                              │
//!                          every argument register restored               ▼
//!                                          └───────── jump ────────▶ the function found
//!
//! later calls   cuInit ──▶ slot.target = the function found
//! ```
//!
//! The jump leaves registers and stack as the caller made them, so the signature of the function is
//! of no concern here. `resolve` keeps the argument registers, integer and floating point, across the
//! Rust code that looks the name up; arguments on the stack are above it and stay where they are.

use core::ffi::CStr;
use core::sync::atomic::{AtomicPtr, Ordering};

#[cfg_attr(target_arch = "x86_64", path = "trampoline/x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "trampoline/aarch64.rs")]
mod arch;

#[cfg(test)]
#[path = "trampoline/tests.rs"]
mod tests;

pub(crate) use arch::jump_through;

/// The address of a function with the C calling convention and a signature known to its caller alone.
pub(crate) type Code = *const ();

/// What a lookup found for a name.
pub(crate) enum Found {
    /// The function itself; the slot keeps it, and later calls go straight there.
    Function(Code),
    /// A function that answers this one call; the next call looks again.
    Answer(Code),
}

/// Finds the function of a name.
pub(crate) type Lookup = fn(&'static CStr) -> Found;

/// Where a trampoline jumps to. The code of a trampoline relies on `target` being first.
#[repr(C)]
pub(crate) struct Slot {
    target: AtomicPtr<()>,
    name: &'static CStr,
    lookup: Lookup,
}

impl Slot {
    /// A slot whose first call looks `name` up.
    pub(crate) const fn new(name: &'static CStr, lookup: Lookup) -> Self {
        let target = AtomicPtr::new(arch::resolve as *const () as *mut ());
        Self {
            target,
            name,
            lookup,
        }
    }
}

/// The part of `resolve` that is not assembly: looks the slot's name up and says where to jump.
///
/// Several threads may come here for one slot at once; all find the same function, so the order of
/// their stores is of no consequence.
extern "C" fn bind(slot: &'static Slot) -> Code {
    match (slot.lookup)(slot.name) {
        Found::Function(code) => {
            slot.target.store(code.cast_mut(), Ordering::Release);
            code
        }
        Found::Answer(code) => code,
    }
}

/// Defines the exported function `$name`, found by `$lookup` when it is first called.
macro_rules! trampoline {
    ($name:ident, $lookup:path) => {
        const _: () = {
            static SLOT: $crate::trampoline::Slot = $crate::trampoline::Slot::new(
                match ::core::ffi::CStr::from_bytes_with_nul(
                    concat!(stringify!($name), "\0").as_bytes(),
                ) {
                    Ok(name) => name,
                    Err(_) => panic!("an identifier holds no nul"),
                },
                $lookup,
            );

            // SAFETY: the name is defined nowhere else in a program whose `-lcuda` is the empty
            // archive; the body is one jump that touches no argument register.
            #[unsafe(no_mangle)]
            #[unsafe(naked)]
            unsafe extern "C" fn $name() {
                $crate::trampoline::jump_through!(SLOT)
            }
        };
    };
}
pub(crate) use trampoline;

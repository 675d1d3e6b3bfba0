//! The AArch64 code of a trampoline (Procedure Call Standard for the Arm 64-bit Architecture, 2025Q1,
//! section 6.1).
//!
//! Arguments travel in `x0`-`x7` and `q0`-`q7`, `x8` holds the address of a large result, and `x16`, `x17`
//! are free between a call and the first instruction of the callee: they carry target and slot.
//! The jump goes through `x16`, which a `bti c` landing pad accepts.

use core::arch::naked_asm;

use super::bind;

/// The body of a trampoline: a jump to the `target` of a static `Slot`.
///
/// The load acquires, so that a thread that sees the address of a function sees the library that
/// another thread loaded.
macro_rules! jump_through {
    ($slot:path) => {
        ::core::arch::naked_asm!(
            "adrp x17, {slot}",
            "add x17, x17, :lo12:{slot}",
            "ldar x16, [x17]",
            "br x16",
            slot = sym $slot,
        )
    };
}
pub(crate) use jump_through;

/// The first target of every slot: asks `bind` for the function and goes on to it.
///
/// ```text
/// [sp +  0] x29 x30            [sp + 80] x8, 8 bytes unused
/// [sp + 16] x0 .. x7           [sp + 96] q0 .. q7, 16 bytes each
/// ```
///
/// # Safety
/// Only a trampoline may come here, with its slot in `x17`.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn resolve() {
    naked_asm!(
        "stp x29, x30, [sp, #-224]!",
        "mov x29, sp",
        "stp x0, x1, [sp, #16]",
        "stp x2, x3, [sp, #32]",
        "stp x4, x5, [sp, #48]",
        "stp x6, x7, [sp, #64]",
        "str x8, [sp, #80]",
        "stp q0, q1, [sp, #96]",
        "stp q2, q3, [sp, #128]",
        "stp q4, q5, [sp, #160]",
        "stp q6, q7, [sp, #192]",
        "mov x0, x17",
        "bl {bind}",
        "mov x16, x0",
        "ldp x0, x1, [sp, #16]",
        "ldp x2, x3, [sp, #32]",
        "ldp x4, x5, [sp, #48]",
        "ldp x6, x7, [sp, #64]",
        "ldr x8, [sp, #80]",
        "ldp q0, q1, [sp, #96]",
        "ldp q2, q3, [sp, #128]",
        "ldp q4, q5, [sp, #160]",
        "ldp q6, q7, [sp, #192]",
        "ldp x29, x30, [sp], #224",
        "br x16",
        bind = sym bind,
    )
}

//! The x86-64 code of a trampoline (System V ABI, AMD64 supplement 1.0, section 3.2.3).
//!
//! Arguments travel in `rdi rsi rdx rcx r8 r9` and `xmm0`-`xmm7`, `rax` counts the vector registers of a
//! variadic call, and `r11` is free between a call and the first instruction of the callee: it
//! carries the slot.

use core::arch::naked_asm;

use super::bind;

/// The body of a trampoline: a jump to the `target` of a static `Slot`.
macro_rules! jump_through {
    ($slot:path) => {
        ::core::arch::naked_asm!(
            "lea r11, [rip + {slot}]",
            "jmp qword ptr [r11]",
            slot = sym $slot,
        )
    };
}
pub(crate) use jump_through;

/// The first target of every slot: asks `bind` for the function and goes on to it.
///
/// On entry `rsp` is 8 modulo 16 (the return address); the pushed `rbp` and a frame of a multiple of
/// 16 bytes make it 0 at the call, as the ABI asks and `dlopen` needs.
///
/// ```text
/// [rsp +  0] rdi rsi rdx rcx r8 r9 rax, 8 bytes unused
/// [rsp + 64] xmm0 .. xmm7, 16 bytes each
/// ```
///
/// # Safety
/// Only a trampoline may come here, with its slot in `r11`.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn resolve() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 192",
        "mov [rsp], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "mov [rsp + 48], rax",
        "movaps [rsp + 64], xmm0",
        "movaps [rsp + 80], xmm1",
        "movaps [rsp + 96], xmm2",
        "movaps [rsp + 112], xmm3",
        "movaps [rsp + 128], xmm4",
        "movaps [rsp + 144], xmm5",
        "movaps [rsp + 160], xmm6",
        "movaps [rsp + 176], xmm7",
        "mov rdi, r11",
        "call {bind}",
        "mov r11, rax",
        "mov rdi, [rsp]",
        "mov rsi, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "mov rcx, [rsp + 24]",
        "mov r8, [rsp + 32]",
        "mov r9, [rsp + 40]",
        "mov rax, [rsp + 48]",
        "movaps xmm0, [rsp + 64]",
        "movaps xmm1, [rsp + 80]",
        "movaps xmm2, [rsp + 96]",
        "movaps xmm3, [rsp + 112]",
        "movaps xmm4, [rsp + 128]",
        "movaps xmm5, [rsp + 144]",
        "movaps xmm6, [rsp + 160]",
        "movaps xmm7, [rsp + 176]",
        "leave",
        "jmp r11",
        bind = sym bind,
    )
}

//! Trampolines of the tests' own, whose lookups find functions written here.

use core::ffi::CStr;
use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Barrier;
use std::thread;

use super::{Code, Found, trampoline};

/// Defines a trampoline and its declaration, with the signature of [`receive`].
macro_rules! declare {
    ($($name:ident: $lookup:path,)*) => {
        $(trampoline!($name, $lookup);)*
        unsafe extern "C" {
            $(fn $name(
                i0: u64, i1: u64, i2: u64, i3: u64, i4: u64, i5: u64, i6: u64, i7: u64, i8: u64, i9: u64,
                f0: f64, f1: f64, f2: f64, f3: f64, f4: f64, f5: f64, f6: f64, f7: f64, f8: f64, f9: f64,
            ) -> u64;)*
        }
    };
}

declare! {
    gatewarp_test_arguments: find_receive,
    gatewarp_test_function: count_function,
    gatewarp_test_answer: count_answer,
    gatewarp_test_threads: find_receive,
}

/// Ten integers and ten floats: on both architectures some of each are on the stack. The weights tell
/// them apart.
#[allow(clippy::too_many_arguments, reason = "more than there are registers")]
#[rustfmt::skip]
extern "C" fn receive(
    i0: u64, i1: u64, i2: u64, i3: u64, i4: u64, i5: u64, i6: u64, i7: u64, i8: u64, i9: u64,
    f0: f64, f1: f64, f2: f64, f3: f64, f4: f64, f5: f64, f6: f64, f7: f64, f8: f64, f9: f64,
) -> u64 {
    let integers = [i0, i1, i2, i3, i4, i5, i6, i7, i8, i9];
    let floats = [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9].map(|value| value as u64);
    integers.into_iter().chain(floats).fold(0, |sum, value| 31_u64.wrapping_mul(sum).wrapping_add(value))
}

/// What [`receive`] answers to [`call_with_arguments`]: the weighted sum of 1 to 20.
fn expected() -> u64 {
    (1..=20).fold(0, |sum, value| 31_u64.wrapping_mul(sum).wrapping_add(value))
}

/// Passes 1 to 20 to a trampoline.
macro_rules! call_with_arguments {
    ($name:ident) => {
        // SAFETY: the lookups of this file find functions that take these arguments, or none.
        unsafe {
            $name(
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0,
                19.0, 20.0,
            )
        }
    };
}

/// Overwrites every register that an argument may be in.
#[cfg(target_arch = "x86_64")]
fn overwrite_argument_registers() {
    // SAFETY: zeroing registers; each is declared as overwritten.
    unsafe {
        core::arch::asm!(
            "xor edi, edi",
            "xor esi, esi",
            "xor edx, edx",
            "xor ecx, ecx",
            "xor r8d, r8d",
            "xor r9d, r9d",
            "xor eax, eax",
            "xor r11d, r11d",
            "xorps xmm0, xmm0",
            "xorps xmm1, xmm1",
            "xorps xmm2, xmm2",
            "xorps xmm3, xmm3",
            "xorps xmm4, xmm4",
            "xorps xmm5, xmm5",
            "xorps xmm6, xmm6",
            "xorps xmm7, xmm7",
            clobber_abi("C"),
        );
    }
}

/// Overwrites every register that an argument may be in.
#[cfg(target_arch = "aarch64")]
fn overwrite_argument_registers() {
    // SAFETY: zeroing registers; each is declared as overwritten.
    unsafe {
        core::arch::asm!(
            "mov x0, #0",
            "mov x1, #0",
            "mov x2, #0",
            "mov x3, #0",
            "mov x4, #0",
            "mov x5, #0",
            "mov x6, #0",
            "mov x7, #0",
            "mov x8, #0",
            "mov x16, #0",
            "mov x17, #0",
            "movi v0.2d, #0",
            "movi v1.2d, #0",
            "movi v2.2d, #0",
            "movi v3.2d, #0",
            "movi v4.2d, #0",
            "movi v5.2d, #0",
            "movi v6.2d, #0",
            "movi v7.2d, #0",
            clobber_abi("C"),
        );
    }
}

static MISALIGNED_STACKS: AtomicUsize = AtomicUsize::new(0);

fn find_receive(_: &'static CStr) -> Found {
    #[repr(align(16))]
    struct Aligned([u8; 16]);
    let local = black_box(Aligned([0; 16]));
    // The compiler puts `local` at a multiple of 16 only if the stack was one at the call.
    if !black_box(&raw const local.0).addr().is_multiple_of(16) {
        MISALIGNED_STACKS.fetch_add(1, Ordering::Relaxed);
    }
    overwrite_argument_registers();
    Found::Function(receive as Code)
}

#[test]
fn arguments_survive_the_lookup() {
    assert_eq!(call_with_arguments!(gatewarp_test_arguments), expected());
    assert_eq!(call_with_arguments!(gatewarp_test_arguments), expected());
    assert_eq!(MISALIGNED_STACKS.load(Ordering::Relaxed), 0);
}

static FUNCTION_LOOKUPS: AtomicUsize = AtomicUsize::new(0);

fn count_function(name: &'static CStr) -> Found {
    assert_eq!(name, c"gatewarp_test_function");
    FUNCTION_LOOKUPS.fetch_add(1, Ordering::Relaxed);
    Found::Function(receive as Code)
}

#[test]
fn a_function_is_looked_up_once() {
    for _ in 0..3 {
        assert_eq!(call_with_arguments!(gatewarp_test_function), expected());
    }
    assert_eq!(FUNCTION_LOOKUPS.load(Ordering::Relaxed), 1);
}

static ANSWER_LOOKUPS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn seven() -> u64 {
    7
}

fn count_answer(_: &'static CStr) -> Found {
    ANSWER_LOOKUPS.fetch_add(1, Ordering::Relaxed);
    Found::Answer(seven as Code)
}

#[test]
fn an_answer_holds_for_one_call() {
    for _ in 0..3 {
        assert_eq!(call_with_arguments!(gatewarp_test_answer), 7);
    }
    assert_eq!(ANSWER_LOOKUPS.load(Ordering::Relaxed), 3);
}

#[test]
fn threads_may_make_the_first_call_together() {
    const THREADS: usize = 16;
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                assert_eq!(call_with_arguments!(gatewarp_test_threads), expected());
            });
        }
    });
}

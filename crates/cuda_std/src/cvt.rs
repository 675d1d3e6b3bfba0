//! Conversions between `f32` and 16-bit floats, one and two at a time.
//!
//! Down-conversions round to nearest even. A pair keeps its first element in the low half.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use half::{bf16, f16};

/// Two `f32` as a pair of bf16 (`cvt.rn.bf16x2.f32`, sm_80).
#[inline(always)]
#[must_use]
pub fn f32x2_to_bf16x2(low: f32, high: f32) -> u32 {
    on! {
        gpu => {
            let pair: u32;
            // SAFETY: register arithmetic has no preconditions.
            unsafe {
                asm!("cvt.rn.bf16x2.f32 {0}, {1}, {2};",
                    out(reg32) pair, in(reg32) high, in(reg32) low, options(pure, nomem, nostack));
            }
            pair
        },
        sim => bf16::from_f32(low).to_bits() as u32 | (bf16::from_f32(high).to_bits() as u32) << 16,
    }
}

/// Two `f32` as a pair of f16 (`cvt.rn.f16x2.f32`, sm_80).
#[inline(always)]
#[must_use]
pub fn f32x2_to_f16x2(low: f32, high: f32) -> u32 {
    on! {
        gpu => {
            let pair: u32;
            // SAFETY: register arithmetic has no preconditions.
            unsafe {
                asm!("cvt.rn.f16x2.f32 {0}, {1}, {2};",
                    out(reg32) pair, in(reg32) high, in(reg32) low, options(pure, nomem, nostack));
            }
            pair
        },
        sim => f16::from_f32(low).to_bits() as u32 | (f16::from_f32(high).to_bits() as u32) << 16,
    }
}

/// A bf16 as `f32`: exact, a shift.
#[inline(always)]
#[must_use]
pub fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits((bits as u32) << 16)
}

/// An f16 as `f32`: exact (`cvt.f32.f16`).
#[inline(always)]
#[must_use]
pub fn f16_to_f32(bits: u16) -> f32 {
    on! {
        gpu => {
            let value: f32;
            // SAFETY: register arithmetic has no preconditions.
            unsafe { asm!("cvt.f32.f16 {0}, {1};", out(reg32) value, in(reg16) bits, options(pure, nomem, nostack)) };
            value
        },
        sim => f16::from_bits(bits).to_f32(),
    }
}

/// An `f32` as bf16.
#[inline(always)]
#[must_use]
pub fn f32_to_bf16(value: f32) -> bf16 {
    bf16::from_bits(f32x2_to_bf16x2(value, 0.0) as u16)
}

/// An `f32` as f16.
#[inline(always)]
#[must_use]
pub fn f32_to_f16(value: f32) -> f16 {
    f16::from_bits(f32x2_to_f16x2(value, 0.0) as u16)
}

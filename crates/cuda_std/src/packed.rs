//! Arithmetic on pairs of 16-bit floats, two operations an instruction.
//!
//! A pair keeps its first element in the low half. Results round to nearest even and keep subnormals; a
//! NaN is `0x7fff`. The bf16 forms need sm_90, but sm_80 has
//! `fma`, `min` and `max`. PTX ISA,
//! "Half Precision Floating Point Instructions". Executed by any thread.

#[cfg(not(target_arch = "nvptx64"))]
use half::{bf16, f16};

#[cfg(not(target_arch = "nvptx64"))]
use crate::rounding::{Rounding::Nearest, add_to_odd, bf16_bits, f16_bits};

/// Applies a function to the halves of pairs.
#[cfg(not(target_arch = "nvptx64"))]
fn each<const N: usize>(pairs: [u32; N], half: impl Fn([u16; N]) -> u16) -> u32 {
    let low = half(pairs.map(|pair| pair as u16));
    let high = half(pairs.map(|pair| (pair >> 16) as u16));
    u32::from(low) | u32::from(high) << 16
}

/// An instruction with one to three operands.
#[cfg(target_arch = "nvptx64")]
macro_rules! instruction {
    ($ptx:literal, $a:ident) => {
        concat!($ptx, " {0}, {1};")
    };
    ($ptx:literal, $a:ident $b:ident) => {
        concat!($ptx, " {0}, {1}, {2};")
    };
    ($ptx:literal, $a:ident $b:ident $c:ident) => {
        concat!($ptx, " {0}, {1}, {2}, {3};")
    };
}

/// An operation on f16 and on bf16, on values as `f64`, whose result rounds to either.
macro_rules! operations {
    ($($f16:ident, $f16_ptx:literal, $bf16:ident, $bf16_ptx:literal, ($($x:ident),*), $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " of f16 (`", $f16_ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $f16($($x: u32),*) -> u32 {
            on! {
                gpu => compute!(reg32 u32 = instruction!($f16_ptx, $($x)*), $(reg32 $x),*),
                sim => each([$($x),*], |halves| {
                    let [$($x),*] = halves.map(|bits| f16::from_bits(bits).to_f64());
                    f16_bits($sim, Nearest)
                }),
            }
        }

        #[doc = concat!($doc, " of bf16 (`", $bf16_ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $bf16($($x: u32),*) -> u32 {
            on! {
                gpu => compute!(reg32 u32 = instruction!($bf16_ptx, $($x)*), $(reg32 $x),*),
                sim => each([$($x),*], |halves| {
                    let [$($x),*] = halves.map(|bits| bf16::from_bits(bits).to_f64());
                    bf16_bits($sim, Nearest)
                }),
            }
        }
    )* };
}

operations! {
    add_f16x2, "add.rn.f16x2", add_bf16x2, "add.rn.bf16x2", (a, b), add_to_odd(a, b), "`a + b`";
    sub_f16x2, "sub.rn.f16x2", sub_bf16x2, "sub.rn.bf16x2", (a, b), add_to_odd(a, -b), "`a - b`";
    mul_f16x2, "mul.rn.f16x2", mul_bf16x2, "mul.rn.bf16x2", (a, b), a * b, "`a * b`";
    fma_f16x2, "fma.rn.f16x2", fma_bf16x2, "fma.rn.bf16x2", (a, b, c), add_to_odd(a * b, c),
        "`a * b + c`, rounded once,";
    min_f16x2, "min.f16x2", min_bf16x2, "min.bf16x2", (a, b), least(a, b),
        "The lesser, -0 before +0, or the one that is a number,";
    max_f16x2, "max.f16x2", max_bf16x2, "max.bf16x2", (a, b), -least(-a, -b),
        "The greater, +0 before -0, or the one that is a number,";
    tanh_approx_f16x2, "tanh.approx.f16x2", tanh_approx_bf16x2, "tanh.approx.bf16x2", (a), a.tanh(),
        "The hyperbolic tangent, absolute error 2^-10.987 of f16 (sm_75) and 2^-8 of bf16 (sm_90),";
}

/// 2 to the power of `a` of f16, relative error 2^-9.9 (`ex2.approx.f16x2`, sm_75).
#[inline(always)]
#[must_use]
pub fn ex2_approx_f16x2(a: u32) -> u32 {
    on! {
        gpu => compute!(reg32 u32 = "ex2.approx.f16x2 {0}, {1};", reg32 a),
        sim => each([a], |[bits]| f16_bits(f16::from_bits(bits).to_f64().exp2(), Nearest)),
    }
}

/// 2 to the power of `a` of bf16, relative error 2^-7; subnormals become zeros (`ex2.approx.ftz.bf16x2`,
/// sm_90).
#[inline(always)]
#[must_use]
pub fn ex2_approx_bf16x2(a: u32) -> u32 {
    on! {
        gpu => compute!(reg32 u32 = "ex2.approx.ftz.bf16x2 {0}, {1};", reg32 a),
        sim => each([a], |[bits]| {
            let power = bf16_bits(bf16::from_bits(bits).to_f64().exp2(), Nearest);
            if power < bf16::MIN_POSITIVE.to_bits() { 0 } else { power }
        }),
    }
}

/// The magnitudes of f16 or bf16, as a mask.
#[inline(always)]
#[must_use]
pub const fn abs_x2(a: u32) -> u32 {
    a & 0x7fff_7fff
}

/// The negatives of f16 or bf16, as a mask.
#[inline(always)]
#[must_use]
pub const fn neg_x2(a: u32) -> u32 {
    a ^ 0x8000_8000
}

/// The lesser of two values, -0 before +0, or the one that is a number.
#[cfg(not(target_arch = "nvptx64"))]
fn least(a: f64, b: f64) -> f64 {
    if b.is_nan() || !a.is_nan() && a.total_cmp(&b).is_le() {
        a
    } else {
        b
    }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::{
        add_bf16x2, ex2_approx_bf16x2, ex2_approx_f16x2, fma_bf16x2, fma_f16x2, max_bf16x2,
        min_f16x2, mul_bf16x2, mul_f16x2, sub_f16x2,
    };

    fn bf16x2(low: f32, high: f32) -> u32 {
        u32::from(bf16::from_f32(low).to_bits()) | u32::from(bf16::from_f32(high).to_bits()) << 16
    }

    fn f16x2(low: f32, high: f32) -> u32 {
        u32::from(f16::from_f32(low).to_bits()) | u32::from(f16::from_f32(high).to_bits()) << 16
    }

    #[test]
    fn halves_do_not_mix() {
        assert_eq!(
            add_bf16x2(bf16x2(1.0, 4.0), bf16x2(2.0, -8.0)),
            bf16x2(3.0, -4.0)
        );
        assert_eq!(
            sub_f16x2(f16x2(1.0, 4.0), f16x2(2.0, -8.0)),
            f16x2(-1.0, 12.0)
        );
        assert_eq!(
            mul_f16x2(f16x2(3.0, 4.0), f16x2(2.0, -8.0)),
            f16x2(6.0, -32.0)
        );
    }

    #[test]
    fn subnormals_are_kept() {
        assert_eq!(
            mul_bf16x2(bf16x2(2f32.powi(-126), 0.0), bf16x2(0.5, 0.0)),
            0x0040
        );
        assert_eq!(mul_f16x2(0x0001, 0x3c00), 0x0001);
    }

    #[test]
    fn fma_rounds_once() {
        // 1 + 2^-7 has no room for the square's last bit, which decides a tie.
        let x = 1.0 + 2f32.powi(-7);
        let exact = f64::from(x) * f64::from(x) - 1.0;
        assert_eq!(
            fma_bf16x2(bf16x2(x, 0.0), bf16x2(x, 0.0), bf16x2(-1.0, 0.0)),
            bf16x2(exact as f32, 0.0)
        );
        // Far below the last bit of the product, the addend still breaks the tie.
        let tie = (f16x2(1.0 + 2f32.powi(-10), 0.0), f16x2(1.5, 0.0));
        let up = fma_f16x2(tie.0, tie.1, f16x2(2f32.powi(-24), 0.0));
        let down = fma_f16x2(tie.0, tie.1, f16x2(-(2f32.powi(-24)), 0.0));
        assert_eq!(up, down + 1);
    }

    #[test]
    fn extremes_prefer_numbers() {
        assert_eq!(max_bf16x2(0x7fc0_8000, 0x3f80_0000), 0x3f80_0000);
        assert_eq!(min_f16x2(0x0000_7e00, 0x8000_7e00), 0x8000_7fff);
    }

    #[test]
    fn ex2_flushes_bf16_alone() {
        assert_eq!(ex2_approx_bf16x2(bf16x2(-127.0, 3.0)), bf16x2(0.0, 8.0));
        assert_eq!(
            ex2_approx_f16x2(f16x2(-20.0, -1.0)),
            f16x2(2f32.powi(-20), 0.5)
        );
    }
}

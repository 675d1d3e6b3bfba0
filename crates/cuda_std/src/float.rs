//! The approximate math instructions, by their PTX names. Errors are those of the PTX ISA, section
//! "Floating Point Instructions".

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

macro_rules! unary {
    ($($name:ident, $ptx:literal, |$x:ident| $host:expr, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[inline(always)]
        #[must_use]
        pub fn $name($x: f32) -> f32 {
            on! {
                gpu => {
                    let y: f32;
                    // SAFETY: register arithmetic has no preconditions.
                    unsafe { asm!(concat!($ptx, " {0}, {1};"), out(reg32) y, in(reg32) $x, options(pure, nomem, nostack)) };
                    y
                },
                sim => $host,
            }
        }
    )* };
}

unary! {
    ex2_approx, "ex2.approx.ftz.f32", |x| x.exp2(), "2 to the power of `x`, within 2 ulp; subnormals become zero.";
    rcp_approx, "rcp.approx.ftz.f32", |x| x.recip(), "1 / `x`, within 1 ulp; subnormals become zero.";
    lg2_approx, "lg2.approx.ftz.f32", |x| x.log2(), "The base-2 logarithm of `x`.";
    tanh_approx, "tanh.approx.f32", |x| x.tanh(), "The hyperbolic tangent of `x`, relative error 2^-11.";
}

/// `a / b` within 2 ulp (`div.full.ftz.f32`); 0 where `b` is above 2^126.
#[inline(always)]
#[must_use]
pub fn div_full(a: f32, b: f32) -> f32 {
    on! {
        gpu => {
            let q: f32;
            // SAFETY: register arithmetic has no preconditions.
            unsafe {
                asm!("div.full.ftz.f32 {0}, {1}, {2};",
                    out(reg32) q, in(reg32) a, in(reg32) b, options(pure, nomem, nostack));
            }
            q
        },
        sim => a / b,
    }
}

/// e to the power of `x`, by [`ex2_approx`].
#[inline(always)]
#[must_use]
pub fn exp_approx(x: f32) -> f32 {
    ex2_approx(x * core::f32::consts::LOG2_E)
}

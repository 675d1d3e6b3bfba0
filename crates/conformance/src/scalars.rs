//! Instructions that one thread executes on its registers: conversions, approximate math, bits, pairs of
//! 16-bit floats.
//!
//! Thread `i` takes word `i` of each third of the input, and writes as many words as the kernel has results.

use cuda_std::tma::TensorMap;
use cuda_std::{bits, cvt, float, kernel, packed};

use crate::words::{get, gid, set};

/// Threads of a launch.
pub const THREADS: u32 = 1 << 16;

/// Each thread gives its three words to functions and writes what they return.
macro_rules! functions {
    ($($name:ident, |$x:ident, $y:ident, $z:ident| [$($result:expr),* $(,)?];)*) => { $(
        #[doc = concat!("What the functions of `", stringify!($name), "` return.")]
        ///
        /// # Safety
        /// A launch of [`THREADS`] threads; three times as many words of input, and as many of output as
        /// there are results for each thread.
        #[kernel(launch_bounds(256))]
        pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
            let _ = map;
            // SAFETY: the kernel's contract.
            let word = |third: u32| unsafe { get(input, third * THREADS + gid()) };
            let ($x, $y, $z) = (word(0), word(1), word(2));
            let _ = ($y, $z);
            let results = [$($result),*];
            let count = results.len() as u32;
            let mut i = 0;
            $(
                let _ = stringify!($result);
                // SAFETY: the kernel's contract.
                unsafe { set(output, count * gid() + i, results[i as usize]) };
                i += 1;
            )*
            let _ = i;
        }
    )* };
}

/// An `f32` of these bits.
#[inline(always)]
const fn f(bits: u32) -> f32 {
    f32::from_bits(bits)
}

functions! {
    cvt_to_bf16, |x, y, z| [
        cvt::f32x2_to_bf16x2(f(x), f(y)),
        cvt::f32x2_to_bf16x2_rz(f(x), f(y)),
        cvt::f32x2_to_bf16x2_relu(f(x), f(y)),
        cvt::f32x2_to_bf16x2_rz_relu(f(x), f(y)),
    ];
    cvt_to_f16, |x, y, z| [
        cvt::f32x2_to_f16x2(f(x), f(y)),
        cvt::f32x2_to_f16x2_rz(f(x), f(y)),
        cvt::f32x2_to_f16x2_relu(f(x), f(y)),
        cvt::f32x2_to_f16x2_rz_relu(f(x), f(y)),
    ];
    cvt_to_tf32, |x, y, z| [
        cvt::f32_to_tf32_rna(f(x)).to_bits(),
        cvt::f32_to_tf32(f(x)).to_bits(),
        cvt::f32_to_tf32_rz(f(x)).to_bits(),
        cvt::f32_to_tf32_relu(f(x)).to_bits(),
        cvt::f32_to_tf32_rz_relu(f(x)).to_bits(),
    ];
    cvt_to_e4m3, |x, y, z| [
        cvt::f32x2_to_e4m3x2(f(x), f(y)) as u32,
        cvt::f32x2_to_e4m3x2_relu(f(x), f(y)) as u32,
        cvt::f16x2_to_e4m3x2(x) as u32,
        cvt::f16x2_to_e4m3x2_relu(x) as u32,
    ];
    cvt_to_e5m2, |x, y, z| [
        cvt::f32x2_to_e5m2x2(f(x), f(y)) as u32,
        cvt::f32x2_to_e5m2x2_relu(f(x), f(y)) as u32,
        cvt::f16x2_to_e5m2x2(x) as u32,
        cvt::f16x2_to_e5m2x2_relu(x) as u32,
    ];
    cvt_up, |x, y, z| [
        cvt::f16_to_f32(x as u16).to_bits(),
        cvt::bf16_to_f32(x as u16).to_bits(),
        cvt::e4m3x2_to_f16x2(x as u16),
        cvt::e4m3x2_to_f16x2_relu(x as u16),
        cvt::e5m2x2_to_f16x2(x as u16),
        cvt::e5m2x2_to_f16x2_relu(x as u16),
    ];
    cvt_to_integers, |x, y, z| [
        cvt::f32_to_i32(f(x)) as u32,
        cvt::f32_to_i32_rz(f(x)) as u32,
        cvt::f32_to_i32_rm(f(x)) as u32,
        cvt::f32_to_i32_rp(f(x)) as u32,
        cvt::f32_to_u32(f(x)),
        cvt::f32_to_u32_rz(f(x)),
        cvt::f32_to_u32_rm(f(x)),
        cvt::f32_to_u32_rp(f(x)),
        cvt::f32_to_i8(f(x)) as u32,
        cvt::f32_to_u8(f(x)) as u32,
    ];
    cvt_from_integers, |x, y, z| [
        cvt::i32_to_f32(x as i32).to_bits(),
        cvt::i32_to_f32_rz(x as i32).to_bits(),
        cvt::i32_to_f32_rm(x as i32).to_bits(),
        cvt::i32_to_f32_rp(x as i32).to_bits(),
        cvt::u32_to_f32(x).to_bits(),
        cvt::u32_to_f32_rz(x).to_bits(),
        cvt::u32_to_f32_rm(x).to_bits(),
        cvt::u32_to_f32_rp(x).to_bits(),
    ];
    float_exact, |x, y, z| [float::fma(f(x), f(y), f(z)).to_bits()];
    float_ex2, |x, y, z| [float::ex2_approx(f(x)).to_bits()];
    float_rcp, |x, y, z| [float::rcp_approx(f(x)).to_bits()];
    float_rsqrt, |x, y, z| [float::rsqrt_approx(f(x)).to_bits()];
    float_sqrt, |x, y, z| [float::sqrt_approx(f(x)).to_bits()];
    float_lg2, |x, y, z| [float::lg2_approx(f(x)).to_bits()];
    float_sin, |x, y, z| [float::sin_approx(f(x)).to_bits()];
    float_cos, |x, y, z| [float::cos_approx(f(x)).to_bits()];
    float_tanh, |x, y, z| [float::tanh_approx(f(x)).to_bits()];
    float_div, |x, y, z| [float::div_full(f(x), f(y)).to_bits()];
    bits_all, |x, y, z| [
        bits::prmt(x, y, z),
        bits::lop3::<0xea>(x, y, z),
        bits::lop3::<0x96>(x, y, z),
        bits::lop3::<0x1d>(x, y, z),
        bits::funnel_left(x, y, z),
        bits::funnel_right(x, y, z),
        bits::funnel_left_clamp(x, y, z & 63),
        bits::funnel_right_clamp(x, y, z & 63),
        bits::highest_bit(x & z),
        bits::dp4a_i8(x, y, z as i32) as u32,
        bits::dp4a_u8(x, y, z),
    ];
    packed_f16, |x, y, z| [
        packed::add_f16x2(x, y),
        packed::sub_f16x2(x, y),
        packed::mul_f16x2(x, y),
        packed::fma_f16x2(x, y, z),
        packed::min_f16x2(x, y),
        packed::max_f16x2(x, y),
    ];
    packed_bf16, |x, y, z| [
        packed::add_bf16x2(x, y),
        packed::sub_bf16x2(x, y),
        packed::mul_bf16x2(x, y),
        packed::fma_bf16x2(x, y, z),
        packed::min_bf16x2(x, y),
        packed::max_bf16x2(x, y),
    ];
    packed_ex2_f16, |x, y, z| [
        cvt::f16_to_f32(packed::ex2_approx_f16x2(x) as u16).to_bits(),
    ];
    packed_ex2_bf16, |x, y, z| [
        cvt::bf16_to_f32(packed::ex2_approx_bf16x2(x) as u16).to_bits(),
    ];
    packed_tanh_f16, |x, y, z| [
        cvt::f16_to_f32(packed::tanh_approx_f16x2(x) as u16).to_bits(),
    ];
    packed_tanh_bf16, |x, y, z| [
        cvt::bf16_to_f32(packed::tanh_approx_bf16x2(x) as u16).to_bits(),
    ];
}

#[cfg(not(target_arch = "nvptx64"))]
pub(crate) use host::cases;

#[cfg(not(target_arch = "nvptx64"))]
mod host {
    //! The cases.

    use std::f32::consts::TAU;

    use cuda_std::launch::LaunchConfig;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::{Case, Compare, MicroKernel};

    /// `f32` bit patterns: specials, then random bits, then values of every size that 16- and 8-bit floats
    /// have, with few fraction bits, so that ties are frequent.
    fn floats(seed: u64) -> Vec<u32> {
        const SPECIAL: [u32; 16] = [
            0,
            0x8000_0000,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_0001,
            0xffff_ffff,
            0x7f80_0001,
            1,
            0x807f_ffff,
            0x0080_0000,
            0x7f7f_ffff,
            0x3f80_0000,
            0xbf80_0000,
            0x477f_efff,
            0x477f_f000,
            0xc780_0000,
        ];
        let mut rng = StdRng::seed_from_u64(seed);
        let word = |i: u32| match i {
            0..16 => SPECIAL[((i as u64 + seed) % 16) as usize],
            i if i % 2 == 0 => rng.random(),
            _ => {
                let exponent = rng.random_range(127 - 32..127 + 20_u32);
                let fraction = rng.random_range(0..64_u32) << rng.random_range(8..18);
                rng.random_range(0..2_u32) << 31 | exponent << 23 | fraction & 0x7f_ffff
            }
        };
        (0..THREADS).map(word).collect()
    }

    /// Floats between these bounds.
    fn between(low: f32, high: f32) -> Vec<u32> {
        let mut rng = StdRng::seed_from_u64(5);
        (0..THREADS)
            .map(|_| rng.random_range(low..high).to_bits())
            .collect()
    }

    fn three(x: Vec<u32>) -> Vec<u32> {
        [x, floats(1), floats(2)].concat()
    }

    fn case(name: &'static str, kernel: &'static MicroKernel, results: u32, x: Vec<u32>) -> Case {
        Case::new(name, kernel, LaunchConfig::new(THREADS / 256, 256))
            .input(three(x))
            .output((results * THREADS) as usize)
    }

    /// The cases of this module.
    pub(crate) fn cases() -> Vec<Case> {
        let every_16_bits = || (0..THREADS).collect();
        let every_bf16 = || (0..THREADS).map(|bits| bits << 16).collect();
        let random = || crate::random_words(THREADS as usize, 9);
        let mut cases = vec![
            case("cvt_to_bf16", &cvt_to_bf16, 4, floats(0)),
            case("cvt_to_f16", &cvt_to_f16, 4, floats(0)),
            case("cvt_to_tf32", &cvt_to_tf32, 5, floats(0)),
            case("cvt_to_e4m3", &cvt_to_e4m3, 4, floats(0)),
            case("cvt_to_e5m2", &cvt_to_e5m2, 4, floats(0)),
            case("cvt_to_e4m3_every_f16", &cvt_to_e4m3, 4, every_16_bits()),
            case("cvt_to_e5m2_every_f16", &cvt_to_e5m2, 4, every_16_bits()),
            case("cvt_to_e4m3_every_bf16", &cvt_to_e4m3, 4, every_bf16()),
            case("cvt_to_e5m2_every_bf16", &cvt_to_e5m2, 4, every_bf16()),
            case("cvt_up", &cvt_up, 6, every_16_bits()),
            case("cvt_to_integers", &cvt_to_integers, 10, floats(0)),
            case("cvt_from_integers", &cvt_from_integers, 8, random()),
            case("float_fma", &float_exact, 1, floats(0)),
            case("bits", &bits_all, 11, random()),
            case("packed_f16", &packed_f16, 6, random()),
            case("packed_bf16", &packed_bf16, 6, random()),
        ];
        cases.extend(approximations());
        cases
    }

    /// The errors are those of the PTX ISA, plus half a unit in the last place that the simulator's
    /// rounding may add.
    fn approximations() -> Vec<Case> {
        let near = |name, kernel, x, ulps: f64| {
            case(name, kernel, 1, x).compare(Compare::Ulps(ulps + 0.5))
        };
        let absolute = |name, kernel, x, error: f64| {
            case(name, kernel, 1, x).compare(Compare::Absolute(error))
        };
        // A relative error of 2^-r is up to 2^(24 - r) ulp.
        let relative = |name, kernel, x, r: f64| near(name, kernel, x, (24.0 - r).exp2());
        let every_16_bits = || (0..THREADS).collect::<Vec<u32>>();
        vec![
            near("float_ex2", &float_ex2, floats(0), 2.0),
            near("float_rcp", &float_rcp, floats(0), 1.0),
            relative("float_rsqrt", &float_rsqrt, floats(0), 22.9),
            relative("float_sqrt", &float_sqrt, floats(0), 23.0),
            absolute(
                "float_lg2_near_1",
                &float_lg2,
                between(0.5, 2.0),
                2f64.powi(-22),
            ),
            relative("float_lg2", &float_lg2, between(2.0, 3e38), 22.6),
            absolute(
                "float_sin",
                &float_sin,
                between(-TAU, TAU),
                2f64.powf(-20.5),
            ),
            // PTX says 2^-20.5; an H200 reaches 2^-20.43.
            absolute(
                "float_cos",
                &float_cos,
                between(-TAU, TAU),
                2f64.powf(-20.4),
            ),
            relative("float_tanh", &float_tanh, floats(0), 11.0),
            near("float_div", &float_div, between(-1e18, 1e18), 2.0),
            // Of subnormal results the last place may be missing.
            relative("packed_ex2_f16", &packed_ex2_f16, every_16_bits(), 9.0)
                .compare(Compare::UlpsOrAbsolute(2f64.powi(15), 2f64.powi(-24))),
            relative("packed_ex2_bf16", &packed_ex2_bf16, every_16_bits(), 7.0),
            absolute(
                "packed_tanh_f16",
                &packed_tanh_f16,
                every_16_bits(),
                2f64.powf(-10.5),
            ),
            absolute(
                "packed_tanh_bf16",
                &packed_tanh_bf16,
                every_16_bits(),
                2f64.powf(-7.5),
            ),
        ]
    }
}

//! The cases of `wgmma`.

use cuda_std::launch::LaunchConfig;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{
    wgmma_bf16, wgmma_bf16_m_major, wgmma_bf16_mn_major, wgmma_bf16_n_major, wgmma_bf16_registers,
    wgmma_bf16_registers_n_major, wgmma_e4m3, wgmma_e4m3_e5m2, wgmma_e4m3_e5m2_registers,
    wgmma_e4m3_registers, wgmma_e5m2, wgmma_e5m2_e4m3, wgmma_e5m2_e4m3_registers,
    wgmma_e5m2_registers, wgmma_f16, wgmma_f16_m_major, wgmma_f16_n_major, wgmma_f16_registers,
    wgmma_tf32, wgmma_tf32_registers,
};
use crate::{Case, MicroKernel};

/// Words of shared memory, which hold A and B.
const WORDS: usize = 12 * 1024;
/// Where B is, in bytes.
const B: u32 = 16 * 1024;

/// The kernels of one N.
pub(super) struct Sized {
    pub(super) registers: usize,
    pub(super) bf16: (&'static str, &'static MicroKernel),
    pub(super) e4m3: (&'static str, &'static MicroKernel),
}

/// The bits of a float format: sign, exponent, fraction.
#[derive(Clone, Copy)]
struct Format {
    bits: u32,
    exponent: u32,
    fraction: u32,
}

const F16: Format = format(16, 5, 10);
const BF16: Format = format(16, 8, 7);
const TF32: Format = format(32, 8, 23);
const E4M3: Format = format(8, 4, 3);
const E5M2: Format = format(8, 5, 2);

const fn format(bits: u32, exponent: u32, fraction: u32) -> Format {
    Format {
        bits,
        exponent,
        fraction,
    }
}

/// How a header describes an operand.
#[derive(Clone, Copy)]
struct Layout {
    leading: u32,
    stride: u32,
    swizzle: u32,
    /// What a step along K adds.
    step: u32,
}

const fn layout(leading: u32, stride: u32, swizzle: u32, step: u32) -> Layout {
    Layout {
        leading,
        stride,
        swizzle,
        step,
    }
}

/// K-major, swizzled by 128 bytes.
const K_128: Layout = layout(16, 1024, 1, 32);

/// A product to run.
struct Run {
    name: &'static str,
    kernel: &'static MicroKernel,
    registers: usize,
    formats: [Format; 2],
    layouts: [Layout; 2],
    steps: u32,
    adds: bool,
    /// How far exponents spread around that of the centre.
    spread: u32,
    /// The exponent in the middle; that of an addend is twice as much.
    centre: i32,
}

impl Run {
    fn case(self) -> Case {
        let mut rng = StdRng::seed_from_u64(11);
        let mut input = self.header();
        let half = B as usize / 4;
        let [a, b] = self.formats;
        input.extend((0..half).map(|_| word(a, (self.centre, self.spread), &mut rng)));
        input.extend((half..WORDS).map(|_| word(b, (self.centre, self.spread), &mut rng)));
        input.extend((0..512).map(|_| word(a, (self.centre, self.spread), &mut rng)));
        let registers = 128 * self.registers;
        input.extend(
            (0..registers).map(|_| word(TF32, (2 * self.centre, 2 * self.spread), &mut rng)),
        );
        let config = LaunchConfig::new(1, 128).with_shared(4 * WORDS as u32);
        Case::new(self.name, self.kernel, config)
            .input(input)
            .output(registers)
    }

    fn header(&self) -> Vec<u32> {
        let [a, b] = self.layouts;
        let operand = |place, layout: Layout| {
            [
                place,
                layout.leading,
                layout.stride,
                layout.swizzle,
                layout.step,
            ]
        };
        let mut header: Vec<u32> = [operand(0, a), operand(B, b)].concat();
        header.extend([self.steps, WORDS as u32, u32::from(self.adds)]);
        header.resize(super::HEADER as usize, 0);
        header
    }
}

/// A word of random numbers with exponents up to `spread` from `centre`; now and then a zero or a
/// subnormal, but no infinity or NaN.
fn word(format: Format, (centre, spread): (i32, u32), rng: &mut StdRng) -> u32 {
    let bias = (1_u32 << (format.exponent - 1)) - 1;
    let middle = bias.saturating_add_signed(centre);
    let (low, high) = (
        middle.saturating_sub(spread),
        (middle + spread).min(2 * bias),
    );
    let mut word = 0;
    for i in 0..32 / format.bits {
        let exponent = match rng.random_range(0..16) {
            0 => 0,
            _ => rng.random_range(low..=high),
        };
        let fraction = rng.random_range(0..1 << format.fraction);
        let sign = rng.random_range(0..2_u32) << (format.bits - 1);
        let bits = sign | exponent << format.fraction | fraction;
        word |= bits << (i * format.bits);
    }
    word
}

/// The cases of this module.
pub(crate) fn cases() -> Vec<Case> {
    let runs = types()
        .chain(layouts())
        .chain(registers())
        .chain(every_size());
    runs.map(Run::case).collect()
}

fn run(
    name: &'static str,
    kernel: &'static MicroKernel,
    formats: [Format; 2],
    layouts: [Layout; 2],
) -> Run {
    Run {
        name,
        kernel,
        registers: 32,
        formats,
        layouts,
        steps: 4,
        adds: true,
        spread: 3,
        centre: 0,
    }
}

fn types() -> impl Iterator<Item = Run> {
    let run = |name, kernel, formats| run(name, kernel, formats, [K_128; 2]);
    let wide = |name, kernel, formats| Run {
        spread: 12,
        ..run(name, kernel, formats)
    };
    // Products about 2^-140, and addends that are zero or subnormal.
    let tiny = |name, kernel, formats| Run {
        spread: 10,
        centre: -70,
        ..run(name, kernel, formats)
    };
    let first = |name, kernel, formats| Run {
        adds: false,
        ..run(name, kernel, formats)
    };
    [
        run("wgmma_f16", &wgmma_f16, [F16; 2]),
        run("wgmma_bf16", &wgmma_bf16, [BF16; 2]),
        run("wgmma_tf32", &wgmma_tf32, [TF32; 2]),
        run("wgmma_e4m3", &wgmma_e4m3, [E4M3; 2]),
        run("wgmma_e4m3_e5m2", &wgmma_e4m3_e5m2, [E4M3, E5M2]),
        run("wgmma_e5m2_e4m3", &wgmma_e5m2_e4m3, [E5M2, E4M3]),
        run("wgmma_e5m2", &wgmma_e5m2, [E5M2; 2]),
        wide("wgmma_f16_wide", &wgmma_f16, [F16; 2]),
        wide("wgmma_bf16_wide", &wgmma_bf16, [BF16; 2]),
        wide("wgmma_tf32_wide", &wgmma_tf32, [TF32; 2]),
        wide("wgmma_e5m2_wide", &wgmma_e5m2, [E5M2; 2]),
        Run {
            spread: 126,
            ..run("wgmma_bf16_overflow", &wgmma_bf16, [BF16; 2])
        },
        Run {
            spread: 126,
            ..run("wgmma_tf32_overflow", &wgmma_tf32, [TF32; 2])
        },
        tiny("wgmma_bf16_tiny", &wgmma_bf16, [BF16; 2]),
        tiny("wgmma_tf32_tiny", &wgmma_tf32, [TF32; 2]),
        first("wgmma_bf16_scale_d", &wgmma_bf16, [BF16; 2]),
        first("wgmma_e4m3_scale_d", &wgmma_e4m3, [E4M3; 2]),
    ]
    .into_iter()
}

fn layouts() -> impl Iterator<Item = Run> {
    let k = |name, layout| run(name, &wgmma_bf16, [BF16; 2], [layout; 2]);
    let mn = |name, layout| run(name, &wgmma_bf16_mn_major, [BF16; 2], [layout; 2]);
    // N is 64: one span of 128 bytes, two of 64, four of 32.
    let mn_128 = layout(8192, 1024, 1, 2048);
    [
        Run {
            steps: 2,
            ..k("wgmma_k_64", layout(16, 512, 2, 32))
        },
        Run {
            steps: 2,
            ..k("wgmma_k_64_apart", layout(16, 1024, 2, 32))
        },
        k("wgmma_k_128_apart", layout(16, 2048, 1, 32)),
        Run {
            steps: 3,
            ..k("wgmma_k_32", layout(16, 256, 3, 4096))
        },
        Run {
            steps: 2,
            ..k("wgmma_k_none", layout(128, 256, 0, 4096))
        },
        Run {
            steps: 2,
            ..k("wgmma_k_none_padded", layout(144, 288, 0, 4608))
        },
        mn("wgmma_mn_128", mn_128),
        mn("wgmma_mn_64", layout(2048, 512, 2, 4096)),
        Run {
            steps: 3,
            ..mn("wgmma_mn_32", layout(1024, 256, 3, 4096))
        },
        Run {
            steps: 3,
            ..mn("wgmma_mn_none", layout(1024, 128, 0, 4096))
        },
        Run {
            steps: 2,
            ..mn("wgmma_mn_none_apart", layout(128, 256, 0, 4096))
        },
        run(
            "wgmma_bf16_m_major",
            &wgmma_bf16_m_major,
            [BF16; 2],
            [mn_128, K_128],
        ),
        run(
            "wgmma_bf16_n_major",
            &wgmma_bf16_n_major,
            [BF16; 2],
            [K_128, mn_128],
        ),
        run(
            "wgmma_f16_m_major",
            &wgmma_f16_m_major,
            [F16; 2],
            [mn_128, K_128],
        ),
        run(
            "wgmma_f16_n_major",
            &wgmma_f16_n_major,
            [F16; 2],
            [K_128, mn_128],
        ),
    ]
    .into_iter()
}

fn registers() -> impl Iterator<Item = Run> {
    let run = |name, kernel, formats| Run {
        steps: 1,
        ..run(name, kernel, formats, [K_128; 2])
    };
    [
        run("wgmma_f16_registers", &wgmma_f16_registers, [F16; 2]),
        run("wgmma_bf16_registers", &wgmma_bf16_registers, [BF16; 2]),
        run("wgmma_tf32_registers", &wgmma_tf32_registers, [TF32; 2]),
        run("wgmma_e4m3_registers", &wgmma_e4m3_registers, [E4M3; 2]),
        run(
            "wgmma_e4m3_e5m2_registers",
            &wgmma_e4m3_e5m2_registers,
            [E4M3, E5M2],
        ),
        run(
            "wgmma_e5m2_e4m3_registers",
            &wgmma_e5m2_e4m3_registers,
            [E5M2, E4M3],
        ),
        run("wgmma_e5m2_registers", &wgmma_e5m2_registers, [E5M2; 2]),
        Run {
            layouts: [K_128, layout(8192, 1024, 1, 2048)],
            ..run(
                "wgmma_bf16_registers_n_major",
                &wgmma_bf16_registers_n_major,
                [BF16; 2],
            )
        },
    ]
    .into_iter()
}

fn every_size() -> impl Iterator<Item = Run> {
    super::sizes().into_iter().flat_map(|sized| {
        let sized_run = |(name, kernel), format: Format| Run {
            registers: sized.registers,
            steps: 1,
            ..run(name, kernel, [format; 2], [K_128; 2])
        };
        [sized_run(sized.bf16, BF16), sized_run(sized.e4m3, E4M3)]
    })
}

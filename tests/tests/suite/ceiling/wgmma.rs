//! `wgmma_peak_bf16` and `wgmma_peak_e4m3`: the sums of products of whole numbers, which are exact.

use gatewarp::device::{ComputeCapability, LaunchConfig};
use gatewarp::kernels::ceiling::wgmma::{
    A_ROWS, B_COLUMNS, ROW_BYTES, SHARED_BYTES, STAGES, THREADS, TILE_PASSES, wgmma_peak_bf16,
    wgmma_peak_e4m3,
};
use gatewarp::kernels::pack::Words4;
use gatewarp::{Result, Tensor};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::suite::{Outcome, Suite};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("ceiling::wgmma_bf16", |context| check(context, &BF16));
    suite.trial("ceiling::wgmma_e4m3", |context| check(context, &E4M3));
}

/// The rows of a stage: those of `A`, then the columns of `B`.
const ROWS: usize = (A_ROWS + B_COLUMNS) as usize;
const STAGE: usize = ROWS * ROW_BYTES as usize;

/// A kernel, and the values that it multiplies.
struct Format {
    /// Bytes of an element.
    size: usize,
    /// The bits of 0, 1, 2 and 3, and of the sign.
    magnitudes: [u16; 4],
    sign: u16,
    launch: fn(&Context, LaunchConfig, Args) -> Result<()>,
}

type Args = (*const Words4, *mut f32, u32);

const BF16: Format = Format {
    size: 2,
    magnitudes: [0, 0x3f80, 0x4000, 0x4040],
    sign: 0x8000,
    // SAFETY: `matches` passes what the kernels ask for.
    launch: |context, config, args| unsafe {
        context.stream.launch(&wgmma_peak_bf16, config, args)
    },
};

const E4M3: Format = Format {
    size: 1,
    magnitudes: [0, 0x38, 0x40, 0x44],
    sign: 0x80,
    // SAFETY: as above.
    launch: |context, config, args| unsafe {
        context.stream.launch(&wgmma_peak_e4m3, config, args)
    },
};

#[derive(Clone, Debug)]
struct Case {
    passes: u32,
    blocks: u32,
    seed: u64,
}

/// Checks the sums where there is the instruction.
fn check(context: &Context, format: &Format) -> Outcome {
    let hopper = ComputeCapability { major: 9, minor: 0 };
    let runs = match context.kind {
        Kind::Cpu => false,
        Kind::Simulator => true,
        Kind::Cuda => context.stream.device().compute_capability() == Some(hopper),
    };
    if !runs {
        return Ok(());
    }
    let case = |(passes, blocks, seed)| Case {
        passes,
        blocks,
        seed,
    };
    // Into a second tile, and on in it.
    let mut kept = vec![case((0, 2, 1)), case((TILE_PASSES + 2, 1, 2))];
    kept.extend(context.real(vec![case((TILE_PASSES, 264, 3)), case((1000, 132, 4))]));
    let drawn = (0..40u32, 1..300u32, any::<u64>()).prop_map(case);
    // A pass takes the simulator a second.
    let cases = context.size(0, 1) as u32;
    context.check(cases, kept, &drawn, |case| matches(context, format, case))
}

fn matches(context: &Context, format: &Format, case: &Case) -> TestCaseResult {
    let values = whole_numbers(STAGES as usize * ROWS * row(format), case.seed);
    let operands = image(&values, format);
    let operands = Tensor::from_slice(&context.stream, &operands, &[operands.len()])?;
    let threads = (case.blocks * THREADS) as usize;
    let mut sums = Framed::<f32>::poisoned(&context.stream, &[threads], Frame::NONE)?;
    let config = LaunchConfig::new(case.blocks, THREADS).with_shared(SHARED_BYTES);
    let args = (
        operands.view().as_ptr().cast(),
        sums.view_mut()?.as_ptr(),
        case.passes,
    );
    (format.launch)(context, config, args)?;
    let want = thread_sums(&values, row(format), since_anew(case.passes));
    bits(
        "sums",
        &sums.elements()?,
        &want.repeat(case.blocks as usize),
    )?;
    Ok(())
}

/// Elements of a row of a stage.
fn row(format: &Format) -> usize {
    ROW_BYTES as usize / format.size
}

/// Passes since the accumulators last began anew.
fn since_anew(passes: u32) -> i32 {
    match passes {
        0 => 0,
        _ => ((passes - 1) % TILE_PASSES + 1) as i32,
    }
}

/// From -3 to 3: their sums stay below 2^13, which is what products of 8-bit floats keep.
fn whole_numbers(count: usize, seed: u64) -> Vec<i32> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let number = || rng.random_range(-3..=3);
    std::iter::repeat_with(number).take(count).collect()
}

/// The operands as they lie in shared memory: the 16-byte chunks of row `r` in the order that `r % 8` says.
fn image(values: &[i32], format: &Format) -> Vec<u8> {
    let mut image = vec![0; STAGES as usize * STAGE];
    for (i, &value) in values.iter().enumerate() {
        let (row, column) = (i / row(format), i % row(format));
        let place = (column * format.size) ^ (row % 8 * 16);
        let sign = if value < 0 { format.sign } else { 0 };
        let bits = sign | format.magnitudes[value.unsigned_abs() as usize];
        let at = row * ROW_BYTES as usize + place;
        image[at..at + format.size].copy_from_slice(&bits.to_le_bytes()[..format.size]);
    }
    image
}

/// What each thread of a block has: the sum of its part of `passes * A * B`, which is the sum of its rows of `A`
/// times the sum of its columns of `B`.
fn thread_sums(values: &[i32], row: usize, passes: i32) -> Vec<f32> {
    let mut sums = vec![0; THREADS as usize];
    for stage in values.chunks(ROWS * row) {
        let (a, b) = stage.split_at(A_ROWS as usize * row);
        let columns = [0, 1, 2, 3].map(|quad| columns_of(b, row, quad));
        for (thread, sum) in sums.iter_mut().enumerate() {
            let first = thread / 32 * 16 + thread % 32 / 4;
            let (low, high) = (&a[first * row..][..row], &a[(first + 8) * row..][..row]);
            let products = low.iter().zip(high).zip(&columns[thread % 4]);
            *sum += products.map(|((x, y), b)| (x + y) * b).sum::<i32>();
        }
    }
    sums.iter().map(|&sum| (passes * sum) as f32).collect()
}

/// The sum of the columns that the `quad`-th of four threads has: two of each eight.
fn columns_of(b: &[i32], row: usize, quad: usize) -> Vec<i32> {
    let mut sum = vec![0; row];
    for (column, values) in b.chunks(row).enumerate() {
        if column % 8 / 2 == quad {
            sum.iter_mut().zip(values).for_each(|(sum, b)| *sum += b);
        }
    }
    sum
}

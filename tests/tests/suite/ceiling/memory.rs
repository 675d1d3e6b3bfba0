//! `read_v4` and `copy_v4`: any number of tiles, any grid.

use gatewarp::device::LaunchConfig;
use gatewarp::kernels::ceiling::memory::{THREADS, TILE_BYTES, copy_v4, read_v4};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::property::failed;
use gatewarp_tests::suite::{Outcome, Suite};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("ceiling::read", |context| check(context, reads));
    suite.trial("ceiling::copy", |context| check(context, copies));
}

/// Words of a tile.
const TILE: usize = TILE_BYTES / size_of::<i32>();
/// Words of a vector.
const VECTOR: usize = 4;
/// Rows around the buffers: they stay aligned.
const AROUND: Frame = Frame::new(1, 1, 0, 0);

#[derive(Clone, Debug)]
struct Case {
    tiles: u32,
    blocks: u32,
    seed: u64,
}

impl Case {
    fn new(tiles: u32, blocks: u32, seed: u64) -> Self {
        Self {
            tiles,
            blocks,
            seed,
        }
    }

    fn shape(&self) -> [usize; 2] {
        [self.tiles as usize, TILE]
    }

    fn words(&self) -> Vec<i32> {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let words = self.tiles as usize * TILE;
        std::iter::repeat_with(|| rng.random())
            .take(words)
            .collect()
    }

    fn config(&self) -> LaunchConfig {
        LaunchConfig::new(self.blocks, THREADS)
    }

    /// What each thread of the grid finds in these words.
    fn sums(&self, words: &[i32]) -> Vec<i32> {
        let mut sums = vec![0; (self.blocks * THREADS) as usize];
        for (i, vector) in words.chunks(VECTOR).enumerate() {
            let block = i * VECTOR / TILE % self.blocks as usize;
            let thread = i % THREADS as usize;
            sums[block * THREADS as usize + thread] ^= vector.iter().fold(0, |a, b| a ^ b);
        }
        sums
    }
}

/// Checks a property where there are kernels to run.
fn check(context: &Context, property: fn(&Context, &Case) -> TestCaseResult) -> Outcome {
    if context.kind == Kind::Cpu {
        return Ok(());
    }
    let mut kept = vec![Case::new(0, 1, 1), Case::new(1, 3, 1), Case::new(7, 3, 1)];
    kept.extend(context.real(vec![Case::new(5000, 264, 1)]));
    let drawn = (0..6u32, 1..4u32, any::<u64>());
    let drawn = drawn.prop_map(|(tiles, blocks, seed)| Case::new(tiles, blocks, seed));
    context.check(1, kept, &drawn, |case| property(context, case))
}

/// Whoever finds the sum that is looked for says so, and nobody else.
fn reads(context: &Context, case: &Case) -> TestCaseResult {
    let words = case.words();
    let x = Framed::new(&context.stream, &case.shape(), AROUND, &words)?;
    let sums = case.sums(&words);
    let mut rng = SmallRng::seed_from_u64(case.seed);
    let wanted = sums[rng.random_range(0..sums.len())];
    let mut found = Framed::<i32>::poisoned(&context.stream, &[sums.len()], Frame::NONE)?;
    let args = (
        x.view()?.as_ptr().cast(),
        found.view_mut()?.as_ptr().cast::<u32>(),
        case.tiles,
        wanted as u32,
    );
    // SAFETY: `x` holds the tiles, at a multiple of a tile from aligned memory, and `found` a word a thread.
    unsafe { context.stream.launch(&read_v4, case.config(), args) }?;
    let want: Vec<i32> = sums
        .iter()
        .map(|&sum| if sum == wanted { sum } else { -1 })
        .collect();
    bits("found", &found.elements()?, &want)?;
    Ok(())
}

/// All of it arrives, and nothing beside it is written.
fn copies(context: &Context, case: &Case) -> TestCaseResult {
    let words = case.words();
    let x = Framed::new(&context.stream, &case.shape(), AROUND, &words)?;
    let mut out = Framed::<i32>::poisoned(&context.stream, &case.shape(), AROUND)?;
    let (from, to) = (x.view()?.as_ptr(), out.view_mut()?.as_ptr());
    if !to.cast::<u128>().is_aligned() {
        return Err(failed("tiles in a frame are not aligned"));
    }
    let args = (from.cast(), to.cast(), case.tiles);
    // SAFETY: both hold the tiles, at a multiple of a tile from aligned memory.
    unsafe { context.stream.launch(&copy_v4, case.config(), args) }?;
    bits("out", &out.elements()?, &words)?;
    Ok(())
}

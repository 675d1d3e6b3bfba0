//! `Tuner`: every plan that there is to choose from gives the right product, and tuning chooses one of them.
//!
//! Whole numbers make sums that are exact in any order, so that plans agree to the last bit.

use gatewarp::activation::ActivationType;
use gatewarp::formats::{E4m3, E5m2};
use gatewarp::gemm::{
    Accumulation, Fp8Gemm, Fp8Output, GemmOutput, GemmProblem, Sums, Tuner, mm_into,
};
use gatewarp::heuristics::hopper_gemm::{HopperPlan, HopperShape, HopperTile, hopper_plans};
use gatewarp::quantize::{Fp8Code, Fp8Scaling, ScaleMajor};
use gatewarp::{Error, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use libtest_mimic::Failed;
use proptest::test_runner::TestCaseError;

use super::{block_scaled, fp8, fp8_inputs};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("tuner::every_plan::bf16_bf16", plain::<bf16, bf16>);
    suite.trial("tuner::every_plan::bf16_f32", plain::<bf16, f32>);
    suite.trial("tuner::every_plan::f16_f16", plain::<f16, f16>);
    suite.trial("tuner::every_plan::f16_f32", plain::<f16, f32>);
    suite.trial(
        "tuner::every_plan::e4m3_e4m3_bf16",
        scaled::<E4m3, E4m3, bf16>,
    );
    suite.trial(
        "tuner::every_plan::e4m3_e4m3_f32",
        scaled::<E4m3, E4m3, f32>,
    );
    suite.trial(
        "tuner::every_plan::e4m3_e5m2_f16",
        scaled::<E4m3, E5m2, f16>,
    );
    suite.trial("tuner::every_plan::blocks_bf16", blocks::<bf16>);
    suite.trial("tuner::every_plan::blocks_f16", blocks::<f16>);
    suite.trial("tuner::every_plan::blocks_f32", blocks::<f32>);
    suite.trial("tuner::every_plan::tile_after_tile", tile_after_tile);
    suite.trial("tuner::tunes", tunes);
}

/// Fewer rows than a tile, loaded by one block and by two, and more than most.
fn shapes(context: &Context) -> Vec<[usize; 3]> {
    let mut shapes = vec![[17, 48, 1040], [17, 144, 272], [130, 144, 272]];
    shapes.extend(context.real(vec![[64, 4096, 2048], [520, 1040, 4096]]));
    shapes
}

/// All plans; where they are slow, by some numbers of blocks that share K.
pub(super) fn plans(
    context: &Context,
    tiles: impl Iterator<Item = HopperTile>,
    shape: HopperShape,
) -> impl Iterator<Item = HopperPlan> {
    let all = context.kind == Kind::Cuda;
    hopper_plans(tiles, shape).filter(move |plan| all || [1, 2, 3, 8].contains(&plan.split))
}

/// Runs `product` by each plan, and wants the same of all; twice where blocks add up their sums.
fn every_plan<O: Value>(
    context: &Context,
    (problem, element): (GemmProblem, usize),
    want: &[f64],
    product: impl Fn(&Stream) -> Result<Vec<O>, TestCaseError>,
) -> Outcome {
    let shape = problem.shape(element);
    for plan in plans(context, HopperTile::ALL.into_iter(), shape) {
        let wrong = |error: String| Failed::from(format!("{plan:?} of {problem}: {error}"));
        let tuner = Tuner::in_memory();
        tuner.insert(context.stream.device(), problem, plan);
        let stream = context.stream.with_tuner(&tuner);
        let run = || product(&stream).map_err(|error| wrong(error.to_string()));
        let got = run()?;
        close("c", &got, want, |_| Bound::EQUAL).map_err(|error| wrong(error.to_string()))?;
        if plan.split > 1 {
            bits("again", &run()?, &got).map_err(|error| wrong(error.to_string()))?;
        }
    }
    Ok(())
}

/// `mm`.
fn plain<T: GemmOutput<O> + Value, O: Value>(context: &Context) -> Outcome {
    for [m, n, k] in shapes(context) {
        let a: Vec<T> = Values::Whole.draw(m * k, 1);
        let b: Vec<T> = Values::Whole.draw(n * k, 2);
        let product = |stream: &Stream| {
            let a = Tensor::from_slice(stream, &a, &[m, k])?;
            let b = Tensor::from_slice(stream, &b, &[n, k])?;
            let mut c = Framed::<O>::poisoned(stream, &[m, n], Frame::NONE)?;
            mm_into(stream, &a, &b, &mut c.view_mut()?)?;
            Ok::<_, TestCaseError>(c.elements()?)
        };
        let want = match context.kind {
            Kind::Cpu => naive::mm(&a, &b, [m, n, k]),
            Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu).map_err(failed)?),
        };
        let problem = GemmProblem::new::<T, T, O>(Sums::TensorCores, [1, m, n, k]);
        every_plan(context, (problem, size_of::<T>()), &want, product)?;
    }
    Ok(())
}

/// `mm_fp8`, promoted, and `bmm_fp8` of two, not.
fn scaled<A: Fp8Gemm<B, O> + Value, B: Fp8Code + Value, O: Fp8Output<Addend = O> + Value>(
    context: &Context,
) -> Outcome {
    for shape in shapes(context) {
        let case = fp8_inputs::Case::plain(shape, Values::Whole);
        for case in [case, case.fast().of(2)] {
            let inputs = fp8_inputs::Inputs::<A, B, O>::of(&case);
            let product = |stream: &Stream| fp8::product(stream, &case, &inputs);
            let want = match context.kind {
                Kind::Cpu => inputs.naive(&case),
                Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu).map_err(failed)?),
            };
            let (batch, [m, n, k]) = (case.batch.unwrap_or(1), shape);
            let sums = case.accumulation.into();
            let problem = GemmProblem::new::<A, B, O>(sums, [batch, m, n, k]);
            every_plan(context, (problem, 1), &want, product)?;
        }
    }
    Ok(())
}

/// A batch of more tiles than run at once, so that blocks compute one after the other, by more stages than hide a store and by
/// fewer.
fn tile_after_tile(context: &Context) -> Outcome {
    let batch = match context.kind {
        Kind::Cuda => 301,
        Kind::Cpu | Kind::Simulator => 19,
    };
    for [m, n, k] in [[9, 24, 1040], [130, 48, 272]] {
        let case = fp8_inputs::Case::plain([m, n, k], Values::Whole);
        let case = case.fast().of(batch).with_bias();
        let inputs = fp8_inputs::Inputs::<E4m3, E4m3, bf16>::of(&case);
        let product = |stream: &Stream| fp8::product(stream, &case, &inputs);
        let want = match context.kind {
            Kind::Cpu => inputs.naive(&case),
            Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu).map_err(failed)?),
        };
        let sums = case.accumulation.into();
        let problem = GemmProblem::new::<E4m3, E4m3, bf16>(sums, [batch, m, n, k]);
        every_plan(context, (problem, 1), &want, product)?;
    }
    Ok(())
}

/// `fp8_blockscale_gemm`, by scales of tiles and of rows.
fn blocks<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome {
    for [m, n, k] in shapes(context) {
        for case in block_scaled::Case::all([m, n, k]) {
            let inputs = block_scaled::Inputs::<O>::of(&case);
            let product = |stream: &Stream| block_scaled::product(stream, &case, &inputs);
            let want = match context.kind {
                Kind::Cpu => inputs.naive(&case),
                Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu).map_err(failed)?),
            };
            let problem = GemmProblem::new::<E4m3, E4m3, O>(case.sums(), [1, m, n, k]);
            every_plan(context, (problem, 1), &want, product)?;
        }
    }
    Ok(())
}

fn failed(error: TestCaseError) -> Failed {
    Failed::from(error.to_string())
}

/// On a Hopper GPU all plans are measured; nothing else is tuned.
fn tunes(context: &Context) -> Outcome {
    let (tuner, stream) = (Tuner::in_memory(), &context.stream);
    let (plain, silu) = (ActivationType::Identity, ActivationType::Silu);
    let (fast, promoted) = (Accumulation::Fast, Accumulation::Promoted);
    let (tiles, groups) = (
        Fp8Scaling::Tiles128x128,
        Fp8Scaling::Groups1x128(ScaleMajor::Mn),
    );
    let tuned = [
        tuner.tune_mm::<bf16, bf16>(stream, [1, 16, 4096, 4096], plain),
        tuner.tune_mm::<bf16, bf16>(stream, [1, 16, 4096, 4096], silu),
        tuner.tune_mm::<f16, f32>(stream, [3, 130, 520, 261], plain),
        tuner.tune_mm_fp8::<E4m3, E4m3, bf16>(stream, [1, 64, 2048, 4096], fast, plain),
        tuner.tune_mm_fp8::<E4m3, E4m3, E4m3>(stream, [1, 64, 2048, 4096], fast, plain),
        tuner.tune_mm_fp8::<E4m3, E5m2, f32>(stream, [1, 7, 512, 512], promoted, plain),
        tuner.tune_fp8_blockscale_gemm::<bf16>(stream, [8, 2112, 7168], tiles, plain),
        tuner.tune_fp8_blockscale_gemm::<bf16>(stream, [8, 2112, 7168], groups, silu),
    ];
    for tuned in tuned {
        match tuned {
            Err(Error::Device { .. }) if context.kind != Kind::Cuda => {}
            Ok(tuned) if context.kind == Kind::Cuda => {
                // Less than a millisecond each, by any plan.
                let plausible = 1e-7..1e-3;
                if !plausible.contains(&tuned.seconds) || tuned.seconds > tuned.default_seconds {
                    return Err(Failed::from(format!("{tuned:?}")));
                }
            }
            other => return Err(Failed::from(format!("{other:?}"))),
        }
    }
    if context.kind == Kind::Cuda {
        follows(context, &tuner)?;
    }
    Ok(())
}

/// The answer is there, and a product by it is right.
fn follows(context: &Context, tuner: &Tuner) -> Outcome {
    let [m, n, k] = [16, 4096, 4096];
    let problem = GemmProblem::new::<bf16, bf16, bf16>(Sums::TensorCores, [1, m, n, k]);
    let answer: Option<HopperPlan> = tuner.find(context.stream.device(), &problem);
    if tuner.len() != 8 || answer.is_none() {
        return Err(Failed::from(format!("{tuner:?}: {answer:?}")));
    }
    let a: Vec<bf16> = Values::Whole.draw(m * k, 1);
    let b: Vec<bf16> = Values::Whole.draw(n * k, 2);
    let product = |stream: &Stream| {
        let a = Tensor::from_slice(stream, &a, &[m, k])?;
        let b = Tensor::from_slice(stream, &b, &[n, k])?;
        let mut c = Tensor::<bf16>::empty(stream, &[m, n])?;
        mm_into(stream, &a, &b, &mut c)?;
        c.to_vec()
    };
    let want = widen(&product(&context.cpu)?);
    let got = product(&context.stream.with_tuner(tuner))?;
    Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
}

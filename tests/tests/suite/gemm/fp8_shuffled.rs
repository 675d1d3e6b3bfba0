//! `mm_fp8` by shuffled weights: what it gives by plain ones, in all plans to the last bit.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{Accumulation, Fp8Gemm, Fp8Output, GemmProblem, Tuner, mm_fp8, mm_fp8_into};
use gatewarp::heuristics::hopper_gemm::HopperTile;
use gatewarp::quantize::layout::prepare_low_latency_gemm_weights;
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, Similarity, bits, close, similar, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use libtest_mimic::Failed;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::TestCaseError;

use super::fp8;
use super::fp8_inputs::{Case, Inputs, Vectors, cases};
use super::tuner::plans;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("mm_fp8_shuffled::exact::bf16", exact::<bf16>);
    suite.trial("mm_fp8_shuffled::exact::f16", exact::<f16>);
    suite.trial("mm_fp8_shuffled::rounded::bf16", rounded::<bf16>);
    suite.trial("mm_fp8_shuffled::rounded::f16", rounded::<f16>);
    suite.trial("mm_fp8_shuffled::every_plan::bf16", every_plan::<bf16>);
    suite.trial("mm_fp8_shuffled::every_plan::f16", every_plan::<f16>);
    suite.trial("mm_fp8_shuffled::allocating_form", allocating_form);
}

type Product<O> = Result<Vec<O>, TestCaseError>;

/// The library's result, in the case's frames.
fn product<O: Fp8Output<Addend = O> + Value>(
    stream: &Stream,
    case: &Case,
    inputs: &Inputs<E4m3, E4m3, O>,
) -> Product<O>
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let ([m, n, k], [a_frame, b_frame, c_frame]) = (case.shape, case.frames);
    let shuffled = naive::shuffle_rows(&inputs.b, n, k, 128);
    let b = naive::to_blocks(&shuffled, n, k, 128);
    let a = Framed::new(stream, &[m, k], a_frame, &inputs.a)?;
    let b = Framed::new(stream, &[k / 128, n, 128], b_frame, &b)?;
    let mut c = Framed::<O>::poisoned(stream, &[m, n], c_frame)?;
    let vectors = Vectors::of(stream, inputs)?;
    let options = vectors.options(case.accumulation);
    let (a, b) = (a.view()?, b.view()?);
    mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)?;
    Ok(c.elements()?)
}

/// The backend's product, twice the same, and what it should be.
fn both<O: Fp8Output<Addend = O> + Value>(
    context: &Context,
    case: &Case,
) -> Result<(Vec<O>, Vec<f64>), TestCaseError>
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let inputs = Inputs::<E4m3, E4m3, O>::of(case);
    let got = product(&context.stream, case, &inputs)?;
    bits("again", &product(&context.stream, case, &inputs)?, &got)?;
    let want = match context.kind {
        Kind::Cpu => inputs.naive(case),
        Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu, case, &inputs)?),
    };
    Ok((got, want))
}

/// Cases as shuffled weights want them.
fn shuffled_cases(values: impl Strategy<Value = Values>) -> impl Strategy<Value = Case> {
    cases(values).prop_map(Case::shuffled)
}

/// No rows, one, odd numbers of them; no columns, one group, several tiles; no K, one block, several.
fn kept(context: &Context) -> Vec<Case> {
    let mut shapes = vec![
        [0, 32, 128],
        [1, 32, 128],
        [5, 0, 128],
        [4, 64, 0],
        [7, 160, 384],
        [17, 96, 256],
        [33, 288, 1152],
        [129, 416, 256],
    ];
    shapes.extend(context.real(vec![
        [1, 2560, 8192],
        [16, 5120, 8192],
        [64, 2560, 16384],
        [1000, 4096, 512],
        [70000, 32, 128],
    ]));
    let plain = |shape| Case::plain(shape, Values::Whole);
    shapes
        .into_iter()
        .map(plain)
        .flat_map(|case| [case, case.fast(), case.padded()])
        .collect()
}

fn exact<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let values = prop_oneof![Just(Values::Whole), Just(Values::WholeAndNot)];
    context.check(2, kept(context), &shuffled_cases(values), |case| {
        let (got, want) = both::<O>(context, case)?;
        close("c", &got, &want, |_| Bound::EQUAL)?;
        let inputs = Inputs::<E4m3, E4m3, O>::of(case);
        let plain = widen(&fp8::product(&context.stream, case, &inputs)?);
        Ok(close("plain", &got, &plain, |_| Bound::EQUAL)?)
    })
}

fn rounded<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let real = Case::plain([257, 1024, 4096], Values::Ordinary);
    let kept = context.real(vec![real, real.fast()]);
    let strategy = shuffled_cases(Just(Values::Ordinary));
    context.check(1, kept, &strategy, |case| {
        let (got, want) = both::<O>(context, case)?;
        let mut allowed = Similarity::rounded::<O>(1);
        if context.kind != Kind::Cpu {
            // What the tensor cores drop of 128 elements, or of all.
            let (distance, relative) = match case.accumulation {
                Accumulation::Promoted => (1e-6, 4e-3),
                Accumulation::Fast => (1e-4, 4e-2),
            };
            allowed.distance += distance;
            allowed.relative += relative;
        }
        Ok(similar("c", &got, &want, case.shape[1], allowed)?)
    })
}

/// Tiles that there are kernels for.
const TILES: [HopperTile; 5] = [
    HopperTile::Few16,
    HopperTile::Few32,
    HopperTile::Few64,
    HopperTile::T128x128,
    HopperTile::T128x256,
];

/// By each plan, sums are those by plain weights: the same additions in the same order.
fn every_plan<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let mut shapes = vec![[17, 160, 1152], [130, 288, 256]];
    shapes.extend(context.real(vec![[64, 4096, 2048], [520, 1056, 4096]]));
    for [m, n, k] in shapes {
        let promoted = Case::plain([m, n, k], Values::Ordinary);
        for case in [promoted, promoted.fast()] {
            let sums = case.accumulation.into();
            let problem = GemmProblem::new::<E4m3, E4m3, O>(sums, [1, m, n, k]);
            by_plans(context, problem, &case)?;
        }
    }
    Ok(())
}

fn by_plans<O: Fp8Output<Addend = O> + Value>(
    context: &Context,
    problem: GemmProblem,
    case: &Case,
) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let inputs = Inputs::<E4m3, E4m3, O>::of(case);
    for plan in plans(context, TILES.into_iter(), problem.shape(size_of::<E4m3>())) {
        let tuner = Tuner::in_memory();
        tuner.insert(context.stream.device(), problem, plan);
        let stream = context.stream.with_tuner(&tuner);
        let run = || {
            let plain = fp8::product(&stream, case, &inputs)?;
            bits("c", &product(&stream, case, &inputs)?, &plain)?;
            Ok(bits("again", &product(&stream, case, &inputs)?, &plain)?)
        };
        run().map_err(|error: TestCaseError| Failed::from(format!("{plan:?}: {error}")))?;
    }
    Ok(())
}

/// With the library's own layout.
fn allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    let case = Case::plain([5, 64, 256], Values::Whole);
    let inputs = Inputs::<E4m3, E4m3, bf16>::of(&case);
    let a = Tensor::from_slice(stream, &inputs.a, &[5, 256])?;
    let b = Tensor::from_slice(stream, &inputs.b, &[64, 256])?;
    let b = prepare_low_latency_gemm_weights(stream, &b)?;
    let vectors = Vectors::of(stream, &inputs)?;
    let options = vectors.options(Accumulation::Promoted);
    let run = || mm_fp8::<_, _, bf16>(stream, &a, &b, &options)?.to_vec();
    let [c, again] = [run()?, run()?];
    bits("again", &again, &c)?;
    let plain = product(&context.cpu, &case, &inputs).map_err(|error| error.to_string())?;
    close("c", &c, &widen(&plain), |_| Bound::EQUAL)?;
    Ok(())
}

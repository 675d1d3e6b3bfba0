//! `mm_fp8` and `bmm_fp8`: both formats, every kind of scale, any M, N, K, any frame, both ways to accumulate.

use gatewarp::formats::{E4m3, E5m2};
use gatewarp::gemm::{Accumulation, Fp8Gemm, Fp8Output, bmm_fp8_into, mm_fp8, mm_fp8_into};
use gatewarp::quantize::Fp8Code;
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, Similarity, bits, close, similar, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, prop_oneof};
use proptest::test_runner::TestCaseError;

use super::few::{REAL_SHAPES, SHAPES};
use super::fp8_inputs::{Case, Inputs, Vectors, cases};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("mm_fp8::exact::e4m3_e4m3_bf16", exact::<E4m3, E4m3, bf16>);
    suite.trial("mm_fp8::exact::e4m3_e4m3_f16", exact::<E4m3, E4m3, f16>);
    suite.trial("mm_fp8::exact::e4m3_e4m3_f32", exact::<E4m3, E4m3, f32>);
    suite.trial("mm_fp8::exact::e4m3_e5m2_bf16", exact::<E4m3, E5m2, bf16>);
    suite.trial("mm_fp8::exact::e4m3_e5m2_f16", exact::<E4m3, E5m2, f16>);
    suite.trial("mm_fp8::exact::e4m3_e5m2_f32", exact::<E4m3, E5m2, f32>);
    suite.trial("mm_fp8::exact::e5m2_e4m3_bf16", exact::<E5m2, E4m3, bf16>);
    suite.trial("mm_fp8::exact::e5m2_e4m3_f16", exact::<E5m2, E4m3, f16>);
    suite.trial("mm_fp8::exact::e5m2_e4m3_f32", exact::<E5m2, E4m3, f32>);
    suite.trial("mm_fp8::rounded::bf16", rounded::<bf16>);
    suite.trial("mm_fp8::rounded::f16", rounded::<f16>);
    suite.trial("mm_fp8::rounded::f32", rounded::<f32>);
    suite.trial("mm_fp8::tiles", tiles);
    suite.trial("mm_fp8::few::bf16", few::<bf16>);
    suite.trial("mm_fp8::few::f16", few::<f16>);
    suite.trial("mm_fp8::few::f32", few::<f32>);
    suite.trial("mm_fp8::allocating_form", allocating_form);
}

/// The library's result, in the case's frames.
pub fn product<A: Fp8Gemm<B, O> + Value, B: Fp8Code + Value, O: Fp8Output<Addend = O> + Value>(
    stream: &Stream,
    case: &Case,
    inputs: &Inputs<A, B, O>,
) -> std::result::Result<Vec<O>, TestCaseError> {
    let [a_shape, b_shape, c_shape] = case.shapes();
    let [a_frame, b_frame, c_frame] = case.frames;
    let a = Framed::new(stream, &a_shape, a_frame, &inputs.a)?;
    let b = Framed::new(stream, &b_shape, b_frame, &inputs.b)?;
    let mut c = Framed::<O>::poisoned(stream, &c_shape, c_frame)?;
    let vectors = Vectors::of(stream, inputs)?;
    let options = vectors.options(case.accumulation);
    let (a, b) = (a.view()?, b.view()?);
    match case.batch {
        None => mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)?,
        Some(_) => bmm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)?,
    }
    Ok(c.elements()?)
}

/// The backend's product, and what it should be.
fn both<A: Fp8Gemm<B, O> + Value, B: Fp8Code + Value, O: Fp8Output<Addend = O> + Value>(
    context: &Context,
    case: &Case,
) -> std::result::Result<(Vec<O>, Vec<f64>), TestCaseError> {
    let inputs = Inputs::<A, B, O>::of(case);
    let got = product(&context.stream, case, &inputs)?;
    let want = match context.kind {
        Kind::Cpu => inputs.naive(case),
        Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu, case, &inputs)?),
    };
    Ok((got, want))
}

fn exact<A: Fp8Gemm<B, O> + Value, B: Fp8Code + Value, O: Fp8Output<Addend = O> + Value>(
    context: &Context,
) -> Outcome {
    let values = prop_oneof![Just(Values::Whole), Just(Values::WholeAndNot)];
    let mut kept: Vec<_> = [
        [0, 16, 16],
        [16, 0, 16],
        [4, 5, 0],
        [1, 33, 17],
        [7, 48, 272],
    ]
    .into_iter()
    .flat_map(|shape| {
        let case = Case::plain(shape, Values::Whole);
        [case, case.fast(), case.of(3), case.of(0)]
    })
    .collect();
    let padded = Case::plain([7, 133, 141], Values::Whole).padded();
    kept.extend([padded, padded.fast(), padded.of(3)]);
    kept.extend(context.real(vec![
        Case::plain([129, 528, 2048], Values::Whole),
        Case::plain([129, 528, 2048], Values::Whole).fast(),
        Case::plain([1000, 4096, 512], Values::Whole).fast(),
        Case::plain([70000, 16, 16], Values::Whole).fast(),
        Case::plain([3, 16, 16], Values::Whole).of(70001),
        Case::plain([3, 5, 7], Values::Whole).of(70001),
    ]));
    context.check(2, kept, &cases(values), |case| {
        let (got, want) = both::<A, B, O>(context, case)?;
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

fn rounded<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let real = Case::plain([257, 1008, 4096], Values::Ordinary);
    let kept = context.real(vec![real, real.fast()]);
    context.check(2, kept, &cases(Just(Values::Ordinary)), |case| {
        let (got, want) = both::<E4m3, E4m3, O>(context, case)?;
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

/// Lengths around the tiles' edges, that tensor copies can move and not.
fn tiles(context: &Context) -> Outcome {
    let rows = [1, 16, 63, 64, 65, 127, 128, 129, 257];
    let shapes = rows.into_iter().flat_map(|m| [[m, 144, 272], [m, 9, 141]]);
    let kept = shapes
        .flat_map(|shape| {
            let case = Case::plain(shape, Values::Whole);
            [case, case.fast()]
        })
        .collect();
    context.check(0, kept, &cases(Just(Values::Whole)), |case| {
        let (got, want) = both::<E4m3, E4m3, bf16>(context, case)?;
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

/// Few rows, by blocks that share K; twice the same.
fn few<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let both_ways = |shape| {
        let case = Case::plain(shape, Values::Whole);
        [case, case.fast()]
    };
    let mut kept: Vec<_> = SHAPES
        .into_iter()
        .map(|[m, n, k]| [m, n.next_multiple_of(16), 2 * k])
        .flat_map(both_ways)
        .collect();
    kept.push(Case::plain([7, 144, 1040], Values::Whole).fast().of(3));
    kept.extend(context.real(REAL_SHAPES.into_iter().flat_map(both_ways).collect()));
    context.check(0, kept, &cases(Just(Values::Whole)), |case| {
        let (got, want) = both::<E4m3, E4m3, O>(context, case)?;
        close("c", &got, &want, |_| Bound::EQUAL)?;
        let (again, _) = both::<E4m3, E4m3, O>(context, case)?;
        Ok(bits("again", &again, &got)?)
    })
}

fn allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    let case = Case::plain([5, 16, 32], Values::Whole);
    let inputs = Inputs::<E4m3, E4m3, f32>::of(&case);
    let a = Tensor::from_slice(stream, &inputs.a, &[5, 32])?;
    let b = Tensor::from_slice(stream, &inputs.b, &[16, 32])?;
    let vectors = Vectors::of(stream, &inputs)?;
    let options = vectors.options(Accumulation::Promoted);
    let c: Vec<f32> = mm_fp8(stream, &a, &b, &options)?.to_vec()?;
    close("c", &c, &inputs.naive(&case), |_| Bound::EQUAL)?;
    let again: Vec<f32> = mm_fp8(stream, &a, &b, &options)?.to_vec()?;
    bits("again", &again, &c)?;
    Ok(())
}

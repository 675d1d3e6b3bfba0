//! `swiglu`: gate and up projection in tensors of their own, with and without biases.

use gatewarp::activation::{
    ActivationType, GatedElement, SwigluOptions, silu_and_mul, swiglu, swiglu_into,
};
use gatewarp::{Result, Stream, Tensor, TensorView, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::TestCaseResult;

use super::case::{Case, bound, cases, kept};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("swiglu::bf16", matches::<bf16>);
    suite.trial("swiglu::f16", matches::<f16>);
    suite.trial("swiglu::f32", matches::<f32>);
    suite.trial("swiglu::of_halves_is_silu_and_mul", of_halves);
}

const TYPE: ActivationType = ActivationType::Swiglu;

/// A case, and whether gates and ups have a bias.
type Biased = (Case, [bool; 2]);

fn matches<T: GatedElement + Value>(context: &Context) -> Outcome {
    let kept = kept()
        .into_iter()
        .flat_map(|case| [[false, false], [true, true]].map(|biases| (case.clone(), biases)));
    let strategy = (cases(), any::<[bool; 2]>()).prop_map(|it| it);
    context.check(8, kept.collect(), &strategy, |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: GatedElement + Value>(context: &Context, case: &Biased) -> TestCaseResult {
    let (case, has_bias) = case;
    let (gate, up) = case.pair::<T>(TYPE);
    // Small whole numbers, so that what is infinite or zero stays so and sums do not cancel to nothing.
    let biases = [0, 1].map(|i| has_bias[i].then(|| whole::<T>(case.d, case.seed + i as u64)));
    let library = |stream: &Stream| Ok(widen(&run(stream, case, &gate, &up, &biases)?));
    let biased = |x: T, i: usize, j: usize| {
        let bias = biases[i].as_ref().map_or(0.0, |bias| bias[j].to_f32());
        f64::from(x.to_f32() + bias)
    };
    let sums = |i: usize| [biased(gate[i], 0, i % case.d), biased(up[i], 1, i % case.d)];
    let naive = || {
        let of = |i| naive::activation(TYPE, sums(i)[0], sums(i)[1]);
        (0..gate.len()).map(of).collect()
    };
    let want = context.oracle(library, naive)?;

    let (stream, shape) = (&context.stream, case.shape(case.d));
    let gate_framed = Framed::new(stream, &shape, case.x, &gate)?;
    let up_framed = Framed::new(stream, &shape, case.up, &up)?;
    let mut out = Framed::poisoned(stream, &shape, case.out)?;
    let biases = on(stream, &biases)?;
    let (gate_view, up_view) = (gate_framed.view()?, up_framed.view()?);
    let options = options(&biases);
    swiglu_into(stream, &gate_view, &up_view, &options, &mut out.view_mut()?)?;
    close("out", &out.elements()?, &want, |i| {
        bound::<T>(TYPE, sums(i)[0], sums(i)[1])
    })?;
    Ok(())
}

fn whole<T: Value>(count: usize, seed: u64) -> Vec<T> {
    Values::Whole.draw(count, seed)
}

type Biases<T> = [Option<Tensor<T>>; 2];

fn on<T: Value>(stream: &Stream, biases: &[Option<Vec<T>>; 2]) -> Result<Biases<T>> {
    let tensor = |bias: &Option<Vec<T>>| {
        let tensor = bias
            .as_ref()
            .map(|it| Tensor::from_slice(stream, it, &[it.len()]));
        tensor.transpose()
    };
    Ok([tensor(&biases[0])?, tensor(&biases[1])?])
}

fn options<T: GatedElement>(biases: &Biases<T>) -> SwigluOptions<'_, T> {
    let [gate_bias, up_bias] = biases.each_ref().map(|it| it.as_ref().map(Tensor::view));
    SwigluOptions { gate_bias, up_bias }
}

fn run<T: GatedElement + Value>(
    stream: &Stream,
    case: &Case,
    gate: &[T],
    up: &[T],
    biases: &[Option<Vec<T>>; 2],
) -> Result<Vec<T>> {
    let shape = case.shape(case.d);
    let (gate, up) = (
        Tensor::from_slice(stream, gate, &shape)?,
        Tensor::from_slice(stream, up, &shape)?,
    );
    let biases = on(stream, biases)?;
    swiglu(stream, &gate, &up, &options(&biases))?.to_vec()
}

/// `swiglu` of a tensor's halves is `silu_and_mul`, bit for bit.
fn of_halves(context: &Context) -> Outcome {
    let (stream, d) = (&context.stream, 24);
    let x = Values::Special.draw::<f16>(5 * 2 * d, 3);
    let framed = Framed::new(stream, &[5, 2 * d], Frame::new(0, 0, 8, 0), &x)?;
    let half = |range| -> Result<TensorView<'_, f16>> { framed.view()?.columns(range) };
    let (gate, up) = (half(0..d)?, half(d..2 * d)?);
    let got = swiglu(stream, &gate, &up, &SwigluOptions::default())?.to_vec()?;
    bits(
        "out",
        &got,
        &silu_and_mul(stream, &framed.view()?)?.to_vec()?,
    )?;
    Ok(())
}

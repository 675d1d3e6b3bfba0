//! `finalize`: weighted sums of rows, in order.

use gatewarp::fused_moe::{MoeElement, finalize, finalize_into};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("finalize::bf16", matches::<bf16>);
    suite.trial("finalize::f16", matches::<f16>);
    suite.trial("finalize::allocating_form", allocating_form);
}

#[derive(Clone, Copy, Debug)]
struct Case {
    rows: usize,
    tokens: usize,
    top_k: usize,
    hidden: usize,
    out: Frame,
    values: Values,
    seed: u64,
}

struct Input<T> {
    results: Vec<T>,
    choice_row: Vec<i32>,
    weights: Vec<f32>,
}

impl Case {
    fn plain([rows, tokens, top_k, hidden]: [usize; 4]) -> Self {
        Self {
            rows,
            tokens,
            top_k,
            hidden,
            out: Frame::NONE,
            values: Values::Ordinary,
            seed: 1,
        }
    }

    fn input<T: Value>(&self) -> Input<T> {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let choices = self.tokens * self.top_k;
        Input {
            results: self.values.draw(self.rows * self.hidden, self.seed),
            choice_row: (0..choices)
                .map(|_| rng.random_range(-1..self.rows as i32))
                .collect(),
            weights: Values::Ordinary.draw(choices, !self.seed),
        }
    }
}

type Tensors<T> = (Tensor<T>, Tensor<i32>, Tensor<f32>);

impl<T: MoeElement + Value> Input<T> {
    fn on(&self, stream: &Stream, case: &Case) -> gatewarp::Result<Tensors<T>> {
        let choices = [case.tokens, case.top_k];
        Ok((
            Tensor::from_slice(stream, &self.results, &[case.rows, case.hidden])?,
            Tensor::from_slice(stream, &self.choice_row, &choices)?,
            Tensor::from_slice(stream, &self.weights, &choices)?,
        ))
    }

    fn sums(&self, case: &Case) -> Vec<f64> {
        let shape = [case.tokens, case.top_k, case.hidden];
        naive::finalize(&self.results, &self.choice_row, &self.weights, shape)
    }

    /// The same without signs.
    fn magnitudes(&self) -> Self {
        let positive = |value: &T| T::from_f32(value.to_f32().abs());
        Self {
            results: self.results.iter().map(positive).collect(),
            choice_row: self.choice_row.clone(),
            weights: self.weights.iter().map(|weight| weight.abs()).collect(),
        }
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let values = prop_oneof![
        3 => Just(Values::Ordinary),
        1 => Just(Values::Tied),
        1 => Just(Values::WholeAndNot),
    ];
    let hidden = prop_oneof![
        3 => 0..40usize,
        2 => (0..9usize).prop_map(|packs| 8 * packs),
        1 => 1020..1030usize,
    ];
    let shape = (1..30usize, 0..12usize, 1..6usize, hidden);
    let case = (shape, frames(), values, any::<u64>());
    case.prop_map(|((rows, tokens, top_k, hidden), out, values, seed)| Case {
        out,
        values,
        seed,
        ..Case::plain([rows, tokens, top_k, hidden])
    })
}

fn matches<T: MoeElement + Value>(context: &Context) -> Outcome {
    let mut kept = vec![
        Case::plain([0, 3, 2, 16]),
        Case::plain([4, 0, 2, 16]),
        Case::plain([4, 3, 0, 16]),
        Case::plain([4, 3, 2, 0]),
        Case::plain([40, 20, 2, 64]),
    ];
    kept.extend(context.real(vec![Case::plain([600, 300, 2, 4096])]));
    context.check(10, kept, &cases(), |case| matches_case::<T>(context, case))
}

fn matches_case<T: MoeElement + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let input = case.input::<T>();
    let library = |stream: &Stream| {
        let (results, choice_row, weights) = input.on(stream, case)?;
        // SAFETY: rows were drawn from -1 to the last.
        let out = unsafe { finalize(stream, &results, &choice_row, &weights) }?;
        Ok(widen(&out.to_vec()?))
    };
    let want = context.oracle(library, || input.sums(case))?;

    let (results, choice_row, weights) = input.on(&context.stream, case)?;
    let shape = [case.tokens, case.hidden];
    let mut out = Framed::<T>::poisoned(&context.stream, &shape, case.out)?;
    // SAFETY: as above.
    unsafe {
        let out = &mut out.view_mut()?;
        finalize_into(&context.stream, &results, &choice_row, &weights, out)?;
    }
    // A sum that cancels keeps the rounding errors of its terms.
    let magnitudes = input.magnitudes().sums(case);
    close("out", &out.elements()?, &want, |i| Bound {
        ulps: 1,
        absolute: magnitudes[i] * f64::from(f32::EPSILON) * case.top_k as f64,
    })?;
    Ok(())
}

fn allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    let results = [1.0, 2.0, 10.0, 20.0].map(bf16::from_f32);
    let results = Tensor::from_slice(stream, &results, &[2, 2])?;
    let choice_row = Tensor::from_slice(stream, &[1, 0, -1, 1, -1, -1], &[3, 2])?;
    let weights = Tensor::from_slice(stream, &[0.5, 4.0, 1.0, 2.0, 1.0, 1.0], &[3, 2])?;
    // SAFETY: the rows are 0, 1, or -1.
    let out = unsafe { finalize(stream, &results, &choice_row, &weights) }?;
    let want = [9.0, 18.0, 20.0, 40.0, 0.0, 0.0].map(bf16::from_f32);
    bits("out", &out.to_vec()?, &want)?;
    Ok(())
}

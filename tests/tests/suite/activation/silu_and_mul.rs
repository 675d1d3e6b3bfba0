//! `silu_and_mul`: any rank, any even last dimension, any frame, any values.

use gatewarp::activation::{GatedElement, silu_and_mul, silu_and_mul_into};
use gatewarp::{Result, Stream, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("silu_and_mul::bf16", matches::<bf16>);
    suite.trial("silu_and_mul::f16", matches::<f16>);
    suite.trial("silu_and_mul::f32", matches::<f32>);
    suite.trial("silu_and_mul::allocating_form", allocating_form);
}

#[derive(Clone, Debug)]
struct Case {
    leading: Vec<usize>,
    d: usize,
    x: Frame,
    out: Frame,
    values: Values,
    seed: u64,
}

impl Case {
    fn plain(leading: &[usize], d: usize) -> Self {
        Self {
            leading: leading.to_vec(),
            d,
            x: Frame::NONE,
            out: Frame::NONE,
            values: Values::Ordinary,
            seed: 1,
        }
    }

    fn shape(&self, columns: usize) -> Vec<usize> {
        [&self.leading[..], &[columns]].concat()
    }

    fn x<T: Value>(&self) -> Vec<T> {
        let count = self.shape(2 * self.d).iter().product();
        let mut x = self.values.draw(count, self.seed);
        for row in x.chunks_mut((2 * self.d).max(1)) {
            let (gates, ups) = row.split_at_mut(self.d);
            gates.iter().zip(ups).for_each(|(gate, up)| tame(*gate, up));
        }
        x
    }
}

/// Results of the activation below this are zero on a GPU, which flushes what comes near subnormals.
const FLUSHED: f64 = 1.0 / (1u128 << 119) as f64;

/// Takes away an infinite `up` whose product hangs on whether the activation was flushed.
fn tame<T: Value>(gate: T, up: &mut T) {
    let silu = naive::silu(gate.to_f64()).abs();
    if silu > 0.0 && silu < FLUSHED && up.to_f64().is_infinite() {
        *up = T::from_f32(1.0);
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let d = prop_oneof![
        4 => 0..40usize,
        2 => (1..9usize).prop_map(|packs| 8 * packs),
        1 => 1020..1030usize,
        1 => Just(3420),
    ];
    let case = (
        vec(0..5usize, 0..=3),
        d,
        frames(),
        frames(),
        any_values(),
        any::<u64>(),
    );
    case.prop_map(|(leading, d, x, out, values, seed)| Case {
        leading,
        d,
        x,
        out,
        values,
        seed,
    })
}

fn matches<T: GatedElement + Value>(context: &Context) -> Outcome {
    let mut kept = vec![
        Case::plain(&[0], 4),
        Case::plain(&[3], 0),
        Case::plain(&[2, 0], 4),
        Case::plain(&[], 1),
        Case::plain(&[], 3),
        Case::plain(&[7], 3420),
        Case::plain(&[37], 8),
    ];
    kept.extend(context.real(vec![
        Case::plain(&[513], 11008),
        Case::plain(&[1, 4, 3], 28672),
    ]));
    context.check(16, kept, &cases(), |case| matches_case::<T>(context, case))
}

fn matches_case<T: GatedElement + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let x = case.x::<T>();
    let library = |stream: &Stream| Ok(widen(&contiguous(stream, case, &x)?));
    let want = context.oracle(library, || naive::silu_and_mul(&x, case.d))?;

    let framed = Framed::new(&context.stream, &case.shape(2 * case.d), case.x, &x)?;
    let mut out = Framed::poisoned(&context.stream, &case.shape(case.d), case.out)?;
    silu_and_mul_into(&context.stream, &framed.view()?, &mut out.view_mut()?)?;
    let input = |i: usize, half: usize| x[i / case.d * 2 * case.d + half * case.d + i % case.d];
    close("out", &out.elements()?, &want, |i| {
        bound::<T>(input(i, 0).to_f64(), input(i, 1).to_f64())
    })?;
    Ok(())
}

/// Two approximations of `f32` at 2 ulp each, and a quotient in the exponent whose rounding error grows
/// with it; then one rounding to `T`.
fn bound<T: Value>(gate: f64, up: f64) -> Bound {
    let absolute = if up.is_finite() {
        up.abs() * FLUSHED
    } else {
        0.0
    };
    let ulps = match size_of::<T>() {
        4 => 8 + 2 * gate.abs().min(100.0) as u32,
        _ => 1,
    };
    Bound { ulps, absolute }
}

fn contiguous<T: GatedElement + Value>(stream: &Stream, case: &Case, x: &[T]) -> Result<Vec<T>> {
    let x = Framed::new(stream, &case.shape(2 * case.d), Frame::NONE, x)?;
    silu_and_mul(stream, &x.view()?)?.to_vec()
}

/// The form that allocates gives what the other does, in the right shape.
fn allocating_form(context: &Context) -> Outcome {
    let case = Case::plain(&[2, 3], 20);
    let x = case.x::<bf16>();
    let framed = Framed::new(&context.stream, &[2, 3, 40], Frame::new(1, 0, 3, 2), &x)?;
    let mut out = Framed::poisoned(&context.stream, &[2, 3, 20], Frame::NONE)?;
    silu_and_mul_into(&context.stream, &framed.view()?, &mut out.view_mut()?)?;
    let allocated = silu_and_mul(&context.stream, &framed.view()?)?;
    if **allocated.shape() != [2, 3, 20] {
        return Err(format!("the shape is {}", allocated.shape()).into());
    }
    bits("out", &allocated.to_vec()?, &out.elements()?)?;
    Ok(())
}

//! Rows in use: Megatron's padded operations, counted rows, and graphs that serve any number of them.

use gatewarp::activation::{
    ActivationOptions, ActivationType, GatedElement, activation, activation_into,
    padded_squared_relu, padded_squared_relu_into, padded_swiglu, padded_swiglu_into,
};
use gatewarp::quantize::LiveRows;
use gatewarp::{Result, Stream, Tensor, TensorView, TensorViewMut, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value, Values, any_values};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("padded_squared_relu::bf16", padded::<bf16, SquaredRelu>);
    suite.trial("padded_squared_relu::f32", padded::<f32, SquaredRelu>);
    suite.trial("padded_swiglu::bf16", padded::<bf16, Swiglu>);
    suite.trial("padded_swiglu::f16", padded::<f16, Swiglu>);
    suite.trial("padded_squared_relu::graph", graph::<SquaredRelu>);
    suite.trial("padded_swiglu::graph", graph::<Swiglu>);
    suite.trial("activation::counted_rows", counted);
}

/// A padded operation, and the activation that it is.
trait Padded {
    const TYPE: ActivationType;
    fn allocating<T: GatedElement>(
        stream: &Stream,
        x: &TensorView<'_, T>,
        rows: [&Tensor<i32>; 2],
    ) -> Result<Tensor<T>>;
    fn into<T: GatedElement>(
        stream: &Stream,
        x: &TensorView<'_, T>,
        rows: [&Tensor<i32>; 2],
        out: &mut TensorViewMut<'_, T>,
    ) -> Result<()>;
}

macro_rules! padded {
    ($($name:ident: $type:ident, $allocating:ident, $into:ident;)*) => { $(
        struct $name;

        impl Padded for $name {
            const TYPE: ActivationType = ActivationType::$type;
            fn allocating<T: GatedElement>(
                stream: &Stream,
                x: &TensorView<'_, T>,
                [map, n_used]: [&Tensor<i32>; 2],
            ) -> Result<Tensor<T>> {
                $allocating(stream, x, map, n_used)
            }
            fn into<T: GatedElement>(
                stream: &Stream,
                x: &TensorView<'_, T>,
                [map, n_used]: [&Tensor<i32>; 2],
                out: &mut TensorViewMut<'_, T>,
            ) -> Result<()> {
                $into(stream, x, map, n_used, out)
            }
        }
    )* };
}

padded! {
    SquaredRelu: Relu2, padded_squared_relu, padded_squared_relu_into;
    Swiglu: Swiglu, padded_swiglu, padded_swiglu_into;
}

#[derive(Clone, Debug)]
struct Case {
    rows: usize,
    d: usize,
    used: usize,
    x: Frame,
    out: Frame,
    values: Values,
    seed: u64,
}

impl Case {
    /// The map, padding in every fourth row or so; what is not in use would be a source, were it read.
    fn map(&self) -> Vec<i32> {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let mut row = |r: usize| match r < self.used && rng.random_ratio(1, 4) {
            true => -1,
            false => rng.random_range(0..1000),
        };
        (0..self.rows).map(&mut row).collect()
    }

    fn columns<P: Padded>(&self) -> usize {
        self.d * (1 + usize::from(P::TYPE.is_gated()))
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (0..40usize, 0..40usize, 0..50usize);
    let rest = (frames(), frames(), any_values(), any::<u64>());
    (sizes, rest).prop_map(|((rows, d, used), (x, out, values, seed))| Case {
        rows,
        d,
        used,
        x,
        out,
        values,
        seed,
    })
}

fn padded<T: GatedElement + Value, P: Padded>(context: &Context) -> Outcome {
    let of = |rows, d, used| Case {
        rows,
        d,
        used,
        x: Frame::NONE,
        out: Frame::NONE,
        values: Values::Special,
        seed: 1,
    };
    let kept = vec![of(5, 16, 0), of(600, 8, 599), of(3, 1025, usize::MAX >> 33)];
    context.check(16, kept, &cases(), |case| {
        padded_case::<T, P>(context, case)
    })
}

/// Rows in use are what the activation gives of all rows, bit for bit; the others stay as they were.
fn padded_case<T: GatedElement + Value, P: Padded>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let (stream, columns, map) = (&context.stream, case.columns::<P>(), case.map());
    let x = case.values.draw::<T>(case.rows * columns, case.seed);
    let x = Framed::new(stream, &[case.rows, columns], case.x, &x)?;
    let mut want = activation(stream, &x.view()?, &P::TYPE.into())?.to_vec()?;
    let used = |row: usize| row < case.used && map[row] >= 0;
    for row in (0..case.rows).filter(|&row| !used(row)) {
        want[row * case.d..][..case.d].fill(T::POISON);
    }
    let on_device = Tensor::from_slice(stream, &map, &[case.rows])?;
    let n_used = Tensor::from_slice(stream, &[case.used as i32], &[])?;
    let mut out = Framed::poisoned(stream, &[case.rows, case.d], case.out)?;
    let rows = [&on_device, &n_used];
    P::into(stream, &x.view()?, rows, &mut out.view_mut()?)?;
    bits("out", &out.elements()?, &want)?;
    let allocated = P::allocating(stream, &x.view()?, rows)?.to_vec()?;
    for row in (0..case.rows).filter(|&row| used(row)) {
        let [got, want] = [&allocated, &want].map(|it| &it[row * case.d..][..case.d]);
        bits("allocated", got, want)?;
    }
    Ok(())
}

/// A graph that was captured once serves any number of rows, and any map.
fn graph<P: Padded>(context: &Context) -> Outcome {
    let (stream, rows, d) = (&context.stream, 9, 16);
    let columns = d * (1 + usize::from(P::TYPE.is_gated()));
    let x = Tensor::from_slice(
        stream,
        &Values::Ordinary.draw::<bf16>(rows * columns, 1),
        &[rows, columns],
    )?;
    let all = activation(stream, &x, &P::TYPE.into())?.to_vec()?;
    let mut map = Tensor::<i32>::zeros(stream, &[rows])?;
    let mut n_used = Tensor::<i32>::zeros(stream, &[1])?;
    let mut out = Tensor::<bf16>::empty(stream, &[rows, d])?;
    // So that the capture holds launches and nothing else.
    P::into(stream, &x.view(), [&map, &n_used], &mut out.view_mut())?;
    let graph = stream
        .capture(|stream| P::into(stream, &x.view(), [&map, &n_used], &mut out.view_mut()))?;
    for (used, padding) in [(0, 1), (5, 2), (9, 0)] {
        let sources: Vec<i32> = (0..rows)
            .map(|r| if r == padding { -1 } else { 7 })
            .collect();
        map.copy_from_slice(&sources)?;
        n_used.copy_from_slice(&[used as i32])?;
        out.fill_bytes(0xff)?;
        // SAFETY: all tensors are alive, and used on this stream only.
        unsafe { graph.launch(stream) }?;
        let mut want = all.clone();
        for row in (0..rows).filter(|&row| row >= used || row == padding) {
            want[row * d..][..d].fill(bf16::POISON);
        }
        bits("replayed", &out.to_vec()?, &want)?;
    }
    Ok(())
}

/// Matrices of which each has its rows in front.
fn counted(context: &Context) -> Outcome {
    let (stream, [experts, rows, d]) = (&context.stream, [3, 5, 24]);
    let x = Values::Ordinary.draw::<f16>(experts * rows * 2 * d, 1);
    let x = Tensor::from_slice(stream, &x, &[experts, rows, 2 * d])?;
    let counts = [2, 0, 7];
    for of in [ActivationType::Swiglu, ActivationType::SWIGLU_OAI] {
        let mut want = activation(stream, &x, &of.into())?.to_vec()?;
        for row in (0..experts * rows).filter(|row| (row % rows) as i32 >= counts[row / rows]) {
            want[row * d..][..d].fill(f16::POISON);
        }
        let on_device = Tensor::from_slice(stream, &counts, &[experts])?;
        let options = ActivationOptions {
            rows: LiveRows::Counted(on_device.view()),
            ..of.into()
        };
        let mut out = Framed::poisoned(stream, &[experts, rows, d], Frame::new(0, 1, 1, 0))?;
        activation_into(stream, &x, &options, &mut out.view_mut()?)?;
        bits("out", &out.elements()?, &want)?;
    }
    Ok(())
}

//! `mm`: any M, N, K, any frame.
//!
//! Whole numbers make sums that are exact in any order, so that results are equal and not just near; real
//! ones are compared as matrices.

use gatewarp::element::Float;
use gatewarp::gemm::{GemmOutput, mm, mm_into};
use gatewarp::{Result, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, Similarity, close, similar, widen};
use gatewarp_tests::frame::{Frame, Framed, product_frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("mm::exact::bf16_bf16", exact::<bf16, bf16>);
    suite.trial("mm::exact::bf16_f32", exact::<bf16, f32>);
    suite.trial("mm::exact::f16_f16", exact::<f16, f16>);
    suite.trial("mm::exact::f16_f32", exact::<f16, f32>);
    suite.trial("mm::rounded::bf16_bf16", rounded::<bf16, bf16>);
    suite.trial("mm::rounded::bf16_f32", rounded::<bf16, f32>);
    suite.trial("mm::rounded::f16_f16", rounded::<f16, f16>);
    suite.trial("mm::rounded::f16_f32", rounded::<f16, f32>);
    suite.trial("mm::tiles::bf16", tiles::<bf16>);
    suite.trial("mm::tiles::f16", tiles::<f16>);
    suite.trial("mm::allocating_form", allocating_form);
}

#[derive(Clone, Copy, Debug)]
struct Case {
    shape: [usize; 3],
    a: Frame,
    b: Frame,
    c: Frame,
    values: Values,
    seed: u64,
}

impl Case {
    fn plain(shape: [usize; 3], values: Values) -> Self {
        Self {
            shape,
            a: Frame::NONE,
            b: Frame::NONE,
            c: Frame::NONE,
            values,
            seed: 1,
        }
    }

    /// Whole numbers in rows of any length, which tensor copies can read.
    fn padded(shape: [usize; 3]) -> Self {
        let frame = Frame::PADDED;
        Self {
            a: frame,
            b: frame,
            c: frame,
            ..Self::plain(shape, Values::Whole)
        }
    }

    /// A and B.
    fn operands<T: Value>(&self) -> [Vec<T>; 2] {
        let [m, n, k] = self.shape;
        [
            self.values.draw(m * k, self.seed),
            self.values.draw(n * k, self.seed ^ 1),
        ]
    }
}

/// Lengths around the tiles' edges; mostly short, since the simulator runs them too.
fn extents() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0..20usize,
        3 => (0..9usize).prop_map(|packs| 8 * packs),
        1 => 30..36usize,
        1 => 62..67usize,
        1 => 126..131usize,
    ]
}

fn cases(values: impl Strategy<Value = Values>) -> impl Strategy<Value = Case> {
    let shape = [extents().boxed(), extents().boxed(), extents().boxed()];
    let case = (shape, product_frames(), values, any::<u64>());
    case.prop_map(|(shape, [a, b, c], values, seed)| Case {
        shape,
        a,
        b,
        c,
        values,
        seed,
    })
}

fn exact<T: GemmOutput<O> + Value, O: Value>(context: &Context) -> Outcome {
    let values = prop_oneof![Just(Values::Whole), Just(Values::WholeAndNot)];
    let framed = Frame::new(1, 1, 3, 2);
    let mut strided_nothing = Case::plain([3, 5, 0], Values::Whole);
    (strided_nothing.a, strided_nothing.b) = (framed, framed);
    let mut kept = vec![
        Case::plain([0, 4, 4], Values::Whole),
        Case::plain([4, 0, 4], Values::Whole),
        Case::plain([4, 4, 0], Values::Whole),
        strided_nothing,
        Case::padded([1, 7, 24]),
        Case::padded([5, 9, 13]),
        Case::padded([70, 133, 75]),
        Case::padded([130, 132, 64]),
    ];
    kept.extend(context.real(vec![Case::plain([129, 515, 2048], Values::Whole)]));
    context.check(6, kept, &cases(values), |case| {
        let (got, want) = both::<T, O>(context, case)?;
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

fn rounded<T: GemmOutput<O> + Value, O: Value>(context: &Context) -> Outcome {
    let kept = context.real(vec![Case::plain([257, 1000, 4096], Values::Ordinary)]);
    context.check(3, kept, &cases(Just(Values::Ordinary)), |case| {
        let (got, want) = both::<T, O>(context, case)?;
        let allowed = Similarity::rounded::<O>(1);
        Ok(similar("c", &got, &want, case.shape[1], allowed)?)
    })
}

/// Numbers of rows around every tile's, aligned and not.
fn tiles<T: GemmOutput<f32> + Value>(context: &Context) -> Outcome {
    let rows = [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200];
    let kept = rows
        .into_iter()
        .flat_map(|m| [[m, 24, 200], [m, 9, 141]])
        .chain([[1000, 1016, 136]])
        .map(|shape| Case::plain(shape, Values::Whole))
        .collect();
    context.check(0, kept, &cases(Just(Values::Whole)), |case| {
        let (got, want) = both::<T, f32>(context, case)?;
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

/// The backend's product, and what it should be.
fn both<T: GemmOutput<O> + Value, O: Value>(
    context: &Context,
    case: &Case,
) -> std::result::Result<(Vec<O>, Vec<f64>), TestCaseError> {
    let ([m, n, k], [a, b]) = (case.shape, case.operands::<T>());
    let library = |stream: &Stream| Ok(widen(&contiguous::<T, O>(stream, case, &a, &b)?));
    let want = context.oracle(library, || naive::mm(&a, &b, case.shape))?;

    let a = Framed::new(&context.stream, &[m, k], case.a, &a)?;
    let b = Framed::new(&context.stream, &[n, k], case.b, &b)?;
    let mut c = Framed::<O>::poisoned(&context.stream, &[m, n], case.c)?;
    mm_into(&context.stream, &a.view()?, &b.view()?, &mut c.view_mut()?)?;
    Ok((c.elements()?, want))
}

fn contiguous<T: GemmOutput<O> + Value, O: Float>(
    stream: &Stream,
    case: &Case,
    a: &[T],
    b: &[T],
) -> Result<Vec<O>> {
    let [m, n, k] = case.shape;
    let a = Tensor::from_slice(stream, a, &[m, k])?;
    let b = Tensor::from_slice(stream, b, &[n, k])?;
    mm(stream, &a, &b)?.to_vec()
}

fn allocating_form(context: &Context) -> Outcome {
    let case = Case::plain([5, 7, 9], Values::Whole);
    let [a, b] = case.operands::<f16>();
    let c: Vec<f32> = contiguous(&context.stream, &case, &a, &b)?;
    close("c", &c, &naive::mm(&a, &b, case.shape), |_| Bound::EQUAL)?;
    Ok(())
}

//! `bmm_bf16` and `bmm_f16`: any batch, M, N and K, any frame.

use gatewarp::element::Float;
use gatewarp::gemm::MmOptions;
use gatewarp::gemm::{
    GemmOutput, bmm_bf16, bmm_bf16_into, bmm_f16, bmm_f16_into, mm_bf16, mm_bf16_into, mm_f16,
    mm_f16_into,
};
use gatewarp::{Result, Stream, Tensor, TensorView, TensorViewMut, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, close, widen};
use gatewarp_tests::frame::{Frame, Framed, product_frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("bmm_bf16::exact::bf16", exact::<bf16, bf16>);
    suite.trial("bmm_bf16::exact::f32", exact::<bf16, f32>);
    suite.trial("bmm_f16::exact::f16", exact::<f16, f16>);
    suite.trial("bmm_f16::exact::f32", exact::<f16, f32>);
    suite.trial("mm_bf16::bias::bf16", bias::<bf16, bf16>);
    suite.trial("mm_bf16::bias::f32", bias::<bf16, f32>);
    suite.trial("mm_f16::bias::f16", bias::<f16, f16>);
    suite.trial("mm_f16::bias::f32", bias::<f16, f32>);
}

/// The operations of an element type.
pub trait Ops<O: Float>: GemmOutput<O> + Value {
    fn bmm_into(
        stream: &Stream,
        a: &TensorView<'_, Self>,
        b: &TensorView<'_, Self>,
        c: &mut TensorViewMut<'_, O>,
    ) -> Result<()>;
    fn bmm(stream: &Stream, a: &Tensor<Self>, b: &Tensor<Self>) -> Result<Tensor<O>>;
    fn mm_into(
        stream: &Stream,
        a: &TensorView<'_, Self>,
        b: &TensorView<'_, Self>,
        c: &mut TensorViewMut<'_, O>,
        options: &MmOptions<'_, O::Addend>,
    ) -> Result<()>;
    fn mm(
        stream: &Stream,
        operands: [&Tensor<Self>; 2],
        options: &MmOptions<'_, O::Addend>,
    ) -> Result<Tensor<O>>;
}

macro_rules! ops {
    ($($type:ty: $bmm:ident $bmm_into:ident $mm:ident $mm_into:ident;)*) => { $(
        impl<O: Float> Ops<O> for $type
        where
            $type: GemmOutput<O>,
        {
            fn bmm_into(
                stream: &Stream,
                a: &TensorView<'_, Self>,
                b: &TensorView<'_, Self>,
                c: &mut TensorViewMut<'_, O>,
            ) -> Result<()> {
                $bmm_into(stream, a, b, c)
            }
            fn bmm(stream: &Stream, a: &Tensor<Self>, b: &Tensor<Self>) -> Result<Tensor<O>> {
                $bmm(stream, a, b)
            }
            fn mm_into(
                stream: &Stream,
                a: &TensorView<'_, Self>,
                b: &TensorView<'_, Self>,
                c: &mut TensorViewMut<'_, O>,
                options: &MmOptions<'_, O::Addend>,
            ) -> Result<()> {
                $mm_into(stream, a, b, c, options)
            }
            fn mm(
                stream: &Stream,
                [a, b]: [&Tensor<Self>; 2],
                options: &MmOptions<'_, O::Addend>,
            ) -> Result<Tensor<O>> {
                $mm(stream, a, b, options)
            }
        }
    )* };
}

ops! {
    bf16: bmm_bf16 bmm_bf16_into mm_bf16 mm_bf16_into;
    f16: bmm_f16 bmm_f16_into mm_f16 mm_f16_into;
}

#[derive(Clone, Copy, Debug)]
struct Case {
    batch: usize,
    shape: [usize; 3],
    /// Of A, B and C.
    frames: [Frame; 3],
    values: Values,
    seed: u64,
}

impl Case {
    fn plain(batch: usize, shape: [usize; 3]) -> Self {
        Self {
            batch,
            shape,
            frames: [Frame::NONE; 3],
            values: Values::Whole,
            seed: 1,
        }
    }

    /// A and B.
    fn operands<T: Value>(&self) -> [Vec<T>; 2] {
        let (batch, [m, n, k]) = (self.batch, self.shape);
        [
            self.values.draw(batch * m * k, self.seed),
            self.values.draw(batch * n * k, self.seed ^ 1),
        ]
    }
}

fn cases(batches: impl Strategy<Value = usize>) -> impl Strategy<Value = Case> {
    let length = || {
        prop_oneof![
            4 => 0..20usize,
            3 => (0..9usize).prop_map(|packs| 8 * packs),
            1 => 30..36usize,
            1 => 126..131usize,
        ]
    };
    let shape = [length().boxed(), length().boxed(), length().boxed()];
    let values = prop_oneof![Just(Values::Whole), Just(Values::WholeAndNot)];
    let case = (batches, shape, product_frames(), values, any::<u64>());
    case.prop_map(|(batch, shape, frames, values, seed)| Case {
        batch,
        shape,
        frames,
        values,
        seed,
    })
}

fn exact<T: Ops<O>, O: Value>(context: &Context) -> Outcome {
    let mut kept = vec![
        Case::plain(0, [8, 8, 8]),
        Case::plain(3, [0, 8, 8]),
        Case::plain(3, [40, 8, 0]),
        Case::plain(3, [130, 136, 72]),
        Case::plain(2, [33, 9, 7]),
        Case {
            frames: [Frame::PADDED; 3],
            ..Case::plain(3, [33, 9, 7])
        },
    ];
    kept.extend(context.real(vec![
        Case::plain(17, [200, 520, 264]),
        Case::plain(70001, [33, 8, 8]),
        Case::plain(70001, [3, 5, 7]),
    ]));
    context.check(4, kept, &cases(0..4usize), |case| {
        let (batch, [m, n, k], [a, b]) = (case.batch, case.shape, case.operands::<T>());
        let library = |stream: &Stream| {
            let a = Tensor::from_slice(stream, &a, &[batch, m, k])?;
            let b = Tensor::from_slice(stream, &b, &[batch, n, k])?;
            Ok(widen::<O>(&T::bmm(stream, &a, &b)?.to_vec()?))
        };
        let want = context.oracle(library, || naive::bmm(&a, &b, [batch, m, n, k]))?;
        let (stream, [a_frame, b_frame, c_frame]) = (&context.stream, case.frames);
        let a = Framed::new(stream, &[batch, m, k], a_frame, &a)?;
        let b = Framed::new(stream, &[batch, n, k], b_frame, &b)?;
        let mut c = Framed::<O>::poisoned(stream, &[batch, m, n], c_frame)?;
        T::bmm_into(stream, &a.view()?, &b.view()?, &mut c.view_mut()?)?;
        Ok(close("c", &c.elements()?, &want, |_| Bound::EQUAL)?)
    })
}

/// Products of one matrix, with a bias.
fn bias<T: Ops<O>, O: Value + Float<Addend = O>>(context: &Context) -> Outcome {
    let kept = vec![
        Case::plain(1, [5, 24, 0]),
        Case::plain(1, [130, 136, 72]),
        Case::plain(1, [17, 9, 7]),
    ];
    context.check(4, kept, &cases(Just(1)), |case| {
        let bias: Vec<O> = Values::Whole.draw(case.shape[1], case.seed ^ 2);
        let (got, want) = biased::<T, O>(context, case, &bias)?;
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

fn with_bias<O>(bias: TensorView<'_, O>) -> MmOptions<'_, O> {
    MmOptions {
        bias: Some(bias),
        ..MmOptions::default()
    }
}

/// The backend's product with a bias, and what it should be.
fn biased<T: Ops<O>, O: Value + Float<Addend = O>>(
    context: &Context,
    case: &Case,
    bias: &[O],
) -> std::result::Result<(Vec<O>, Vec<f64>), TestCaseError> {
    let ([m, n, k], [a, b]) = (case.shape, case.operands::<T>());
    let library = |stream: &Stream| {
        let a = Tensor::from_slice(stream, &a, &[m, k])?;
        let b = Tensor::from_slice(stream, &b, &[n, k])?;
        let bias = Tensor::from_slice(stream, bias, &[n])?;
        let options = with_bias(bias.view());
        Ok(widen::<O>(&T::mm(stream, [&a, &b], &options)?.to_vec()?))
    };
    let naive = || {
        let mut c = naive::mm(&a, &b, [m, n, k]);
        for (i, c) in c.iter_mut().enumerate() {
            *c += bias[i % n].to_f64();
        }
        c
    };
    let want = context.oracle(library, naive)?;
    let (stream, [a_frame, b_frame, c_frame]) = (&context.stream, case.frames);
    let a = Framed::new(stream, &[m, k], a_frame, &a)?;
    let b = Framed::new(stream, &[n, k], b_frame, &b)?;
    let bias = Tensor::from_slice(stream, bias, &[n])?;
    let options = with_bias(bias.view());
    let mut c = Framed::<O>::poisoned(stream, &[m, n], c_frame)?;
    let (a, b) = (a.view()?, b.view()?);
    T::mm_into(stream, &a, &b, &mut c.view_mut()?, &options)?;
    Ok((c.elements()?, want))
}

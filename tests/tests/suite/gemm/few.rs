//! Products of few rows: `tgv_gemm`, and `mm` and `bmm` where Hopper swaps rows and columns and blocks share K.
//!
//! Whole numbers make sums that are exact in any order. Each runs twice, and the results are the same bits.

use gatewarp::gemm::{GemmOutput, TgvOptions, mm_into, tgv_gemm, tgv_gemm_into};
use gatewarp::{Result, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, Similarity, bits, close, similar, widen};
use gatewarp_tests::frame::{Frame, Framed, product_frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("tgv_gemm::exact::bf16", biased::<bf16>);
    suite.trial("tgv_gemm::exact::f16", biased::<f16>);
    suite.trial("tgv_gemm::rounded::bf16", rounded::<bf16>);
    suite.trial("tgv_gemm::rounded::f16", rounded::<f16>);
    suite.trial("tgv_gemm::allocating_form", allocating_form);
    suite.trial("mm::few::bf16_bf16", plain::<bf16, bf16>);
    suite.trial("mm::few::bf16_f32", plain::<bf16, f32>);
    suite.trial("mm::few::f16_f16", plain::<f16, f16>);
    suite.trial("mm::few::f16_f32", plain::<f16, f32>);
}

/// M, N and K around the tiles of few rows: one block, many that share K, several tiles for each of them.
pub const SHAPES: [[usize; 3]; 13] = [
    [1, 136, 1040],
    [3, 264, 528],
    [8, 128, 1024],
    [16, 1160, 1024],
    [17, 136, 1040],
    [31, 72, 144],
    [32, 392, 400],
    [33, 24, 1024],
    [40, 520, 272],
    [63, 16, 16],
    [64, 136, 1024],
    [65, 136, 272],
    [130, 264, 144],
];

/// Those of real models.
pub const REAL_SHAPES: [[usize; 3]; 9] = [
    [1, 4096, 4096],
    [8, 2112, 7168],
    [16, 7168, 2048],
    [32, 576, 7168],
    [33, 1280, 2880],
    [64, 14336, 1024],
    [64, 4096, 7168],
    [128, 2880, 1024],
    [256, 3072, 1536],
];

#[derive(Clone, Copy, Debug)]
struct Case {
    shape: [usize; 3],
    /// Of A, B and C.
    frames: [Frame; 3],
    values: Values,
    has_bias: bool,
    seed: u64,
}

impl Case {
    fn plain(shape: [usize; 3]) -> Self {
        Self {
            shape,
            frames: [Frame::NONE; 3],
            values: Values::Whole,
            has_bias: true,
            seed: 1,
        }
    }
}

/// The shapes above, and on a GPU the real ones.
fn kept(context: &Context) -> Vec<Case> {
    let mut kept: Vec<_> = SHAPES.into_iter().map(Case::plain).collect();
    kept.extend(context.real(REAL_SHAPES.into_iter().map(Case::plain).collect()));
    let padded = |shape| Case {
        frames: [Frame::PADDED; 3],
        ..Case::plain(shape)
    };
    kept.extend([[3, 133, 523], [40, 77, 139]].map(padded));
    kept
}

fn cases(values: Values) -> impl Strategy<Value = Case> {
    let rows = prop_oneof![3 => 1..18usize, 1 => 30..66usize];
    let packs = |most: usize| (0..most).prop_map(|packs| 8 * packs);
    let length = prop_oneof![3 => packs(40), 1 => 0..150usize];
    let k = prop_oneof![3 => packs(80), 1 => 0..150usize];
    let case = (
        rows,
        length,
        k,
        product_frames(),
        any::<bool>(),
        any::<u64>(),
    );
    case.prop_map(move |(m, n, k, frames, has_bias, seed)| Case {
        shape: [m, n, k],
        frames,
        values,
        has_bias,
        seed,
    })
}

/// The operands and the bias of a case.
struct Inputs<T> {
    a: Vec<T>,
    b: Vec<T>,
    bias: Option<Vec<T>>,
}

impl<T: Value> Inputs<T> {
    fn of(case: &Case) -> Self {
        let ([m, n, k], seed) = (case.shape, case.seed);
        Self {
            a: case.values.draw(m * k, seed),
            b: case.values.draw(n * k, seed ^ 1),
            bias: case.has_bias.then(|| Values::Whole.draw(n, seed ^ 2)),
        }
    }

    /// The definition.
    fn naive(&self, [m, n, k]: [usize; 3]) -> Vec<f64> {
        let mut c = naive::mm(&self.a, &self.b, [m, n, k]);
        for (i, c) in c.iter_mut().enumerate() {
            *c += self.bias.as_ref().map_or(0.0, |bias| bias[i % n].to_f64());
        }
        c
    }
}

/// What `tgv_gemm` gives in the case's frames, the same each time.
fn tgv<T: GemmOutput<T> + Value>(
    context: &Context,
    case: &Case,
    inputs: &Inputs<T>,
) -> std::result::Result<Vec<T>, TestCaseError> {
    let (stream, [m, n, k]) = (&context.stream, case.shape);
    let a = Framed::new(stream, &[m, k], case.frames[0], &inputs.a)?;
    let b = Framed::new(stream, &[n, k], case.frames[1], &inputs.b)?;
    let bias = inputs.bias.as_ref();
    let bias = bias
        .map(|bias| Tensor::from_slice(stream, bias, &[n]))
        .transpose()?;
    let mut results = Vec::new();
    for (pdl, constant_b) in [(false, false), (true, false), (true, true)] {
        let mut c = Framed::<T>::poisoned(stream, &[m, n], case.frames[2])?;
        let bias = bias.as_ref().map(Tensor::view);
        let options = TgvOptions {
            bias,
            pdl,
            constant_b,
        };
        tgv_gemm_into(stream, &a.view()?, &b.view()?, &mut c.view_mut()?, &options)?;
        results.push(c.elements()?);
    }
    bits("again", &results[1], &results[0])?;
    bits("of weights read early", &results[2], &results[0])?;
    Ok(results.swap_remove(0))
}

fn biased<T: GemmOutput<T> + Value>(context: &Context) -> Outcome {
    context.check(4, kept(context), &cases(Values::Whole), |case| {
        let inputs = Inputs::<T>::of(case);
        let got = tgv(context, case, &inputs)?;
        let library = |stream: &Stream| Ok(widen(&contiguous(stream, case, &inputs)?));
        let want = context.oracle(library, || inputs.naive(case.shape))?;
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

fn rounded<T: GemmOutput<T> + Value>(context: &Context) -> Outcome {
    let ordinary = |shape| Case {
        values: Values::Ordinary,
        ..Case::plain(shape)
    };
    let mut kept = vec![ordinary([16, 136, 1040])];
    kept.extend(context.real(REAL_SHAPES.into_iter().map(ordinary).collect()));
    context.check(3, kept, &cases(Values::Ordinary), |case| {
        let inputs = Inputs::<T>::of(case);
        let got = tgv(context, case, &inputs)?;
        let library = |stream: &Stream| Ok(widen(&contiguous(stream, case, &inputs)?));
        let want = context.oracle(library, || inputs.naive(case.shape))?;
        let allowed = Similarity::rounded::<T>(1);
        Ok(similar("c", &got, &want, case.shape[1], allowed)?)
    })
}

fn contiguous<T: GemmOutput<T> + Value>(
    stream: &Stream,
    case: &Case,
    inputs: &Inputs<T>,
) -> Result<Vec<T>> {
    let [m, n, k] = case.shape;
    let a = Tensor::from_slice(stream, &inputs.a, &[m, k])?;
    let b = Tensor::from_slice(stream, &inputs.b, &[n, k])?;
    let bias = inputs.bias.as_ref();
    let bias = bias
        .map(|bias| Tensor::from_slice(stream, bias, &[n]))
        .transpose()?;
    let bias = bias.as_ref().map(Tensor::view);
    let options = TgvOptions {
        bias,
        ..TgvOptions::default()
    };
    tgv_gemm(stream, &a, &b, &options)?.to_vec()
}

fn allocating_form(context: &Context) -> Outcome {
    let case = Case::plain([5, 16, 24]);
    let inputs = Inputs::<f16>::of(&case);
    let c = contiguous(&context.stream, &case, &inputs)?;
    close("c", &c, &inputs.naive(case.shape), |_| Bound::EQUAL)?;
    Ok(())
}

/// `mm` of the same shapes, to each type; twice the same.
fn plain<T: GemmOutput<O> + Value, O: Value>(context: &Context) -> Outcome {
    context.check(0, kept(context), &Just(Case::plain([1, 1, 1])), |case| {
        let [m, n, k] = case.shape;
        let inputs = Inputs::<T>::of(case);
        let product = |stream: &Stream| {
            let a = Tensor::from_slice(stream, &inputs.a, &[m, k])?;
            let b = Tensor::from_slice(stream, &inputs.b, &[n, k])?;
            let mut c = Framed::<O>::poisoned(stream, &[m, n], Frame::NONE)?;
            mm_into(stream, &a, &b, &mut c.view_mut()?)?;
            Result::Ok(c)
        };
        let got = product(&context.stream)?.elements()?;
        bits("again", &product(&context.stream)?.elements()?, &got)?;
        let want = match context.kind {
            Kind::Cpu => naive::mm(&inputs.a, &inputs.b, case.shape),
            Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu)?.elements()?),
        };
        Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
    })
}

//! `fp8_blockscale_gemm`: both scalings of weights, both orders of scales, activations in FP8 and in floats.
//!
//! Scales are powers of two, so that sums of whole numbers stay exact.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{
    Fp8Output, MmOptions, fp8_blockscale_gemm, fp8_blockscale_gemm_into,
    fp8_blockscale_gemm_workspace,
};
use gatewarp::quantize::{
    Fp8Options, Fp8Scaled, Fp8Scaling, Fp8View, ScaleMajor, ScaleRounding, fp8_quantize_1x128,
    fp8_quantize_128x128,
};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, bits, close, distance, widen};
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use libtest_mimic::Failed;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_blockscale_gemm::exact::bf16", exact::<bf16>);
    suite.trial("fp8_blockscale_gemm::exact::f16", exact::<f16>);
    suite.trial("fp8_blockscale_gemm::exact::f32", exact::<f32>);
    suite.trial("fp8_blockscale_gemm::tiles", tiles);
    suite.trial("fp8_blockscale_gemm::quantises", quantises);
    suite.trial("fp8_blockscale_gemm::near_the_product", near_the_product);
}

#[derive(Clone, Copy, Debug)]
struct Case {
    shape: [usize; 3],
    /// Of X, the weight and C.
    frames: [Frame; 3],
    x: ScaleMajor,
    /// Each row's own scales, or those of tiles.
    weight: Option<ScaleMajor>,
    bias: bool,
    seed: u64,
}

impl Case {
    fn plain(shape: [usize; 3], weight: Option<ScaleMajor>) -> Self {
        Self {
            shape,
            frames: [Frame::NONE; 3],
            x: ScaleMajor::Mn,
            weight,
            bias: true,
            seed: 1,
        }
    }

    /// The same shape with each kind of scales.
    fn all(shape: [usize; 3]) -> [Self; 3] {
        let weights = [None, Some(ScaleMajor::K), Some(ScaleMajor::Mn)];
        weights.map(|weight| Self::plain(shape, weight))
    }
}

/// Scales of an operand: of the test's own, rows by blocks.
struct Scales {
    values: Vec<f32>,
    /// Rows that share one.
    shared: usize,
    blocks: usize,
}

impl Scales {
    /// Powers of two.
    fn draw(rows: usize, shared: usize, k: usize, seed: u64) -> Self {
        let blocks = k.div_ceil(128);
        let exponents: Vec<f32> = Values::Whole.draw(rows.div_ceil(shared) * blocks, seed);
        Self {
            values: exponents.into_iter().map(f32::exp2).collect(),
            shared,
            blocks,
        }
    }

    fn at(&self, row: usize, element: usize) -> f64 {
        self.values[row / self.shared * self.blocks + element / 128].into()
    }

    /// In memory, in this order; padding is NaN, which nobody may read.
    fn lay_out(&self, major: Option<ScaleMajor>) -> Vec<f32> {
        if major != Some(ScaleMajor::Mn) {
            return self.values.clone();
        }
        let rows = self.values.len().checked_div(self.blocks).unwrap_or(0);
        let padded = rows.next_multiple_of(4);
        let mut out = vec![f32::NAN; self.blocks * padded];
        for (i, &scale) in self.values.iter().enumerate() {
            out[i % self.blocks * padded + i / self.blocks] = scale;
        }
        out
    }
}

struct Inputs<O> {
    x: Vec<E4m3>,
    weight: Vec<E4m3>,
    x_scales: Scales,
    weight_scales: Scales,
    bias: Option<Vec<O>>,
}

impl<O: Value> Inputs<O> {
    fn of(case: &Case) -> Self {
        let ([m, n, k], seed) = (case.shape, case.seed);
        let shared = if case.weight.is_some() { 1 } else { 128 };
        Self {
            x: Values::Whole.draw(m * k, seed),
            weight: Values::Whole.draw(n * k, seed ^ 1),
            x_scales: Scales::draw(m, 1, k, seed ^ 2),
            weight_scales: Scales::draw(n, shared, k, seed ^ 3),
            bias: case.bias.then(|| Values::Whole.draw(n, seed ^ 4)),
        }
    }

    fn naive(&self, case: &Case) -> Vec<f64> {
        let x = (&self.x[..], |i, l| self.x_scales.at(i, l));
        let weight = (&self.weight[..], |j, l| self.weight_scales.at(j, l));
        let mut c = naive::scaled_mm(x, weight, case.shape);
        for (i, c) in c.iter_mut().enumerate() {
            *c += match &self.bias {
                Some(bias) => bias[i % case.shape[1]].to_f64(),
                None => 0.0,
            };
        }
        c
    }
}

/// The library's result, in the case's frames.
fn product<O: Fp8Output + Value>(
    stream: &Stream,
    case: &Case,
    inputs: &Inputs<O>,
) -> std::result::Result<Vec<O>, TestCaseError> {
    let ([m, n, k], [x_frame, weight_frame, c_frame]) = (case.shape, case.frames);
    let vector = |vector: Vec<f32>| Tensor::from_slice(stream, &vector, &[vector.len()]);
    let x_scales = vector(inputs.x_scales.lay_out(Some(case.x)))?;
    let weight_scales = vector(inputs.weight_scales.lay_out(case.weight))?;
    let bias = inputs.bias.as_ref();
    let bias = bias.map(|bias| Tensor::from_slice(stream, bias, &[n]));
    let bias = bias.transpose()?;
    let x = Framed::new(stream, &[m, k], x_frame, &inputs.x)?;
    let weight = Framed::new(stream, &[n, k], weight_frame, &inputs.weight)?;
    let mut c = Framed::<O>::poisoned(stream, &[m, n], c_frame)?;
    let x = Fp8View {
        data: x.view()?,
        scales: x_scales.view(),
        scaling: Fp8Scaling::Groups1x128(case.x),
    };
    let tiles = Fp8Scaling::Tiles128x128;
    let weight = Fp8View {
        data: weight.view()?,
        scales: weight_scales.view(),
        scaling: case.weight.map_or(tiles, Fp8Scaling::Groups1x128),
    };
    let bias = bias.as_ref().map(Tensor::view);
    let mut workspace = Tensor::zeros(stream, &[fp8_blockscale_gemm_workspace(x)])?;
    let (c_view, options) = (&mut c.view_mut()?, MmOptions { bias });
    fp8_blockscale_gemm_into(stream, x, weight, &mut workspace, c_view, &options)?;
    Ok(c.elements()?)
}

fn check<O: Fp8Output + Value>(
    context: &Context,
    case: &Case,
) -> std::result::Result<(), TestCaseError> {
    let inputs = Inputs::<O>::of(case);
    let got = product(&context.stream, case, &inputs)?;
    let want = match context.kind {
        Kind::Cpu => inputs.naive(case),
        Kind::Simulator | Kind::Cuda => widen(&product(&context.cpu, case, &inputs)?),
    };
    Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
}

fn exact<O: Fp8Output + Value>(context: &Context) -> Outcome {
    let shapes = [
        [0, 16, 16],
        [16, 0, 16],
        [4, 5, 0],
        [1, 33, 17],
        [7, 144, 272],
    ];
    let mut kept: Vec<_> = shapes.into_iter().flat_map(Case::all).collect();
    kept.extend(context.real(Case::all([129, 528, 2048]).to_vec()));
    kept.extend(context.real(Case::all([1000, 4096, 528]).to_vec()));
    context.check(3, kept, &cases(), |case| check::<O>(context, case))
}

/// Lengths around the tiles' edges, that tensor copies can move and not.
fn tiles(context: &Context) -> Outcome {
    let rows = [1, 63, 65, 129];
    let shapes = rows
        .into_iter()
        .flat_map(|m| [[m, 272, 400], [m, 137, 141]]);
    let kept = shapes.flat_map(Case::all).collect();
    context.check(0, kept, &cases(), |case| check::<bf16>(context, case))
}

/// Activations in floats: the same bits as the quantiser and the product, one after the other.
fn quantises(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    for [m, n, k] in [
        [0, 16, 16],
        [4, 16, 0],
        [1, 33, 17],
        [5, 48, 272],
        [130, 144, 48],
    ] {
        let x = Tensor::from_slice(stream, &Values::Ordinary.draw::<f16>(m * k, 1), &[m, k])?;
        let weight = Values::Ordinary.draw::<f16>(n * k, 2);
        let weight = Tensor::from_slice(stream, &weight, &[n, k])?;
        let weight: Fp8Scaled = fp8_quantize_128x128(stream, &weight, ScaleRounding::Nearest)?;
        let none = MmOptions::<f32>::default();
        let got = fp8_blockscale_gemm(stream, &x, &weight, &none)?.to_vec()?;
        for major in [ScaleMajor::K, ScaleMajor::Mn] {
            let x: Fp8Scaled = fp8_quantize_1x128(stream, &x, major, &options)?;
            // In memory as a workspace has it, so that the same kernel multiplies.
            let frame = Frame::new(0, 0, 0, k.next_multiple_of(16) - k);
            let codes = Framed::new(stream, &[m, k], frame, &x.data.to_vec()?)?;
            let view = Fp8View {
                data: codes.view()?,
                ..x.view()
            };
            let want = fp8_blockscale_gemm(stream, view, &weight, &none)?.to_vec()?;
            bits("c", &got, &want)?;
        }
    }
    Ok(())
}

/// As near as three bits of mantissa on both sides let it be.
fn near_the_product(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let (m, n, k) = (40, 48, context.size(400, 4096));
    let x = Values::Ordinary.draw::<bf16>(m * k, 1);
    let weight = Values::Ordinary.draw::<bf16>(n * k, 2);
    let want = naive::mm(&x, &weight, [m, n, k]);
    let x = Tensor::from_slice(stream, &x, &[m, k])?;
    let weight = Tensor::from_slice(stream, &weight, &[n, k])?;
    let tiles: Fp8Scaled = fp8_quantize_128x128(stream, &weight, ScaleRounding::Nearest)?;
    let rows: Fp8Scaled = fp8_quantize_1x128(stream, &weight, ScaleMajor::K, &options)?;
    for weight in [&tiles, &rows] {
        let c = fp8_blockscale_gemm(stream, &x, weight, &MmOptions::<bf16>::default())?;
        let distance = distance(&c.to_vec()?, &want);
        if distance > 2e-3 {
            return Err(Failed::from(format!("distance {distance:e}")));
        }
    }
    Ok(())
}

/// Shapes that tensor copies can move, and others.
fn cases() -> impl Strategy<Value = Case> {
    let any_length = || prop_oneof![4 => 0..20usize, 1 => 30..36usize, 1 => 126..131usize];
    let sixteens = |most: usize| (0..most).prop_map(|count| 16 * count);
    let any_shape = (any_length(), any_length(), 0..400usize);
    let any_frames = [frames().boxed(), frames().boxed(), frames().boxed()];
    let aligned = || prop_oneof![Just(Frame::NONE), Just(Frame::new(1, 1, 16, 16))];
    let aligned_frames = [aligned().boxed(), aligned().boxed(), aligned().boxed()];
    let shapes = prop_oneof![
        1 => (any_shape, any_frames),
        2 => ((any_length(), sixteens(18), sixteens(30)), aligned_frames),
    ];
    let major = || prop_oneof![Just(ScaleMajor::K), Just(ScaleMajor::Mn)];
    let weight = prop_oneof![Just(None), major().prop_map(Some)];
    let case = (shapes, major(), weight, any::<bool>(), any::<u64>());
    case.prop_map(|(((m, n, k), frames), x, weight, bias, seed)| Case {
        shape: [m, n, k],
        frames,
        x,
        weight,
        bias,
        seed,
    })
}

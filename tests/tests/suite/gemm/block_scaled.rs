//! `fp8_blockscale_gemm` of FP8: both scalings of weights, both orders of scales.
//!
//! Scales are powers of two, so that sums of whole numbers stay exact.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{
    Fp8Output, MmOptions, fp8_blockscale_gemm_into, fp8_blockscale_gemm_workspace,
};
use gatewarp::heuristics::hopper_gemm::Sums;
use gatewarp::quantize::{Fp8Scaling, Fp8View, ScaleMajor};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, close, widen};
use gatewarp_tests::frame::{Frame, Framed, product_frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_blockscale_gemm::exact::bf16", exact::<bf16>);
    suite.trial("fp8_blockscale_gemm::exact::f16", exact::<f16>);
    suite.trial("fp8_blockscale_gemm::exact::f32", exact::<f32>);
    suite.trial("fp8_blockscale_gemm::tiles", tiles);
    suite.trial("fp8_blockscale_gemm::few", few);
}

/// A product.
#[derive(Clone, Copy, Debug)]
pub struct Case {
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
    /// Where its sums are kept.
    pub fn sums(&self) -> Sums {
        match self.weight {
            Some(_) => Sums::Scaled1x128,
            None => Sums::Scaled128x128,
        }
    }

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
    pub fn all(shape: [usize; 3]) -> [Self; 3] {
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

/// Everything that goes in, but the frames.
pub struct Inputs<O> {
    x: Vec<E4m3>,
    weight: Vec<E4m3>,
    x_scales: Scales,
    weight_scales: Scales,
    bias: Option<Vec<O>>,
}

impl<O: Value> Inputs<O> {
    pub fn of(case: &Case) -> Self {
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

    pub fn naive(&self, case: &Case) -> Vec<f64> {
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
pub fn product<O: Fp8Output<Addend = O> + Value>(
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
    let options = MmOptions {
        bias,
        constant_b: case.weight.is_none(),
        ..MmOptions::default()
    };
    let c_view = &mut c.view_mut()?;
    fp8_blockscale_gemm_into(stream, x, weight, &mut workspace, c_view, &options)?;
    Ok(c.elements()?)
}

fn check<O: Fp8Output<Addend = O> + Value>(
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

fn exact<O: Fp8Output<Addend = O> + Value>(context: &Context) -> Outcome {
    let shapes = [
        [0, 16, 16],
        [16, 0, 16],
        [4, 5, 0],
        [1, 33, 17],
        [7, 144, 272],
    ];
    let mut kept: Vec<_> = shapes.into_iter().flat_map(Case::all).collect();
    let padded = |case| Case {
        frames: [Frame::PADDED; 3],
        ..case
    };
    kept.extend(Case::all([7, 133, 141]).map(padded));
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

/// Few rows, by blocks that share K.
fn few(context: &Context) -> Outcome {
    let shapes = [
        [1, 144, 2064],
        [9, 272, 1040],
        [16, 1168, 2048],
        [31, 48, 528],
        [40, 400, 1040],
        [64, 144, 2048],
    ];
    let mut kept: Vec<_> = shapes.into_iter().flat_map(Case::all).collect();
    let real = [[8, 2112, 7168], [33, 7168, 2048], [64, 576, 7168]];
    kept.extend(context.real(real.into_iter().flat_map(Case::all).collect()));
    context.check(0, kept, &cases(), |case| check::<bf16>(context, case))
}

/// Shapes that tensor copies can move, and others.
fn cases() -> impl Strategy<Value = Case> {
    let any_length = || prop_oneof![4 => 0..20usize, 1 => 30..36usize, 1 => 126..131usize];
    let sixteens = |most: usize| (0..most).prop_map(|count| 16 * count);
    let any_shape = (any_length(), any_length(), 0..400usize);
    let aligned = || prop_oneof![Just(Frame::NONE), Just(Frame::new(1, 1, 16, 16))];
    let aligned_frames = [aligned().boxed(), aligned().boxed(), aligned().boxed()];
    let shapes = prop_oneof![
        1 => (any_shape, product_frames()),
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

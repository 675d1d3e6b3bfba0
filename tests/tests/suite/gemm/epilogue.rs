//! Epilogues: activations, residuals and a scale of C, of every kind of product, any M, N, K, any frame.
//!
//! Whole numbers and scales that are powers of two make sums exact, and with them everything but the smooth activations.

use gatewarp::activation::ActivationType;
use gatewarp::element::Float;
use gatewarp::formats::{E4m3, E5m2};
use gatewarp::gemm::{
    Accumulation, Epilogue, Fp8Gemm, Fp8Output, GemmOutput, GemmProblem, MmFp8Options, MmOptions,
    Sums, Tuner, bmm_fp8_into, fp8_blockscale_gemm_into, mm_fp8_into,
};
use gatewarp::heuristics::hopper_gemm::HopperTile;
use gatewarp::quantize::{Fp8Code, Fp8Scaling, Fp8View, ScaleMajor};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed, product_frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use libtest_mimic::Failed;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseError;

use super::batched::Ops;
use super::tuner::plans;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("epilogue::mm::bf16_bf16", any_case::<Plain<bf16, bf16>>);
    suite.trial("epilogue::mm::bf16_f32", any_case::<Plain<bf16, f32>>);
    suite.trial("epilogue::mm::f16_f16", any_case::<Plain<f16, f16>>);
    suite.trial("epilogue::mm::f16_f32", any_case::<Plain<f16, f32>>);
    suite.trial("epilogue::mm_fp8::bf16", any_case::<Fp8<E4m3, E4m3, bf16>>);
    suite.trial("epilogue::mm_fp8::f16", any_case::<Fp8<E4m3, E4m3, f16>>);
    suite.trial("epilogue::mm_fp8::f32", any_case::<Fp8<E4m3, E4m3, f32>>);
    suite.trial("epilogue::mm_fp8::e4m3", any_case::<Fp8<E4m3, E4m3, E4m3>>);
    suite.trial(
        "epilogue::mm_fp8::e4m3_e5m2",
        any_case::<Fp8<E4m3, E5m2, E4m3>>,
    );
    suite.trial(
        "epilogue::mm_fp8::e5m2_e4m3",
        any_case::<Fp8<E5m2, E4m3, bf16>>,
    );
    suite.trial("epilogue::blocks::bf16", any_case::<Blocks<bf16>>);
    suite.trial("epilogue::blocks::f16", any_case::<Blocks<f16>>);
    suite.trial("epilogue::blocks::f32", any_case::<Blocks<f32>>);
    suite.trial("epilogue::blocks::e4m3", any_case::<Blocks<E4m3>>);
    suite.trial(
        "epilogue::every_plan::bf16_bf16",
        every_plan::<Plain<bf16, bf16>>,
    );
    suite.trial(
        "epilogue::every_plan::bf16_f32",
        every_plan::<Plain<bf16, f32>>,
    );
    suite.trial(
        "epilogue::every_plan::f16_f16",
        every_plan::<Plain<f16, f16>>,
    );
    suite.trial(
        "epilogue::every_plan::f16_f32",
        every_plan::<Plain<f16, f32>>,
    );
    suite.trial(
        "epilogue::every_plan::fp8_bf16",
        every_plan::<Fp8<E4m3, E4m3, bf16>>,
    );
    suite.trial(
        "epilogue::every_plan::fp8_f16",
        every_plan::<Fp8<E4m3, E4m3, f16>>,
    );
    suite.trial(
        "epilogue::every_plan::fp8_f32",
        every_plan::<Fp8<E4m3, E4m3, f32>>,
    );
    suite.trial(
        "epilogue::every_plan::fp8_e4m3",
        every_plan::<Fp8<E4m3, E4m3, E4m3>>,
    );
    suite.trial(
        "epilogue::every_plan::blocks_bf16",
        every_plan::<Blocks<bf16>>,
    );
    suite.trial(
        "epilogue::every_plan::blocks_f16",
        every_plan::<Blocks<f16>>,
    );
    suite.trial(
        "epilogue::every_plan::blocks_f32",
        every_plan::<Blocks<f32>>,
    );
    suite.trial(
        "epilogue::every_plan::blocks_e4m3",
        every_plan::<Blocks<E4m3>>,
    );
}

/// The tiles that there are kernels with an epilogue for; of some types not all.
const TILES: [HopperTile; 12] = [
    HopperTile::Few16,
    HopperTile::Few32,
    HopperTile::Few64,
    HopperTile::T64x48,
    HopperTile::T64x64,
    HopperTile::T64x80,
    HopperTile::T64x128,
    HopperTile::T128x128,
    HopperTile::Turns128x128,
    HopperTile::T64x256,
    HopperTile::T128x192,
    HopperTile::T128x256,
];

#[derive(Clone, Copy, Debug)]
struct Case {
    /// Matrices, of a batch of FP8.
    batch: Option<usize>,
    shape: [usize; 3],
    /// Of A, B, C and the residual.
    frames: [Frame; 4],
    activation: ActivationType,
    has_bias: bool,
    has_residual: bool,
    /// C's, as a power of two.
    scale: Option<i8>,
    accumulation: Accumulation,
    /// Whether each row of B has scales of its own, where blocks have.
    each: bool,
    seed: u64,
}

impl Case {
    /// With everything.
    fn plain(shape: [usize; 3]) -> Self {
        Self {
            batch: None,
            shape,
            frames: [Frame::NONE; 4],
            activation: ActivationType::Relu2,
            has_bias: true,
            has_residual: true,
            scale: Some(6),
            accumulation: Accumulation::Fast,
            each: false,
            seed: 1,
        }
    }

    fn matrices(&self) -> usize {
        self.batch.unwrap_or(1)
    }

    /// The shapes of A, B and C.
    fn shapes(&self) -> [Vec<usize>; 3] {
        let [m, n, k] = self.shape;
        [[m, k], [n, k], [m, n]].map(|shape| self.batch.into_iter().chain(shape).collect())
    }

    /// How far a value may be off: nothing, or what activations take in `f32`, which a residual may leave of a sum.
    fn bound<O: Value>(&self, want: &[f64]) -> Bound {
        match self.activation {
            ActivationType::Gelu | ActivationType::Silu => {
                let scale = f64::from(self.scale.unwrap_or(0)).exp2();
                let most = want.iter().fold(4.0 / scale, |most, v| v.abs().max(most));
                Bound {
                    ulps: if O::EPSILON > 1e-5 { 1 } else { 16 },
                    absolute: 2e-6 * most,
                }
            }
            _ => Bound::EQUAL,
        }
    }
}

/// What goes in besides the operands' scales; `D` is what is added.
struct Inputs<A, B, D> {
    a: Vec<A>,
    b: Vec<B>,
    bias: Option<Vec<D>>,
    residual: Option<Vec<D>>,
}

impl<A: Value, B: Value, D: Value> Inputs<A, B, D> {
    fn of(case: &Case) -> Self {
        let ([m, n, k], batch, seed) = (case.shape, case.matrices(), case.seed);
        let draw = |asked: bool, count: usize, seed| {
            let drawn: Vec<D> = Values::Whole.draw(count, seed);
            asked.then_some(drawn)
        };
        Self {
            a: Values::Whole.draw(batch * m * k, seed),
            b: Values::Whole.draw(batch * n * k, seed ^ 1),
            bias: draw(case.has_bias, n, seed ^ 2),
            residual: draw(case.has_residual, batch * m * n, seed ^ 3),
        }
    }

    /// The definition, of scaled sums.
    fn finish(&self, case: &Case, sums: Vec<f64>) -> Vec<f64> {
        let value = |(i, sum): (usize, f64)| {
            let of = |added: &Option<Vec<D>>, i: usize| {
                added.as_ref().map_or(0.0, |added| added[i].to_f64())
            };
            let value = sum + of(&self.bias, i % case.shape[1]);
            let active = naive::activation(case.activation, value, value);
            (active + of(&self.residual, i)) / f64::from(case.scale.unwrap_or(0)).exp2()
        };
        sums.into_iter().enumerate().map(value).collect()
    }
}

/// What epilogues take, on a device.
struct Added<D> {
    bias: Option<Tensor<D>>,
    residual: Option<Framed<D>>,
    scale: Option<Tensor<f32>>,
}

impl<D: Value> Added<D> {
    fn of<A, B>(stream: &Stream, case: &Case, inputs: &Inputs<A, B, D>) -> gatewarp::Result<Self> {
        let [.., c_shape] = case.shapes();
        let bias = inputs.bias.as_ref();
        let residual = inputs.residual.as_ref();
        let scale = case.scale.map(|scale| f32::from(scale).exp2());
        Ok(Self {
            bias: bias
                .map(|bias| Tensor::from_slice(stream, bias, &[bias.len()]))
                .transpose()?,
            residual: residual
                .map(|residual| Framed::new(stream, &c_shape, case.frames[3], residual))
                .transpose()?,
            scale: scale
                .map(|scale| Tensor::from_slice(stream, &[scale], &[1]))
                .transpose()?,
        })
    }

    fn epilogue(&self, activation: ActivationType) -> gatewarp::Result<Epilogue<'_, D>> {
        Ok(Epilogue {
            activation,
            residual: self.residual.as_ref().map(Framed::view).transpose()?,
            out_scale: self.scale.as_ref().map(Tensor::view),
        })
    }

    fn options(&self, activation: ActivationType) -> gatewarp::Result<MmOptions<'_, D>> {
        Ok(MmOptions {
            bias: self.bias.as_ref().map(Tensor::view),
            epilogue: self.epilogue(activation)?,
            constant_b: self.bias.is_none(),
        })
    }
}

type Given<P> = Inputs<<P as Product>::A, <P as Product>::B, <<P as Product>::C as Float>::Addend>;

/// A kind of product.
trait Product {
    type A: Value;
    type B: Value;
    type C: Value + Float<Addend: Value>;

    /// The case, as far as there are such products.
    fn cut(case: Case) -> Case {
        case
    }

    /// Where sums are kept.
    fn sums(case: &Case) -> Sums;

    /// Those of the operands, with their scales.
    fn naive(case: &Case, inputs: &Given<Self>) -> Vec<f64>
    where
        Self: Sized;

    /// The library's result, in the case's frames.
    fn run(
        stream: &Stream,
        case: &Case,
        inputs: &Given<Self>,
    ) -> std::result::Result<Vec<Self::C>, TestCaseError>
    where
        Self: Sized;
}

/// 16-bit floats.
struct Plain<T, O>(std::marker::PhantomData<(T, O)>);

impl<T: Ops<O> + GemmOutput<O>, O: Value + Float<Addend = O>> Product for Plain<T, O> {
    type A = T;
    type B = T;
    type C = O;

    fn cut(case: Case) -> Case {
        Case {
            batch: None,
            ..case
        }
    }

    fn sums(_: &Case) -> Sums {
        Sums::TensorCores
    }

    fn naive(case: &Case, inputs: &Given<Self>) -> Vec<f64> {
        naive::mm(&inputs.a, &inputs.b, case.shape)
    }

    fn run(
        stream: &Stream,
        case: &Case,
        inputs: &Given<Self>,
    ) -> std::result::Result<Vec<O>, TestCaseError> {
        let ([a, b, c], [a_shape, b_shape, c_shape]) = (frames(case), case.shapes());
        let a = Framed::new(stream, &a_shape, a, &inputs.a)?;
        let b = Framed::new(stream, &b_shape, b, &inputs.b)?;
        let mut c = Framed::<O>::poisoned(stream, &c_shape, c)?;
        let added = Added::of(stream, case, inputs)?;
        let options = added.options(case.activation)?;
        T::mm_into(stream, &a.view()?, &b.view()?, &mut c.view_mut()?, &options)?;
        Ok(c.elements()?)
    }
}

/// Scales of A and of B.
const SCALES: [f32; 2] = [2.0, 0.5];

/// FP8, A by one scale and B by one a channel.
struct Fp8<A, B, O>(std::marker::PhantomData<(A, B, O)>);

impl<A: Fp8Gemm<B, O> + Value, B: Fp8Code + Value, O: Fp8Output + Value> Product for Fp8<A, B, O>
where
    O::Addend: Value,
{
    type A = A;
    type B = B;
    type C = O;

    fn sums(case: &Case) -> Sums {
        case.accumulation.into()
    }

    fn naive(case: &Case, inputs: &Given<Self>) -> Vec<f64> {
        let [m, n, k] = case.shape;
        let mut sums = naive::bmm(&inputs.a, &inputs.b, [case.matrices(), m, n, k]);
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum *= f64::from(SCALES[0]) * f64::from(SCALES[i % n % 2]);
        }
        sums
    }

    fn run(
        stream: &Stream,
        case: &Case,
        inputs: &Given<Self>,
    ) -> std::result::Result<Vec<O>, TestCaseError> {
        let ([a, b, c], [a_shape, b_shape, c_shape]) = (frames(case), case.shapes());
        let a = Framed::new(stream, &a_shape, a, &inputs.a)?;
        let b = Framed::new(stream, &b_shape, b, &inputs.b)?;
        let mut c = Framed::<O>::poisoned(stream, &c_shape, c)?;
        let added = Added::of(stream, case, inputs)?;
        let (n, batch) = (case.shape[1], case.matrices());
        let each: Vec<_> = (0..batch * n).map(|i| SCALES[i % n % 2]).collect();
        let a_scale = Tensor::from_slice(stream, &SCALES[..1], &[1])?;
        let b_scale = Tensor::from_slice(stream, &each, &[batch * n])?;
        let options = MmFp8Options {
            a_scale: Some(a_scale.view()),
            b_scale: Some(b_scale.view()),
            bias: added.bias.as_ref().map(Tensor::view),
            epilogue: added.epilogue(case.activation)?,
            accumulation: case.accumulation,
            ..MmFp8Options::default()
        };
        let (a, b, c_view) = (a.view()?, b.view()?, &mut c.view_mut()?);
        match case.batch {
            None => mm_fp8_into(stream, &a, &b, c_view, &options)?,
            Some(_) => bmm_fp8_into(stream, &a, &b, c_view, &options)?,
        }
        Ok(c.elements()?)
    }
}

/// FP8 of blocks with scales.
struct Blocks<O>(std::marker::PhantomData<O>);

impl<O: Fp8Output + Value> Product for Blocks<O>
where
    O::Addend: Value,
{
    type A = E4m3;
    type B = E4m3;
    type C = O;

    fn cut(case: Case) -> Case {
        Case {
            batch: None,
            ..case
        }
    }

    fn sums(case: &Case) -> Sums {
        match case.each {
            true => Sums::Scaled1x128,
            false => Sums::Scaled128x128,
        }
    }

    fn naive(case: &Case, inputs: &Given<Self>) -> Vec<f64> {
        let scale = |_: usize, l: usize| f64::from(SCALES[l / 128 % 2]);
        let (a, b) = ((&inputs.a[..], scale), (&inputs.b[..], scale));
        naive::scaled_mm(a, b, case.shape)
    }

    fn run(
        stream: &Stream,
        case: &Case,
        inputs: &Given<Self>,
    ) -> std::result::Result<Vec<O>, TestCaseError> {
        let ([a, b, c], [m, n, k]) = (frames(case), case.shape);
        let a = Framed::new(stream, &[m, k], a, &inputs.a)?;
        let b = Framed::new(stream, &[n, k], b, &inputs.b)?;
        let mut c = Framed::<O>::poisoned(stream, &[m, n], c)?;
        let added = Added::of(stream, case, inputs)?;
        let scales = |rows: usize| {
            let blocks = k.div_ceil(128);
            let scales: Vec<_> = (0..rows * blocks).map(|i| SCALES[i % blocks % 2]).collect();
            Tensor::from_slice(stream, &scales, &[rows, blocks])
        };
        let groups = Fp8Scaling::Groups1x128(ScaleMajor::K);
        let (scaling, rows) = match case.each {
            true => (groups, n),
            false => (Fp8Scaling::Tiles128x128, n.div_ceil(128)),
        };
        let (a_scales, b_scales) = (scales(m)?, scales(rows)?);
        let x = Fp8View {
            data: a.view()?,
            scales: a_scales.view(),
            scaling: groups,
        };
        let weight = Fp8View {
            data: b.view()?,
            scales: b_scales.view(),
            scaling,
        };
        let mut none = Tensor::zeros(stream, &[0])?;
        let (options, c_view) = (added.options(case.activation)?, &mut c.view_mut()?);
        fp8_blockscale_gemm_into(stream, x, weight, &mut none, c_view, &options)?;
        Ok(c.elements()?)
    }
}

/// Those of A, B and C.
fn frames(case: &Case) -> [Frame; 3] {
    let [a, b, c, _] = case.frames;
    [a, b, c]
}

/// What it should be.
fn want<P: Product>(
    context: &Context,
    case: &Case,
    inputs: &Given<P>,
) -> std::result::Result<Vec<f64>, TestCaseError> {
    Ok(match context.kind {
        Kind::Cpu => inputs.finish(case, P::naive(case, inputs)),
        Kind::Simulator | Kind::Cuda => widen(&P::run(&context.cpu, case, inputs)?),
    })
}

fn any_case<P: Product>(context: &Context) -> Outcome {
    let shapes = [
        [0, 16, 16],
        [16, 0, 16],
        [4, 5, 0],
        [7, 48, 272],
        [130, 144, 272],
    ];
    let mut kept: Vec<_> = shapes.into_iter().map(Case::plain).collect();
    let padded = Case {
        frames: [Frame::PADDED; 4],
        ..Case::plain([7, 133, 141])
    };
    // The residual's rows begin where Hopper's kernels cannot read them.
    let odd = Case {
        frames: [
            Frame::NONE,
            Frame::NONE,
            Frame::NONE,
            Frame::new(1, 1, 3, 2),
        ],
        ..Case::plain([20, 48, 64])
    };
    kept.extend([padded, odd]);
    kept.extend(all_kinds([20, 32, 64]));
    kept.extend(context.real(all_kinds([70, 1040, 2048])));
    kept.extend(context.real(all_kinds([1000, 4096, 528])));
    context.check(3, kept, &cases(), |case| {
        let case = P::cut(*case);
        let inputs = Inputs::of(&case);
        let got = P::run(&context.stream, &case, &inputs)?;
        let want = want::<P>(context, &case, &inputs)?;
        let bound = case.bound::<P::C>(&want);
        Ok(close("c", &got, &want, |_| bound)?)
    })
}

/// Every activation, and each of the others by itself.
fn all_kinds(shape: [usize; 3]) -> Vec<Case> {
    let nothing = Case {
        activation: ActivationType::Identity,
        has_bias: false,
        has_residual: false,
        scale: None,
        ..Case::plain(shape)
    };
    let with_residual = Case {
        has_residual: true,
        ..nothing
    };
    let with_scale = Case {
        scale: Some(-2),
        ..nothing
    };
    let activations = [
        ActivationType::Gelu,
        ActivationType::Relu,
        ActivationType::Silu,
        ActivationType::Relu2,
    ];
    let activations = activations.map(|activation| Case {
        activation,
        ..nothing
    });
    let batch = Case {
        batch: Some(3),
        ..Case::plain(shape)
    };
    let mut kinds = vec![nothing, with_residual, with_scale, batch];
    kinds.extend(activations);
    kinds
}

/// Shapes that tensor copies can move, and others.
fn cases() -> impl Strategy<Value = Case> {
    let any_length = || prop_oneof![4 => 0..20usize, 1 => 30..36usize, 1 => 126..131usize];
    let sixteens = |most: usize| (0..most).prop_map(|count| 16 * count);
    let shapes = prop_oneof![
        1 => (any_length(), any_length(), any_length()),
        2 => (any_length(), sixteens(10), sixteens(20)),
    ];
    let frame = || prop_oneof![3 => Just(Frame::NONE), 1 => Just(Frame::new(1, 1, 16, 16))];
    let frames = prop_oneof![
        1 => (product_frames(), Just(Frame::new(0, 1, 1, 2))),
        3 => ([frame().boxed(), frame().boxed(), frame().boxed()], frame()),
    ];
    let activation = prop_oneof![
        Just(ActivationType::Identity),
        Just(ActivationType::Gelu),
        Just(ActivationType::Relu),
        Just(ActivationType::Silu),
        Just(ActivationType::Relu2),
    ];
    let batch = prop_oneof![2 => Just(None), 1 => (0..4usize).prop_map(Some)];
    let scale = prop_oneof![1 => Just(None), 2 => (-2..8i8).prop_map(Some)];
    let accumulation = prop_oneof![Just(Accumulation::Fast), Just(Accumulation::Promoted)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let case = (
        batch,
        shapes,
        frames,
        activation,
        scale,
        accumulation,
        flags,
        any::<u64>(),
    );
    case.prop_map(
        |(
            batch,
            (m, n, k),
            ([a, b, c], residual),
            activation,
            scale,
            accumulation,
            flags,
            seed,
        )| {
            let (has_bias, has_residual, each) = flags;
            Case {
                batch,
                shape: [m, n, k],
                frames: [a, b, c, residual],
                activation,
                has_bias,
                has_residual,
                scale,
                accumulation,
                each,
                seed,
            }
        },
    )
}

/// Every plan that there are kernels for gives the same, twice where blocks add up their sums.
fn every_plan<P: Product>(context: &Context) -> Outcome {
    let mut shapes = vec![[17, 48, 1040], [70, 272, 144], [130, 144, 272]];
    shapes.extend(context.real(vec![[64, 4096, 2048], [520, 1040, 4096]]));
    for shape in shapes {
        for (accumulation, each) in [(Accumulation::Fast, false), (Accumulation::Promoted, true)] {
            let case = P::cut(Case {
                accumulation,
                each,
                ..Case::plain(shape)
            });
            by_plans::<P>(context, &case)?;
        }
    }
    Ok(())
}

fn by_plans<P: Product>(context: &Context, case: &Case) -> Outcome {
    let [m, n, k] = case.shape;
    let (inputs, sums) = (Inputs::of(case), P::sums(case));
    let want = want::<P>(context, case, &inputs)?;
    let problem = GemmProblem::new::<P::A, P::B, P::C>(sums, [1, m, n, k]).with_epilogue(true);
    let shape = problem.shape(size_of::<P::A>());
    for plan in plans(context, TILES.into_iter(), shape) {
        let wrong = |error: String| Failed::from(format!("{plan:?} of {problem}: {error}"));
        let tuner = Tuner::in_memory();
        tuner.insert(context.stream.device(), problem, plan);
        let stream = context.stream.with_tuner(&tuner);
        let run = || P::run(&stream, case, &inputs).map_err(|error| wrong(error.to_string()));
        let got = run()?;
        close("c", &got, &want, |_| Bound::EQUAL).map_err(|error| wrong(error.to_string()))?;
        if plan.split > 1 {
            bits("again", &run()?, &got).map_err(|error| wrong(error.to_string()))?;
        }
    }
    Ok(())
}

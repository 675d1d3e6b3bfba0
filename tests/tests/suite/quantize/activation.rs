//! Any activation fused into the quantisers: the bits of the two operations one after the other, on the same device.

use gatewarp::activation::{ActivationOptions, ActivationType, GatedElement, activation};
use gatewarp::formats::{E2m1x2, E4m3, E5m2, E8m0};
use gatewarp::fused_moe::GateUpOrder;
use gatewarp::quantize::{
    BlockElement, BlockOptions, Fp8Element, Fp8Options, FusedActivation, LiveRows, ScaleMajor,
    activation_fp8_quantize_1x128_into, activation_fp8_quantize_per_tensor_static_into,
    activation_fp8_quantize_per_token_into, activation_mxfp4_quantize_into,
    activation_mxfp8_quantize_into, activation_nvfp4_quantize_into, fp8_quantize_1x128_into,
    fp8_quantize_per_tensor_static_into, fp8_quantize_per_token_into, mxfp4_quantize_into,
    mxfp8_quantize_into, nvfp4_quantize_into,
};
use gatewarp::{Result, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("activation_quantize::bf16", matches::<bf16>);
    suite.trial("activation_quantize::f16", matches::<f16>);
    suite.trial("activation_quantize::f32", matches::<f32>);
}

/// Experts' rows, of which so many exist, and what becomes of them.
#[derive(Clone, Debug)]
struct Case {
    activation: FusedActivation,
    experts: usize,
    rows: usize,
    columns: usize,
    counts: Vec<i32>,
    seed: u64,
}

impl Case {
    fn new(activation_type: ActivationType, order: GateUpOrder, columns: usize) -> Self {
        let activation = FusedActivation {
            activation_type,
            order,
        };
        Self {
            activation,
            experts: 2,
            rows: 3,
            columns,
            counts: vec![3, 1],
            seed: 7,
        }
    }

    /// `[experts, rows, columns]` of one or two elements each.
    fn shape(&self, columns: usize) -> [usize; 3] {
        [self.experts, self.rows, columns]
    }

    /// Elements of a row of the input.
    fn gathered(&self) -> usize {
        match self.activation.activation_type.is_gated() {
            true => 2 * self.columns,
            false => self.columns,
        }
    }

    /// The input: of both signs, large and small.
    fn elements<T: Value>(&self) -> Vec<T> {
        let count: usize = self.shape(self.gathered()).iter().product();
        let mut state = self.seed;
        let next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let unit = (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
            T::from_f32(unit * [0.1, 3.0, 30.0][(state >> 33) as usize % 3])
        };
        std::iter::repeat_with(next).take(count).collect()
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let activation = (
        proptest::sample::select(&ActivationType::ALL[..]),
        prop_oneof![Just(GateUpOrder::GateFirst), Just(GateUpOrder::UpFirst)],
    );
    (activation, 1..4usize, 0..6usize, 1..200usize, any::<u64>()).prop_flat_map(
        |((activation_type, order), experts, rows, columns, seed)| {
            let counts = proptest::collection::vec(0..=rows as i32, experts);
            counts.prop_map(move |counts| Case {
                experts,
                rows,
                counts,
                seed,
                ..Case::new(activation_type, order, columns)
            })
        },
    )
}

fn matches<T: Fp8Element + BlockElement + GatedElement + Value>(context: &Context) -> Outcome {
    let mut kept = Vec::new();
    for activation in ActivationType::ALL {
        kept.push(Case::new(activation, GateUpOrder::GateFirst, 288));
        kept.push(Case::new(activation, GateUpOrder::UpFirst, 100));
    }
    kept.extend(context.real(vec![
        Case {
            rows: 300,
            counts: vec![300, 17],
            ..Case::new(ActivationType::GegluTanh, GateUpOrder::GateFirst, 11008)
        },
        Case {
            rows: 64,
            counts: vec![64, 0],
            ..Case::new(ActivationType::SWIGLU_OAI, GateUpOrder::UpFirst, 28672)
        },
    ]));
    context.check(1, kept, &cases(), |case| matches_case::<T>(context, case))
}

/// Both ways, and the results of each operation.
fn matches_case<T: Fp8Element + BlockElement + GatedElement + Value>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let stream = &context.stream;
    let x = Tensor::from_slice(stream, &case.elements::<T>(), &case.shape(case.gathered()))?;
    let counts = Tensor::from_slice(stream, &case.counts, &[case.experts])?;
    let live = LiveRows::Counted(counts.view());
    let options = ActivationOptions {
        order: case.activation.order,
        ..case.activation.activation_type.into()
    };
    let activated = activation(stream, &x, &options)?;
    fp8(stream, case, [&x, &activated], live)?;
    if case.columns.is_multiple_of(32) {
        blocks(stream, case, [&x, &activated], live)?;
    }
    Ok(())
}

/// Results filled with something else, so that what is not written is the same in both.
fn filled<T: Pattern>(stream: &Stream, shape: &[usize]) -> Result<Tensor<T>> {
    let count = shape.iter().product();
    Tensor::from_slice(stream, &vec![T::POISON; count], shape)
}

/// Runs `fused` and `plain` and compares what they write, bit by bit.
fn same<D: Pattern, S: Pattern>(
    stream: &Stream,
    (data, scales): (&[usize], usize),
    fused: impl FnOnce(&mut Tensor<D>, &mut Tensor<S>) -> Result<()>,
    plain: impl FnOnce(&mut Tensor<D>, &mut Tensor<S>) -> Result<()>,
) -> TestCaseResult {
    let mut got = (filled::<D>(stream, data)?, filled::<S>(stream, &[scales])?);
    let mut want = (filled::<D>(stream, data)?, filled::<S>(stream, &[scales])?);
    fused(&mut got.0, &mut got.1)?;
    plain(&mut want.0, &mut want.1)?;
    bits("data", &got.0.to_vec()?, &want.0.to_vec()?)?;
    bits("scales", &got.1.to_vec()?, &want.1.to_vec()?)?;
    Ok(())
}

fn fp8<T: Fp8Element>(
    stream: &Stream,
    case: &Case,
    [x, activated]: [&Tensor<T>; 2],
    rows: LiveRows<'_>,
) -> TestCaseResult {
    let (act, data) = (case.activation, &case.shape(case.columns)[..]);
    let options = Fp8Options {
        rows,
        ..Fp8Options::default()
    };
    same::<E4m3, f32>(
        stream,
        (data, case.experts * case.rows),
        |d, s| activation_fp8_quantize_per_token_into(stream, x, act, d, s, &options),
        |d, s| fp8_quantize_per_token_into(stream, activated, d, s, &options),
    )?;
    for (major, padded) in [
        (ScaleMajor::K, case.rows),
        (ScaleMajor::Mn, case.rows.next_multiple_of(4)),
    ] {
        let scales = case.experts * padded * case.columns.div_ceil(128);
        same::<E5m2, f32>(
            stream,
            (data, scales),
            |d, s| activation_fp8_quantize_1x128_into(stream, x, act, d, s, major, &options),
            |d, s| fp8_quantize_1x128_into(stream, activated, d, s, major, &options),
        )?;
    }
    let scale = Tensor::from_slice(stream, &[0.37f32], &[1])?;
    same::<E4m3, f32>(
        stream,
        (data, 1),
        |d, _| activation_fp8_quantize_per_tensor_static_into(stream, x, act, &scale, d, &rows),
        |d, _| fp8_quantize_per_tensor_static_into(stream, activated, &scale, d, &rows),
    )
}

fn blocks<T: BlockElement>(
    stream: &Stream,
    case: &Case,
    [x, activated]: [&Tensor<T>; 2],
    rows: LiveRows<'_>,
) -> TestCaseResult {
    let act = case.activation;
    let options = BlockOptions {
        rows,
        matrices: case.experts,
        ..BlockOptions::default()
    };
    let grid = |block: usize| {
        let columns = (case.columns / block).next_multiple_of(4);
        case.experts * case.rows.next_multiple_of(128) * columns
    };
    let (bytes, halves) = (case.shape(case.columns), case.shape(case.columns / 2));
    same::<E4m3, E8m0>(
        stream,
        (&bytes, grid(32)),
        |d, s| activation_mxfp8_quantize_into(stream, x, act, d, s, &options),
        |d, s| mxfp8_quantize_into(stream, activated, d, s, &options),
    )?;
    same::<E2m1x2, E8m0>(
        stream,
        (&halves, grid(32)),
        |d, s| activation_mxfp4_quantize_into(stream, x, act, d, s, &options),
        |d, s| mxfp4_quantize_into(stream, activated, d, s, &options),
    )?;
    let global = Tensor::from_slice(stream, &[12.5f32], &[1])?;
    same::<E2m1x2, E4m3>(
        stream,
        (&halves, grid(16)),
        |d, s| activation_nvfp4_quantize_into(stream, x, act, &global, d, s, &options),
        |d, s| nvfp4_quantize_into(stream, activated, &global, d, s, &options),
    )
}

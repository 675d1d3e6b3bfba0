//! The dequantiser: what any codes and scales stand for.

use gatewarp::formats::{E4m3, E5m2};
use gatewarp::quantize::{
    ChannelAxis, Fp8Code, Fp8Element, Fp8Options, Fp8Scaled, ScaleMajor, ScaleRounding,
    fp8_dequantize, fp8_dequantize_into, fp8_quantize_1x128, fp8_quantize_128x128,
    fp8_quantize_per_channel, fp8_quantize_per_tensor, fp8_quantize_per_token,
};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, Mismatch, close, widen};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value, Values};
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::case::{Case, Live, Recipe, cases};
use super::ops::failed;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_dequantize::bf16", matches::<bf16>);
    suite.trial("fp8_dequantize::f16", matches::<f16>);
    suite.trial("fp8_dequantize::f32", matches::<f32>);
    suite.trial("fp8_dequantize::round_trip", round_trip);
}

fn recipes() -> impl Strategy<Value = Recipe> {
    prop_oneof![
        Just(Recipe::Tensor),
        Just(Recipe::Token),
        Just(Recipe::Channel(ChannelAxis::Columns)),
        Just(Recipe::Group),
        Just(Recipe::Tile),
    ]
}

fn matches<T: Fp8Element + Value>(context: &Context) -> Outcome {
    let mut kept = vec![
        Case::plain(Recipe::Tensor, 0, 3),
        Case::plain(Recipe::Group, 3, 0),
        Case::plain(Recipe::Tile, 130, 260),
    ];
    kept.extend(context.real(vec![Case::plain(Recipe::Group, 513, 11008)]));
    let cases = recipes().prop_flat_map(cases).prop_map(|case| Case {
        live: Live::All,
        ..case
    });
    context.check(6, kept, &cases, |case| match case.e5m2 {
        false => matches_case::<T, E4m3>(context, case, E4m3::from_bits),
        true => matches_case::<T, E5m2>(context, case, E5m2::from_bits),
    })
}

fn matches_case<T: Fp8Element + Value, C: Fp8Code + Pattern>(
    context: &Context,
    case: &Case,
    code: fn(u8) -> C,
) -> TestCaseResult {
    let mut rng = SmallRng::seed_from_u64(case.seed);
    let (matrices, shape) = case.scaled_matrices();
    let count = shape[0] * shape[1];
    let codes: Vec<u8> = (0..matrices * count).map(|_| rng.random()).collect();
    let [down, across] = case.twin().parts(shape);
    let parts: Vec<f32> = Values::Wide.draw(matrices * down * across, case.seed);
    let parts = widen(&parts);
    let of_matrix = |matrix: usize| &parts[matrix * down * across..][..down * across];
    let scales = (0..matrices).flat_map(|matrix| case.lay_out(of_matrix(matrix).to_vec()));
    let scales: Vec<f32> = scales.map(|scale| scale as f32).collect();
    let on = |stream: &Stream| -> Result<Vec<T>, Mismatch> {
        let shape = case.shape(case.columns);
        let data: Vec<C> = codes.iter().map(|&bits| code(bits)).collect();
        let data = Framed::new(stream, &shape, case.data, &data).map_err(failed)?;
        let around = Frame::new(0, 0, 1, 1);
        let scales = Framed::new(stream, &[scales.len()], around, &scales).map_err(failed)?;
        let mut out = Framed::<T>::poisoned(stream, &shape, case.x).map_err(failed)?;
        let (data, scales) = (data.view().map_err(failed)?, scales.view().map_err(failed)?);
        let mut to = out.view_mut().map_err(failed)?;
        fp8_dequantize_into(stream, &data, &scales, case.scaling(), &mut to).map_err(failed)?;
        out.elements()
    };
    let naive = || {
        let matrices = (0..matrices).flat_map(|matrix| {
            let codes = &codes[matrix * count..][..count];
            case.twin().dequantize(codes, of_matrix(matrix), shape)
        });
        // They are `f32`, and rounded from there.
        let rounded = matrices.map(|value| T::from_f32(value as f32).to_f64());
        Ok(rounded.collect())
    };
    let library = |cpu: &Stream| Ok(on(cpu).map(|out| widen(&out)));
    let want: Vec<f64> = context.oracle(library, naive)??;
    close("out", &on(&context.stream)?, &want, |_| Bound::EQUAL)?;
    Ok(())
}

/// There and back is within half the distance of neighbouring codes, whoever shares a scale; results have their shapes.
fn round_trip(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let elements = Values::Ordinary.draw::<f32>(2 * 130 * 264, 3);
    let x = Tensor::from_slice(stream, &elements, &[2, 130, 264])?;
    let rounding = ScaleRounding::PowerOfTwo;
    let columns = ChannelAxis::Columns;
    let all: [(Fp8Scaled<E4m3>, &[usize]); 7] = [
        (fp8_quantize_per_tensor(stream, &x, &options)?, &[1]),
        (fp8_quantize_per_token(stream, &x, &options)?, &[2, 130]),
        (
            fp8_quantize_1x128(stream, &x, ScaleMajor::K, &options)?,
            &[2, 130, 3],
        ),
        (
            fp8_quantize_1x128(stream, &x, ScaleMajor::Mn, &options)?,
            &[2, 3, 132],
        ),
        (fp8_quantize_128x128(stream, &x, rounding)?, &[2, 2, 3]),
        (
            fp8_quantize_per_channel(stream, &x, columns, rounding)?,
            &[2, 264],
        ),
        (
            fp8_quantize_per_channel(stream, &x, ChannelAxis::Rows, rounding)?,
            &[2, 130],
        ),
    ];
    for (quantized, shape) in all {
        if **quantized.scales.shape() != *shape || quantized.data.shape() != x.shape() {
            let (data, scales) = (quantized.data.shape(), quantized.scales.shape());
            return Err(format!("{:?}: {data}, {scales}", quantized.scaling).into());
        }
        let back: Tensor<f32> = fp8_dequantize(stream, &quantized)?;
        // Relative to the value, or to the least code's, whose scale is at most a 224th of the largest value.
        let (back, limit) = (back.to_vec()?, |x: f32| {
            x.abs() / 15.0 + 1.75 / 224.0 / 512.0
        });
        let far = |&i: &usize| (back[i] - elements[i]).abs() > limit(elements[i]);
        if let Some(i) = (0..elements.len()).find(far) {
            let (x, back) = (elements[i], back[i]);
            return Err(format!("{:?}: {back} for {x}", quantized.scaling).into());
        }
    }
    Ok(())
}

//! Activations of padded rows into MXFP8: both contracts of the squared ReLU, and capture once for any number of rows.

use gatewarp::formats::ScaleLayout;
use gatewarp::formats::{E4m3, E8m0};
use gatewarp::quantize::{
    BlockElement, Mxfp8, SquaredReluRounding, mxfp8_quantize, squared_relu_and_quantize_mxfp8,
    squared_relu_and_quantize_mxfp8_into, swiglu_and_quantize_mxfp8,
    swiglu_and_quantize_mxfp8_into,
};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Mismatch, bits, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::naive::BlockFormat;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::Strategy;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Live, cases};
use super::ops::{Bytes, Input, bytes, quantize};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial(
        "squared_relu_and_quantize_mxfp8::bf16",
        squared_relu::<bf16>,
    );
    suite.trial("squared_relu_and_quantize_mxfp8::f16", squared_relu::<f16>);
    suite.trial("squared_relu_and_quantize_mxfp8::f32", squared_relu::<f32>);
    suite.trial("squared_relu_and_quantize_mxfp8::every_bf16", every_bf16);
    suite.trial("squared_relu_and_quantize_mxfp8::captured", captured);
    suite.trial("swiglu_and_quantize_mxfp8::bf16", swiglu);
}

/// Padded rows in one matrix, in 128x4 tiles.
fn padded_cases() -> impl Strategy<Value = Case> {
    cases(BlockFormat::Mxfp8).prop_map(|case| Case {
        layout: ScaleLayout::Swizzled128x4,
        matrices: 1,
        live: Live::Mapped,
        ..case
    })
}

fn squared_relu<T: BlockElement + Value>(context: &Context) -> Outcome {
    let mapped = |rows, blocks| Case {
        live: Live::Mapped,
        ..Case::plain(BlockFormat::Mxfp8, rows, blocks)
    };
    let mut kept = vec![mapped(0, 2), mapped(130, 3)];
    kept.extend(context.real(vec![mapped(640, 58), mapped(1000, 84)]));
    context.check(3, kept, &padded_cases(), |case| {
        squared_relu_case::<T>(context, case, SquaredReluRounding::Rounded)?;
        squared_relu_case::<T>(context, case, SquaredReluRounding::Unrounded)
    })
}

fn squared_relu_case<T: BlockElement + Value>(
    context: &Context,
    case: &Case,
    rounding: SquaredReluRounding,
) -> TestCaseResult {
    let (x, beside) = (case.elements::<T>(1), case.beside());
    let on = |stream: &Stream| -> Result<Bytes, Mismatch> {
        let failed = |error: gatewarp::Error| Mismatch(error.to_string());
        let framed =
            Framed::new(stream, &case.shape(case.columns()), case.x, &x).map_err(failed)?;
        let map = Tensor::from_slice(stream, &beside.map, &[beside.map.len()]).map_err(failed)?;
        let n_used = Tensor::from_slice(stream, &[beside.n_used], &[1]).map_err(failed)?;
        let x = framed.view().map_err(failed)?;
        case.room(&case.data_shape())
            .fill::<E4m3, E8m0>(stream, |mut data, mut scales| {
                let (data, scales) = (&mut data, &mut scales);
                squared_relu_and_quantize_mxfp8_into(
                    stream, &x, &map, &n_used, data, scales, rounding,
                )
            })
    };
    let squares = || squares(&x, rounding);
    let want = context.oracle(|cpu| Ok(on(cpu)), || Ok(case.naive(&squares(), &beside)))??;
    let got = on(&context.stream)?;
    bits("data", &got.data, &want.data)?;
    bits("scales", &got.scales, &want.scales)?;
    Ok(())
}

/// The squares of what is positive, rounded to `f32` and perhaps to `T`.
fn squares<T: Value>(x: &[T], rounding: SquaredReluRounding) -> Vec<f64> {
    let one = |x: f64| {
        let positive = if x > 0.0 { x } else { 0.0 };
        let square = f64::from((positive * positive) as f32);
        match rounding {
            SquaredReluRounding::Rounded => T::from_f64(square).to_f64(),
            SquaredReluRounding::Unrounded => square,
        }
    };
    widen(x).into_iter().map(one).collect()
}

/// Every `bf16`, among its neighbours, both ways, which give different codes.
fn every_bf16(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x: Vec<_> = (0..=u16::MAX).map(bf16::from_bits).collect();
    let case = Case::plain(BlockFormat::Mxfp8, 64, 32);
    let device = Tensor::from_slice(stream, &x, &[64, 1024])?;
    let map = Tensor::from_slice(stream, &[0; 64], &[64])?;
    let n_used = Tensor::from_slice(stream, &[64], &[])?;
    let mut all = Vec::new();
    for rounding in [SquaredReluRounding::Rounded, SquaredReluRounding::Unrounded] {
        let got = squared_relu_and_quantize_mxfp8(stream, &device, &map, &n_used, rounding)?;
        let want = case.naive(&squares(&x, rounding), &case.beside());
        bits("data", &bytes(&got.data.to_vec()?), &want.data)?;
        bits("scales", &bytes(&got.scales.to_vec()?), &want.scales)?;
        all.push(want);
    }
    if all[0].data == all[1].data {
        return Err("both contracts give the same codes".into());
    }
    Ok(())
}

/// The rounded contract is a stored activation and `mxfp8_quantize`; captured once, it serves any rows.
fn captured(context: &Context) -> Outcome {
    let (stream, [rows, columns]) = (&context.stream, [40, 96]);
    let x = Values::Ordinary.draw::<bf16>(rows * columns, 5);
    let stored: Vec<_> = squares(&x, SquaredReluRounding::Rounded)
        .into_iter()
        .map(bf16::from_f64)
        .collect();
    let composed = mxfp8_quantize(
        stream,
        &Tensor::from_slice(stream, &stored, &[rows, columns])?,
        &Default::default(),
    )?;
    let x = Tensor::from_slice(stream, &x, &[rows, columns])?;
    let mut map = Tensor::<i32>::zeros(stream, &[rows])?;
    let mut n_used = Tensor::<i32>::zeros(stream, &[1])?;
    let mut out = Mxfp8 {
        data: Tensor::empty(stream, &[rows, columns])?,
        scales: Tensor::empty(stream, &[128 * 4])?,
        grid: composed.grid,
    };
    let rounding = SquaredReluRounding::Rounded;
    let work = |stream: &Stream, out: &mut Mxfp8| {
        let (data, scales) = (&mut out.data, &mut out.scales);
        squared_relu_and_quantize_mxfp8_into(stream, &x, &map, &n_used, data, scales, rounding)
    };
    // So that the capture holds a launch and nothing else.
    work(stream, &mut out)?;
    let graph = stream.capture(|stream| work(stream, &mut out))?;
    let composed = [
        bytes(&composed.data.to_vec()?),
        bytes(&composed.scales.to_vec()?),
    ];
    for used in [0, 7, 33, 40] {
        // Past the rows in use the map is rubbish that must not count.
        let sources: Vec<i32> = (0..40)
            .map(|row| if row < used { row % 5 - 1 } else { 9 })
            .collect();
        map.copy_from_slice(&sources)?;
        n_used.copy_from_slice(&[used])?;
        out.data.fill_bytes(0xff)?;
        out.scales.fill_bytes(0xff)?;
        // SAFETY: all tensors are alive, and used on this stream only.
        unsafe { graph.launch(stream) }?;
        let (data, scales) = (bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?));
        for (row, &source) in sources.iter().enumerate() {
            let there = (row as i32) < used && source >= 0;
            let at = row * columns..(row + 1) * columns;
            let want = if there {
                &composed[0][at.clone()]
            } else {
                &[0xff; 96][..]
            };
            bits("data", &data[at], want)?;
            let line = (row % 32) * 16 + row / 32 * 4;
            let want = if there {
                &composed[1][line..line + 4]
            } else {
                &[0; 4][..]
            };
            bits("scales", &scales[line..line + 4], want)?;
        }
    }
    Ok(())
}

/// As `silu_and_mul_mxfp8_quantize` of mapped rows.
fn swiglu(context: &Context) -> Outcome {
    context.check(2, Vec::new(), &padded_cases(), |case| {
        let (stream, beside) = (&context.stream, case.beside());
        let shape = case.shape(2 * case.columns());
        let x = Framed::new(stream, &shape, case.x, &case.elements::<bf16>(2))?;
        let device = beside.on(stream)?;
        let (codes, x, global) = (case.data_shape(), x.view()?, device.global.view());
        let room = case.room(&codes);
        let input = Input {
            x,
            silu: true,
            global,
            options: device.options(case),
        };
        let want = quantize(stream, case.format, &input, &room)?;
        let map = Tensor::from_slice(stream, &beside.map, &[beside.map.len()])?;
        let n_used = Tensor::from_slice(stream, &[beside.n_used], &[1])?;
        let got = room.fill::<E4m3, E8m0>(stream, |mut data, mut scales| {
            swiglu_and_quantize_mxfp8_into(stream, &x, &map, &n_used, &mut data, &mut scales)
        })?;
        bits("data", &got.data, &want.data)?;
        bits("scales", &got.scales, &want.scales)?;
        let out = swiglu_and_quantize_mxfp8(stream, &x, &map, &n_used)?;
        bits(
            "allocated scales",
            &bytes(&out.scales.to_vec()?),
            &want.scales,
        )?;
        Ok(())
    })
}

//! Dequantisers: what any codes and scales stand for.

use gatewarp::quantize::{
    BlockElement, BlockOptions, mxfp4_dequantize, mxfp4_quantize, mxfp8_dequantize, mxfp8_quantize,
    nvfp4_dequantize, nvfp4_quantize,
};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, Mismatch, close, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::naive::{BlockFormat, lay_out};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::case::{Case, cases};
use super::ops::{Bytes, dequantize};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("mxfp8_dequantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Mxfp8)
    });
    suite.trial("mxfp8_dequantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Mxfp8)
    });
    suite.trial("mxfp8_dequantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Mxfp8)
    });
    suite.trial("mxfp4_dequantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Mxfp4)
    });
    suite.trial("mxfp4_dequantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Mxfp4)
    });
    suite.trial("mxfp4_dequantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Mxfp4)
    });
    suite.trial("nvfp4_dequantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Nvfp4)
    });
    suite.trial("nvfp4_dequantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Nvfp4)
    });
    suite.trial("nvfp4_dequantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Nvfp4)
    });
    suite.trial("block_dequantize::round_trip", round_trip);
}

fn matches<T: BlockElement + Value>(context: &Context, format: BlockFormat) -> Outcome {
    let mut kept = vec![
        Case::plain(format, 0, 3),
        Case::plain(format, 2, 0),
        Case::plain(format, 130, 5),
    ];
    kept.extend(context.real(vec![Case::plain(format, 513, 11008 / format.block())]));
    context.check(3, kept, &cases(format), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: BlockElement + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let (beside, mut rng) = (case.beside(), SmallRng::seed_from_u64(case.seed));
    let [_, _, width] = case.data_shape();
    let data: Vec<u8> = (0..case.all_rows() * width).map(|_| rng.random()).collect();
    let linear: Vec<u8> = (0..case.all_rows() * case.blocks)
        .map(|_| rng.random())
        .collect();
    let per_matrix = case.rows * case.blocks;
    let grids = (0..case.matrices).flat_map(|matrix| {
        let linear = &linear[matrix * per_matrix..][..per_matrix];
        lay_out(case.layout, linear, case.rows, case.blocks)
    });
    let from = Bytes {
        scales: grids.collect(),
        data,
    };
    let on = |stream: &Stream| -> Result<Vec<T>, Mismatch> {
        let failed = |error: gatewarp::Error| Mismatch(error.to_string());
        let mut out =
            Framed::poisoned(stream, &case.shape(case.columns()), case.x).map_err(failed)?;
        let device = beside.on(stream).map_err(failed)?;
        let options = BlockOptions {
            matrices: case.matrices,
            ..BlockOptions::with_layout(case.layout)
        };
        let to = out.view_mut().map_err(failed)?;
        let from = (&from, &case.data_shape()[..], case.data);
        dequantize(
            stream,
            case.format,
            from,
            (device.global.view(), &options),
            to,
        )
        .map_err(failed)?;
        out.elements()
    };
    let naive = || {
        let rows = 0..case.all_rows();
        rows.flat_map(|row| {
            let global = beside.global[row * beside.global.len() / case.all_rows()];
            let (data, scales) = (
                &from.data[row * width..][..width],
                &linear[row * case.blocks..][..case.blocks],
            );
            case.format.dequantize_row(data, scales, f64::from(global))
        })
    };
    let want = context.oracle(
        |cpu| Ok(on(cpu).map(|out| widen(&out))),
        || Ok(naive().collect()),
    )??;
    close("out", &on(&context.stream)?, &want, |_| Bound::EQUAL)?;
    Ok(())
}

/// There and back is within half the distance of neighbouring codes, and exact for what the formats hold.
fn round_trip(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, BlockOptions::default());
    let x = Values::Ordinary.draw::<f32>(7 * 320, 3);
    let there = Tensor::from_slice(stream, &x, &[7, 320])?;
    let global = Tensor::from_slice(stream, &[448.0f32 * 6.0 / 1.75], &[])?;
    let mxfp8 = mxfp8_dequantize::<f32>(stream, &mxfp8_quantize(stream, &there, &options)?)?;
    let mxfp4 = mxfp4_dequantize::<f32>(stream, &mxfp4_quantize(stream, &there, &options)?)?;
    let nvfp4 = nvfp4_quantize(stream, &there, &global, &options)?;
    let nvfp4 = nvfp4_dequantize::<f32>(stream, &nvfp4, &global)?;
    // Half a step of the largest code, of blocks whose largest magnitude is up to twice what it stands for.
    for (what, back, block, relative) in [
        ("mxfp8", mxfp8, 32, 32.0 / 448.0),
        ("mxfp4", mxfp4, 32, 2.0 / 6.0),
        ("nvfp4", nvfp4, 16, 1.2 / 6.0),
    ] {
        for (x, back) in x.chunks(block).zip(back.to_vec()?.chunks(block)) {
            let amax = x.iter().fold(0.0f32, |amax, x| amax.max(x.abs()));
            let far = x
                .iter()
                .zip(back)
                .find(|(x, back)| (*x - *back).abs() > relative * amax);
            if let Some((x, back)) = far {
                return Err(format!("{what}: {x} became {back}, the largest is {amax}").into());
            }
        }
    }
    Ok(())
}

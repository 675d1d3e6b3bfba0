//! Quantisers of memory: bit for bit, for any shape, layout, frame, rows and values.

use gatewarp::quantize::{
    BlockElement, BlockOptions, mxfp4_quantize, mxfp8_quantize, nvfp4_quantize,
};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Mismatch, bits, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::naive::BlockFormat;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Live, cases};
use super::ops::{Bytes, Input, bytes, math, quantize};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("mxfp8_quantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Mxfp8)
    });
    suite.trial("mxfp8_quantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Mxfp8)
    });
    suite.trial("mxfp8_quantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Mxfp8)
    });
    suite.trial("mxfp4_quantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Mxfp4)
    });
    suite.trial("mxfp4_quantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Mxfp4)
    });
    suite.trial("mxfp4_quantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Mxfp4)
    });
    suite.trial("nvfp4_quantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Nvfp4)
    });
    suite.trial("nvfp4_quantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Nvfp4)
    });
    suite.trial("nvfp4_quantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Nvfp4)
    });
    suite.trial("nvfp4_quantize::exact", |c| {
        matches::<bf16>(c, BlockFormat::Nvfp4Exact)
    });
    suite.trial("block_quantize::every_bf16", every_bf16);
    suite.trial("block_quantize::allocating_form", allocating_form);
}

fn matches<T: BlockElement + Value>(context: &Context, format: BlockFormat) -> Outcome {
    let mut kept = vec![
        Case::plain(format, 0, 4),
        Case::plain(format, 3, 0),
        Case::plain(format, 1, 1),
        Case::plain(format, 129, 5),
        Case {
            matrices: 2,
            live: Live::Counted,
            ..Case::plain(format, 3, 9)
        },
        Case {
            live: Live::Mapped,
            ..Case::plain(format, 40, 3)
        },
    ];
    kept.extend(context.real(vec![
        Case::plain(format, 513, 11008 / format.block()),
        Case::plain(format, 3, 28672 / format.block()),
        Case {
            matrices: 5,
            live: Live::Counted,
            ..Case::plain(format, 300, 2048 / format.block())
        },
    ]));
    context.check(4, kept, &cases(format), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: BlockElement + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let (x, beside) = (case.elements::<T>(1), case.beside());
    let on = |stream: &Stream| -> Result<Bytes, Mismatch> {
        let failed = |error: gatewarp::Error| Mismatch(error.to_string());
        let framed =
            Framed::new(stream, &case.shape(case.columns()), case.x, &x).map_err(failed)?;
        let device = beside.on(stream).map_err(failed)?;
        let input = Input {
            x: framed.view().map_err(failed)?,
            silu: false,
            global: device.global.view(),
            options: device.options(case),
        };
        quantize(stream, case.format, &input, &case.room(&case.data_shape()))
    };
    let want = context.oracle(|cpu| Ok(on(cpu)), || Ok(case.naive(&widen(&x), &beside)))??;
    let got = on(&context.stream)?;
    bits("data", &got.data, &want.data)?;
    bits("scales", &got.scales, &want.scales)?;
    Ok(())
}

/// Every `bf16`, among neighbours of its own magnitude and among one of another.
fn every_bf16(context: &Context) -> Outcome {
    let all = |spread: u16| -> Vec<bf16> {
        let places = 0..=u16::MAX;
        places
            .map(|place| bf16::from_bits(place.wrapping_mul(spread)))
            .collect()
    };
    for (format, spread) in BlockFormat::ALL
        .into_iter()
        .flat_map(|format| [(format, 1), (format, 0x2f35)])
    {
        let case = Case::plain(format, 64, 1024 / format.block());
        let (x, beside) = (all(spread), case.beside());
        let on = |stream: &Stream| -> Result<Bytes, Mismatch> {
            let failed = |error: gatewarp::Error| Mismatch(error.to_string());
            let x = Tensor::from_slice(stream, &x, &[64, 1024]).map_err(failed)?;
            let device = beside.on(stream).map_err(failed)?;
            let (x, global) = (
                x.view().reshape(&case.shape(1024)).map_err(failed)?,
                device.global.view(),
            );
            let input = Input {
                x,
                silu: false,
                global,
                options: device.options(&case),
            };
            quantize(stream, format, &input, &case.room(&case.data_shape()))
        };
        let naive = || Ok(case.naive(&widen(&x), &beside));
        let want = context.oracle(|cpu| Ok(on(cpu)), naive)??;
        let got = on(&context.stream)?;
        bits("data", &got.data, &want.data)?;
        bits("scales", &got.scales, &want.scales)?;
    }
    Ok(())
}

/// The forms that allocate give what the others do, in the right shapes.
fn allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    for format in BlockFormat::ALL {
        let case = Case {
            matrices: 2,
            ..Case::plain(format, 5, 3)
        };
        let (x, beside) = (case.elements::<f32>(1), case.beside());
        let x = Tensor::from_slice(stream, &x, &case.shape(case.columns()))?;
        let device = beside.on(stream)?;
        let options = BlockOptions {
            math: math(format),
            ..device.options(&case)
        };
        let input = Input {
            x: x.view(),
            silu: false,
            global: device.global.view(),
            options,
        };
        let want = quantize(stream, format, &input, &case.room(&case.data_shape()))?;
        let (shapes, got) = match format {
            BlockFormat::Mxfp8 => {
                let out = mxfp8_quantize(stream, &x, &options)?;
                (
                    [*out.data.shape(), *out.scales.shape()],
                    [bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?)],
                )
            }
            BlockFormat::Mxfp4 => {
                let out = mxfp4_quantize(stream, &x, &options)?;
                (
                    [*out.data.shape(), *out.scales.shape()],
                    [bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?)],
                )
            }
            BlockFormat::Nvfp4 | BlockFormat::Nvfp4Exact => {
                let out = nvfp4_quantize(stream, &x, &device.global, &options)?;
                (
                    [*out.data.shape(), *out.scales.shape()],
                    [bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?)],
                )
            }
        };
        if *shapes[0] != case.data_shape() || *shapes[1] != [2, 128 * 4] {
            return Err(format!("{format:?}: the shapes are {shapes:?}").into());
        }
        bits("data", &got[0], &want.data)?;
        bits("scales", &got[1], &want.scales)?;
    }
    Ok(())
}

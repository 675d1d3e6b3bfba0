//! Activations fused into quantisers: the bits of the two operations one after the other, on the same device.

use gatewarp::activation::GatedElement;
use gatewarp::activation::silu_and_mul;
use gatewarp::quantize::{
    BlockElement, silu_and_mul_mxfp4_quantize, silu_and_mul_mxfp8_quantize,
    silu_and_mul_nvfp4_quantize,
};
use gatewarp::{Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::Framed;
use gatewarp_tests::naive::BlockFormat;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Live, cases};
use super::ops::{Input, bytes, quantize};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("silu_and_mul_mxfp8_quantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Mxfp8)
    });
    suite.trial("silu_and_mul_mxfp8_quantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Mxfp8)
    });
    suite.trial("silu_and_mul_mxfp8_quantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Mxfp8)
    });
    suite.trial("silu_and_mul_mxfp4_quantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Mxfp4)
    });
    suite.trial("silu_and_mul_mxfp4_quantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Mxfp4)
    });
    suite.trial("silu_and_mul_mxfp4_quantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Mxfp4)
    });
    suite.trial("silu_and_mul_nvfp4_quantize::bf16", |c| {
        matches::<bf16>(c, BlockFormat::Nvfp4)
    });
    suite.trial("silu_and_mul_nvfp4_quantize::f16", |c| {
        matches::<f16>(c, BlockFormat::Nvfp4)
    });
    suite.trial("silu_and_mul_nvfp4_quantize::f32", |c| {
        matches::<f32>(c, BlockFormat::Nvfp4)
    });
    suite.trial("silu_and_mul_nvfp4_quantize::exact", |c| {
        matches::<f16>(c, BlockFormat::Nvfp4Exact)
    });
    suite.trial(
        "silu_and_mul_block_quantize::allocating_form",
        allocating_form,
    );
}

fn matches<T: BlockElement + GatedElement + Value>(
    context: &Context,
    format: BlockFormat,
) -> Outcome {
    let mut kept = vec![
        Case::plain(format, 0, 4),
        Case::plain(format, 3, 0),
        Case::plain(format, 129, 5),
        Case {
            matrices: 2,
            live: Live::Counted,
            ..Case::plain(format, 3, 9)
        },
    ];
    kept.extend(context.real(vec![Case::plain(format, 513, 11008 / format.block())]));
    context.check(2, kept, &cases(format), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: BlockElement + GatedElement + Value>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let stream = &context.stream;
    let shape = case.shape(2 * case.columns());
    let x = Framed::new(stream, &shape, case.x, &case.elements::<T>(2))?;
    let device = case.beside().on(stream)?;
    let (options, global) = (device.options(case), device.global.view());
    let (codes, x) = (case.data_shape(), x.view()?);
    let room = case.room(&codes);
    let activated = silu_and_mul(stream, &x)?;
    let input = Input {
        x: activated.view(),
        silu: false,
        global,
        options,
    };
    let want = quantize(stream, case.format, &input, &room)?;
    let got = quantize(
        stream,
        case.format,
        &Input {
            x,
            silu: true,
            global,
            options,
        },
        &room,
    )?;
    bits("data", &got.data, &want.data)?;
    bits("scales", &got.scales, &want.scales)?;
    Ok(())
}

/// The forms that allocate give what the others do.
fn allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    for format in [BlockFormat::Mxfp8, BlockFormat::Mxfp4, BlockFormat::Nvfp4] {
        let case = Case::plain(format, 5, 3);
        let x = case.elements::<bf16>(2);
        let x = Tensor::from_slice(stream, &x, &case.shape(2 * case.columns()))?;
        let device = case.beside().on(stream)?;
        let (options, global) = (device.options(&case), device.global.view());
        let input = Input {
            x: x.view(),
            silu: true,
            global,
            options,
        };
        let want = quantize(stream, format, &input, &case.room(&case.data_shape()))?;
        let (data, scales) = match format {
            BlockFormat::Mxfp8 => {
                let out = silu_and_mul_mxfp8_quantize(stream, &x, &options)?;
                (bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?))
            }
            BlockFormat::Mxfp4 => {
                let out = silu_and_mul_mxfp4_quantize(stream, &x, &options)?;
                (bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?))
            }
            _ => {
                let out = silu_and_mul_nvfp4_quantize(stream, &x, &global, &options)?;
                (bytes(&out.data.to_vec()?), bytes(&out.scales.to_vec()?))
            }
        };
        bits("data", &data, &want.data)?;
        bits("scales", &scales, &want.scales)?;
    }
    Ok(())
}

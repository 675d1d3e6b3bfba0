//! FP8 quantisers.

use gatewarp::formats::E4m3;
use gatewarp::quantize::{
    Fp8Options, Fp8Scaled, Fp8Scaling, LiveRows, ScaleMajor, ScaleRounding, amax, amax_into,
    amax_workspace, fp8_dequantize_into, fp8_quantize_1x128_into, fp8_quantize_128x128_into,
    fp8_quantize_per_tensor_into, fp8_quantize_per_tensor_static, fp8_quantize_per_token,
    fp8_quantize_per_token_into, silu_and_mul_fp8_quantize_1x128,
    silu_and_mul_fp8_quantize_per_token,
};
use gatewarp::{Device, Result, Tensor};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::fp8_quantize::elements", elements);
    suite.trial("refused::fp8_quantize::results", results);
    suite.trial("refused::fp8_quantize::scales", scales);
    suite.trial("refused::fp8_quantize::one_scale", one_scale);
    suite.trial("refused::fp8_quantize::rows", rows);
    suite.trial("refused::fp8_quantize::dequantize", dequantize);
    suite.trial("refused::fp8_quantize::placement", placement);
}

type Quantized = Result<Fp8Scaled<E4m3>>;

/// What has no rows, and halves of what is odd.
fn elements(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let scalar = Tensor::<f32>::zeros(stream, &[])?;
    let parts = ["fp8_quantize_per_token", "x must be [.., K]", "[]"];
    refused("a scalar", &parts, || -> Quantized {
        fp8_quantize_per_token(stream, &scalar, &options)
    })?;
    refused("a scalar", &["amax", "x must be [.., K]"], || {
        amax(stream, &scalar, &LiveRows::All)
    })?;
    let odd = Tensor::<f32>::zeros(stream, &[2, 7])?;
    let parts = [
        "silu_and_mul_fp8_quantize_per_token",
        "x must be [.., 2K]",
        "[2, 7]",
    ];
    refused("an odd row", &parts, || -> Quantized {
        silu_and_mul_fp8_quantize_per_token(stream, &odd, &options)
    })?;
    let parts = [
        "silu_and_mul_fp8_quantize_1x128",
        "x must be [.., 2K]",
        "[2, 7]",
    ];
    refused("an odd row", &parts, || -> Quantized {
        silu_and_mul_fp8_quantize_1x128(stream, &odd, ScaleMajor::K, &options)
    })?;
    Ok(())
}

/// Codes of another shape.
fn results(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let x = Tensor::<f32>::zeros(stream, &[3, 64])?;
    let mut scales = Framed::<f32>::poisoned(stream, &[3], Frame::NONE)?;
    for shape in [&[3, 32][..], &[4, 64], &[192], &[1, 3, 64]] {
        let mut data = Framed::<E4m3>::poisoned(stream, shape, Frame::NONE)?;
        let parts = ["fp8_quantize_per_token", "data must be [3, 64]"];
        refused("codes", &parts, || {
            let (mut data, mut scales) = (data.view_mut()?, scales.view_mut()?);
            fp8_quantize_per_token_into(stream, &x, &mut data, &mut scales, &options)
        })?;
        data.untouched()?;
    }
    scales.untouched()?;
    Ok(())
}

/// Scales of another number, or apart.
fn scales(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let x = Tensor::<f32>::zeros(stream, &[130, 200])?;
    let mut data = Framed::<E4m3>::poisoned(stream, &[130, 200], Frame::NONE)?;
    let mut few = Framed::<f32>::poisoned(stream, &[129], Frame::NONE)?;
    let mut apart = Framed::<f32>::poisoned(stream, &[2, 130], Frame::new(0, 0, 0, 4))?;
    let mut data = data.view_mut()?;
    refused(
        "one too few",
        &["scales must be 130 elements", "[129]"],
        || fp8_quantize_per_token_into(stream, &x, &mut data, &mut few.view_mut()?, &options),
    )?;
    refused(
        "no padding",
        &["fp8_quantize_1x128", "scales must be 264 elements"],
        || {
            let scales = &mut apart.view_mut()?;
            fp8_quantize_1x128_into(stream, &x, &mut data, scales, ScaleMajor::Mn, &options)
        },
    )?;
    refused(
        "rows apart",
        &["scales must be 260 elements, contiguous"],
        || {
            let scales = &mut apart.view_mut()?;
            fp8_quantize_1x128_into(stream, &x, &mut data, scales, ScaleMajor::K, &options)
        },
    )?;
    refused(
        "tiles",
        &["fp8_quantize_128x128", "scales must be 4 elements"],
        || {
            let scales = &mut few.view_mut()?;
            fp8_quantize_128x128_into(stream, &x, &mut data, scales, ScaleRounding::Nearest)
        },
    )?;
    few.untouched()?;
    apart.untouched()?;
    Ok(())
}

/// Another number of scales than one, and too small a workspace.
fn one_scale(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let x = Tensor::<f32>::zeros(stream, &[3, 64])?;
    let two = Tensor::<f32>::zeros(stream, &[2])?;
    let parts = [
        "fp8_quantize_per_tensor_static",
        "scale must be 1 elements",
        "[2]",
    ];
    refused("two scales", &parts, || -> Result<Tensor<E4m3>> {
        fp8_quantize_per_tensor_static(stream, &x, &two, &LiveRows::All)
    })?;
    let mut data = Framed::<E4m3>::poisoned(stream, &[3, 64], Frame::NONE)?;
    let mut out = Framed::<f32>::poisoned(stream, &[1], Frame::NONE)?;
    let mut small = Framed::<f32>::poisoned(stream, &[amax_workspace() - 1], Frame::NONE)?;
    let mut workspace = Tensor::<f32>::zeros(stream, &[amax_workspace()])?;
    refused(
        "a small workspace",
        &["fp8_quantize_per_tensor", "workspace must be"],
        || {
            let (mut data, mut scale) = (data.view_mut()?, out.view_mut()?);
            let workspace = &mut small.view_mut()?;
            fp8_quantize_per_tensor_into(stream, &x, &mut data, &mut scale, workspace, &options)
        },
    )?;
    refused("a small workspace", &["amax", "workspace must be"], || {
        let (workspace, out) = (&mut small.view_mut()?, &mut out.view_mut()?);
        amax_into(stream, &x, workspace, out, &LiveRows::All)
    })?;
    let mut two = Framed::<f32>::poisoned(stream, &[2], Frame::NONE)?;
    refused(
        "two scales",
        &["fp8_quantize_per_tensor", "scale must be 1"],
        || {
            let (mut data, mut scale) = (data.view_mut()?, two.view_mut()?);
            fp8_quantize_per_tensor_into(
                stream,
                &x,
                &mut data,
                &mut scale,
                &mut workspace,
                &options,
            )
        },
    )?;
    data.untouched()?;
    out.untouched()?;
    small.untouched()?;
    two.untouched()?;
    Ok(())
}

/// Maps and counts for other rows.
fn rows(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::<f32>::zeros(stream, &[2, 3, 64])?;
    let ints = |count: usize| Tensor::<i32>::zeros(stream, &[count]);
    let (one, two, three, six) = (ints(1)?, ints(2)?, ints(3)?, ints(6)?);
    let quantize = |rows: LiveRows<'_>| -> Quantized {
        let options = Fp8Options {
            rows,
            ..Fp8Options::default()
        };
        fp8_quantize_per_token(stream, &x, &options)
    };
    refused(
        "counts",
        &["fp8_quantize_per_token", "counts must be 2", "[3]"],
        || quantize(LiveRows::Counted(three.view())),
    )?;
    refused("a map", &["permutation_map must be 6", "[3]"], || {
        quantize(LiveRows::mapped(three.view(), one.view()))
    })?;
    refused("a number", &["n_used must be 1", "[2]"], || {
        quantize(LiveRows::mapped(six.view(), two.view()))
    })?;
    Ok(())
}

fn dequantize(context: &Context) -> Outcome {
    let stream = &context.stream;
    let data = Tensor::<E4m3>::zeros(stream, &[3, 64])?;
    let scales = Tensor::<f32>::zeros(stream, &[3])?;
    let mut out = Framed::<f32>::poisoned(stream, &[3, 64], Frame::NONE)?;
    refused(
        "scales",
        &["fp8_dequantize", "scales must be 64", "[3]"],
        || {
            let out = &mut out.view_mut()?;
            fp8_dequantize_into(stream, &data, &scales, Fp8Scaling::Columns, out)
        },
    )?;
    out.untouched()?;
    let mut out = Framed::<f32>::poisoned(stream, &[3, 63], Frame::NONE)?;
    refused(
        "a result",
        &["fp8_dequantize", "out must be [3, 64]"],
        || {
            let out = &mut out.view_mut()?;
            fp8_dequantize_into(stream, &data, &scales, Fp8Scaling::Rows, out)
        },
    )?;
    out.untouched()?;
    Ok(())
}

/// Tensors of another stream's device.
fn placement(context: &Context) -> Outcome {
    let stream = &context.stream;
    let other = match stream.device().is_cuda() {
        true => Device::cpu().stream()?,
        false => return Ok(()), // host memory is all one
    };
    let x = Tensor::<f32>::zeros(stream, &[2, 32])?;
    let scale = Tensor::<f32>::zeros(&other, &[1])?;
    let parts = ["fp8_quantize_per_tensor_static", "scale must be on"];
    refused("a scale elsewhere", &parts, || -> Result<Tensor<E4m3>> {
        fp8_quantize_per_tensor_static(stream, &x, &scale, &LiveRows::All)
    })?;
    Ok(())
}

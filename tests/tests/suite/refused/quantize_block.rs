//! Quantisers to block-scaled formats.

use gatewarp::formats::{E2m1x2, E4m3, E8m0, ScaleLayout};
use gatewarp::quantize::{
    BlockOptions, LiveRows, SquaredReluRounding, mxfp4_quantize, mxfp8_dequantize_into,
    mxfp8_quantize, mxfp8_quantize_into, nvfp4_quantize, nvfp4_quantize_into,
    silu_and_mul_expert_scaled_nvfp4_quantize, silu_and_mul_mxfp8_quantize,
    silu_and_mul_nvfp4_quantize, silu_and_mul_scaled_nvfp4_experts_quantize,
    squared_relu_and_quantize_mxfp8, swiglu_and_quantize_mxfp8,
};
use gatewarp::{Device, Tensor, TensorViewMut};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::block_quantize::elements", elements);
    suite.trial("refused::block_quantize::results", results);
    suite.trial("refused::block_quantize::rows", rows);
    suite.trial("refused::block_quantize::experts", experts);
    suite.trial("refused::block_quantize::dequantize", dequantize);
    suite.trial("refused::block_quantize::placement", placement);
}

/// Rows that are no whole blocks, and what is no row.
fn elements(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, BlockOptions::default());
    let zeros = |shape: &[usize]| Tensor::<f32>::zeros(stream, shape);
    let one = Tensor::from_slice(stream, &[1.0f32], &[1])?;
    for (shape, shown) in [(&[2, 31][..], "[2, 31]"), (&[48], "[48]"), (&[], "[]")] {
        let x = zeros(shape)?;
        let parts = |op| [op, "x must be [.., K], K a multiple of", shown];
        refused("x", &parts("mxfp8_quantize"), || {
            mxfp8_quantize(stream, &x, &options)
        })?;
        refused("x", &parts("mxfp4_quantize"), || {
            mxfp4_quantize(stream, &x, &options)
        })?;
    }
    let x = zeros(&[2, 24])?;
    let parts = ["nvfp4_quantize", "x", "K a multiple of 16", "[2, 24]"];
    refused("x", &parts, || nvfp4_quantize(stream, &x, &one, &options))?;
    let parts = [
        "silu_and_mul_nvfp4_quantize",
        "[.., 2K], K a multiple of 16",
        "[2, 24]",
    ];
    refused("x", &parts, || {
        silu_and_mul_nvfp4_quantize(stream, &x, &one, &options)
    })?;
    let x = zeros(&[2, 96])?;
    let parts = [
        "silu_and_mul_mxfp8_quantize",
        "[.., 2K], K a multiple of 32",
        "[2, 96]",
    ];
    refused("x", &parts, || {
        silu_and_mul_mxfp8_quantize(stream, &x, &options)
    })?;
    Ok(())
}

/// Codes and scales of another shape, or in another place than a kernel can write.
fn results(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, BlockOptions::default());
    let x = Tensor::<f32>::zeros(stream, &[3, 64])?;
    let mut data = Framed::<E4m3>::poisoned(stream, &[3, 64], Frame::NONE)?;
    let mut scales = Framed::<E8m0>::poisoned(stream, &[512], Frame::NONE)?;
    for (shape, shown) in [
        (&[3, 32][..], "[3, 32]"),
        (&[4, 64], "[4, 64]"),
        (&[192], "[192]"),
    ] {
        let mut data = Framed::<E4m3>::poisoned(stream, shape, Frame::NONE)?;
        let parts = ["mxfp8_quantize", "data must be [3, 64]", shown];
        refused("codes", &parts, || {
            mxfp8_quantize_into(
                stream,
                &x,
                &mut data.view_mut()?,
                &mut scales.view_mut()?,
                &options,
            )
        })?;
        data.untouched()?;
    }
    for (count, layout, expected) in [
        (511, ScaleLayout::Swizzled128x4, "512 scales"),
        (512, ScaleLayout::Swizzled8x4, "32 scales"),
        (8, ScaleLayout::Linear, "6 scales"),
    ] {
        let mut scales = Framed::<E8m0>::poisoned(stream, &[count], Frame::NONE)?;
        let options = BlockOptions::with_layout(layout);
        refused(
            "scales",
            &["mxfp8_quantize", "scales must be", expected],
            || {
                mxfp8_quantize_into(
                    stream,
                    &x,
                    &mut data.view_mut()?,
                    &mut scales.view_mut()?,
                    &options,
                )
            },
        )?;
        scales.untouched()?;
    }
    let mut apart = Framed::<E8m0>::poisoned(stream, &[2, 256], Frame::new(0, 0, 0, 4))?;
    refused("scales apart", &["512 scales, contiguous"], || {
        mxfp8_quantize_into(
            stream,
            &x,
            &mut data.view_mut()?,
            &mut apart.view_mut()?,
            &options,
        )
    })?;
    data.untouched()?;
    scales.untouched()?;
    Ok(())
}

/// Matrices, global scales and maps for other rows.
fn rows(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::<f32>::zeros(stream, &[6, 64])?;
    let ints = |count: usize| Tensor::<i32>::zeros(stream, &[count]);
    let options = BlockOptions::default();
    for matrices in [0, 4, 7] {
        let options = BlockOptions {
            matrices,
            ..options
        };
        let parts = ["options.matrices must be a divisor of the 6 rows"];
        refused("matrices", &parts, || mxfp8_quantize(stream, &x, &options))?;
    }
    for count in [0, 4, 12] {
        let global = Tensor::<f32>::zeros(stream, &[count])?;
        let parts = ["nvfp4_quantize", "global_scale must be [G]", "the 6 rows"];
        refused("global scales", &parts, || {
            nvfp4_quantize(stream, &x, &global, &options)
        })?;
    }
    let counts = ints(3)?;
    let options = BlockOptions {
        matrices: 2,
        rows: LiveRows::Counted(counts.view()),
        ..options
    };
    refused("counts", &["counts must be 2 elements", "[3]"], || {
        mxfp8_quantize(stream, &x, &options)
    })?;
    let rounding = SquaredReluRounding::default();
    let (map, n_used) = (ints(5)?, ints(1)?);
    let parts = [
        "squared_relu_and_quantize_mxfp8",
        "permutation_map must be 6 elements",
        "[5]",
    ];
    refused("a map", &parts, || {
        squared_relu_and_quantize_mxfp8(stream, &x, &map, &n_used, rounding)
    })?;
    let (map, n_used) = (ints(6)?, ints(2)?);
    let parts = [
        "swiglu_and_quantize_mxfp8",
        "n_used must be 1 elements",
        "[2]",
    ];
    refused("a number", &parts, || {
        swiglu_and_quantize_mxfp8(stream, &x, &map, &n_used)
    })?;
    Ok(())
}

/// Experts of another number.
fn experts(context: &Context) -> Outcome {
    const MASKED: &str = "silu_and_mul_scaled_nvfp4_experts_quantize";
    const SCALED: &str = "silu_and_mul_expert_scaled_nvfp4_quantize";
    let (stream, options) = (&context.stream, BlockOptions::default());
    let floats = |shape: &[usize]| Tensor::<f32>::zeros(stream, shape);
    let ints = |count: usize| Tensor::<i32>::zeros(stream, &[count]);
    let (a, mask, global) = (floats(&[2, 3, 64])?, ints(2)?, floats(&[2])?);
    let masked = |a: &Tensor<f32>, mask: &Tensor<i32>, global: &Tensor<f32>| {
        silu_and_mul_scaled_nvfp4_experts_quantize(stream, a, mask, global)
    };
    let flat = floats(&[6, 64])?;
    refused("a matrix", &[MASKED, "a must be [B, M, 2K]"], || {
        masked(&flat, &mask, &global)
    })?;
    let (three, one) = (ints(3)?, floats(&[1])?);
    refused("a mask", &[MASKED, "counts must be 2"], || {
        masked(&a, &three, &global)
    })?;
    refused(
        "a scale for all",
        &[MASKED, "a_global_sf must be [2]"],
        || masked(&a, &mask, &one),
    )?;

    let (vectors, indices) = (floats(&[4, 32])?, ints(6)?);
    let scaled = |vectors: &Tensor<f32>, indices: &Tensor<i32>, options: &BlockOptions<'_>| {
        silu_and_mul_expert_scaled_nvfp4_quantize(stream, &a, vectors, indices, &one, options)
    };
    let long = floats(&[4, 64])?;
    let parts = [SCALED, "expert_scales must be [experts, 32]", "[4, 64]"];
    refused("vectors", &parts, || scaled(&long, &indices, &options))?;
    let parts = [SCALED, "expert_indices must be 6 elements", "[3]"];
    refused("indices", &parts, || scaled(&vectors, &three, &options))?;
    let two = BlockOptions {
        matrices: 2,
        ..options
    };
    refused("matrices", &[SCALED, "options.matrices must be 1"], || {
        scaled(&vectors, &indices, &two)
    })?;
    let counted = BlockOptions {
        rows: LiveRows::Counted(mask.view()),
        ..options
    };
    refused("counts", &[SCALED, "options.rows"], || {
        scaled(&vectors, &indices, &counted)
    })?;
    Ok(())
}

fn dequantize(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, BlockOptions::default());
    let data = Tensor::<E4m3>::zeros(stream, &[3, 64])?;
    let scales = Tensor::<E8m0>::zeros(stream, &[512])?;
    let few = Tensor::<E8m0>::zeros(stream, &[6])?;
    for (shape, parts) in [
        (&[3, 32][..], ["mxfp8_dequantize", "data must be [3, 32]"]),
        (
            &[3, 40],
            [
                "mxfp8_dequantize",
                "out must be [.., K], K a multiple of 32",
            ],
        ),
    ] {
        let mut out = Framed::<f32>::poisoned(stream, shape, Frame::NONE)?;
        refused("another shape", &parts, || {
            mxfp8_dequantize_into(stream, &data, &scales, &options, &mut out.view_mut()?)
        })?;
        out.untouched()?;
    }
    let mut out = Framed::<f32>::poisoned(stream, &[3, 64], Frame::NONE)?;
    refused(
        "scales",
        &["mxfp8_dequantize", "scales must be 512 scales", "[6]"],
        || mxfp8_dequantize_into(stream, &data, &few, &options, &mut out.view_mut()?),
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
    let options = BlockOptions::default();
    let x = Tensor::<f32>::zeros(stream, &[2, 32])?;
    let global = Tensor::<f32>::zeros(&other, &[1])?;
    let mut data = Framed::<E2m1x2>::poisoned(stream, &[2, 16], Frame::NONE)?;
    let mut scales = Framed::<E4m3>::poisoned(stream, &[512], Frame::NONE)?;
    let into = |mut data: TensorViewMut<'_, E2m1x2>, mut scales: TensorViewMut<'_, E4m3>| {
        nvfp4_quantize_into(stream, &x, &global, &mut data, &mut scales, &options)
    };
    let parts = ["nvfp4_quantize", "global_scale must be on"];
    refused("a scale elsewhere", &parts, || {
        into(data.view_mut()?, scales.view_mut()?)
    })?;
    data.untouched()?;
    scales.untouched()?;
    Ok(())
}

//! Rows, columns and block scales that do not divide, or go nowhere.

use gatewarp::formats::ScaleLayout::{Swizzled8x4, Swizzled128x4};
use gatewarp::quantize::layout::{
    block_scale_deinterleave, block_scale_interleave, block_scale_interleave_into,
    convert_from_block_layout, convert_to_block_layout, convert_to_block_layout_into,
    prepare_low_latency_gemm_weights, reorder_rows_for_gated_act_gemm,
    restore_low_latency_gemm_weights, shuffle_matrix_a, shuffle_matrix_a_into, shuffle_matrix_sf_a,
    unshuffle_matrix_a, unshuffle_matrix_sf_a,
};
use gatewarp::{Device, Tensor};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::layout_of_rows", rows);
    suite.trial("refused::layout_of_columns", columns);
    suite.trial("refused::layout_of_scales", scales);
    suite.trial("refused::layout_of_shuffled_scales", shuffled_scales);
    suite.trial("refused::layout_elsewhere", elsewhere);
}

fn rows(context: &Context) -> Outcome {
    let stream = &context.stream;
    let zeros = |shape: &[usize]| Tensor::<u8>::zeros(stream, shape);
    for shape in [&[3, 4][..], &[2, 5, 4], &[8], &[]] {
        let (x, shown) = (zeros(shape)?, format!("{shape:?}"));
        let name = "reorder_rows_for_gated_act_gemm";
        let parts = [name, "x must be [.., M, K]", "a multiple of 2", &shown];
        refused("odd rows", &parts, || {
            reorder_rows_for_gated_act_gemm(stream, &x)
        })?;
    }
    let x = zeros(&[48, 4])?;
    let parts = ["shuffle_matrix_a", "M a multiple of 32", "[48, 4]"];
    refused("rows", &parts, || shuffle_matrix_a(stream, &x, 128))?;
    let parts = ["unshuffle_matrix_a", "M a multiple of 32", "[48, 4]"];
    refused("rows", &parts, || unshuffle_matrix_a(stream, &x, 256))?;
    for tile in [0, 8, 100] {
        let shown = format!("but is {tile}");
        let parts = ["shuffle_matrix_a", "epilogue_tile_m must be", &shown];
        refused("a tile", &parts, || shuffle_matrix_a(stream, &x, tile))?;
    }
    for shape in [&[48, 5][..], &[32, 4], &[192], &[2, 24, 4]] {
        let mut out = Framed::poisoned(stream, shape, Frame::NONE)?;
        let parts = ["shuffle_matrix_a", "out must be [48, 4]"];
        refused("another shape", &parts, || {
            shuffle_matrix_a_into(stream, &x, 64, &mut out.view_mut()?)
        })?;
        out.untouched()?;
    }
    Ok(())
}

fn columns(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::<u8>::zeros(stream, &[32, 200])?;
    for width in [0, 3, 128, 400] {
        let shown = format!("K a multiple of {width}");
        let parts = ["convert_to_block_layout", "x must be", &shown, "[32, 200]"];
        refused("a width", &parts, || {
            convert_to_block_layout(stream, &x, width)
        })?;
    }
    let parts = ["prepare_low_latency_gemm_weights", "K a multiple of 128"];
    refused("weights", &parts, || {
        prepare_low_latency_gemm_weights(stream, &x)
    })?;
    let parts = ["convert_from_block_layout", "[.., blocks, M, width]"];
    refused("a matrix", &parts, || convert_from_block_layout(stream, &x))?;
    let blocks = Tensor::<u8>::zeros(stream, &[2, 32, 64])?;
    let parts = ["restore_low_latency_gemm_weights", "128]", "[2, 32, 64]"];
    refused("other blocks", &parts, || {
        restore_low_latency_gemm_weights(stream, &blocks)
    })?;
    let deep = Tensor::<u8>::zeros(stream, &[1, 1, 1, 1, 2, 4])?;
    refused("seven dimensions", &["at most 6"], || {
        convert_to_block_layout(stream, &deep, 2)
    })?;
    let mut out = Framed::poisoned(stream, &[4, 32, 51], Frame::NONE)?;
    let parts = ["convert_to_block_layout", "out must be [4, 32, 50]"];
    refused("another shape", &parts, || {
        convert_to_block_layout_into(stream, &x, 50, &mut out.view_mut()?)
    })?;
    out.untouched()?;
    Ok(())
}

fn scales(context: &Context) -> Outcome {
    let stream = &context.stream;
    let vector = Tensor::<u8>::zeros(stream, &[16])?;
    let parts = ["block_scale_interleave", "sf must be [.., M, Kv]", "[16]"];
    refused("a vector", &parts, || {
        block_scale_interleave(stream, &vector, Swizzled128x4)
    })?;
    let sf = Tensor::<u8>::zeros(stream, &[2, 5, 3])?;
    for (shape, frame) in [
        (&[1023][..], Frame::NONE),
        (&[2, 129, 4], Frame::NONE),
        (&[256, 4], Frame::new(0, 0, 1, 0)),
    ] {
        let mut out = Framed::poisoned(stream, shape, frame)?;
        let parts = [
            "block_scale_interleave",
            "out must be 1024 elements, contiguous",
        ];
        refused("another size", &parts, || {
            block_scale_interleave_into(stream, &sf, Swizzled128x4, &mut out.view_mut()?)
        })?;
        out.untouched()?;
    }
    let tiles = Tensor::<u8>::zeros(stream, &[2, 8, 4])?;
    let parts = [
        "block_scale_deinterleave",
        "sf must be 128 elements, contiguous",
    ];
    refused("few tiles", &parts, || {
        block_scale_deinterleave(stream, &tiles, &[4, 5, 3], Swizzled8x4)
    })?;
    refused("no matrix", &["block_scale_deinterleave", "out"], || {
        block_scale_deinterleave(stream, &tiles, &[64], Swizzled8x4)
    })?;
    refused("a size", &["Shape::new"], || {
        block_scale_deinterleave(stream, &tiles, &[usize::MAX, 2], Swizzled8x4)
    })?;
    refused("a size", &["block_scale_deinterleave", "2^31 rows"], || {
        block_scale_deinterleave(stream, &tiles, &[1 << 31, 0], Swizzled8x4)
    })?;
    Ok(())
}

fn shuffled_scales(context: &Context) -> Outcome {
    let stream = &context.stream;
    let sf = Tensor::<u8>::zeros(stream, &[96, 4])?;
    let parts = ["shuffle_matrix_sf_a", "M a multiple of 128", "[96, 4]"];
    refused("rows", &parts, || shuffle_matrix_sf_a(stream, &sf, 128, 16))?;
    let parts = ["shuffle_matrix_sf_a", "num_elts_per_sf must be 16 or 32"];
    refused("a block", &parts, || {
        shuffle_matrix_sf_a(stream, &sf, 128, 128)
    })?;
    let parts = ["shuffle_matrix_sf_a", "epilogue_tile_m must be"];
    refused("a tile", &parts, || shuffle_matrix_sf_a(stream, &sf, 0, 16))?;
    let parts = ["unshuffle_matrix_sf_a", "out must be", "[96, 4]"];
    refused("rows", &parts, || {
        unshuffle_matrix_sf_a(stream, &sf, &[96, 4], 128, 16)
    })?;
    Ok(())
}

/// Tensors that are not on the stream.
fn elsewhere(context: &Context) -> Outcome {
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let (stream, cpu) = (&context.stream, Device::cpu().stream()?);
    let x = Tensor::<u8>::zeros(&cpu, &[128, 4])?;
    refused("rows", &["shuffle_matrix_a", "x must be on"], || {
        shuffle_matrix_a(stream, &x, 128)
    })?;
    refused(
        "scales",
        &["block_scale_interleave", "sf must be on"],
        || block_scale_interleave(stream, &x, Swizzled128x4),
    )?;
    Ok(())
}

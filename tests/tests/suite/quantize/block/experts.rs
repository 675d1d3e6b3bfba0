//! `silu_and_mul` of experts' rows into NVFP4: masked rows, and rows scaled by their expert's vector.

use gatewarp::activation::{GatedElement, silu_and_mul};
use gatewarp::formats::{E2m1x2, E4m3, ScaleLayout};
use gatewarp::quantize::{
    BlockElement, BlockOptions, silu_and_mul_expert_scaled_nvfp4_quantize,
    silu_and_mul_expert_scaled_nvfp4_quantize_into, silu_and_mul_scaled_nvfp4_experts_quantize,
    silu_and_mul_scaled_nvfp4_experts_quantize_into,
};
use gatewarp::{Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive::BlockFormat;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Live, cases};
use super::ops::{Input, bytes, quantize};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("nvfp4_experts_quantize::masked", masked);
    suite.trial(
        "nvfp4_experts_quantize::allocating_form",
        masked_allocating_form,
    );
    suite.trial("nvfp4_expert_scaled_quantize::bf16", expert_scaled::<bf16>);
    suite.trial("nvfp4_expert_scaled_quantize::f16", expert_scaled::<f16>);
    suite.trial("nvfp4_expert_scaled_quantize::f32", expert_scaled::<f32>);
}

/// As `silu_and_mul_nvfp4_quantize` of counted rows.
fn masked(context: &Context) -> Outcome {
    let strategy = cases(BlockFormat::Nvfp4).prop_map(|case| Case {
        layout: ScaleLayout::Swizzled128x4,
        live: Live::Counted,
        ..case
    });
    let large = Case {
        matrices: 8,
        live: Live::Counted,
        ..Case::plain(BlockFormat::Nvfp4, 256, 128)
    };
    context.check(2, context.real(vec![large]), &strategy, |case| {
        masked_case(context, case)
    })
}

fn masked_case(context: &Context, case: &Case) -> TestCaseResult {
    let (stream, mut beside) = (&context.stream, case.beside());
    beside.global = (0..case.matrices)
        .map(|expert| 100.0 + 17.0 * expert as f32)
        .collect();
    let shape = case.shape(2 * case.columns());
    let x = Framed::new(stream, &shape, case.x, &case.elements::<f16>(2))?;
    let device = beside.on(stream)?;
    let (codes, x, global) = (case.data_shape(), x.view()?, device.global.view());
    let mask = Tensor::from_slice(stream, &beside.counts, &[case.matrices])?;
    let room = case.room(&codes);
    let input = Input {
        x,
        silu: true,
        global,
        options: device.options(case),
    };
    let want = quantize(stream, case.format, &input, &room)?;
    let got = room.fill::<E2m1x2, E4m3>(stream, |mut data, mut scales| {
        silu_and_mul_scaled_nvfp4_experts_quantize_into(
            stream,
            &x,
            &mask,
            &global,
            &mut data,
            &mut scales,
        )
    })?;
    bits("data", &got.data, &want.data)?;
    bits("scales", &got.scales, &want.scales)?;
    Ok(())
}

/// The shapes of the results, and a scale where the documentation says.
fn masked_allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    // The gate 40 makes `silu` the identity; element (row, block) is 6 in its own block of ones.
    let ([experts, rows, blocks], [row, block]) = ([2, 130, 9], [97, 6]);
    let columns = blocks * 16;
    let mut x = vec![bf16::from_f32(1.0); experts * rows * 2 * columns];
    for gates in x.chunks_mut(2 * columns) {
        gates[..columns].fill(bf16::from_f32(40.0));
        gates[columns..].fill(bf16::from_f32(0.0));
    }
    x[(rows + row) * 2 * columns + columns + block * 16 + 3] = bf16::from_f32(0.15);
    let x = Tensor::from_slice(stream, &x, &[experts, rows, 2 * columns])?;
    let mask = Tensor::from_slice(stream, &[1, rows as i32], &[experts])?;
    let global = Tensor::from_slice(stream, &[1.0f32, 1.0], &[experts])?;
    let out = silu_and_mul_scaled_nvfp4_experts_quantize(stream, &x, &mask, &global)?;
    let shapes = [*out.data.shape(), *out.scales.shape()];
    if *shapes[0] != [2, 130, 72] || *shapes[1] != [2, 2, 3, 32, 4, 4] {
        return Err(format!("the shapes are {shapes:?}").into());
    }
    // [b, m / 128, kv / 4, m % 32, m % 128 / 32, kv % 4]
    let place =
        ((((2 + row / 128) * 3 + block / 4) * 32 + row % 32) * 4 + row % 128 / 32) * 4 + block % 4;
    let scales = bytes(&out.scales.to_vec()?);
    let written: Vec<usize> = (0..scales.len()).filter(|&i| scales[i] != 0).collect();
    if written != [place] || scales[place] != 0x38 {
        return Err(format!("a scale is at {written:?}, not {place}").into());
    }
    Ok(())
}

#[derive(Clone, Debug)]
struct Scaled {
    case: Case,
    experts: usize,
    vectors: Frame,
    weights: Values,
}

fn scaled_cases() -> impl Strategy<Value = Scaled> {
    let weights = prop_oneof![2 => Just(Values::Ordinary), 1 => any_values()];
    let parts = (
        cases(BlockFormat::Nvfp4),
        0..4usize,
        frames(),
        weights,
        any::<bool>(),
    );
    parts.prop_map(|(case, experts, vectors, weights, exact)| Scaled {
        case: Case {
            matrices: 1,
            live: Live::All,
            format: if exact {
                BlockFormat::Nvfp4Exact
            } else {
                BlockFormat::Nvfp4
            },
            ..case
        },
        experts,
        vectors,
        weights,
    })
}

fn expert_scaled<T: BlockElement + GatedElement + Value>(context: &Context) -> Outcome {
    let plain = |rows, blocks| Scaled {
        case: Case::plain(BlockFormat::Nvfp4, rows, blocks),
        experts: 8,
        vectors: Frame::NONE,
        weights: Values::Ordinary,
    };
    let kept = context.real(vec![plain(8, 256), plain(1000, 688)]);
    context.check(2, kept, &scaled_cases(), |it| {
        expert_scaled_case::<T>(context, it)
    })
}

/// As `silu_and_mul`, a product and `nvfp4_quantize` one after the other; rows without an expert as rows that do not exist.
fn expert_scaled_case<T: BlockElement + GatedElement + Value>(
    context: &Context,
    it: &Scaled,
) -> TestCaseResult {
    let (stream, case) = (&context.stream, &it.case);
    let (columns, beside) = (case.columns(), case.beside());
    let vectors = it.weights.draw::<T>(it.experts * columns, case.seed ^ 7);
    let x = Framed::new(
        stream,
        &case.shape(2 * columns),
        case.x,
        &case.elements::<T>(2),
    )?;
    let x = x.view()?;
    // Some indices are no expert's, on either side.
    let indices = &beside.map;
    let expert = |row: usize| {
        usize::try_from(indices[row])
            .ok()
            .filter(|&expert| expert < it.experts)
    };
    let mut product = silu_and_mul(stream, &x)?.to_vec()?;
    for (row, product) in product.chunks_mut(columns.max(1)).enumerate() {
        let vector = expert(row).map(|expert| &vectors[expert * columns..][..columns]);
        for (product, &weight) in product.iter_mut().zip(vector.into_iter().flatten()) {
            *product = T::from_f32(product.to_f32() * weight.to_f32());
        }
    }
    let product = Tensor::from_slice(stream, &product, &case.shape(columns))?;
    let there: Vec<i32> = (0..case.all_rows())
        .map(|row| if expert(row).is_some() { 0 } else { -1 })
        .collect();
    let mapped = Case {
        live: Live::Mapped,
        ..case.clone()
    };
    let all = super::case::Beside {
        map: there,
        n_used: i32::MAX,
        ..case.beside()
    }
    .on(stream)?;
    let (codes, global) = (case.data_shape(), all.global.view());
    let room = case.room(&codes);
    let input = Input {
        x: product.view(),
        silu: false,
        global,
        options: all.options(&mapped),
    };
    let want = quantize(stream, case.format, &input, &room)?;

    let framed = Framed::new(stream, &[it.experts, columns], it.vectors, &vectors)?;
    let indices = Tensor::from_slice(stream, indices, &[case.all_rows()])?;
    let options = BlockOptions {
        math: super::ops::math(case.format),
        ..all.options(case)
    };
    let got = room.fill::<E2m1x2, E4m3>(stream, |mut data, mut scales| {
        let (vectors, data, scales) = (framed.view()?, &mut data, &mut scales);
        silu_and_mul_expert_scaled_nvfp4_quantize_into(
            stream, &x, &vectors, &indices, &global, data, scales, &options,
        )
    })?;
    bits("data", &got.data, &want.data)?;
    bits("scales", &got.scales, &want.scales)?;
    let out = silu_and_mul_expert_scaled_nvfp4_quantize(
        stream,
        &x,
        &framed.view()?,
        &indices,
        &global,
        &options,
    )?;
    bits(
        "allocated scales",
        &bytes(&out.scales.to_vec()?),
        &want.scales,
    )?;
    Ok(())
}

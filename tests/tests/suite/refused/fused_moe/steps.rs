//! The steps of a layer.

use gatewarp::fused_moe::{
    Permutation, RoutingMethodType, finalize_into, permute, permute_into, topk, topk_into,
};
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::topk", topk_shapes);
    suite.trial("refused::topk_of_no_or_too_many_experts", topk_counts);
    suite.trial("refused::permute", permutations);
    suite.trial("refused::permutation_beyond_memory", beyond_memory);
    suite.trial("refused::finalize", finalizes);
}

const METHOD: RoutingMethodType = RoutingMethodType::Default;

/// Shapes of weights and ids for three tokens, and what the error says.
const TOPK: [(&[usize], &[usize], &[&str]); 3] = [
    (
        &[2, 2],
        &[3, 2],
        &["topk", "weights must be [3, top_k]", "[2, 2]"],
    ),
    (&[3, 2], &[3, 3], &["topk", "ids must be [3, 2]", "[3, 3]"]),
    (&[3, 2], &[6], &["topk", "ids must be [3, 2]", "[6]"]),
];

fn topk_shapes(context: &Context) -> Outcome {
    let stream = &context.stream;
    let logits = Tensor::<f32>::zeros(stream, &[3, 8])?;
    let flat = logits.view().reshape(&[24])?;
    let parts = ["topk", "logits must be [tokens, experts]", "[24]"];
    refused("a vector", &parts, || topk(stream, &flat, METHOD, 2))?;
    let strided = logits.view().columns(1..7)?;
    let parts = ["topk", "logits must be contiguous", "[3, 6]"];
    refused("rows apart", &parts, || topk(stream, &strided, METHOD, 2))?;
    for (weights, ids, parts) in TOPK {
        let mut weights = Framed::<f32>::poisoned(stream, weights, Frame::NONE)?;
        let mut ids = Framed::<i32>::poisoned(stream, ids, Frame::NONE)?;
        refused("results", parts, || {
            let (weights, ids) = (&mut weights.view_mut()?, &mut ids.view_mut()?);
            topk_into(stream, &logits, METHOD, weights, ids)
        })?;
        weights.untouched()?;
        ids.untouched()?;
    }
    Ok(())
}

fn topk_counts(context: &Context) -> Outcome {
    let stream = &context.stream;
    let logits = Tensor::<f32>::zeros(stream, &[3, 8])?;
    for (count, found) in [(0, "0"), (9, "9"), (usize::MAX, "18446744073709551615")] {
        let parts = ["topk", "top_k must be 1 to 8", found];
        refused("top_k", &parts, || topk(stream, &logits, METHOD, count))?;
    }
    let none = Tensor::<f32>::zeros(stream, &[3, 0])?;
    let parts = ["topk", "top_k must be 1 to 0"];
    refused("no experts", &parts, || topk(stream, &none, METHOD, 1))?;
    let many = Tensor::<f32>::zeros(stream, &[0, 65537])?;
    let parts = ["topk", "experts must be at most 65536", "65537"];
    refused("many experts", &parts, || topk(stream, &many, METHOD, 1))?;
    Ok(())
}

fn permutations(context: &Context) -> Outcome {
    let stream = &context.stream;
    let zeros = |shape: &[usize]| Tensor::<i32>::zeros(stream, shape);
    let ids = zeros(&[3, 4])?;
    let flat = zeros(&[12])?;
    let parts = ["permute", "ids must be [tokens, top_k]", "[12]"];
    refused("a vector", &parts, || permute(stream, &flat, 8, None))?;
    let strided = ids.view().columns(0..3)?;
    let parts = ["permute", "ids must be contiguous", "[3, 3]"];
    refused("rows apart", &parts, || permute(stream, &strided, 8, None))?;
    let parts = ["permute", "top_k must be 1 to 3", "4"];
    refused("few experts", &parts, || permute(stream, &ids, 3, None))?;
    let none = zeros(&[3, 0])?;
    let parts = ["permute", "top_k must be 1 to 8", "0"];
    refused("no choices", &parts, || permute(stream, &none, 8, None))?;
    refused("no experts", &["permute", "top_k"], || {
        permute(stream, &ids, 0, None)
    })?;
    let mut other = Permutation::empty(stream, 4, 4, 8)?;
    other.offsets.fill_bytes(0xff)?;
    let parts = ["permute", "choice_row must be [3, 4]", "[4, 4]"];
    refused("other tokens", &parts, || {
        permute_into(stream, &ids, None, &mut other)
    })?;
    // A part of another permutation, too short for this one: the safe call must not write past it.
    let mut swapped = Permutation::empty(stream, 3, 4, 8)?;
    swapped.row_token = zeros(&[11])?;
    let parts = ["permute", "row_token must be [12]", "[11]"];
    refused("a short row_token", &parts, || {
        permute_into(stream, &ids, None, &mut swapped)
    })?;
    swapped.row_token = zeros(&[12])?;
    swapped.offsets = zeros(&[8])?;
    let parts = ["permute", "offsets must be [9]", "[8]"];
    refused("short offsets", &parts, || {
        permute_into(stream, &ids, None, &mut swapped)
    })?;
    match other.offsets.to_vec()?.iter().all(|&offset| offset == -1) {
        true => Ok(()),
        false => Err("a refused call wrote".into()),
    }
}

fn beyond_memory(context: &Context) -> Outcome {
    let stream = &context.stream;
    for [tokens, top_k, experts] in [[usize::MAX, 2, 4], [4, usize::MAX, 4], [4, 2, usize::MAX]] {
        refused("a permutation", &[], || {
            Permutation::empty(stream, tokens, top_k, experts)
        })?;
    }
    Ok(())
}

/// Shapes of results, rows, weights and out, and what the error says.
const FINALIZE: [([&[usize]; 4], &[&str]); 5] = [
    (
        [&[4], &[3, 2], &[3, 2], &[3, 8]],
        &["results must be [rows, hidden]", "[4]"],
    ),
    (
        [&[4, 8], &[6], &[3, 2], &[3, 8]],
        &["choice_row must be [tokens, top_k]", "[6]"],
    ),
    (
        [&[4, 8], &[3, 2], &[2, 3], &[3, 8]],
        &["weights must be [3, 2]", "[2, 3]"],
    ),
    (
        [&[4, 8], &[3, 2], &[3, 2], &[3, 7]],
        &["out must be [3, 8]", "[3, 7]"],
    ),
    (
        [&[4, 8], &[3, 2], &[3, 2], &[4, 8]],
        &["finalize", "out must be [3, 8]", "[4, 8]"],
    ),
];

fn finalizes(context: &Context) -> Outcome {
    let stream = &context.stream;
    for ([results, rows, weights, out], parts) in FINALIZE {
        let results = Tensor::<bf16>::zeros(stream, results)?;
        let (rows, weights) = (
            Tensor::zeros(stream, rows)?,
            Tensor::zeros(stream, weights)?,
        );
        let mut out = Framed::<bf16>::poisoned(stream, out, Frame::NONE)?;
        refused("operands", parts, || {
            let out = &mut out.view_mut()?;
            // SAFETY: all rows are 0, and there is one.
            unsafe { finalize_into(stream, &results, &rows, &weights, out) }
        })?;
        out.untouched()?;
    }
    Ok(())
}

//! The layer.

use gatewarp::fused_moe::{
    Experts, FusedMoeOptions, GateUpOrder, Router, fused_moe, fused_moe_into, fused_moe_workspace,
};
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::experts", experts);
    suite.trial("refused::fused_moe::operands", operands);
    suite.trial("refused::fused_moe::workspace", workspaces);
    suite.trial("refused::fused_moe::top_k", top_k);
    suite.trial("refused::fused_moe::tokens", tokens);
}

/// Shapes of `gate_up` and `down`, and what the error says.
const WEIGHTS: [(&[usize], &[usize], &[&str]); 6] = [
    (
        &[3, 7, 8],
        &[3, 8, 3],
        &["gate_up must be [experts, 2 * intermediate", "[3, 7, 8]"],
    ),
    (
        &[3, 3, 2, 8],
        &[3, 8, 2],
        &["gate_up must be", "[3, 3, 2, 8]"],
    ),
    (&[12, 8], &[3, 8, 2], &["gate_up must be", "[12, 8]"]),
    (
        &[3, 4, 8],
        &[3, 2, 8],
        &["down must be [3, 8, 2]", "[3, 4, 8]", "[3, 2, 8]"],
    ),
    (
        &[3, 4, 8],
        &[2, 8, 2],
        &["down must be [3, 8, 2]", "[2, 8, 2]"],
    ),
    (
        &[0, 0, 1 << 21],
        &[0, 1 << 21, 0],
        &["Experts::new", "at most 2^20", "2097152"],
    ),
];

fn experts(context: &Context) -> Outcome {
    let zeros = |shape: &[usize]| Tensor::<bf16>::zeros(&context.stream, shape);
    for (gate_up, down, parts) in WEIGHTS {
        let (gate_up, down) = (zeros(gate_up)?, zeros(down)?);
        refused("weights", parts, || {
            Experts::new(&gate_up, &down, GateUpOrder::GateFirst)
        })?;
    }
    let (gate_up, down) = (zeros(&[3, 4, 9])?, zeros(&[3, 8, 2])?);
    let strided = gate_up.view().columns(0..8)?;
    let parts = ["Experts::new", "gate_up must be contiguous", "[3, 4, 8]"];
    refused("rows apart", &parts, || {
        Experts::new(&strided, &down, GateUpOrder::UpFirst)
    })?;
    Ok(())
}

/// Experts of hidden 8 and intermediate 2, three of them.
fn weights(context: &Context) -> gatewarp::Result<[Tensor<bf16>; 2]> {
    Ok([
        Tensor::zeros(&context.stream, &[3, 4, 8])?,
        Tensor::zeros(&context.stream, &[3, 8, 2])?,
    ])
}

/// Shapes of x, logits and out, for experts of hidden 8, and what the error says.
const OPERANDS: [([&[usize]; 3], &[&str]); 6] = [
    (
        [&[5, 7], &[5, 3], &[5, 8]],
        &["fused_moe", "x must be [tokens, 8]", "[5, 7]"],
    ),
    (
        [&[40], &[5, 3], &[5, 8]],
        &["x must be [tokens, 8]", "[40]"],
    ),
    (
        [&[5, 8], &[5, 4], &[5, 8]],
        &["fused_moe", "logits must be [5, 3]", "[5, 4]"],
    ),
    (
        [&[5, 8], &[4, 3], &[5, 8]],
        &["logits must be [5, 3]", "[4, 3]"],
    ),
    (
        [&[5, 8], &[15], &[5, 8]],
        &["logits must be [5, 3]", "[15]"],
    ),
    (
        [&[5, 8], &[5, 3], &[5, 7]],
        &["fused_moe", "out must be [5, 8]", "[5, 7]"],
    ),
];

/// Shapes of ids and weights, and what the error says.
const CHOSEN: [([usize; 2], [usize; 2], &[&str]); 3] = [
    (
        [5, 3],
        [5, 2],
        &["fused_moe", "ids must be [5, 2]", "[5, 3]"],
    ),
    ([4, 2], [5, 2], &["ids must be [5, 2]", "[4, 2]"]),
    ([5, 2], [5, 1], &["weights must be [5, 2]", "[5, 1]"]),
];

fn operands(context: &Context) -> Outcome {
    for ([x, logits, out], parts) in OPERANDS {
        let logits = Tensor::<f32>::zeros(&context.stream, logits)?;
        refused_layer(context, [x, out], Router::logits(&logits), parts)?;
    }
    for (ids, weights, parts) in CHOSEN {
        let ids = Tensor::zeros(&context.stream, &ids)?;
        let weights = Tensor::zeros(&context.stream, &weights)?;
        refused_layer(
            context,
            [&[5, 8], &[5, 8]],
            Router::chosen(&ids, &weights),
            parts,
        )?;
    }
    Ok(())
}

fn refused_layer(
    context: &Context,
    [x, out]: [&[usize]; 2],
    router: Router<'_>,
    parts: &[&str],
) -> Outcome {
    let (stream, [gate_up, down]) = (&context.stream, weights(context)?);
    let experts = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
    let x = Tensor::zeros(stream, x)?;
    let mut out = Framed::poisoned(stream, out, Frame::NONE)?;
    let mut workspace = Framed::poisoned(stream, &[1 << 16], Frame::NONE)?;
    refused("operands", parts, || {
        let options = FusedMoeOptions::default();
        let (out, workspace) = (&mut out.view_mut()?, &mut workspace.view_mut()?);
        fused_moe_into(stream, &x, router, &experts, &options, out, workspace)
    })?;
    out.untouched()?;
    workspace.untouched()?;
    Ok(())
}

/// A workspace a byte too small, or off its alignment. The CPU needs none.
fn workspaces(context: &Context) -> Outcome {
    if context.kind == Kind::Cpu {
        return Ok(());
    }
    let (stream, [gate_up, down]) = (&context.stream, weights(context)?);
    let experts = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
    let bytes = fused_moe_workspace(5, &experts, 2)?;
    let (x, logits) = (
        Tensor::zeros(stream, &[5, 8])?,
        Tensor::<f32>::zeros(stream, &[5, 3])?,
    );
    let expected = format!("workspace must be at least [{bytes}]");
    let found = format!("[{}]", bytes - 1);
    let cases: [(usize, usize, &[&str]); 3] = [
        (0, bytes - 1, &["fused_moe", &expected, &found]),
        (0, 0, &["fused_moe", &expected, "[0]"]),
        (8, bytes, &["fused_moe", "a multiple of 256 bytes", "0x"]),
    ];
    for (left, bytes, parts) in cases {
        let mut out = Framed::poisoned(stream, &[5, 8], Frame::NONE)?;
        let mut workspace = Framed::poisoned(stream, &[bytes], Frame::new(0, 0, left, 0))?;
        refused("a workspace", parts, || {
            let (router, options) = (Router::logits(&logits), FusedMoeOptions::default());
            let (out, workspace) = (&mut out.view_mut()?, &mut workspace.view_mut()?);
            fused_moe_into(stream, &x, router, &experts, &options, out, workspace)
        })?;
        out.untouched()?;
        workspace.untouched()?;
    }
    Ok(())
}

fn top_k(context: &Context) -> Outcome {
    let (stream, [gate_up, down]) = (&context.stream, weights(context)?);
    let experts = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
    let (x, logits) = (
        Tensor::zeros(stream, &[5, 8])?,
        Tensor::<f32>::zeros(stream, &[5, 3])?,
    );
    for (top_k, found) in [(0, "is 0"), (4, "is 4")] {
        let options = FusedMoeOptions {
            top_k,
            ..FusedMoeOptions::default()
        };
        let parts = [
            "fused_moe",
            "top_k must be 1 to 3, the number of experts",
            found,
        ];
        refused("top_k", &parts, || {
            fused_moe(stream, &x, Router::logits(&logits), &experts, &options)
        })?;
        refused("top_k", &parts, || fused_moe_workspace(5, &experts, top_k))?;
    }
    Ok(())
}

fn tokens(context: &Context) -> Outcome {
    let [gate_up, down] = weights(context)?;
    let experts = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
    for tokens in [usize::MAX, 1 << 30] {
        let parts = ["fused_moe", "tokens", "2^30"];
        refused("tokens", &parts, || {
            fused_moe_workspace(tokens, &experts, 2)
        })?;
    }
    Ok(())
}

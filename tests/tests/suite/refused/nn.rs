//! Files of weights, and layers that do not fit together.

use std::path::Path;

use gatewarp::fused_moe::FusedMoeOptions;
use gatewarp::nn::{MoeLayer, MoeLayerConfig};
use gatewarp::{Error, Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Comparison, Mismatch};
use gatewarp_tests::refusal::{error_of, refused};
use gatewarp_tests::suite::{Outcome, Suite};
use safetensors::Dtype;

use crate::nn::moe_layer::{Entry, SMALL, file_of, small_file};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::safetensors::broken_files", broken_files);
    suite.trial("refused::safetensors::broken_layers", broken_layers);
    suite.trial("refused::moe_layer::weights", weights);
    suite.trial("refused::moe_layer::sizes", sizes);
    suite.trial("refused::moe_layer::top_k", top_k);
    suite.trial("refused::moe_layer::tokens", tokens);
}

fn load(context: &Context, path: &Path, top_k: usize) -> gatewarp::Result<MoeLayer<bf16>> {
    let options = FusedMoeOptions {
        top_k,
        ..FusedMoeOptions::default()
    };
    MoeLayer::from_safetensors(&context.stream, path, "layer", options)
}

/// No file, a directory, and a good file cut off anywhere.
fn broken_files(context: &Context) -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("weights.safetensors");
    for path in [path.as_path(), directory.path()] {
        let name = path.display().to_string();
        refused("no file", &[&name], || load(context, path, 2))?;
    }
    let whole = file_of(&small_file("layer."))?;
    std::fs::write(&path, &whole)?;
    load(context, &path, 2)?;
    let near_ends = (0..20).chain(whole.len() - 20..whole.len());
    for length in near_ends.chain((0..whole.len()).step_by(97)) {
        std::fs::write(&path, &whole[..length])?;
        let parts = ["weights.safetensors", "not a whole safetensors file"];
        refused("a part", &parts, || load(context, &path, 2))?;
    }
    for garbage in [&[0xff; 64][..], b"PK\x03\x04, and not a header at all"] {
        std::fs::write(&path, garbage)?;
        refused("garbage", &["weights.safetensors"], || {
            load(context, &path, 2)
        })?;
    }
    Ok(())
}

/// Changes a file's tensors.
type Change = fn(&mut Vec<Entry>);

/// Changes that make it another layer's file, and what the error says.
const CHANGES: [(Change, &[&str]); 8] = [
    (
        |entries| drop(entries.remove(0)),
        &["no tensor", "`layer.gate.weight`"],
    ),
    (
        |entries| drop(entries.remove(1)),
        &["`layer.experts.0.w1.weight`"],
    ),
    (
        |entries| drop(entries.pop()),
        &["`layer.experts.2.w2.weight`"],
    ),
    (
        |entries| entries.truncate(7),
        &["no tensor", "experts.2.w1.weight`"],
    ),
    (
        |entries| entries[3].shape.reverse(),
        &["0.w2.weight`", "[24, 10]", "[10, 24]"],
    ),
    (
        |entries| entries[0].shape = vec![72],
        &["gate.weight` must be a matrix", "[72]"],
    ),
    (
        |entries| entries[5].dtype = Dtype::I16,
        &["must be BF16, F16 or F32", "I16"],
    ),
    (one_expert_more, &["has 3 rows, but there is an expert 3"]),
];

/// Good files of something else than this layer.
fn broken_layers(context: &Context) -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("weights.safetensors");
    for (change, parts) in CHANGES {
        let mut entries = small_file("layer.");
        change(&mut entries);
        std::fs::write(&path, file_of(&entries)?)?;
        weights_error(context, &path, parts)?;
    }
    Ok(())
}

fn one_expert_more(entries: &mut Vec<Entry>) {
    entries.push(Entry {
        name: "layer.experts.3.w1.weight".to_owned(),
        dtype: entries[1].dtype,
        shape: entries[1].shape.clone(),
        bytes: entries[1].bytes.clone(),
    });
}

fn weights_error(context: &Context, path: &Path, parts: &[&str]) -> Comparison {
    let error = error_of("a broken layer", || load(context, path, 2))?;
    let text = error.to_string();
    let named = text.contains("weights.safetensors");
    let said = parts.iter().all(|&part| text.contains(part));
    match (error, named && said) {
        (Error::Weights { .. }, true) => Ok(()),
        _ => Err(Mismatch(format!("not {parts:?}: {text}"))),
    }
}

/// Numbers that are not as many as the sizes say.
fn weights(context: &Context) -> Outcome {
    let size = SMALL.experts * SMALL.hidden * SMALL.intermediate;
    let router = SMALL.experts * SMALL.hidden;
    for [router, gate_up, down] in [
        [router - 1, 2 * size, size],
        [router, size, size],
        [router, 2 * size, 2 * size],
    ] {
        let [router, gate_up, down] = [router, gate_up, down].map(|n| vec![bf16::ZERO; n]);
        refused("weights", &["elements", "must be"], || {
            MoeLayer::new(&context.stream, SMALL, &router, &gate_up, &down)
        })?;
    }
    Ok(())
}

/// Sizes whose product is not a number of bytes.
fn sizes(context: &Context) -> Outcome {
    let huge = |hidden, intermediate, experts| MoeLayerConfig {
        hidden,
        intermediate,
        experts,
        ..SMALL
    };
    let cases = [
        huge(usize::MAX, 2, 3),
        huge(0, usize::MAX, 3),
        huge(2, usize::MAX, 3),
        huge(1 << 40, 1 << 40, 3),
    ];
    for config in cases {
        refused("a huge layer", &[], || {
            MoeLayer::<bf16>::new(&context.stream, config, &[], &[], &[])
        })?;
        refused("a huge random layer", &[], || {
            MoeLayer::<bf16>::random(&context.stream, config, 0)
        })?;
    }
    Ok(())
}

/// A layer that cannot choose `top_k` experts is refused when it is made.
fn top_k(context: &Context) -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("weights.safetensors");
    std::fs::write(&path, file_of(&small_file("layer."))?)?;
    for (top_k, found) in [(0, "is 0"), (4, "is 4")] {
        let parts = ["MoeLayer", "top_k must be 1 to 3", found];
        refused("from a file", &parts, || load(context, &path, top_k))?;
        let mut config = SMALL;
        config.options.top_k = top_k;
        refused("random", &parts, || {
            MoeLayer::<bf16>::random(&context.stream, config, 0)
        })?;
    }
    Ok(())
}

/// Tokens of another length than the layer's.
fn tokens(context: &Context) -> Outcome {
    let layer = MoeLayer::<bf16>::random(&context.stream, SMALL, 0)?;
    let x = Tensor::zeros(&context.stream, &[5, SMALL.hidden + 1])?;
    refused("long tokens", &["must be", "24", "25"], || {
        layer.forward(&context.stream, &x)
    })?;
    Ok(())
}

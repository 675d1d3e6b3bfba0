//! `MoeLayer`: from numbers, from a file in Mixtral's format, at random; against the same layer in `f64`.

use std::path::Path;

use gatewarp::element::Float;
use gatewarp::fused_moe::FusedMoeOptions;
use gatewarp::nn::{LayerElement, MoeLayer, MoeLayerConfig};
use gatewarp::reference::exact::relative_error;
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Similarity, bits, similar, widen};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value, Values};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("moe_layer::from_safetensors::bf16", from_file::<bf16, bf16>);
    suite.trial("moe_layer::from_safetensors::f16", from_file::<f16, f16>);
    suite.trial(
        "moe_layer::from_safetensors::f32_as_bf16",
        from_file::<bf16, f32>,
    );
    suite.trial(
        "moe_layer::from_safetensors::bf16_as_f16",
        from_file::<f16, bf16>,
    );
    suite.trial("moe_layer::random_matches::bf16", random_matches::<bf16>);
    suite.trial("moe_layer::random_matches::f16", random_matches::<f16>);
}

/// A tensor of a file: its name, type, shape and bytes.
pub struct Entry {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// The bytes of a file.
pub fn file_of(entries: &[Entry]) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let views = entries.iter().map(|entry| {
        let view = TensorView::new(entry.dtype, entry.shape.clone(), &entry.bytes)?;
        Ok((entry.name.as_str(), view))
    });
    let views: Result<Vec<_>, safetensors::SafeTensorError> = views.collect();
    serialize(views?, None)
}

/// A small layer's sizes.
pub const SMALL: MoeLayerConfig = MoeLayerConfig {
    hidden: 24,
    intermediate: 10,
    experts: 3,
    options: FusedMoeOptions {
        top_k: 2,
        routing_method: gatewarp::fused_moe::RoutingMethodType::Renormalize,
        expert_capacity: None,
    },
};

/// A layer's numbers.
struct Numbers<S> {
    router: Vec<S>,
    gate_up: Vec<S>,
    down: Vec<S>,
}

impl<S: Value> Numbers<S> {
    fn new(config: &MoeLayerConfig) -> Self {
        let size = config.experts * config.intermediate * config.hidden;
        let drawn = |count, seed| {
            let values = Values::Ordinary.draw::<S>(count, seed);
            let scaled = values.iter().map(|value| S::from_f64(value.to_f64() / 4.0));
            scaled.collect()
        };
        Self {
            router: drawn(config.experts * config.hidden, 1),
            gate_up: drawn(2 * size, 2),
            down: drawn(size, 3),
        }
    }

    /// The tensors of a Mixtral layer.
    fn entries(&self, config: &MoeLayerConfig, prefix: &str) -> Vec<Entry> {
        let &MoeLayerConfig {
            hidden,
            intermediate,
            experts,
            ..
        } = config;
        let half = intermediate * hidden;
        let entry = |name: String, shape: [usize; 2], elements: &[S]| Entry {
            name: format!("{prefix}{name}"),
            dtype: dtype::<S>(),
            shape: shape.to_vec(),
            bytes: bytes_of(elements),
        };
        let mut entries = vec![entry("gate.weight".into(), [experts, hidden], &self.router)];
        for e in 0..experts {
            let name = |matrix| format!("experts.{e}.{matrix}.weight");
            let (gate, up) = self.gate_up[2 * e * half..2 * (e + 1) * half].split_at(half);
            entries.push(entry(name("w1"), [intermediate, hidden], gate));
            entries.push(entry(name("w3"), [intermediate, hidden], up));
            let down = &self.down[e * half..(e + 1) * half];
            entries.push(entry(name("w2"), [hidden, intermediate], down));
        }
        entries
    }
}

/// The tensors of a small Mixtral layer in `bf16`.
pub fn small_file(prefix: &str) -> Vec<Entry> {
    Numbers::<bf16>::new(&SMALL).entries(&SMALL, prefix)
}

fn dtype<S: Pattern>() -> Dtype {
    match S::DTYPE {
        gatewarp::DType::Bf16 => Dtype::BF16,
        gatewarp::DType::F16 => Dtype::F16,
        _ => Dtype::F32,
    }
}

fn bytes_of<S: Pattern>(elements: &[S]) -> Vec<u8> {
    let bytes = |element: &S| {
        element
            .bits()
            .to_le_bytes()
            .into_iter()
            .take(size_of::<S>())
    };
    elements.iter().flat_map(bytes).collect()
}

/// A layer from a file of `S` is the layer of the same numbers, whatever the prefix.
fn from_file<T: LayerElement + Value, S: Value>(context: &Context) -> Outcome {
    let directory = tempfile::tempdir()?;
    let numbers = Numbers::<S>::new(&SMALL);
    let x: Vec<T> = Values::Ordinary.draw(5 * SMALL.hidden, 4);
    let convert = |elements: &[S]| -> Vec<T> {
        elements
            .iter()
            .map(|element| T::from_f32(element.to_f32()))
            .collect()
    };
    let (router, gate_up) = (convert(&numbers.router), convert(&numbers.gate_up));
    let down = convert(&numbers.down);
    let same = MoeLayer::new(&context.stream, SMALL, &router, &gate_up, &down)?;
    let want = forward(&context.stream, &same, &x)?;
    for (prefix, written) in [("", ""), ("a.b", "a.b."), ("a.b.", "a.b.")] {
        let path = directory.path().join("layer.safetensors");
        std::fs::write(&path, file_of(&numbers.entries(&SMALL, written))?)?;
        let layer = load(&context.stream, &path, prefix)?;
        if *layer.config() != SMALL {
            return Err(format!("the file's layer is {:?}", layer.config()).into());
        }
        bits("out", &forward(&context.stream, &layer, &x)?, &want)?;
    }
    near_exact(&want, &same.forward_exact(&x)?)
}

fn load<T: LayerElement>(
    stream: &Stream,
    path: &Path,
    prefix: &str,
) -> gatewarp::Result<MoeLayer<T>> {
    MoeLayer::from_safetensors(stream, path, prefix, SMALL.options)
}

fn forward<T: LayerElement>(
    stream: &Stream,
    layer: &MoeLayer<T>,
    x: &[T],
) -> gatewarp::Result<Vec<T>> {
    let hidden = layer.config().hidden;
    let x = Tensor::from_slice(stream, x, &[x.len() / hidden, hidden])?;
    layer.forward(stream, &x)?.to_vec()
}

/// Under 2 %, the bound that the example keeps too.
fn near_exact<T: Float>(out: &[T], exact: &[f64]) -> Outcome {
    let error = relative_error(out, exact);
    match error < 0.02 {
        true => Ok(()),
        false => Err(format!("the relative error against f64 is {error}").into()),
    }
}

/// Random weights are the same on every device, and so is the output. On a GPU this is a layer of real
/// size: 8 tokens, 8 experts of 4096 by 11008.
fn random_matches<T: LayerElement + Value>(context: &Context) -> Outcome {
    let config = MoeLayerConfig {
        hidden: context.size(64, 4096),
        intermediate: context.size(172, 11008),
        experts: 8,
        options: FusedMoeOptions::default(),
    };
    let x: Vec<T> = Values::Ordinary.draw(8 * config.hidden, 5);
    let on = |stream: &Stream| -> gatewarp::Result<(Vec<T>, MoeLayer<T>)> {
        let layer = MoeLayer::random(stream, config, 6)?;
        Ok((forward(stream, &layer, &x)?, layer))
    };
    let (out, layer) = on(&context.stream)?;
    let exact = || layer.forward_exact(&x);
    let library = |stream: &Stream| Ok(widen(&on(stream)?.0));
    let want = match context.kind {
        gatewarp_tests::backend::Kind::Cpu => exact()?,
        _ => context.oracle(library, Vec::new)?,
    };
    similar(
        "out",
        &out,
        &want,
        config.hidden,
        Similarity::rounded::<T>(4),
    )?;
    near_exact(&out, &want)
}

//! What a call costs its caller, with next to no work behind it.

use anyhow::Result;
use gatewarp::activation::silu_and_mul_into;
use gatewarp::{Graph, Stream, Tensor, bf16};

use super::Operation;
use super::fused_moe::Layer;
use crate::case::{Bench, Build, Case, Spec};
use crate::ceiling::Work;
use crate::shapes::Set;

/// Host time of a one-kernel operation, of a layer, and of a layer's graph.
pub(super) const HOST: Operation = Operation {
    name: "host",
    family: "host",
    specs,
};

/// Tokens, hidden, intermediate, experts, top-k.
const LAYER: [usize; 5] = [4, 64, 64, 4, 2];

/// The set does not matter, nor do the tokens; so that they come once, they come with the quick set.
fn specs(set: &Set, _tokens: &[usize]) -> Vec<Spec> {
    if set.name != crate::shapes::QUICK {
        return Vec::new();
    }
    vec![
        spec(
            "one kernel",
            &[1, 32],
            Box::new(|bench| Ok(Box::new(Small::new(bench)?))),
        ),
        spec(
            "fused_moe",
            &LAYER,
            Box::new(|bench| Ok(Box::new(Layer::<bf16>::new(bench, LAYER)?))),
        ),
        spec(
            "fused_moe graph",
            &LAYER,
            Box::new(|bench| Ok(Box::new(Captured::new(bench)?))),
        ),
    ]
}

fn spec(name: &str, shape: &[usize], build: Build) -> Spec {
    Spec {
        op: HOST.name,
        family: HOST.family,
        dtype: "bf16",
        set: name.to_owned(),
        shape: shape.to_vec(),
        work: Work::memory(0, 0),
        host: true,
        problem: None,
        build,
    }
}

struct Small {
    x: Tensor<bf16>,
    out: Tensor<bf16>,
}

impl Small {
    fn new(bench: &Bench<'_>) -> Result<Self> {
        Ok(Self {
            x: bench.pool.normal(&[1, 64], 0)?,
            out: Tensor::empty(bench.stream, &[1, 32])?,
        })
    }
}

impl Case for Small {
    fn rotation(&self) -> usize {
        1
    }

    fn run(&mut self, stream: &Stream, _call: usize) -> gatewarp::Result<()> {
        silu_and_mul_into(stream, &self.x, &mut self.out)
    }

    fn verify(&mut self, _stream: &Stream) -> Result<()> {
        Ok(())
    }
}

/// A layer, captured.
struct Captured {
    graph: Graph,
    layer: Layer<bf16>,
}

impl Captured {
    fn new(bench: &Bench<'_>) -> Result<Self> {
        let mut layer = Layer::new(bench, LAYER)?;
        layer.run(bench.stream, 0)?;
        let graph = bench.stream.capture(|stream| layer.run(stream, 0))?;
        Ok(Self { graph, layer })
    }
}

impl Case for Captured {
    fn rotation(&self) -> usize {
        1
    }

    fn run(&mut self, stream: &Stream, _call: usize) -> gatewarp::Result<()> {
        // SAFETY: the layer is this case's own, and nothing else uses it.
        unsafe { self.graph.launch(stream) }
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.layer.verify(stream)
    }
}

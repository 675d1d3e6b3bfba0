//! Block-scaled formats, from memory and from activations, with scales in 128x4 tiles.
//!
//! The rows of `squared_relu_and_quantize_mxfp8` are an expert layer's: one in sixteen is padding, which must not cost
//! what a row costs.

mod case;

use gatewarp::activation::ActivationType;
use gatewarp::formats::{E2m1x2, E4m3, E8m0};
use gatewarp::quantize::{
    BlockOptions, SquaredReluRounding, activation_mxfp4_quantize_into,
    activation_mxfp8_quantize_into, activation_nvfp4_quantize_into, mxfp4_quantize_into,
    mxfp8_quantize_into, nvfp4_quantize_into, silu_and_mul_mxfp4_quantize_into,
    silu_and_mul_mxfp8_quantize_into, silu_and_mul_nvfp4_quantize_into,
    squared_relu_and_quantize_mxfp8_into,
};
use gatewarp::{Stream, Tensor, bf16};
use gatewarp_tests::values::Pattern;

use super::{ANY, FAMILY};
use crate::case::Spec;
use crate::ceiling::Work;
use crate::ops::Operation;
use crate::shapes::Set;
use case::Quantiser;

/// Memory to MXFP8.
pub(in crate::ops) const MXFP8: Operation = operation("mxfp8_quantize", |set, tokens| {
    gated(set, tokens, FROM_MEMORY_TO_MXFP8)
});
/// Memory to MXFP4.
pub(in crate::ops) const MXFP4: Operation = operation("mxfp4_quantize", |set, tokens| {
    gated(set, tokens, FROM_MEMORY_TO_MXFP4)
});
/// Memory to NVFP4.
pub(in crate::ops) const NVFP4: Operation = operation("nvfp4_quantize", |set, tokens| {
    gated(set, tokens, FROM_MEMORY_TO_NVFP4)
});
/// `silu_and_mul` to MXFP8.
pub(in crate::ops) const SILU_MXFP8: Operation =
    operation("silu_and_mul_mxfp8_quantize", |set, tokens| {
        let recipe = Recipe {
            name: "silu_and_mul_mxfp8_quantize",
            fused: |stream, from, data, scales| {
                let options = BlockOptions::default();
                silu_and_mul_mxfp8_quantize_into(stream, from.x, data, scales, &options)
            },
            activation: Some(ActivationType::Swiglu),
            ..FROM_MEMORY_TO_MXFP8
        };
        gated(set, tokens, recipe)
    });
/// `silu_and_mul` to MXFP4.
pub(in crate::ops) const SILU_MXFP4: Operation =
    operation("silu_and_mul_mxfp4_quantize", |set, tokens| {
        let recipe = Recipe {
            name: "silu_and_mul_mxfp4_quantize",
            fused: |stream, from, data, scales| {
                let options = BlockOptions::default();
                silu_and_mul_mxfp4_quantize_into(stream, from.x, data, scales, &options)
            },
            activation: Some(ActivationType::Swiglu),
            ..FROM_MEMORY_TO_MXFP4
        };
        gated(set, tokens, recipe)
    });
/// `silu_and_mul` to NVFP4.
pub(in crate::ops) const SILU_NVFP4: Operation =
    operation("silu_and_mul_nvfp4_quantize", |set, tokens| {
        let recipe = Recipe {
            name: "silu_and_mul_nvfp4_quantize",
            fused: |stream, from, data, scales| {
                let options = BlockOptions::default();
                let (x, global) = (from.x, from.global);
                silu_and_mul_nvfp4_quantize_into(stream, x, global, data, scales, &options)
            },
            activation: Some(ActivationType::Swiglu),
            ..FROM_MEMORY_TO_NVFP4
        };
        gated(set, tokens, recipe)
    });
/// Any activation to MXFP8.
pub(in crate::ops) const ANY_MXFP8: Operation =
    operation("activation_mxfp8_quantize", |set, tokens| {
        let recipe = Recipe {
            name: "activation_mxfp8_quantize",
            fused: |stream, from, data, scales| {
                let options = BlockOptions::default();
                activation_mxfp8_quantize_into(stream, from.x, ANY, data, scales, &options)
            },
            activation: Some(ANY),
            ..FROM_MEMORY_TO_MXFP8
        };
        gated(set, tokens, recipe)
    });
/// Any activation to MXFP4.
pub(in crate::ops) const ANY_MXFP4: Operation =
    operation("activation_mxfp4_quantize", |set, tokens| {
        let recipe = Recipe {
            name: "activation_mxfp4_quantize",
            fused: |stream, from, data, scales| {
                let options = BlockOptions::default();
                activation_mxfp4_quantize_into(stream, from.x, ANY, data, scales, &options)
            },
            activation: Some(ANY),
            ..FROM_MEMORY_TO_MXFP4
        };
        gated(set, tokens, recipe)
    });
/// Any activation to NVFP4.
pub(in crate::ops) const ANY_NVFP4: Operation =
    operation("activation_nvfp4_quantize", |set, tokens| {
        let recipe = Recipe {
            name: "activation_nvfp4_quantize",
            fused: |stream, from, data, scales| {
                let options = BlockOptions::default();
                activation_nvfp4_quantize_into(
                    stream,
                    from.x,
                    ANY,
                    from.global,
                    data,
                    scales,
                    &options,
                )
            },
            activation: Some(ANY),
            ..FROM_MEMORY_TO_NVFP4
        };
        gated(set, tokens, recipe)
    });
/// `max(x, 0)^2` of padded rows to MXFP8.
pub(in crate::ops) const SQUARED_RELU_MXFP8: Operation =
    operation("squared_relu_and_quantize_mxfp8", |set, tokens| {
        let recipe = Recipe {
            name: "squared_relu_and_quantize_mxfp8",
            fused: squared_relu,
            plain: squared_relu,
            padding: 16,
            ..FROM_MEMORY_TO_MXFP8
        };
        experts(set, tokens, recipe)
    });

const FROM_MEMORY_TO_MXFP8: Recipe<E4m3, E8m0> = Recipe::new("mxfp8_quantize", 32, 1, {
    |stream, from, data, scales| {
        mxfp8_quantize_into(stream, from.x, data, scales, &BlockOptions::default())
    }
});
const FROM_MEMORY_TO_MXFP4: Recipe<E2m1x2, E8m0> = Recipe::new("mxfp4_quantize", 32, 2, {
    |stream, from, data, scales| {
        mxfp4_quantize_into(stream, from.x, data, scales, &BlockOptions::default())
    }
});
const FROM_MEMORY_TO_NVFP4: Recipe<E2m1x2, E4m3> = Recipe::new("nvfp4_quantize", 16, 2, {
    |stream, from, data, scales| {
        let options = BlockOptions::default();
        nvfp4_quantize_into(stream, from.x, from.global, data, scales, &options)
    }
});

const fn operation(name: &'static str, specs: fn(&Set, &[usize]) -> Vec<Spec>) -> Operation {
    Operation {
        name,
        family: FAMILY,
        specs,
    }
}

/// What a call reads.
struct Inputs<'a> {
    x: &'a Tensor<bf16>,
    global: &'a Tensor<f32>,
    map: &'a Tensor<i32>,
    n_used: &'a Tensor<i32>,
}

/// A quantiser, into codes and scales.
type Quantize<D, S> =
    fn(&Stream, &Inputs<'_>, &mut Tensor<D>, &mut Tensor<S>) -> gatewarp::Result<()>;

fn squared_relu(
    stream: &Stream,
    from: &Inputs<'_>,
    data: &mut Tensor<E4m3>,
    scales: &mut Tensor<E8m0>,
) -> gatewarp::Result<()> {
    let (map, n_used, rounding) = (from.map, from.n_used, SquaredReluRounding::Rounded);
    squared_relu_and_quantize_mxfp8_into(stream, from.x, map, n_used, data, scales, rounding)
}

/// An operation of this file.
#[derive(Clone, Copy)]
struct Recipe<D, S> {
    name: &'static str,
    /// Elements that share a scale.
    block: usize,
    /// Elements in a byte.
    per_byte: usize,
    /// What is quantised in place of the input.
    activation: Option<ActivationType>,
    /// One row of so many is padding; 0 if none is.
    padding: usize,
    /// What is measured.
    fused: Quantize<D, S>,
    /// What takes the elements after the activation.
    plain: Quantize<D, S>,
}

impl<D, S> Recipe<D, S> {
    /// A quantiser of memory.
    const fn new(
        name: &'static str,
        block: usize,
        per_byte: usize,
        quantize: Quantize<D, S>,
    ) -> Self {
        Self {
            name,
            block,
            per_byte,
            activation: None,
            padding: 0,
            fused: quantize,
            plain: quantize,
        }
    }

    /// Elements that become one.
    fn width(&self) -> usize {
        1 + usize::from(self.activation.is_some_and(ActivationType::is_gated))
    }

    /// Whether a row is padding.
    fn is_padding(&self, row: usize) -> bool {
        self.padding > 0 && row % self.padding == self.padding - 1
    }

    /// What `[m, k]` must move: the rows in use, their scales, and the map of all rows.
    fn work(&self, [m, k]: [usize; 2]) -> Work {
        let used = (0..m).filter(|&row| !self.is_padding(row)).count();
        let map = if self.padding > 0 { m * 4 } else { 0 };
        let read = used * k * self.width() * size_of::<bf16>() + map;
        Work::memory(read, used * (k / self.per_byte + k / self.block))
    }
}

/// The specs of a set's gated activations.
fn gated<D: Pattern, S: Pattern>(set: &Set, tokens: &[usize], recipe: Recipe<D, S>) -> Vec<Spec> {
    let shapes = set.gated.iter().flat_map(|gated| {
        let at = move |&m: &usize| (format!("{} {}", set.name, gated.name), [m, gated.d]);
        tokens.iter().map(at)
    });
    specs(shapes, recipe)
}

/// The specs of a set's experts: a row for each choice of a token.
fn experts<D: Pattern, S: Pattern>(set: &Set, tokens: &[usize], recipe: Recipe<D, S>) -> Vec<Spec> {
    let shapes = set.moe.iter().flat_map(|moe| {
        let at = move |&m: &usize| (set.name.clone(), [m * moe.top_k, moe.intermediate]);
        tokens.iter().map(at)
    });
    specs(shapes, recipe)
}

/// The specs of shapes `[m, k]` of whole blocks.
fn specs<D: Pattern, S: Pattern>(
    shapes: impl Iterator<Item = (String, [usize; 2])>,
    recipe: Recipe<D, S>,
) -> Vec<Spec> {
    let whole = shapes.filter(|(_, [_, k])| k.is_multiple_of(recipe.block));
    let spec = |(set, shape): (String, [usize; 2])| Spec {
        op: recipe.name,
        family: FAMILY,
        dtype: "bf16",
        set,
        shape: shape.to_vec(),
        work: recipe.work(shape),
        host: false,
        problem: None,
        build: Box::new(move |bench| Ok(Box::new(Quantiser::new(bench, shape, recipe)?))),
    };
    whole.map(spec).collect()
}

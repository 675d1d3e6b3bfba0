//! FP8 with `f32` scales, of `bf16`, over the shapes of gated activations.

use anyhow::{Result, ensure};
use gatewarp::activation::{ActivationType, activation};
use gatewarp::formats::E4m3;
use gatewarp::quantize::{
    ChannelAxis, Fp8Options, Fp8Scaling, LiveRows, ScaleMajor, ScaleRounding,
    activation_fp8_quantize_1x128_into, activation_fp8_quantize_per_tensor_static_into,
    activation_fp8_quantize_per_token_into, amax_workspace, fp8_dequantize_into,
    fp8_quantize_1x128_into, fp8_quantize_128x128_into, fp8_quantize_per_channel_into,
    fp8_quantize_per_tensor_into, fp8_quantize_per_tensor_static_into, fp8_quantize_per_token_into,
    silu_and_mul_fp8_quantize_1x128_into, silu_and_mul_fp8_quantize_per_tensor_static_into,
    silu_and_mul_fp8_quantize_per_token_into,
};
use gatewarp::{Stream, Tensor, bf16};

use super::ANY;
use crate::case::{Bench, Case, Spec};
use crate::ceiling::Work;
use crate::ops::Operation;
use crate::sample::{gather, spread};
use crate::shapes::Set;

/// Rows that are compared.
const SAMPLE: usize = 16;

/// A quantiser.
#[derive(Clone, Copy)]
struct Recipe {
    name: &'static str,
    /// Who shares a scale.
    scaling: Fp8Scaling,
    /// What is quantised in place of the input.
    activation: Option<ActivationType>,
    /// How often they must be read: twice where a scale is of more than multiprocessors that work together hold.
    reads: usize,
    run: fn(&Stream, &mut Buffers) -> gatewarp::Result<()>,
}

impl Recipe {
    /// Elements that become one.
    fn gathers(&self) -> usize {
        1 + usize::from(self.activation.is_some_and(ActivationType::is_gated))
    }
}

/// What a call reads and writes.
struct Buffers {
    x: Tensor<bf16>,
    data: Tensor<E4m3>,
    scales: Tensor<f32>,
    workspace: Tensor<f32>,
}

/// A scale that codes of normally distributed values fit.
const SCALE: f32 = 1.0 / 32.0;

macro_rules! operations {
    ($($(#[$doc:meta])* $operation:ident, $recipe:ident: $name:literal, $scaling:expr, $activation:expr, $reads:literal, $run:expr;)*) => {
        $(
            const $recipe: Recipe = Recipe {
                name: $name,
                scaling: $scaling,
                activation: $activation,
                reads: $reads,
                run: $run,
            };

            $(#[$doc])*
            pub(in crate::ops) const $operation: Operation = Operation {
                name: $name,
                family: FAMILY,
                specs: |set, tokens| specs(&$recipe, set, tokens),
            };
        )*
    };
}

const FAMILY: &str = "quantize";

const MN: Fp8Scaling = Fp8Scaling::Groups1x128(ScaleMajor::Mn);

const SILU: Option<ActivationType> = Some(ActivationType::Swiglu);
const OAI: Option<ActivationType> = Some(ANY);

operations! {
    PER_TENSOR, TENSOR: "fp8_quantize_per_tensor", Fp8Scaling::Tensor, None, 2, |stream, b| {
        let (data, scale, workspace) = (&mut b.data, &mut b.scales, &mut b.workspace);
        fp8_quantize_per_tensor_into(stream, &b.x, data, scale, workspace, &Fp8Options::default())
    };
    PER_TENSOR_STATIC, STATIC: "fp8_quantize_per_tensor_static", Fp8Scaling::Tensor, None, 1, |stream, b| {
        fp8_quantize_per_tensor_static_into(stream, &b.x, &b.scales, &mut b.data, &LiveRows::All)
    };
    PER_TOKEN, TOKEN: "fp8_quantize_per_token", Fp8Scaling::Rows, None, 1, |stream, b| {
        fp8_quantize_per_token_into(stream, &b.x, &mut b.data, &mut b.scales, &Fp8Options::default())
    };
    PER_COLUMN, COLUMN: "fp8_quantize_per_channel", Fp8Scaling::Columns, None, 1, |stream, b| {
        let (axis, rounding) = (ChannelAxis::Columns, ScaleRounding::Nearest);
        fp8_quantize_per_channel_into(stream, &b.x, &mut b.data, &mut b.scales, axis, rounding)
    };
    GROUPS, GROUP: "fp8_quantize_1x128", MN, None, 1, |stream, b| {
        let (major, options) = (ScaleMajor::Mn, Fp8Options::default());
        fp8_quantize_1x128_into(stream, &b.x, &mut b.data, &mut b.scales, major, &options)
    };
    TILES, TILE: "fp8_quantize_128x128", Fp8Scaling::Tiles128x128, None, 1, |stream, b| {
        fp8_quantize_128x128_into(stream, &b.x, &mut b.data, &mut b.scales, ScaleRounding::Nearest)
    };
    SILU_PER_TOKEN, SILU_TOKEN: "silu_and_mul_fp8_quantize_per_token", Fp8Scaling::Rows, SILU, 1, |stream, b| {
        let options = Fp8Options::default();
        silu_and_mul_fp8_quantize_per_token_into(stream, &b.x, &mut b.data, &mut b.scales, &options)
    };
    SILU_GROUPS, SILU_GROUP: "silu_and_mul_fp8_quantize_1x128", MN, SILU, 1, |stream, b| {
        let (major, options) = (ScaleMajor::Mn, Fp8Options::default());
        silu_and_mul_fp8_quantize_1x128_into(stream, &b.x, &mut b.data, &mut b.scales, major, &options)
    };
    SILU_STATIC, SILU_TENSOR: "silu_and_mul_fp8_quantize_per_tensor_static", Fp8Scaling::Tensor, SILU, 1, |stream, b| {
        let rows = LiveRows::All;
        silu_and_mul_fp8_quantize_per_tensor_static_into(stream, &b.x, &b.scales, &mut b.data, &rows)
    };
    ANY_PER_TOKEN, ANY_TOKEN: "activation_fp8_quantize_per_token", Fp8Scaling::Rows, OAI, 1, |stream, b| {
        let options = Fp8Options::default();
        activation_fp8_quantize_per_token_into(stream, &b.x, ANY, &mut b.data, &mut b.scales, &options)
    };
    ANY_GROUPS, ANY_GROUP: "activation_fp8_quantize_1x128", MN, OAI, 1, |stream, b| {
        let (major, options) = (ScaleMajor::Mn, Fp8Options::default());
        activation_fp8_quantize_1x128_into(stream, &b.x, ANY, &mut b.data, &mut b.scales, major, &options)
    };
    ANY_STATIC, ANY_TENSOR: "activation_fp8_quantize_per_tensor_static", Fp8Scaling::Tensor, OAI, 1, |stream, b| {
        let rows = LiveRows::All;
        activation_fp8_quantize_per_tensor_static_into(stream, &b.x, ANY, &b.scales, &mut b.data, &rows)
    };
}

/// From 1x128 groups, MN-major.
pub(in crate::ops) const DEQUANTIZE: Operation = Operation {
    name: "fp8_dequantize",
    family: FAMILY,
    specs: |set, tokens| {
        let recipe = Recipe {
            name: "fp8_dequantize",
            scaling: MN,
            activation: None,
            reads: 1,
            run: |stream, b| fp8_dequantize_into(stream, &b.data, &b.scales, MN, &mut b.x),
        };
        specs(&recipe, set, tokens)
    },
};

fn specs(recipe: &Recipe, set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for gated in &set.gated {
        for &m in tokens {
            let set = format!("{} {}", set.name, gated.name);
            specs.push(spec(*recipe, set, [m, gated.d]));
        }
    }
    specs
}

fn spec(recipe: Recipe, set: String, [m, k]: [usize; 2]) -> Spec {
    let scales = scales(recipe.scaling, [m, k]) * size_of::<f32>();
    let x = m * k * recipe.gathers() * size_of::<bf16>();
    Spec {
        op: recipe.name,
        family: FAMILY,
        dtype: "bf16",
        set,
        shape: vec![m, k],
        work: match recipe.name == DEQUANTIZE.name {
            true => Work::memory(m * k + scales, x),
            false => Work::memory(recipe.reads * x, m * k + scales),
        },
        host: false,
        problem: None,
        build: Box::new(move |bench| Ok(Box::new(Quantizer::new(bench, recipe, [m, k])?))),
    }
}

/// How many scales there are.
pub(in crate::ops) fn scales(scaling: Fp8Scaling, [m, k]: [usize; 2]) -> usize {
    match scaling {
        Fp8Scaling::Tensor => 1,
        Fp8Scaling::Rows => m,
        Fp8Scaling::Columns => k,
        Fp8Scaling::Groups1x128(ScaleMajor::K) => m * k.div_ceil(128),
        Fp8Scaling::Groups1x128(ScaleMajor::Mn) => m.next_multiple_of(4) * k.div_ceil(128),
        Fp8Scaling::Tiles128x128 => m.div_ceil(128) * k.div_ceil(128),
    }
}

struct Quantizer {
    recipe: Recipe,
    buffers: Vec<Buffers>,
}

impl Quantizer {
    fn new(bench: &Bench<'_>, recipe: Recipe, [m, k]: [usize; 2]) -> Result<Self> {
        let count = bench.rotation(m * k * (recipe.gathers() * size_of::<bf16>() + 1));
        let buffers = (0..count as u64).map(|i| {
            let scales = vec![SCALE; scales(recipe.scaling, [m, k])];
            Ok(Buffers {
                x: bench.pool.normal(&[m, recipe.gathers() * k], i)?,
                data: bench.pool.e4m3(&[m, k], i)?,
                scales: Tensor::from_slice(bench.stream, &scales, &[scales.len()])?,
                workspace: Tensor::empty(bench.stream, &[amax_workspace()])?,
            })
        });
        Ok(Self {
            recipe,
            buffers: buffers.collect::<Result<_>>()?,
        })
    }
}

impl Case for Quantizer {
    fn rotation(&self) -> usize {
        self.buffers.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.buffers.len();
        (self.recipe.run)(stream, &mut self.buffers[i])
    }

    /// A sample of rows comes back, within half the distance of neighbouring codes.
    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.run(stream, 0)?;
        let b = &self.buffers[0];
        let mut back = Tensor::<bf16>::empty(stream, b.data.shape())?;
        fp8_dequantize_into(stream, &b.data, &b.scales, self.recipe.scaling, &mut back)?;
        let rows = spread(b.data.shape().rows(), SAMPLE);
        let columns = b.x.shape().columns();
        let x = gather(stream, &b.x, &rows)?;
        let mut x = Tensor::from_slice(stream, &x, &[rows.len(), columns])?;
        if let Some(fused) = self.recipe.activation {
            x = activation(stream, &x, &fused.into())?;
        }
        let (want, got) = (x.to_vec()?, gather(stream, &back, &rows)?);
        let largest = want.iter().fold(0.0f32, |all, x| all.max(x.to_f32().abs()));
        for (got, want) in got.into_iter().zip(want) {
            let (got, want) = (got.to_f32(), want.to_f32());
            let limit = want.abs() / 14.0 + largest.max(8.0) / 448.0 / 512.0 + SCALE / 512.0;
            let name = self.recipe.name;
            ensure!((got - want).abs() <= limit, "{name}: {got} for {want}");
        }
        Ok(())
    }
}

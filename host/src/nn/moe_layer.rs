//! A whole mixture-of-experts layer: router and experts.

use std::path::Path;

use super::weights::{LayerElement, WeightFile, Weights, random};
use crate::device::Stream;
use crate::error::{Error, Result};
use crate::fused_moe::{Experts, FusedMoeOptions, GateUpOrder, Router, fused_moe};
use crate::gemm::mm;
use crate::reference::exact::ExactLayer;
use crate::tensor::{AsView, Tensor};

/// Sizes and options of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoeLayerConfig {
    /// The length of a token.
    pub hidden: usize,
    /// The length of an expert's gate or up projection.
    pub intermediate: usize,
    /// The number of experts.
    pub experts: usize,
    /// Routing and capacity.
    pub options: FusedMoeOptions,
}

impl MoeLayerConfig {
    /// Elements of the router, of `gate_up` and of `down`, if there can be such a layer.
    fn elements(&self) -> Result<[usize; 3]> {
        let &Self {
            hidden,
            intermediate,
            experts,
            options,
        } = self;
        if options.top_k == 0 || options.top_k > experts {
            let expected = format!("1 to {experts}, the number of experts");
            return Err(Error::argument(
                "MoeLayer",
                "top_k",
                expected,
                options.top_k,
            ));
        }
        let product = |factors: &[usize]| factors.iter().try_fold(1usize, |a, &b| a.checked_mul(b));
        let router = product(&[experts, hidden]);
        let gate_up = product(&[experts, 2, intermediate, hidden]);
        let down = product(&[experts, hidden, intermediate]);
        let all = router.zip(gate_up).zip(down);
        all.map(|((router, gate_up), down)| [router, gate_up, down])
            .ok_or_else(|| {
                Error::argument(
                    "MoeLayer",
                    "config",
                    "of weights that fit in memory",
                    format!("{self:?}"),
                )
            })
    }
}

/// A mixture-of-experts layer with SwiGLU experts, as in Mixtral.
///
/// ```text
/// logits = x router^T          [tokens, experts], f32
/// out    = fused_moe(x, logits)
/// ```
pub struct MoeLayer<T> {
    config: MoeLayerConfig,
    /// `[experts, hidden]`.
    router: Tensor<T>,
    /// `[experts, 2 * intermediate, hidden]`, the gate first.
    gate_up: Tensor<T>,
    /// `[experts, hidden, intermediate]`.
    down: Tensor<T>,
}

impl<T: LayerElement> MoeLayer<T> {
    /// A layer of these weights, in host memory: `router [experts, hidden]`,
    /// `gate_up [experts, 2 * intermediate, hidden]` with the gate first, `down [experts, hidden, intermediate]`.
    ///
    /// # Errors
    /// [`Error::Argument`] if the weights are not as many as the configuration says; as [`Tensor::empty`].
    pub fn new(
        stream: &Stream,
        config: MoeLayerConfig,
        router: &[T],
        gate_up: &[T],
        down: &[T],
    ) -> Result<Self> {
        let lengths = [router.len(), gate_up.len(), down.len()];
        let expected = config.elements()?;
        if lengths != expected {
            let expected = format!("{expected:?} elements (router, gate_up, down)");
            return Err(Error::argument(
                "MoeLayer::new",
                "weights",
                expected,
                format!("{lengths:?}"),
            ));
        }
        let MoeLayerConfig {
            hidden,
            intermediate,
            experts,
            ..
        } = config;
        Ok(Self {
            config,
            router: Tensor::from_slice(stream, router, &[experts, hidden])?,
            gate_up: Tensor::from_slice(stream, gate_up, &[experts, 2 * intermediate, hidden])?,
            down: Tensor::from_slice(stream, down, &[experts, hidden, intermediate])?,
        })
    }

    /// A layer of random weights, normal with a standard deviation of 1/sqrt(fan-in); the same for the same
    /// seed on every device.
    ///
    /// # Errors
    /// As [`Tensor::empty`].
    pub fn random(stream: &Stream, config: MoeLayerConfig, seed: u64) -> Result<Self> {
        let [router, gate_up, down] = config.elements()?;
        let scale = |fan_in: usize| (fan_in.max(1) as f32).sqrt().recip();
        let router = random(router, scale(config.hidden), seed)?;
        let gate_up = random(gate_up, scale(config.hidden), seed.wrapping_add(1))?;
        let down = random(down, scale(config.intermediate), seed.wrapping_add(2))?;
        Self::new(stream, config, &router, &gate_up, &down)
    }

    /// A layer from a safetensors file in Mixtral's format, of BF16, F16 or F32 weights:
    ///
    /// ```text
    /// PREFIX.gate.weight           [experts, hidden]
    /// PREFIX.experts.N.w1.weight   [intermediate, hidden]   gate
    /// PREFIX.experts.N.w3.weight   [intermediate, hidden]   up
    /// PREFIX.experts.N.w2.weight   [hidden, intermediate]   down
    /// ```
    ///
    /// An empty prefix drops the dot too.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, is cut off, lacks a tensor, or has one of another shape
    /// or type; as [`Tensor::empty`].
    pub fn from_safetensors(
        stream: &Stream,
        file: &Path,
        prefix: &str,
        options: FusedMoeOptions,
    ) -> Result<Self> {
        let file = WeightFile::read(file)?;
        let weights = file.parse()?;
        let names = Names::new(prefix);
        let config = names.config(&weights, options)?;
        config.elements()?;
        let MoeLayerConfig {
            hidden,
            intermediate,
            experts,
            ..
        } = config;
        let (mut router, mut gate_up, mut down) = (Vec::new(), Vec::new(), Vec::new());
        weights.append(&names.router(), [experts, hidden], &mut router)?;
        for expert in 0..experts {
            weights.append(
                &names.expert(expert, "w1"),
                [intermediate, hidden],
                &mut gate_up,
            )?;
            weights.append(
                &names.expert(expert, "w3"),
                [intermediate, hidden],
                &mut gate_up,
            )?;
            weights.append(
                &names.expert(expert, "w2"),
                [hidden, intermediate],
                &mut down,
            )?;
        }
        Self::new(stream, config, &router, &gate_up, &down)
    }

    /// The layer's output for `x [tokens, hidden]`.
    ///
    /// # Errors
    /// As [`fused_moe`].
    pub fn forward(&self, stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
        let logits: Tensor<f32> = mm(stream, x, &self.router)?;
        let experts = Experts::new(&self.gate_up, &self.down, GateUpOrder::GateFirst)?;
        fused_moe(
            stream,
            x,
            Router::logits(&logits),
            &experts,
            &self.config.options,
        )
    }

    /// The output for `x [tokens, hidden]` in `f64`, by the plainest of loops on the host.
    ///
    /// # Errors
    /// [`Error::Driver`] if the weights cannot be copied to the host.
    pub fn forward_exact(&self, x: &[T]) -> Result<Vec<f64>> {
        let (router, gate_up, down) = (
            self.router.to_vec()?,
            self.gate_up.to_vec()?,
            self.down.to_vec()?,
        );
        let MoeLayerConfig {
            hidden,
            intermediate,
            experts,
            options,
        } = self.config;
        let layer = ExactLayer {
            router: &router,
            gate_up: &gate_up,
            down: &down,
            experts,
            hidden,
            intermediate,
            top_k: options.top_k,
            routing_method: options.routing_method,
            capacity: options.expert_capacity,
        };
        Ok(layer.forward(x))
    }

    /// The sizes and options.
    #[must_use]
    pub fn config(&self) -> &MoeLayerConfig {
        &self.config
    }
}

/// The names of a layer's tensors in a file.
struct Names {
    prefix: String,
}

impl Names {
    fn new(prefix: &str) -> Self {
        let dot = if prefix.is_empty() || prefix.ends_with('.') {
            ""
        } else {
            "."
        };
        Self {
            prefix: format!("{prefix}{dot}"),
        }
    }

    fn router(&self) -> String {
        format!("{}gate.weight", self.prefix)
    }

    fn expert(&self, expert: usize, matrix: &str) -> String {
        format!("{}experts.{expert}.{matrix}.weight", self.prefix)
    }

    /// The sizes, as the router and the first expert tell them.
    fn config(&self, weights: &Weights<'_>, options: FusedMoeOptions) -> Result<MoeLayerConfig> {
        let [experts, hidden] = weights.matrix_shape(&self.router())?;
        let [intermediate, _] = weights.matrix_shape(&self.expert(0, "w1"))?;
        if weights.has(&self.expert(experts, "w1")) {
            let reason = format!(
                "`{}` has {experts} rows, but there is an expert {experts}",
                self.router()
            );
            return Err(weights.error(reason));
        }
        Ok(MoeLayerConfig {
            hidden,
            intermediate,
            experts,
            options,
        })
    }
}

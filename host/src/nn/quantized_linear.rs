//! A linear layer with FP8 weights.

use std::path::Path;

use formats::E4m3;

use super::weights::{WeightFile, Weights};
use crate::device::Stream;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::{
    Accumulation, Fp8Gemm, Fp8Output, MmFp8DynamicOptions, mm_fp8_dynamic, mm_fp8_dynamic_into,
    mm_fp8_dynamic_workspace,
};
use crate::quantize::{
    ChannelAxis, Fp8Element, Fp8Scaled, Fp8Scaling, ScaleRounding, fp8_quantize_per_channel,
};
use crate::tensor::{AsView, AsViewMut, Tensor};

/// An element type of a [`QuantizedLinear`]'s input and output: `bf16`, `f16`, `f32`.
pub trait LinearElement: Fp8Element + Fp8Output + Float<Addend = Self> {}

impl<T: Fp8Element + Fp8Output + Float<Addend = Self>> LinearElement for T {}

/// A linear layer with e4m3 weights that have a scale for each output channel; its input is quantised as it comes in, with a
/// scale for each token.
///
/// ```text
/// y = x_scale * weight_scale * (e4m3(x) weight^T) + bias          x [tokens, in], weight [out, in], y [tokens, out]
/// ```
///
/// ```
/// use gatewarp::nn::QuantizedLinear;
/// use gatewarp::{Device, Tensor, bf16};
///
/// let stream = Device::best().stream()?;
/// let weight: Vec<bf16> = (0..32 * 64).map(|i| bf16::from_f32((i % 7) as f32 - 3.0)).collect();
/// let weight = Tensor::from_slice(&stream, &weight, &[32, 64])?;
/// let layer = QuantizedLinear::quantize(&stream, &weight, None)?;
/// let x = Tensor::<bf16>::zeros(&stream, &[8, 64])?;
/// let y = layer.forward(&stream, &x)?;
/// assert_eq!(**y.shape(), [8, 32]);
/// # Ok::<(), gatewarp::Error>(())
/// ```
pub struct QuantizedLinear<T> {
    /// `[out, in]`, and a scale a row.
    weight: Fp8Scaled,
    /// `[out]`.
    bias: Option<Tensor<T>>,
    accumulation: Accumulation,
    /// Whether nothing writes the weights any more.
    is_settled: bool,
}

impl<T: LinearElement> QuantizedLinear<T>
where
    E4m3: Fp8Gemm<E4m3, T>,
{
    /// The layer of these weights, `[out, in]`, which are quantised, and a bias `[out]`. Waits until they are.
    ///
    /// # Errors
    /// [`Error::Shape`] if the weights are no matrix, or the bias is not one element for each of its rows; as
    /// [`Tensor::empty`].
    pub fn quantize(
        stream: &Stream,
        weight: &impl AsView<T>,
        bias: Option<Tensor<T>>,
    ) -> Result<Self> {
        let (axis, rounding) = (ChannelAxis::Rows, ScaleRounding::Nearest);
        let weight = fp8_quantize_per_channel(stream, weight, axis, rounding)?;
        Self::new(weight, bias)?.settled(stream)
    }

    /// The same layer, when the stream has finished what makes its weights: they can be read early from then on.
    fn settled(self, stream: &Stream) -> Result<Self> {
        stream.synchronize()?;
        let is_settled = true;
        Ok(Self { is_settled, ..self })
    }

    /// The layer of weights that are quantised already: `[out, in]`, with the scales of [`Fp8Scaling::Rows`] or
    /// [`Fp8Scaling::Tensor`], and a bias `[out]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the weights are no matrix, the scales are not as many as that, or the bias is not one element for
    /// each row; [`Error::Argument`] if the scaling is another.
    pub fn new(weight: Fp8Scaled, bias: Option<Tensor<T>>) -> Result<Self> {
        let shape = *weight.data.shape();
        let &[out, _] = &*shape else {
            return Err(Error::shape(NEW, "weight", "[out, in]", shape));
        };
        let scales = match weight.scaling {
            Fp8Scaling::Rows => out,
            Fp8Scaling::Tensor => 1,
            other => {
                let found = format!("{other:?}");
                return Err(Error::argument(NEW, "scaling", "Rows or Tensor", found));
            }
        };
        check_length("scales", scales, &weight.scales)?;
        if let Some(bias) = &bias {
            check_length("bias", out, bias)?;
        }
        Ok(Self {
            weight,
            bias,
            accumulation: Accumulation::default(),
            is_settled: false,
        })
    }

    /// A layer from a safetensors file:
    ///
    /// ```text
    /// NAME.weight         [out, in]   BF16, F16 or F32, which is quantised; or F8_E4M3
    /// NAME.weight_scale   [out], [out, 1] or one element, of F8_E4M3 alone
    /// NAME.bias           [out], if there is one
    /// ```
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, is cut off, lacks a tensor, or has one of another shape or type; as
    /// [`Tensor::empty`].
    pub fn from_safetensors(stream: &Stream, file: &Path, name: &str) -> Result<Self> {
        let file = WeightFile::read(file)?;
        let weights = file.parse()?;
        let matrix = format!("{name}.weight");
        let [out, columns] = weights.matrix_shape(&matrix)?;
        let bias = bias(stream, &weights, &format!("{name}.bias"), out)?;
        if let Some(codes) = weights.codes(&matrix)? {
            let data = Tensor::from_slice(stream, &codes, &[out, columns])?;
            let (scales, scaling) = scales(stream, &weights, &format!("{name}.weight_scale"), out)?;
            return Self::new(Fp8Scaled::new(data, scales, scaling), bias)?.settled(stream);
        }
        let mut elements = Vec::<T>::new();
        weights.append(&matrix, [out, columns], &mut elements)?;
        let weight = Tensor::from_slice(stream, &elements, &[out, columns])?;
        Self::quantize(stream, &weight, bias)
    }

    /// The same layer, with sums kept elsewhere.
    #[must_use]
    pub fn with_accumulation(self, accumulation: Accumulation) -> Self {
        Self {
            accumulation,
            ..self
        }
    }

    /// The layer's output for `x [tokens, in]`.
    ///
    /// # Errors
    /// As [`mm_fp8_dynamic`].
    pub fn forward(&self, stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
        let Fp8Scaled { data, scales, .. } = &self.weight;
        mm_fp8_dynamic(stream, x, data, scales, &self.options())
    }

    /// The floats of workspace that [`forward_into`](Self::forward_into) needs for so many tokens.
    #[must_use]
    pub fn forward_workspace(&self, tokens: usize) -> usize {
        mm_fp8_dynamic_workspace([tokens, self.in_features()])
    }

    /// [`forward`](Self::forward) into `y [tokens, out]`, with a workspace. Allocates nothing.
    ///
    /// # Errors
    /// As [`mm_fp8_dynamic_into`].
    pub fn forward_into(
        &self,
        stream: &Stream,
        x: &impl AsView<T>,
        workspace: &mut impl AsViewMut<f32>,
        y: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        let Fp8Scaled { data, scales, .. } = &self.weight;
        mm_fp8_dynamic_into(stream, x, data, scales, workspace, y, &self.options())
    }

    /// The weights.
    #[must_use]
    pub fn weight(&self) -> &Fp8Scaled {
        &self.weight
    }

    /// The length of an input.
    #[must_use]
    pub fn in_features(&self) -> usize {
        self.weight.data.shape().columns()
    }

    /// The length of an output.
    #[must_use]
    pub fn out_features(&self) -> usize {
        self.weight.data.shape().rows()
    }

    fn options(&self) -> MmFp8DynamicOptions<'_, T> {
        MmFp8DynamicOptions {
            bias: self.bias.as_ref().map(Tensor::view),
            accumulation: self.accumulation,
            constant_b: self.is_settled,
            ..MmFp8DynamicOptions::default()
        }
    }
}

const NEW: &str = "QuantizedLinear::new";

/// Checks a vector of the layer.
fn check_length<E: crate::element::Element>(
    name: &'static str,
    length: usize,
    vector: &Tensor<E>,
) -> Result<()> {
    if vector.shape().elements() == length {
        return Ok(());
    }
    let expected = format!("{length} elements");
    Err(Error::shape(NEW, name, expected, *vector.shape()))
}

/// The bias of a file, if it has one.
fn bias<T: LinearElement>(
    stream: &Stream,
    weights: &Weights<'_>,
    name: &str,
    out: usize,
) -> Result<Option<Tensor<T>>> {
    if !weights.has(name) {
        return Ok(None);
    }
    let bias: Vec<T> = weights.vector(name, &[out])?;
    Tensor::from_slice(stream, &bias, &[out]).map(Some)
}

/// The scales of a file's FP8 weights.
fn scales(
    stream: &Stream,
    weights: &Weights<'_>,
    name: &str,
    out: usize,
) -> Result<(Tensor<f32>, Fp8Scaling)> {
    let scales: Vec<f32> = weights.vector(name, &[out, 1])?;
    let scaling = match scales.len() == out {
        true => Fp8Scaling::Rows,
        false => Fp8Scaling::Tensor,
    };
    Ok((
        Tensor::from_slice(stream, &scales, &[scales.len()])?,
        scaling,
    ))
}

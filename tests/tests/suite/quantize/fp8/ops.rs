//! The quantisers that find their scales behind one face, their results as bytes.

use gatewarp::formats::{E4m3, E5m2};
use gatewarp::quantize::{
    Fp8Code, Fp8Element, Fp8Options, amax_workspace, fp8_quantize_1x128_into,
    fp8_quantize_128x128_into, fp8_quantize_per_channel_into, fp8_quantize_per_tensor_into,
    fp8_quantize_per_token_into, silu_and_mul_fp8_quantize_1x128_into,
    silu_and_mul_fp8_quantize_per_token_into,
};
use gatewarp::{Result, Stream, Tensor, TensorView, TensorViewMut};
use gatewarp_tests::compare::{Mismatch, bits};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::values::Pattern;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Recipe};

/// Codes and scales.
#[derive(Clone, Debug)]
pub struct Bytes {
    /// `[.., K]`, poison where nothing was written.
    pub data: Vec<u8>,
    /// All scales.
    pub scales: Vec<f32>,
}

impl Bytes {
    /// Both are the same, bit by bit.
    pub fn same(&self, want: &Self) -> TestCaseResult {
        bits("data", &self.data, &want.data)?;
        bits("scales", &self.scales, &want.scales)?;
        Ok(())
    }
}

/// The bits of one-byte elements.
pub fn bytes<T: Pattern>(elements: &[T]) -> Vec<u8> {
    elements
        .iter()
        .map(|element| element.bits() as u8)
        .collect()
}

/// Any failure as a mismatch.
pub fn failed(error: gatewarp::Error) -> Mismatch {
    Mismatch(error.to_string())
}

/// Quantises by the case's recipe, or `silu_and_mul` of `x` if there is such a recipe.
pub fn quantize<T: Fp8Element>(
    stream: &Stream,
    case: &Case,
    (x, silu): (&TensorView<'_, T>, bool),
    options: &Fp8Options<'_>,
) -> std::result::Result<Bytes, Mismatch> {
    match case.e5m2 {
        false => quantize_to::<T, E4m3>(stream, case, (x, silu), options),
        true => quantize_to::<T, E5m2>(stream, case, (x, silu), options),
    }
}

fn quantize_to<T: Fp8Element, C: Fp8Code + Pattern>(
    stream: &Stream,
    case: &Case,
    source: (&TensorView<'_, T>, bool),
    options: &Fp8Options<'_>,
) -> std::result::Result<Bytes, Mismatch> {
    let shape = case.shape(case.columns);
    let mut data = Framed::<C>::poisoned(stream, &shape, case.data).map_err(failed)?;
    let around = Frame::new(0, 0, 1, 3);
    let count = case.scale_count();
    let mut scales = Framed::<f32>::poisoned(stream, &[count], around).map_err(failed)?;
    let to = (
        data.view_mut().map_err(failed)?,
        scales.view_mut().map_err(failed)?,
    );
    run(stream, case, source, to, options).map_err(failed)?;
    Ok(Bytes {
        data: bytes(&data.elements()?),
        scales: scales.elements()?,
    })
}

fn run<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    case: &Case,
    (x, silu): (&TensorView<'_, T>, bool),
    (mut data, mut scales): (TensorViewMut<'_, C>, TensorViewMut<'_, f32>),
    options: &Fp8Options<'_>,
) -> Result<()> {
    let (data, scales) = (&mut data, &mut scales);
    let (major, rounding) = (case.major, case.rounding);
    match (case.recipe, silu) {
        (Recipe::Token, true) => {
            silu_and_mul_fp8_quantize_per_token_into(stream, x, data, scales, options)
        }
        (Recipe::Token, false) => fp8_quantize_per_token_into(stream, x, data, scales, options),
        (Recipe::Group, true) => {
            silu_and_mul_fp8_quantize_1x128_into(stream, x, data, scales, major, options)
        }
        (Recipe::Group, false) => fp8_quantize_1x128_into(stream, x, data, scales, major, options),
        (Recipe::Channel(axis), _) => {
            fp8_quantize_per_channel_into(stream, x, data, scales, axis, rounding)
        }
        (Recipe::Tile, _) => fp8_quantize_128x128_into(stream, x, data, scales, rounding),
        (Recipe::Tensor, _) => {
            let mut workspace = Tensor::empty(stream, &[amax_workspace()])?;
            fp8_quantize_per_tensor_into(stream, x, data, scales, &mut workspace, options)
        }
    }
}

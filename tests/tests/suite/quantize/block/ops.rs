//! The quantisers of all formats behind one face, their results as bytes.

use gatewarp::element::Element;
use gatewarp::formats::{E2m1x2, E4m3, E8m0};
use gatewarp::quantize::{
    BlockElement, BlockOptions, Nvfp4Math, mxfp4_dequantize_into, mxfp4_quantize_into,
    mxfp8_dequantize_into, mxfp8_quantize_into, nvfp4_dequantize_into, nvfp4_quantize_into,
    silu_and_mul_mxfp4_quantize_into, silu_and_mul_mxfp8_quantize_into,
    silu_and_mul_nvfp4_quantize_into,
};
use gatewarp::{Result, Stream, TensorView, TensorViewMut};
use gatewarp_tests::compare::Mismatch;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive::BlockFormat;
use gatewarp_tests::values::Pattern;

/// Codes and scales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// `[.., K]` or `[.., K / 2]`, poison where nothing was written.
    pub data: Vec<u8>,
    /// The grids.
    pub scales: Vec<u8>,
}

/// What is quantised.
pub struct Input<'a, T> {
    /// `[.., K]`, or `[.., 2K]` for `silu_and_mul` of it.
    pub x: TensorView<'a, T>,
    /// Whether it is that.
    pub silu: bool,
    /// The global scales, for formats that have them.
    pub global: TensorView<'a, f32>,
    /// The rest.
    pub options: BlockOptions<'a>,
}

/// Room for the results: the shape of the codes, what is around them, and the number of scales.
pub struct Room<'a> {
    /// The shape of the codes.
    pub data: &'a [usize],
    /// What is around them.
    pub frame: Frame,
    /// Bytes of all grids.
    pub scales: usize,
}

impl Room<'_> {
    /// Fills the room by `quantize`; fails if something was written beside it.
    pub fn fill<D: Pattern, S: Pattern>(
        &self,
        stream: &Stream,
        quantize: impl FnOnce(TensorViewMut<'_, D>, TensorViewMut<'_, S>) -> Result<()>,
    ) -> std::result::Result<Bytes, Mismatch> {
        let failed = |error: gatewarp::Error| Mismatch(error.to_string());
        let mut data = Framed::<D>::poisoned(stream, self.data, self.frame).map_err(failed)?;
        let around = Frame::new(0, 0, 3, 2);
        let mut scales = Framed::<S>::poisoned(stream, &[self.scales], around).map_err(failed)?;
        let (to, grids) = (data.view_mut(), scales.view_mut());
        to.and_then(|to| quantize(to, grids?)).map_err(failed)?;
        Ok(Bytes {
            data: bytes(&data.elements()?),
            scales: bytes(&scales.elements()?),
        })
    }
}

/// The bits of one-byte elements.
pub fn bytes<T: Pattern>(elements: &[T]) -> Vec<u8> {
    elements
        .iter()
        .map(|element| element.bits() as u8)
        .collect()
}

/// Elements of these bits.
pub fn elements<T: Element>(bytes: &[u8], of: fn(u8) -> T) -> Vec<T> {
    bytes.iter().map(|&byte| of(byte)).collect()
}

/// The form of NVFP4 that a format names.
pub fn math(format: BlockFormat) -> Nvfp4Math {
    match format {
        BlockFormat::Nvfp4Exact => Nvfp4Math::Exact,
        _ => Nvfp4Math::Fast,
    }
}

/// Quantises.
pub fn quantize<T: BlockElement>(
    stream: &Stream,
    format: BlockFormat,
    input: &Input<'_, T>,
    room: &Room<'_>,
) -> std::result::Result<Bytes, Mismatch> {
    let Input {
        x,
        silu,
        global,
        options,
    } = input;
    let options = &BlockOptions {
        math: math(format),
        ..*options
    };
    match format {
        BlockFormat::Mxfp8 => room.fill::<E4m3, E8m0>(stream, |mut data, mut scales| match silu {
            false => mxfp8_quantize_into(stream, x, &mut data, &mut scales, options),
            true => silu_and_mul_mxfp8_quantize_into(stream, x, &mut data, &mut scales, options),
        }),
        BlockFormat::Mxfp4 => {
            room.fill::<E2m1x2, E8m0>(stream, |mut data, mut scales| match silu {
                false => mxfp4_quantize_into(stream, x, &mut data, &mut scales, options),
                true => {
                    silu_and_mul_mxfp4_quantize_into(stream, x, &mut data, &mut scales, options)
                }
            })
        }
        BlockFormat::Nvfp4 | BlockFormat::Nvfp4Exact => {
            room.fill::<E2m1x2, E4m3>(stream, |mut data, mut scales| match silu {
                false => nvfp4_quantize_into(stream, x, global, &mut data, &mut scales, options),
                true => silu_and_mul_nvfp4_quantize_into(
                    stream,
                    x,
                    global,
                    &mut data,
                    &mut scales,
                    options,
                ),
            })
        }
    }
}

/// Dequantises `from`, codes in this frame, of this shape.
pub fn dequantize<T: BlockElement>(
    stream: &Stream,
    format: BlockFormat,
    (from, shape, frame): (&Bytes, &[usize], Frame),
    (global, options): (TensorView<'_, f32>, &BlockOptions<'_>),
    mut out: TensorViewMut<'_, T>,
) -> Result<()> {
    let count = [from.scales.len()];
    match format {
        BlockFormat::Mxfp8 => {
            let data = elements(&from.data, E4m3::from_bits);
            let data = Framed::new(stream, shape, frame, &data)?;
            let scales = elements(&from.scales, E8m0::from_bits);
            let scales = Framed::new(stream, &count, Frame::NONE, &scales)?;
            mxfp8_dequantize_into(stream, &data.view()?, &scales.view()?, options, &mut out)
        }
        BlockFormat::Mxfp4 => {
            let data = elements(&from.data, E2m1x2::from_bits);
            let data = Framed::new(stream, shape, frame, &data)?;
            let scales = elements(&from.scales, E8m0::from_bits);
            let scales = Framed::new(stream, &count, Frame::NONE, &scales)?;
            mxfp4_dequantize_into(stream, &data.view()?, &scales.view()?, options, &mut out)
        }
        BlockFormat::Nvfp4 | BlockFormat::Nvfp4Exact => {
            let data = elements(&from.data, E2m1x2::from_bits);
            let data = Framed::new(stream, shape, frame, &data)?;
            let scales = elements(&from.scales, E4m3::from_bits);
            let scales = Framed::new(stream, &count, Frame::NONE, &scales)?;
            let (data, scales) = (data.view()?, scales.view()?);
            nvfp4_dequantize_into(stream, &data, &scales, &global, options, &mut out)
        }
    }
}

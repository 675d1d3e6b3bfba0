//! What comes into a layer: FP8 with scales, or floats to be quantised.

use formats::E4m3;
use half::{bf16, f16};

use crate::quantize::{Fp8Scaled, Fp8View};
use crate::tensor::{Tensor, TensorView};

/// Activations: made of a reference to a [`Tensor`] or an [`Fp8Scaled`], or of a view of either.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Activations<'a> {
    /// FP8 with a scale for each 128 elements of a row.
    Fp8(Fp8View<'a>),
    /// bfloat16.
    Bf16(TensorView<'a, bf16>),
    /// IEEE binary16.
    F16(TensorView<'a, f16>),
    /// IEEE binary32.
    F32(TensorView<'a, f32>),
}

impl<'a> From<Fp8View<'a>> for Activations<'a> {
    fn from(view: Fp8View<'a>) -> Self {
        Self::Fp8(view)
    }
}

impl<'a> From<&'a Fp8Scaled<E4m3>> for Activations<'a> {
    fn from(scaled: &'a Fp8Scaled<E4m3>) -> Self {
        Self::Fp8(scaled.view())
    }
}

macro_rules! floats {
    ($($type:ty: $variant:ident;)*) => { $(
        impl<'a> From<TensorView<'a, $type>> for Activations<'a> {
            fn from(view: TensorView<'a, $type>) -> Self {
                Self::$variant(view)
            }
        }

        impl<'a> From<&'a Tensor<$type>> for Activations<'a> {
            fn from(tensor: &'a Tensor<$type>) -> Self {
                Self::$variant(tensor.view())
            }
        }
    )* };
}

floats! {
    bf16: Bf16;
    f16: F16;
    f32: F32;
}

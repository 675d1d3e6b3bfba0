//! Operands to measure with.

use formats::E4m3;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::measure::MOST_CALLS;
use crate::device::Stream;
use crate::element::Float;
use crate::error::Result;
use crate::quantize::{Fp8Scaling, Fp8View, ScaleMajor};
use crate::tensor::{Tensor, TensorView};

/// Bytes that no L2 cache of a Hopper GPU holds.
const COLD: usize = 128 << 20;

/// Sets of A and B.
pub(super) struct Operands<A, B> {
    a: Vec<Tensor<A>>,
    b: Vec<Tensor<B>>,
    k: usize,
}

impl<A: Float, B: Float> Operands<A, B> {
    /// As many sets as make the cache cold, with rows that begin at multiples of 16 bytes.
    pub fn new(stream: &Stream, [batch, m, n, k]: [usize; 4]) -> Result<Self> {
        let stride = k.next_multiple_of(16);
        let bytes = batch * stride * (m * size_of::<A>() + n * size_of::<B>());
        let sets = (COLD / bytes + 1).min(MOST_CALLS);
        Ok(Self {
            a: random(stream, &[batch, m, stride], sets)?,
            b: random(stream, &[batch, n, stride], sets)?,
            k,
        })
    }

    /// The set of a call.
    pub fn set(&self, call: usize) -> Result<(TensorView<'_, A>, TensorView<'_, B>)> {
        let (a, b) = (&self.a[call % self.a.len()], &self.b[call % self.b.len()]);
        Ok((a.view().columns(0..self.k)?, b.view().columns(0..self.k)?))
    }
}

/// Numbers from -1 to 1: tensor cores are slower with them than with zeros.
fn random<T: Float>(stream: &Stream, shape: &[usize], count: usize) -> Result<Vec<Tensor<T>>> {
    let mut rng = SmallRng::seed_from_u64(1);
    let pattern: Vec<T> = (0..65521)
        .map(|_| T::from_f32(rng.random_range(-1.0..1.0)))
        .collect();
    let elements = shape.iter().product();
    let elements: Vec<T> = pattern.into_iter().cycle().take(elements).collect();
    let tensors = (0..count).map(|_| Tensor::from_slice(stream, &elements, shape));
    tensors.collect()
}

/// Scales of one, A's of groups, and B's.
pub(super) struct BlockScales {
    a: Tensor<f32>,
    b: Tensor<f32>,
    of_b: Fp8Scaling,
}

impl BlockScales {
    pub fn new(stream: &Stream, [m, n, k]: [usize; 3], of_b: Fp8Scaling) -> Result<Self> {
        let blocks = k.div_ceil(128);
        let b_rows = match of_b {
            Fp8Scaling::Tiles128x128 => n.div_ceil(128),
            _ => n.next_multiple_of(4),
        };
        let ones = |count: usize| Tensor::from_slice(stream, &vec![1.0; count], &[count]);
        Ok(Self {
            a: ones(blocks * m.next_multiple_of(4))?,
            b: ones(blocks * b_rows)?,
            of_b,
        })
    }

    pub fn views<'a>(&'a self, [a, b]: [TensorView<'a, E4m3>; 2]) -> [Fp8View<'a>; 2] {
        let view = |data, scales: &'a Tensor<f32>, scaling| Fp8View {
            data,
            scales: scales.view(),
            scaling,
        };
        [
            view(a, &self.a, Fp8Scaling::Groups1x128(ScaleMajor::Mn)),
            view(b, &self.b, self.of_b),
        ]
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::Operands;
    use crate::device::Device;

    #[test]
    fn rows_begin_at_multiples_of_16_bytes() {
        let stream = Device::cpu().stream().expect("the CPU");
        let operands = Operands::<bf16, bf16>::new(&stream, [2, 3, 8, 5]).expect("small");
        let (a, b) = operands.set(1000).expect("any call has a set");
        assert_eq!((&**a.shape(), a.row_stride()), (&[2, 3, 5][..], 16));
        assert_eq!((&**b.shape(), b.row_stride()), (&[2, 8, 5][..], 16));
    }
}

//! Inputs: random, because zeros draw less power and so run faster than real data.

use gatewarp::element::Float;
use gatewarp::{Result, Stream, Tensor};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Bytes that rotating buffers hold together: several times the largest L2 cache.
const COLD_BYTES: usize = 256 << 20;

/// Elements that are really random; longer tensors repeat them.
const PERIOD: usize = (1 << 20) - 3;

/// How many buffers of this size are together larger than the cache.
#[must_use]
pub fn rotation(bytes: usize) -> usize {
    COLD_BYTES.div_ceil(bytes.max(1)).clamp(2, 64)
}

/// A tensor of random elements, uniform in -1 to 1.
///
/// # Errors
/// As [`Tensor::from_slice`].
pub fn random<T: Float>(stream: &Stream, shape: &[usize], seed: u64) -> Result<Tensor<T>> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let count = shape.iter().product();
    let period: Vec<T> = (0..PERIOD.min(count))
        .map(|_| T::from_f32(rng.random_range(-1.0..1.0)))
        .collect();
    let elements: Vec<T> = period.iter().copied().cycle().take(count).collect();
    Tensor::from_slice(stream, &elements, shape)
}

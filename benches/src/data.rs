//! Inputs: random, because zeros draw less power and so run faster than real data.
//!
//! A pool holds a few million normal values on the device; a tensor of any size is made of copies of it, each
//! tensor from another place on, without the host's help.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::{Context, Result};
use gatewarp::element::{DType, Element, Float};
use gatewarp::formats::E4m3;
use gatewarp::tensor::copy_into;
use gatewarp::{Stream, Tensor};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Bytes that rotating buffers hold together: several times the largest L2 cache.
const COLD_BYTES: usize = 256 << 20;

/// Values in the pool. Odd, so that a matrix's rows differ.
const PERIOD: usize = (1 << 22) - 3;

/// How many buffers of this size are together larger than the cache.
#[must_use]
pub fn rotation(bytes: usize) -> usize {
    COLD_BYTES.div_ceil(bytes.max(1)).clamp(2, 256)
}

/// Random values on a device.
pub struct Pool {
    stream: Stream,
    normal: Vec<f32>,
    on_device: RefCell<HashMap<DType, Box<dyn Any>>>,
}

impl Pool {
    /// A pool for tensors of this stream.
    #[must_use]
    pub fn new(stream: &Stream) -> Self {
        const CHUNK: usize = 1 << 16;
        let mut normal = vec![0.0; PERIOD];
        let chunks = normal.par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(i, chunk)| {
            let mut rng = SmallRng::seed_from_u64(i as u64);
            chunk.fill_with(|| rng.sample(StandardNormal));
        });
        Self {
            stream: stream.clone(),
            normal,
            on_device: RefCell::default(),
        }
    }

    /// A tensor of normally distributed values, others for each seed.
    ///
    /// # Errors
    /// The library's, if there is not enough memory.
    pub fn normal<T: Float>(&self, shape: &[usize], seed: u64) -> Result<Tensor<T>> {
        self.made_of(shape, seed, |normal| {
            normal.par_iter().map(|&value| T::from_f32(value)).collect()
        })
    }

    /// A tensor of normally distributed values in `e4m3`.
    ///
    /// # Errors
    /// As [`normal`](Self::normal).
    pub fn e4m3(&self, shape: &[usize], seed: u64) -> Result<Tensor<E4m3>> {
        self.made_of(shape, seed, |normal| {
            normal.par_iter().copied().map(E4m3::from_f32).collect()
        })
    }

    /// A tensor of copies of `convert`'s result, which is asked for once an element type.
    fn made_of<T: Element>(
        &self,
        shape: &[usize],
        seed: u64,
        convert: impl FnOnce(&[f32]) -> Vec<T>,
    ) -> Result<Tensor<T>> {
        let mut pools = self.on_device.borrow_mut();
        let pool = match pools.entry(T::DTYPE) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let values = convert(&self.normal);
                entry.insert(Box::new(Tensor::from_slice(
                    &self.stream,
                    &values,
                    &[PERIOD],
                )?))
            }
        };
        let pool = pool.downcast_ref::<Tensor<T>>();
        let pool = pool.context("a pool is of its own type")?;
        let mut tensor = Tensor::empty(&self.stream, shape)?;
        self.fill(&mut tensor, pool, start(seed))?;
        Ok(tensor)
    }

    /// Copies the pool into the tensor as often as it takes, from `start` on.
    fn fill<T: Element>(
        &self,
        tensor: &mut Tensor<T>,
        pool: &Tensor<T>,
        start: usize,
    ) -> Result<()> {
        let count = tensor.shape().elements();
        let flat = tensor.view_mut().reshape(&[count]);
        let (mut flat, mut at, mut from) = (flat?, 0, start);
        while at < count {
            let length = (PERIOD - from).min(count - at);
            let source = pool.view().slice(from..from + length)?;
            copy_into(
                &self.stream,
                &source,
                &mut flat.reborrow().slice(at..at + length)?,
            )?;
            (at, from) = (at + length, 0);
        }
        Ok(())
    }
}

/// Where in the pool the tensor of a seed begins.
fn start(seed: u64) -> usize {
    SmallRng::seed_from_u64(seed).random_range(0..PERIOD)
}

#[cfg(test)]
mod tests {
    use gatewarp::{Device, bf16};

    use super::{PERIOD, Pool, rotation};

    #[test]
    fn rotating_buffers_exceed_the_cache() {
        assert_eq!(rotation(1 << 30), 2);
        assert!(rotation(3 << 20) * (3 << 20) > 200 << 20);
        assert_eq!(rotation(0), 256);
    }

    #[test]
    fn tensors_are_normal_full_and_differ_by_seed() {
        let stream = Device::cpu().stream().expect("the CPU");
        let pool = Pool::new(&stream);
        let x = pool.normal::<f32>(&[2, PERIOD], 1).expect("32 MB");
        let x = x.to_vec().expect("host memory");
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let square = x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32;
        assert!(mean.abs() < 0.01 && (square - 1.0).abs() < 0.01);
        let y = pool.normal::<f32>(&[100], 2).expect("small");
        assert_ne!(x[..100], y.to_vec().expect("host memory"));
        let z = pool.normal::<bf16>(&[100], 2).expect("small").to_vec();
        assert!(z.expect("host memory").iter().all(|z| z.is_finite()));
    }
}

//! A block quantiser with its operands.

use anyhow::Result;
use gatewarp::activation::activation;
use gatewarp::formats::{ScaleGrid, ScaleLayout};
use gatewarp::{Device, Stream, Tensor, bf16};
use gatewarp_tests::compare::bits;
use gatewarp_tests::values::Pattern;

use super::{Inputs, Recipe};
use crate::case::{Bench, Case};
use crate::sample::{gather, spread};

/// Rows that are compared.
const SAMPLE: usize = 16;

/// A block quantiser with its operands.
pub(super) struct Quantiser<D, S> {
    recipe: Recipe<D, S>,
    x: Vec<Tensor<bf16>>,
    global: Tensor<f32>,
    map: Tensor<i32>,
    n_used: Tensor<i32>,
    data: Vec<Tensor<D>>,
    scales: Vec<Tensor<S>>,
}

impl<D: Pattern, S: Pattern> Quantiser<D, S> {
    /// Operands of shape `[m, k]` after any activation.
    pub(super) fn new(bench: &Bench<'_>, [m, k]: [usize; 2], recipe: Recipe<D, S>) -> Result<Self> {
        let (stream, work) = (bench.stream, recipe.work([m, k]));
        let count = bench.rotation(work.bytes());
        let x = (0..count as u64).map(|i| bench.pool.normal(&[m, recipe.width() * k], i));
        let data = (0..count).map(|_| Tensor::empty(stream, &[m, k / recipe.per_byte]));
        let bytes = grid([m, k], recipe.block).map_or(0, |grid| grid.bytes());
        let scales = (0..count).map(|_| Tensor::empty(stream, &[bytes]));
        let source = |row| {
            if recipe.is_padding(row) {
                -1
            } else {
                row as i32
            }
        };
        let map: Vec<i32> = (0..m).map(source).collect();
        Ok(Self {
            recipe,
            x: x.collect::<Result<_>>()?,
            // Of normal values, of which hardly any is above 5.
            global: Tensor::from_slice(stream, &[448.0 * 6.0 / 5.0], &[1])?,
            map: Tensor::from_slice(stream, &map, &[m])?,
            n_used: Tensor::from_slice(stream, &[m as i32], &[1])?,
            data: data.collect::<gatewarp::Result<_>>()?,
            scales: scales.collect::<gatewarp::Result<_>>()?,
        })
    }

    /// Codes and scales, in 128x4 tiles, of elements after any activation, by the references.
    fn reference(&self, x: &[bf16], rows: usize) -> Result<(Vec<D>, Vec<S>)> {
        let (cpu, recipe) = (Device::cpu().stream()?, self.recipe);
        let k = x.len() / rows.max(1);
        let x = Tensor::from_slice(&cpu, x, &[rows, k])?;
        let bytes = grid([rows, k], recipe.block).map_or(0, |grid| grid.bytes());
        let mut data = Tensor::empty(&cpu, &[rows, k / recipe.per_byte])?;
        let mut scales = Tensor::empty(&cpu, &[bytes])?;
        let from = Inputs {
            x: &x,
            global: &Tensor::from_slice(&cpu, &self.global.to_vec()?, &[1])?,
            map: &Tensor::zeros(&cpu, &[rows])?,
            n_used: &Tensor::from_slice(&cpu, &[rows as i32], &[1])?,
        };
        (recipe.plain)(&cpu, &from, &mut data, &mut scales)?;
        Ok((data.to_vec()?, scales.to_vec()?))
    }

    /// The sampled rows before they are quantised; an activation is the same device's, whose exponential is its own.
    fn activated(&self, stream: &Stream, rows: &[usize]) -> Result<Vec<bf16>> {
        let x = gather(stream, &self.x[0], rows)?;
        let Some(fused) = self.recipe.activation else {
            return Ok(x);
        };
        let x = Tensor::from_slice(stream, &x, &[rows.len(), self.x[0].shape().columns()])?;
        Ok(activation(stream, &x, &fused.into())?.to_vec()?)
    }
}

impl<D: Pattern, S: Pattern> Case for Quantiser<D, S> {
    fn rotation(&self) -> usize {
        self.x.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.x.len();
        let from = Inputs {
            x: &self.x[i],
            global: &self.global,
            map: &self.map,
            n_used: &self.n_used,
        };
        (self.recipe.fused)(stream, &from, &mut self.data[i], &mut self.scales[i])
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.data[0].fill_bytes(0xff)?;
        self.scales[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let [m, width] = [self.x[0].shape().rows(), self.x[0].shape().columns()];
        let k = width / self.recipe.width();
        let mut rows = spread(m, SAMPLE);
        rows.retain(|&row| !self.recipe.is_padding(row));
        let x = self.activated(stream, &rows)?;
        let (data, scales) = self.reference(&x, rows.len())?;
        bits("codes", &gather(stream, &self.data[0], &rows)?, &data)?;

        let (all, block) = (self.scales[0].to_vec()?, self.recipe.block);
        for (i, &row) in rows.iter().enumerate() {
            let want = scales_of(&scales, ([rows.len(), k], block), i);
            bits("scales", &scales_of(&all, ([m, k], block), row), &want)?;
        }
        Ok(())
    }
}

/// The places of the scales of `[m, k]`.
fn grid([m, k]: [usize; 2], block: usize) -> Option<ScaleGrid> {
    ScaleGrid::new(ScaleLayout::Swizzled128x4, m, k / block)
}

/// The scales of a row of `[m, k]`, in order.
fn scales_of<S: Copy>(scales: &[S], (shape, block): ([usize; 2], usize), row: usize) -> Vec<S> {
    let grid = grid(shape, block);
    let places = (0..shape[1] / block).filter_map(|column| grid?.offset(row, column));
    places.map(|place| scales[place]).collect()
}

//! What is run: a kernel, its input, and how its output is compared.

use std::vec;
use std::vec::Vec;

use cuda_std::launch::{Kernel, LaunchConfig};
use cuda_std::tma::TensorMap;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What every micro-kernel takes: words to read, words to write, and the map of a tensor that lies in
/// the input, or null.
pub type Arguments = (*const u32, *mut u32, *const TensorMap);

/// A micro-kernel.
pub type MicroKernel = Kernel<Arguments>;

/// One run of a micro-kernel.
pub struct Case {
    /// The case's name; it says which instruction and which form.
    pub name: &'static str,
    /// The kernel.
    pub kernel: &'static MicroKernel,
    /// Its launch.
    pub config: LaunchConfig,
    /// What it reads.
    pub input: Vec<u32>,
    /// How many words it writes.
    pub output: usize,
    /// The tensor that its map describes.
    pub tensor: Option<Tensor>,
    /// How outputs are compared.
    pub compare: Compare,
}

/// When two outputs agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compare {
    /// Every bit is equal.
    Bits,
    /// Words are `f32`; they differ by at most this many units in the last place of the exact
    /// result, or both are NaN.
    Ulps(f64),
    /// As [`Ulps`](Self::Ulps), or they differ by at most the second number, absolutely.
    UlpsOrAbsolute(f64, f64),
    /// Words are `f32`; they differ by at most this much, absolutely, or both are NaN.
    Absolute(f64),
}

/// A tensor in the input buffer, or, for stores, in the output buffer.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// The type of its elements.
    pub dtype: tensor_map::TensorMapType,
    /// Elements in each dimension, innermost first.
    pub shape: Vec<u64>,
    /// Bytes from one element to the next in each dimension but the innermost.
    pub strides: Vec<u64>,
    /// Elements of the tile in each dimension.
    pub tile: Vec<u32>,
    /// Every how many-th element is taken, in each dimension.
    pub element_strides: Vec<u32>,
    /// The layout of channels in global memory.
    pub interleave: tensor_map::Interleave,
    /// The permutation in shared memory.
    pub swizzle: tensor_map::Swizzle,
    /// What a load writes outside of the tensor.
    pub out_of_bounds: tensor_map::OutOfBounds,
    /// Whether the tensor is the output.
    pub is_output: bool,
}

impl Case {
    /// A case whose kernel reads 1024 random words and writes as many.
    #[must_use]
    pub fn new(name: &'static str, kernel: &'static MicroKernel, config: LaunchConfig) -> Self {
        Self {
            name,
            kernel,
            config,
            input: random_words(1024, 0),
            output: 1024,
            tensor: None,
            compare: Compare::Bits,
        }
    }

    /// The same with another input.
    #[must_use]
    pub fn input(self, input: Vec<u32>) -> Self {
        Self { input, ..self }
    }

    /// The same with this many words of output.
    #[must_use]
    pub fn output(self, output: usize) -> Self {
        Self { output, ..self }
    }

    /// The same with a tensor.
    #[must_use]
    pub fn tensor(self, tensor: Tensor) -> Self {
        Self {
            tensor: Some(tensor),
            ..self
        }
    }

    /// The same with another comparison.
    #[must_use]
    pub fn compare(self, compare: Compare) -> Self {
        Self { compare, ..self }
    }
}

impl Tensor {
    /// A dense tensor with a plain tile, which gives zeros outside.
    #[must_use]
    pub fn dense(dtype: tensor_map::TensorMapType, shape: &[u64], tile: &[u32]) -> Self {
        let mut strides = Vec::new();
        let mut stride = dtype.size();
        for extent in &shape[..shape.len() - 1] {
            stride *= extent;
            strides.push(stride);
        }
        Self {
            dtype,
            shape: shape.to_vec(),
            strides,
            tile: tile.to_vec(),
            element_strides: vec![1; tile.len()],
            interleave: tensor_map::Interleave::None,
            swizzle: tensor_map::Swizzle::None,
            out_of_bounds: tensor_map::OutOfBounds::Zero,
            is_output: false,
        }
    }
}

/// Random words, the same for the same seed.
#[must_use]
pub fn random_words(count: usize, seed: u64) -> Vec<u32> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(|_| rng.random()).collect()
}

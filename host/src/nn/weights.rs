//! Weights from safetensors files, and random ones.

use std::fs;
use std::path::Path;

use formats::E4m3;
use half::{bf16, f16};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use safetensors::{Dtype, SafeTensors};

use crate::element::Float;
use crate::error::{Error, Result};
use crate::fused_moe::MoeElement;
use crate::gemm::GemmOutput;

/// An element type of a layer's weights: `bf16`, `f16`.
pub trait LayerElement: MoeElement + GemmOutput<f32> {}

impl LayerElement for bf16 {}
impl LayerElement for f16 {}

/// A safetensors file in memory.
pub(super) struct WeightFile {
    name: String,
    bytes: Vec<u8>,
}

impl WeightFile {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        match fs::read(path) {
            Ok(bytes) => Ok(Self { name, bytes }),
            Err(error) => Err(Error::Weights {
                file: name,
                reason: error.to_string(),
            }),
        }
    }

    pub(super) fn parse(&self) -> Result<Weights<'_>> {
        match SafeTensors::deserialize(&self.bytes) {
            Ok(tensors) => Ok(Weights {
                file: &self.name,
                tensors,
            }),
            Err(error) => Err(self.error(format!("not a whole safetensors file: {error}"))),
        }
    }

    fn error(&self, reason: String) -> Error {
        Error::Weights {
            file: self.name.clone(),
            reason,
        }
    }
}

/// The tensors of a file.
pub(super) struct Weights<'a> {
    file: &'a str,
    tensors: SafeTensors<'a>,
}

impl Weights<'_> {
    /// The shape of a matrix.
    pub(super) fn matrix_shape(&self, name: &str) -> Result<[usize; 2]> {
        let tensor = self.tensor(name)?;
        match *tensor.shape() {
            [rows, columns] => Ok([rows, columns]),
            ref other => Err(self.error(format!("`{name}` must be a matrix, but is {other:?}"))),
        }
    }

    /// Whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// Appends the elements of a tensor of this shape, converted to `T`.
    pub(super) fn append<T: Float>(
        &self,
        name: &str,
        shape: [usize; 2],
        to: &mut Vec<T>,
    ) -> Result<()> {
        let tensor = self.tensor(name)?;
        if tensor.shape() != shape {
            return Err(self.error(format!(
                "`{name}` must be {shape:?}, but is {:?}",
                tensor.shape()
            )));
        }
        self.convert(name, &tensor, to)
    }

    /// The elements of a tensor of so many, in any shape, converted to `T`.
    pub(super) fn vector<T: Float>(&self, name: &str, counts: &[usize]) -> Result<Vec<T>> {
        let tensor = self.tensor(name)?;
        let elements: usize = tensor.shape().iter().product();
        if !counts.contains(&elements) {
            let shape = tensor.shape();
            let counts: Vec<_> = counts.iter().map(usize::to_string).collect();
            let counts = counts.join(" or ");
            let reason = format!("`{name}` must have {counts} elements, but is {shape:?}");
            return Err(self.error(reason));
        }
        let mut vector = Vec::new();
        self.convert(name, &tensor, &mut vector)?;
        Ok(vector)
    }

    /// The elements of a tensor, if they are e4m3.
    pub(super) fn codes(&self, name: &str) -> Result<Option<Vec<E4m3>>> {
        let tensor = self.tensor(name)?;
        let codes = || tensor.data().iter().map(|&bits| E4m3::from_bits(bits));
        Ok((tensor.dtype() == Dtype::F8_E4M3).then(|| codes().collect()))
    }

    /// Appends the elements of a tensor, converted to `T`.
    fn convert<T: Float>(
        &self,
        name: &str,
        tensor: &safetensors::tensor::TensorView<'_>,
        to: &mut Vec<T>,
    ) -> Result<()> {
        let data = tensor.data();
        let pairs = |convert: fn([u8; 2]) -> f32| {
            data.chunks_exact(2)
                .map(move |b| T::from_f32(convert([b[0], b[1]])))
        };
        match tensor.dtype() {
            Dtype::BF16 => to.extend(pairs(|bytes| bf16::from_le_bytes(bytes).to_f32())),
            Dtype::F16 => to.extend(pairs(|bytes| f16::from_le_bytes(bytes).to_f32())),
            Dtype::F32 => {
                let words = data
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
                to.extend(words.map(T::from_f32));
            }
            other => {
                return Err(self.error(format!(
                    "`{name}` must be BF16, F16 or F32, but is {other:?}"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn error(&self, reason: String) -> Error {
        Error::Weights {
            file: self.file.to_owned(),
            reason,
        }
    }

    fn tensor(&self, name: &str) -> Result<safetensors::tensor::TensorView<'_>> {
        self.tensors
            .tensor(name)
            .map_err(|_| self.error(format!("there is no tensor `{name}`")))
    }
}

/// `count` normally distributed elements of standard deviation `scale`, the same for the same seed.
pub(super) fn random<T: Float>(count: usize, scale: f32, seed: u64) -> Result<Vec<T>> {
    const CHUNK: usize = 1 << 16;
    let mut elements = Vec::new();
    if elements.try_reserve_exact(count).is_err() {
        let expected = "a number of weights that fits in memory";
        return Err(Error::argument(
            "MoeLayer::random",
            "config",
            expected,
            count,
        ));
    }
    elements.resize(count, T::from_f32(0.0));
    let chunks = elements.par_chunks_mut(CHUNK).enumerate();
    chunks.for_each(|(chunk, elements)| {
        let salt = (chunk as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut rng = SmallRng::seed_from_u64(seed ^ salt);
        for element in elements {
            let normal: f32 = StandardNormal.sample(&mut rng);
            *element = T::from_f32(normal * scale);
        }
    });
    Ok(elements)
}

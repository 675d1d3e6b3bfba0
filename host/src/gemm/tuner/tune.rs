//! Tuning: the plans of a product are measured, and the fastest is the answer.

use formats::E4m3;

use super::measure::measure;
use super::scratch::{BlockScales, Operands};
use super::table::Answer;
use super::{GemmProblem, Tuner};
use crate::activation::ActivationType;
use crate::device::{ComputeCapability, Stream};
use crate::element::{Element, Float};
use crate::error::{Error, Result};
use crate::gemm::dense;
use crate::gemm::element::GemmOutput;
use crate::gemm::epilogue::Epilogue;
use crate::gemm::estimate::estimated;
use crate::gemm::fp8::{
    Fp8Gemm, Fp8Output, block_scaled_tiles, bmm_fp8_into, fp8_blockscale_gemm_into, tiles,
};
use crate::gemm::options::{Accumulation, MmFp8Options, MmOptions};
use crate::heuristics::hopper_gemm::{HopperPlan, HopperTile, Sums, hopper_plans};
use crate::quantize::{Fp8Code, Fp8Scaling};
use crate::tensor::Tensor;

/// What [`Tuner`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The fastest plan.
    pub plan: HopperPlan,
    /// What a call takes by it.
    pub seconds: f64,
    /// What a call takes by the library's own choice.
    pub default_seconds: f64,
    /// Every plan, and what a call takes by it.
    pub measured: Vec<(HopperPlan, f64)>,
}

impl Tuner {
    /// Measures all plans for [`mm`](crate::gemm::mm) and its kind, and [`bmm_bf16`](crate::gemm::bmm_bf16), of
    /// `[batch, m, n, k]`, remembers the fastest and saves the file. Takes some hundredths of a second on scratch memory of
    /// its own.
    ///
    /// Products with an [`Epilogue`] have answers of their own, whatever it is: those that were measured with an activation other
    /// than [`Identity`](ActivationType::Identity).
    ///
    /// # Errors
    /// [`Error::Device`] if the stream's device is not a Hopper GPU; [`Error::Argument`] if a size is zero, `n` elements of
    /// the result are no multiple of 16 bytes, since Hopper's engine does not compute such products, or the activation is gated;
    /// [`Error::Driver`] if there is not enough memory; [`Error::Tuning`] if the file cannot be written.
    pub fn tune_mm<T: GemmOutput<O>, O: Float>(
        &self,
        stream: &Stream,
        sizes: [usize; 4],
        activation: ActivationType,
    ) -> Result<Tuned> {
        let epilogue = activation != ActivationType::Identity;
        let tiles: Vec<_> = match epilogue {
            true => T::hopper_with_epilogue().tiles().collect(),
            false => T::hopper().tiles().collect(),
        };
        let op = ("Tuner::tune_mm", stream);
        let problem = problem::<T, T, O>(op, Sums::TensorCores, sizes)?.with_epilogue(epilogue);
        let operands = Operands::<T, T>::new(stream, sizes)?;
        let mut c = Tensor::<O>::empty(stream, &sizes[..3])?;
        let options = MmOptions {
            epilogue: with(activation),
            ..MmOptions::default()
        };
        self.tune(stream, (problem, size_of::<T>()), tiles, |stream, set| {
            let (a, b) = operands.set(set)?;
            dense::batch(("mm", stream), (&a, &b), &options)?.run(c.view_mut())
        })
    }

    /// The same for [`mm_fp8`](crate::gemm::mm_fp8) and [`bmm_fp8`](crate::gemm::bmm_fp8).
    ///
    /// # Errors
    /// As [`tune_mm`](Self::tune_mm).
    pub fn tune_mm_fp8<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
        &self,
        stream: &Stream,
        sizes: [usize; 4],
        accumulation: Accumulation,
        activation: ActivationType,
    ) -> Result<Tuned> {
        let epilogue = needs_epilogue::<O>(activation);
        let op = ("Tuner::tune_mm_fp8", stream);
        let problem = problem::<A, B, O>(op, accumulation.into(), sizes)?.with_epilogue(epilogue);
        let operands = Operands::<A, B>::new(stream, sizes)?;
        let mut c = Tensor::<O>::empty(stream, &sizes[..3])?;
        let options = MmFp8Options {
            accumulation,
            epilogue: with(activation),
            ..MmFp8Options::default()
        };
        let tiles = tiles::<A, B, O>(accumulation, epilogue);
        self.tune(stream, (problem, 1), tiles, |stream, set| {
            let (a, b) = operands.set(set)?;
            bmm_fp8_into(stream, &a, &b, &mut c, &options)
        })
    }

    /// The same for [`fp8_blockscale_gemm`](crate::gemm::fp8_blockscale_gemm) of `[m, n, k]`, with weights that are scaled so.
    ///
    /// # Errors
    /// As [`tune_mm`](Self::tune_mm), and [`Error::Argument`] for weights that are not scaled in tiles or groups of 128.
    pub fn tune_fp8_blockscale_gemm<O: Fp8Output>(
        &self,
        stream: &Stream,
        [m, n, k]: [usize; 3],
        weight: Fp8Scaling,
        activation: ActivationType,
    ) -> Result<Tuned> {
        let (sizes, op) = ([1, m, n, k], ("Tuner::tune_fp8_blockscale_gemm", stream));
        let (sums, epilogue) = (scaled_by(op.0, weight)?, needs_epilogue::<O>(activation));
        let problem = problem::<E4m3, E4m3, O>(op, sums, sizes)?.with_epilogue(epilogue);
        let operands = Operands::<E4m3, E4m3>::new(stream, sizes)?;
        let scales = BlockScales::new(stream, [m, n, k], weight)?;
        let mut c = Tensor::<O>::empty(stream, &[m, n])?;
        let mut workspace = Tensor::<f32>::empty(stream, &[0])?;
        let options = MmOptions {
            epilogue: with(activation),
            ..MmOptions::default()
        };
        let tiles = block_scaled_tiles::<O>(sums, epilogue);
        self.tune(stream, (problem, 1), tiles, |stream, set| {
            let (a, b) = operands.set(set)?;
            let [a, b] = scales.views([a.reshape(&[m, k])?, b.reshape(&[n, k])?]);
            fp8_blockscale_gemm_into(stream, a, b, &mut workspace, &mut c, &options)
        })
    }

    /// Measures the plans of these tiles by `run`, a call on a stream with the operands of a set.
    fn tune(
        &self,
        stream: &Stream,
        (problem, element): (GemmProblem, usize),
        tiles: Vec<HopperTile>,
        mut run: impl FnMut(&Stream, usize) -> Result<()>,
    ) -> Result<Tuned> {
        let (tiles, shape) = (tiles.into_iter(), problem.shape(element));
        let default = estimated(tiles.clone(), shape, stream.device().clusters())?;
        let plans: Vec<_> = hopper_plans(tiles, shape).collect();
        let seconds = measure(stream, problem, &plans, &mut run)?;
        let measured: Vec<_> = plans.into_iter().zip(seconds).collect();
        let default_seconds = measured.iter().find(|(plan, _)| *plan == default);
        let best = measured.iter().min_by(|(_, a), (_, b)| a.total_cmp(b));
        let (plan, seconds) = best.copied().unwrap_or((default, f64::NAN));
        self.answer(stream.device(), problem, Answer::new(plan, Some(seconds)));
        self.save()?;
        Ok(Tuned {
            plan,
            seconds,
            default_seconds: default_seconds.map_or(seconds, |(_, seconds)| *seconds),
            measured,
        })
    }
}

/// An activation alone.
fn with<D>(activation: ActivationType) -> Epilogue<'static, D> {
    Epilogue {
        activation,
        ..Epilogue::default()
    }
}

/// Whether such products are computed by kernels with an epilogue: for some types there are no others.
fn needs_epilogue<O: Fp8Output>(activation: ActivationType) -> bool {
    activation != ActivationType::Identity || O::plain().is_none()
}

/// Where sums of blocks are kept whose weights are scaled so.
fn scaled_by(op: &'static str, weight: Fp8Scaling) -> Result<Sums> {
    match weight {
        Fp8Scaling::Tiles128x128 => Ok(Sums::Scaled128x128),
        Fp8Scaling::Groups1x128(_) => Ok(Sums::Scaled1x128),
        other => {
            let (expected, found) = ("of Groups1x128 or Tiles128x128", format!("{other:?}"));
            Err(Error::argument(op, "weight", expected, found))
        }
    }
}

/// What is measured, if Hopper's engine computes it.
fn problem<A: Element, B: Element, C: Element>(
    (op, stream): (&'static str, &Stream),
    sums: Sums,
    sizes: [usize; 4],
) -> Result<GemmProblem> {
    let device = stream.device();
    if device.compute_capability() != Some(ComputeCapability::HOPPER) {
        let reason = format!("only Hopper GPUs have plans to choose from, not {device}");
        return Err(Error::Device { op, reason });
    }
    checked::<A, B, C>(op, sums, sizes)
}

/// The problem, if its sizes are those of Hopper's engine.
fn checked<A: Element, B: Element, C: Element>(
    op: &'static str,
    sums: Sums,
    sizes: [usize; 4],
) -> Result<GemmProblem> {
    let problem = GemmProblem::new::<A, B, C>(sums, sizes);
    let row = problem.n.checked_mul(size_of::<C>());
    if sizes.contains(&0) || row.is_none_or(|row| !row.is_multiple_of(16)) {
        let expected = "none of them zero, and a result with rows of a multiple of 16 bytes";
        return Err(Error::argument(op, "sizes", expected, problem));
    }
    Ok(problem)
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::checked;
    use crate::error::Error;
    use crate::heuristics::hopper_gemm::Sums;

    #[test]
    fn sizes_are_those_of_the_engine() {
        let check = |sizes| checked::<bf16, bf16, bf16>("test", Sums::TensorCores, sizes);
        check([1, 3, 8, 5]).expect("rows of 16 bytes");
        for sizes in [
            [0, 3, 8, 5],
            [1, 0, 8, 5],
            [1, 3, 0, 5],
            [1, 3, 8, 0],
            [1, 3, 9, 5],
        ] {
            let error = check(sizes).expect_err("not Hopper's");
            assert!(matches!(error, Error::Argument { .. }), "{error}");
        }
    }
}

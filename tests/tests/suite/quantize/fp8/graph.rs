//! Captured once, replayed for other elements and other rows.

use gatewarp::formats::E4m3;
use gatewarp::quantize::{
    Fp8Options, LiveRows, ScaleMajor, amax_workspace, fp8_quantize_per_tensor_into,
    silu_and_mul_fp8_quantize_1x128_into,
};
use gatewarp::{Result, Stream, Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("graph::fp8_quantize", replays);
}

/// What the captured work uses.
struct Tensors {
    x: Tensor<bf16>,
    counts: Tensor<i32>,
    data: Tensor<E4m3>,
    scales: Tensor<f32>,
    all: Tensor<E4m3>,
    scale: Tensor<f32>,
    workspace: Tensor<f32>,
}

impl Tensors {
    fn new(stream: &Stream) -> Result<Self> {
        Ok(Self {
            x: Tensor::zeros(stream, &[2, 6, 512])?,
            counts: Tensor::zeros(stream, &[2])?,
            data: Tensor::zeros(stream, &[2, 6, 256])?,
            scales: Tensor::zeros(stream, &[2, 2, 8])?,
            all: Tensor::zeros(stream, &[2, 6, 512])?,
            scale: Tensor::zeros(stream, &[1])?,
            workspace: Tensor::zeros(stream, &[amax_workspace()])?,
        })
    }

    fn work(&mut self, stream: &Stream) -> Result<()> {
        let options = Fp8Options {
            rows: LiveRows::Counted(self.counts.view()),
            ..Fp8Options::default()
        };
        let (data, scales) = (&mut self.data, &mut self.scales);
        let major = ScaleMajor::Mn;
        silu_and_mul_fp8_quantize_1x128_into(stream, &self.x, data, scales, major, &options)?;
        let (all, scale, workspace) = (&mut self.all, &mut self.scale, &mut self.workspace);
        fp8_quantize_per_tensor_into(stream, &self.x, all, scale, workspace, &options)
    }

    /// All results, after they were poisoned and made anew.
    fn results(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<Vec<u8>> {
        self.data.fill_bytes(0xff)?;
        self.all.fill_bytes(0xff)?;
        self.scales.fill_bytes(0xff)?;
        self.scale.fill_bytes(0xff)?;
        work(self)?;
        let mut results = super::ops::bytes(&self.data.to_vec()?);
        results.extend(super::ops::bytes(&self.all.to_vec()?));
        for scale in [self.scales.to_vec()?, self.scale.to_vec()?].concat() {
            results.extend(scale.to_bits().to_le_bytes());
        }
        Ok(results)
    }
}

fn replays(context: &Context) -> Outcome {
    let stream = &context.stream;
    let mut tensors = Tensors::new(stream)?;
    tensors.work(stream)?;
    let graph = stream.capture(|stream| tensors.work(stream))?;
    for (seed, counts) in [(1, [6, 0]), (2, [3, 5]), (3, [0, 1])] {
        let elements = Values::Ordinary.draw(tensors.x.shape().elements(), seed);
        tensors.x.copy_from_slice(&elements)?;
        tensors.counts.copy_from_slice(&counts)?;
        let want = tensors.results(|tensors| tensors.work(stream))?;
        // SAFETY: the tensors are alive, and used on this stream only.
        let got = tensors.results(|_| unsafe { graph.launch(stream) })?;
        bits("replayed", &got, &want)?;
    }
    Ok(())
}

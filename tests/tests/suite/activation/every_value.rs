//! Every 16-bit gate there is, through every activation, against `f64`.

use gatewarp::activation::{ActivationType, GatedElement, activation};
use gatewarp::{Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::close;
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;

use super::case::bound;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("activation::every_bf16", |context| {
        every_value(context, bf16::from_bits)
    });
    suite.trial("activation::every_f16", |context| {
        every_value(context, f16::from_bits)
    });
}

fn every_value<T: GatedElement + Value>(context: &Context, of_bits: fn(u16) -> T) -> Outcome {
    let step = match context.kind {
        Kind::Simulator => 61,
        Kind::Cpu | Kind::Cuda => 1,
    };
    let gates: Vec<T> = (0..=u16::MAX).step_by(step).map(of_bits).collect();
    for up in [1.0, -0.375] {
        for of in ActivationType::ALL
            .into_iter()
            .chain([ActivationType::SWIGLU_OAI])
        {
            let pairs = gates.iter().flat_map(|&gate| [gate, T::from_f64(up)]);
            let x: Vec<T> = match of.is_gated() {
                true => pairs.collect(),
                false => gates.clone(),
            };
            let x = Tensor::from_slice(&context.stream, &x, &[gates.len(), x.len() / gates.len()])?;
            let got = activation(&context.stream, &x, &of.into())?.to_vec()?;
            let gate = |i: usize| gates[i].to_f64();
            let want = (0..gates.len()).map(|i| naive::activation(of, gate(i), up));
            let want: Vec<f64> = want.collect();
            let what = format!("{of:?} times {up}");
            close(&what, &got, &want, |i| bound::<T>(of, gate(i), up))?;
        }
    }
    Ok(())
}

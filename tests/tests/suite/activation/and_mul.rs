//! `silu_and_mul`, `gelu_and_mul`, `gelu_tanh_and_mul`: any rank, any even last dimension, any frame, any values.

use gatewarp::activation::{
    ActivationType, GatedElement, gelu_and_mul, gelu_and_mul_into, gelu_tanh_and_mul,
    gelu_tanh_and_mul_into, silu_and_mul, silu_and_mul_into,
};
use gatewarp::{Result, Stream, Tensor, TensorView, TensorViewMut, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, bound, cases, kept};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("silu_and_mul::bf16", matches::<bf16, Silu>);
    suite.trial("silu_and_mul::f16", matches::<f16, Silu>);
    suite.trial("silu_and_mul::f32", matches::<f32, Silu>);
    suite.trial("gelu_and_mul::bf16", matches::<bf16, Gelu>);
    suite.trial("gelu_and_mul::f16", matches::<f16, Gelu>);
    suite.trial("gelu_and_mul::f32", matches::<f32, Gelu>);
    suite.trial("gelu_tanh_and_mul::bf16", matches::<bf16, GeluTanh>);
    suite.trial("gelu_tanh_and_mul::f16", matches::<f16, GeluTanh>);
    suite.trial("gelu_tanh_and_mul::f32", matches::<f32, GeluTanh>);
    suite.trial("silu_and_mul::allocating_form", allocating_form::<Silu>);
    suite.trial("gelu_and_mul::allocating_form", allocating_form::<Gelu>);
    suite.trial(
        "gelu_tanh_and_mul::allocating_form",
        allocating_form::<GeluTanh>,
    );
}

/// An operation in both forms, and the activation that it is.
pub trait AndMul {
    const TYPE: ActivationType;
    fn allocating<T: GatedElement>(stream: &Stream, x: &TensorView<'_, T>) -> Result<Tensor<T>>;
    fn into<T: GatedElement>(
        stream: &Stream,
        x: &TensorView<'_, T>,
        out: &mut TensorViewMut<'_, T>,
    ) -> Result<()>;
}

macro_rules! and_mul {
    ($($name:ident: $type:ident, $allocating:ident, $into:ident;)*) => { $(
        pub struct $name;

        impl AndMul for $name {
            const TYPE: ActivationType = ActivationType::$type;
            fn allocating<T: GatedElement>(
                stream: &Stream,
                x: &TensorView<'_, T>,
            ) -> Result<Tensor<T>> {
                $allocating(stream, x)
            }
            fn into<T: GatedElement>(
                stream: &Stream,
                x: &TensorView<'_, T>,
                out: &mut TensorViewMut<'_, T>,
            ) -> Result<()> {
                $into(stream, x, out)
            }
        }
    )* };
}

and_mul! {
    Silu: Swiglu, silu_and_mul, silu_and_mul_into;
    Gelu: Geglu, gelu_and_mul, gelu_and_mul_into;
    GeluTanh: GegluTanh, gelu_tanh_and_mul, gelu_tanh_and_mul_into;
}

fn matches<T: GatedElement + Value, O: AndMul>(context: &Context) -> Outcome {
    let mut kept = kept();
    kept.extend(context.real(vec![
        Case::plain(&[513], 11008),
        Case::plain(&[1, 4, 3], 28672),
        Case::plain(&[300], 5461),
    ]));
    context.check(16, kept, &cases(), |case| {
        matches_case::<T, O>(context, case)
    })
}

fn matches_case<T: GatedElement + Value, O: AndMul>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let x = case.halves::<T>(O::TYPE);
    let library = |stream: &Stream| {
        let x = Framed::new(stream, &case.shape(2 * case.d), Frame::NONE, &x)?;
        Ok(widen(&O::allocating(stream, &x.view()?)?.to_vec()?))
    };
    let want = context.oracle(library, || naive::halves(O::TYPE, &x, case.d))?;

    let framed = Framed::new(&context.stream, &case.shape(2 * case.d), case.x, &x)?;
    let mut out = Framed::poisoned(&context.stream, &case.shape(case.d), case.out)?;
    O::into(&context.stream, &framed.view()?, &mut out.view_mut()?)?;
    let input = |i: usize, half: usize| x[i / case.d * 2 * case.d + half * case.d + i % case.d];
    close("out", &out.elements()?, &want, |i| {
        bound::<T>(O::TYPE, input(i, 0).to_f64(), input(i, 1).to_f64())
    })?;
    Ok(())
}

/// The form that allocates gives what the other does, in the right shape.
fn allocating_form<O: AndMul>(context: &Context) -> Outcome {
    let case = Case::plain(&[2, 3], 20);
    let x = case.halves::<bf16>(O::TYPE);
    let framed = Framed::new(&context.stream, &[2, 3, 40], Frame::new(1, 0, 3, 2), &x)?;
    let mut out = Framed::poisoned(&context.stream, &[2, 3, 20], Frame::NONE)?;
    O::into(&context.stream, &framed.view()?, &mut out.view_mut()?)?;
    let allocated = O::allocating(&context.stream, &framed.view()?)?;
    if **allocated.shape() != [2, 3, 20] {
        return Err(format!("the shape is {}", allocated.shape()).into());
    }
    bits("out", &allocated.to_vec()?, &out.elements()?)?;
    Ok(())
}

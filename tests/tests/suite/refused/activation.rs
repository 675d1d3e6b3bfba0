//! Activations.

use gatewarp::activation::{
    ActivationOptions, ActivationType, ExpertParameters, ExpertRows, SwigluOptions, activation,
    activation_into, gelu_and_mul, gelu_tanh_and_mul, padded_squared_relu,
    padded_squared_relu_into, padded_swiglu, silu_and_mul, silu_and_mul_into, swiglu, swiglu_into,
};
use gatewarp::quantize::LiveRows;
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::silu_and_mul", shapes);
    suite.trial("refused::swiglu", separate);
    suite.trial("refused::padded_activations", padded);
    suite.trial("refused::activation", parameters);
    suite.trial("refused::activation_of_experts", experts);
}

fn zeros(stream: &Stream, shape: &[usize]) -> Result<Tensor<f32>> {
    Tensor::zeros(stream, shape)
}

fn shapes(context: &Context) -> Outcome {
    let stream = &context.stream;
    for (shape, shown) in [(&[2, 5][..], "[2, 5]"), (&[7], "[7]"), (&[], "[]")] {
        let x = zeros(stream, shape)?;
        let parts = |op| [op, "x must be [.., 2d]", shown];
        refused("an odd row", &parts("silu_and_mul"), || {
            silu_and_mul(stream, &x)
        })?;
        refused("an odd row", &parts("gelu_and_mul"), || {
            gelu_and_mul(stream, &x)
        })?;
        refused("an odd row", &parts("gelu_tanh_and_mul"), || {
            gelu_tanh_and_mul(stream, &x)
        })?;
        refused("an odd row", &parts("activation"), || {
            activation(stream, &x, &ActivationType::SWIGLU_OAI.into())
        })?;
    }
    let x = zeros(stream, &[2, 8])?;
    for (shape, shown) in [(&[2, 3][..], "[2, 3]"), (&[3, 4], "[3, 4]"), (&[8], "[8]")] {
        let mut out = Framed::poisoned(stream, shape, Frame::NONE)?;
        let parts = ["silu_and_mul", "out must be [2, 4]", shown];
        refused("another shape", &parts, || {
            silu_and_mul_into(stream, &x, &mut out.view_mut()?)
        })?;
        out.untouched()?;
    }
    Ok(())
}

fn separate(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (gate, up) = (zeros(stream, &[2, 8])?, zeros(stream, &[2, 7])?);
    let none = SwigluOptions::default();
    let parts = ["swiglu", "up must be [2, 8]", "[2, 7]"];
    refused("another up", &parts, || swiglu(stream, &gate, &up, &none))?;
    let mut out = Framed::poisoned(stream, &[2, 7], Frame::NONE)?;
    let parts = ["swiglu", "out must be [2, 8]", "[2, 7]"];
    refused("another out", &parts, || {
        swiglu_into(stream, &gate, &gate, &none, &mut out.view_mut()?)
    })?;
    out.untouched()?;
    let bias = zeros(stream, &[7])?;
    for (name, options) in [
        (
            "gate_bias must be [8]",
            SwigluOptions {
                gate_bias: Some(bias.view()),
                up_bias: None,
            },
        ),
        (
            "up_bias must be [8]",
            SwigluOptions {
                gate_bias: None,
                up_bias: Some(bias.view()),
            },
        ),
    ] {
        refused("another bias", &["swiglu", name, "[7]"], || {
            swiglu(stream, &gate, &gate, &options)
        })?;
    }
    Ok(())
}

fn padded(context: &Context) -> Outcome {
    let stream = &context.stream;
    let integers = |count: usize| Tensor::<i32>::zeros(stream, &[count]);
    let x = zeros(stream, &[3, 8])?;
    let (map, one) = (integers(3)?, integers(1)?);
    let mut out = Framed::poisoned(stream, &[3, 8], Frame::NONE)?;
    let parts = [
        "padded_squared_relu",
        "permutation_map",
        "3 elements",
        "[2]",
    ];
    let short = integers(2)?;
    refused("a short map", &parts, || {
        padded_squared_relu_into(stream, &x, &short, &one, &mut out.view_mut()?)
    })?;
    let parts = ["padded_squared_relu", "n_used", "1 elements", "[3]"];
    refused("several counts", &parts, || {
        padded_squared_relu_into(stream, &x, &map, &map, &mut out.view_mut()?)
    })?;
    out.untouched()?;
    let elsewhere = Tensor::<i32>::zeros(&context.cpu, &[3])?;
    // Elsewhere all memory is the host's.
    if context.kind == Kind::Cuda {
        let parts = ["padded_squared_relu", "permutation_map must be on"];
        refused("a map elsewhere", &parts, || {
            padded_squared_relu(stream, &x, &elsewhere, &one)
        })?;
    }
    let odd = zeros(stream, &[3, 7])?;
    let parts = ["padded_swiglu", "x must be [.., 2d]", "[3, 7]"];
    refused("an odd row", &parts, || {
        padded_swiglu(stream, &odd, &map, &one)
    })?;
    let counts = integers(2)?;
    let options = ActivationOptions {
        rows: LiveRows::Counted(counts.view()),
        ..ActivationType::Relu2.into()
    };
    refused(
        "counts of others",
        &["activation", "counts", "1 elements"],
        || activation_into(stream, &x, &options, &mut out.view_mut()?),
    )?;
    out.untouched()?;
    Ok(())
}

fn parameters(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = zeros(stream, &[2, 8])?;
    let bias = |alpha, beta, limit| ActivationType::SwigluBias { alpha, beta, limit };
    let situ = |beta, linear_beta| ActivationType::Situ { beta, linear_beta };
    for of in [
        bias(1.0, 0.0, -1.0),
        bias(1.0, 0.0, f32::NAN),
        bias(f32::NAN, 0.0, 1.0),
        bias(1.0, f32::INFINITY, 1.0),
        ActivationType::SwigluStep { limit: f32::NAN },
        situ(0.0, 1.0),
        situ(1.0, f32::INFINITY),
    ] {
        let mut out = Framed::poisoned(stream, &[2, 4], Frame::NONE)?;
        let parts = ["activation", "activation_type must be", "but is S"];
        refused("a parameter out of range", &parts, || {
            activation_into(stream, &x, &of.into(), &mut out.view_mut()?)
        })?;
        out.untouched()?;
    }
    let mut out = Framed::poisoned(stream, &[2, 4], Frame::NONE)?;
    let parts = ["activation", "out must be [2, 8]", "[2, 4]"];
    refused("half of what is not gated", &parts, || {
        activation_into(
            stream,
            &x,
            &ActivationType::Relu.into(),
            &mut out.view_mut()?,
        )
    })?;
    out.untouched()?;
    Ok(())
}

fn experts(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = zeros(stream, &[6, 8])?;
    let (three, two) = (zeros(stream, &[3])?, zeros(stream, &[2])?);
    let offsets = |count: usize| Tensor::<i32>::zeros(stream, &[count]);
    let (one_offset, four_offsets) = (offsets(1)?, offsets(4)?);
    let check = |what, parts: &[&str], of: ActivationType, experts| {
        let options = ActivationOptions {
            experts: Some(experts),
            ..of.into()
        };
        let mut out = Framed::poisoned(stream, &[6, 4], Frame::NONE).expect("small");
        refused(what, parts, || {
            activation_into(stream, &x, &options, &mut out.view_mut()?)
        })?;
        out.untouched()
    };
    let with = |rows| ExpertParameters {
        limit: Some(three.view()),
        ..ExpertParameters::new(rows)
    };
    let oai = ActivationType::SWIGLU_OAI;
    let each = |rows| with(ExpertRows::Each(rows));
    let parts = ["activation", "experts.rows", "for 6 rows"];
    check("no divisor", &parts, oai, each(4))?;
    check("no rows each", &parts, oai, each(0))?;
    let no_expert = ExpertParameters::new(ExpertRows::Offsets(one_offset.view()));
    check("no expert", &parts, oai, no_expert)?;
    let parts = ["activation", "experts.limit must be [2]", "[3]"];
    check("three limits for two experts", &parts, oai, each(3))?;
    let few = ExpertParameters {
        alpha: Some(two.view()),
        ..ExpertParameters::new(ExpertRows::Offsets(four_offsets.view()))
    };
    let parts = ["activation", "experts.alpha must be [3]", "[2]"];
    check("two alphas for three experts", &parts, oai, few)?;
    let parts = ["activation", "experts.limit", "Swiglu takes none"];
    check(
        "a limit that is not taken",
        &parts,
        ActivationType::Swiglu,
        each(2),
    )?;
    Ok(())
}

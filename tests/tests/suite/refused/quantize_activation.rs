//! Activations that are quantised, and must be refused: of halves of what is odd or no whole blocks, and of parameters out of
//! range.

use gatewarp::activation::ActivationType;
use gatewarp::formats::E4m3;
use gatewarp::quantize::{
    BlockOptions, Fp8Options, LiveRows, ScaleMajor, activation_fp8_quantize_1x128,
    activation_fp8_quantize_per_tensor_static, activation_fp8_quantize_per_token,
    activation_mxfp4_quantize, activation_mxfp8_quantize, activation_nvfp4_quantize,
};
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::backend::Context;
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::activation_quantize::elements", elements);
    suite.trial("refused::activation_quantize::parameters", parameters);
}

/// A call, of which only the error counts.
type Call = fn(&Stream, &Tensor<f32>, ActivationType) -> Result<()>;

/// Every operation, and elements that a row is to be a multiple of after the activation.
const CALLS: [(&str, usize, Call); 6] = [
    ("activation_fp8_quantize_per_token", 1, |stream, x, it| {
        let options = Fp8Options::default();
        activation_fp8_quantize_per_token::<f32, E4m3>(stream, x, it, &options).map(drop)
    }),
    ("activation_fp8_quantize_1x128", 1, |stream, x, it| {
        let (major, options) = (ScaleMajor::K, Fp8Options::default());
        activation_fp8_quantize_1x128::<f32, E4m3>(stream, x, it, major, &options).map(drop)
    }),
    (
        "activation_fp8_quantize_per_tensor_static",
        1,
        |stream, x, it| {
            let (one, rows) = (ones(stream)?, LiveRows::All);
            activation_fp8_quantize_per_tensor_static::<f32, E4m3>(stream, x, it, &one, &rows)
                .map(drop)
        },
    ),
    ("activation_mxfp8_quantize", 32, |stream, x, it| {
        activation_mxfp8_quantize(stream, x, it, &BlockOptions::default()).map(drop)
    }),
    ("activation_mxfp4_quantize", 32, |stream, x, it| {
        activation_mxfp4_quantize(stream, x, it, &BlockOptions::default()).map(drop)
    }),
    ("activation_nvfp4_quantize", 16, |stream, x, it| {
        activation_nvfp4_quantize(stream, x, it, &ones(stream)?, &BlockOptions::default()).map(drop)
    }),
];

/// A scale of one.
fn ones(stream: &Stream) -> Result<Tensor<f32>> {
    Tensor::from_slice(stream, &[1.0], &[1])
}

fn elements(context: &Context) -> Outcome {
    let stream = &context.stream;
    for (name, block, call) in CALLS {
        let odd = Tensor::<f32>::zeros(stream, &[2, 7])?;
        let parts = [name, "x must be [.., 2K]", "[2, 7]"];
        let whole = [name, "x must be [.., 2K], K a multiple of", "[2, 7]"];
        let parts = if block > 1 { &whole } else { &parts };
        refused("an odd row", parts, || {
            call(stream, &odd, ActivationType::GegluTanh)
        })?;
        // Of two halves the row is one block and a half; of one number it is three blocks.
        let x = Tensor::<f32>::zeros(stream, &[2, 3 * block])?;
        call(stream, &x, ActivationType::Relu2)?;
        if block > 1 {
            refused("half a block", &whole[..2], || {
                call(stream, &x, ActivationType::Geglu)
            })?;
        }
    }
    Ok(())
}

fn parameters(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::<f32>::zeros(stream, &[2, 64])?;
    for wrong in [
        ActivationType::SwigluBias {
            alpha: f32::NAN,
            beta: 1.0,
            limit: 7.0,
        },
        ActivationType::SwigluStep { limit: -1.0 },
        ActivationType::Situ {
            beta: 0.0,
            linear_beta: 1.0,
        },
    ] {
        for (name, _, call) in CALLS {
            let parts = [name, "activation_type must be", "not negative"];
            refused("a parameter", &parts, || call(stream, &x, wrong))?;
        }
    }
    Ok(())
}

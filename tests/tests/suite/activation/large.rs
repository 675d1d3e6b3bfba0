//! More than 2^31 elements: on a GPU only, whose memory has room for them.

use gatewarp::activation::{ActivationType, activation, gelu_and_mul, silu_and_mul};
use gatewarp::tensor::copy_into;
use gatewarp::{Result, Stream, Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("activation::beyond_32_bits", beyond_32_bits);
}

const ROWS: usize = 1 << 16;
const D: usize = (1 << 15) + 64;

type Operation<'a> = dyn Fn(&Tensor<bf16>) -> Result<Tensor<bf16>> + 'a;

/// The last row of a large tensor gives what it does alone, and so does one before it.
fn beyond_32_bits(context: &Context) -> Outcome {
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let stream = &context.stream;
    let mut x = Tensor::<bf16>::zeros(stream, &[ROWS, 2 * D])?;
    let mut alone = Vec::new();
    for (seed, row) in [(1, ROWS - 1), (2, ROWS - 700)] {
        let elements = Values::Ordinary.draw(2 * D, seed);
        let one = Tensor::from_slice(stream, &elements, &[1, 2 * D])?;
        copy_into(stream, &one, &mut x.view_mut().slice(row..row + 1)?)?;
        alone.push((one, row));
    }
    let relu2 = ActivationType::Relu2.into();
    let operations: [&Operation<'_>; 3] = [
        &|x| silu_and_mul(stream, x),
        &|x| gelu_and_mul(stream, x),
        &|x| activation(stream, x, &relu2),
    ];
    for operation in operations {
        let out = operation(&x)?;
        for (one, row) in &alone {
            let got = row_of(stream, &out, *row)?;
            bits("a row", &got, &operation(one)?.to_vec()?)?;
        }
    }
    Ok(())
}

fn row_of(stream: &Stream, x: &Tensor<bf16>, row: usize) -> Result<Vec<bf16>> {
    let mut copy = Tensor::empty(stream, &[1, x.shape().columns()])?;
    copy_into(stream, &x.view().slice(row..row + 1)?, &mut copy)?;
    copy.to_vec()
}

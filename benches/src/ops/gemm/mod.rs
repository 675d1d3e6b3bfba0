//! Matrix products.

mod block_scaled;
mod dense;
mod epilogue;
mod factors;
mod fp8;
mod grouped;
mod multiplication;
mod recipe;

use gatewarp_tests::values::Value;
use rayon::prelude::*;

pub(super) use block_scaled::FP8_BLOCKSCALE_GEMM;
pub(super) use dense::{BMM_BF16, MM, MM_BF16, TGV_GEMM};
pub(super) use epilogue::MM_EPILOGUE;
pub(super) use fp8::{BMM_FP8, MM_FP8, MM_FP8_DYNAMIC};
pub(super) use grouped::GROUPED_MM;
pub(super) use recipe::{Recipe, Sizes};

use crate::case::Spec;
use crate::shapes::Set;

/// The module of all of them.
const FAMILY: &str = "gemm";

/// Rows of a result that are compared.
const ROWS: usize = 8;
/// Entries of such a row that are compared.
const COLUMNS: usize = 256;

/// From a shape's name and sizes to a case.
pub(super) type Variant = fn(String, Sizes) -> Spec;

/// The products of a set, each in all variants.
pub(super) fn products(set: &Set, tokens: &[usize], variants: &[Variant]) -> Vec<Spec> {
    let products = set.products(tokens);
    let sizes = products.map(|(name, shape)| (name, Sizes::one(shape)));
    specs(set, sizes, variants)
}

/// The batches of a set, each in all variants.
fn batches(set: &Set, tokens: &[usize], variants: &[Variant]) -> Vec<Spec> {
    let batches = set.batches(tokens);
    let sizes = batches.map(|(name, shape)| (name, Sizes::batch(shape)));
    specs(set, sizes, variants)
}

fn specs(
    set: &Set,
    shapes: impl Iterator<Item = (String, Sizes)>,
    variants: &[Variant],
) -> Vec<Spec> {
    let of_shape = |(name, sizes)| {
        let name = format!("{} {name}", set.name);
        variants.iter().map(move |spec| spec(name.clone(), sizes))
    };
    shapes.flat_map(of_shape).collect()
}

/// `A B^T` of `a [m, k]` and `b [n, k]`, summed in `f64`.
fn product<T: Value>(a: &[T], b: &[T], k: usize) -> Vec<f64> {
    let dot = |a: &[T], b: &[T]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64());
        products.sum()
    };
    let rows = a.par_chunks(k.max(1));
    rows.flat_map_iter(|a| b.chunks(k.max(1)).map(move |b| dot(a, b)))
        .collect()
}

/// The entries `columns` of each row of `n`.
fn take<T: Copy>(rows: &[T], n: usize, columns: &[usize]) -> Vec<T> {
    let of_row = |row: &[T]| {
        columns
            .iter()
            .map(|&column| row[column])
            .collect::<Vec<_>>()
    };
    rows.chunks(n.max(1)).flat_map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use gatewarp::Device;

    use super::{
        BMM_BF16, BMM_FP8, FP8_BLOCKSCALE_GEMM, GROUPED_MM, MM, MM_BF16, MM_EPILOGUE, MM_FP8,
        MM_FP8_DYNAMIC, TGV_GEMM,
    };
    use crate::case::{Bench, Spec};
    use crate::data::Pool;
    use crate::ops::Operation;
    use crate::shapes;

    const OPERATIONS: [&Operation; 10] = [
        &MM,
        &MM_BF16,
        &TGV_GEMM,
        &BMM_BF16,
        &MM_FP8,
        &MM_FP8_DYNAMIC,
        &BMM_FP8,
        &FP8_BLOCKSCALE_GEMM,
        &MM_EPILOGUE,
        &GROUPED_MM,
    ];

    fn quick(operation: &Operation) -> Vec<Spec> {
        (operation.specs)(shapes::quick().expect("known"), &[1, 16])
    }

    #[test]
    fn every_product_is_right_on_the_cpu() {
        let stream = Device::cpu().stream().expect("the CPU");
        let bench = Bench {
            stream: &stream,
            pool: &Pool::new(&stream),
            peer: None,
        };
        for spec in OPERATIONS.into_iter().flat_map(quick) {
            let verified = (spec.build)(&bench).and_then(|mut case| case.verify(&stream));
            if let Err(error) = verified {
                panic!("{} {} {:?}: {error:#}", spec.op, spec.dtype, spec.shape);
            }
        }
    }

    #[test]
    fn a_peer_that_writes_nothing_is_found_out() {
        let stream = Device::cpu().stream().expect("the CPU");
        let bench = Bench {
            stream: &stream,
            pool: &Pool::new(&stream),
            peer: None,
        };
        for spec in OPERATIONS.into_iter().flat_map(quick) {
            let mut case = (spec.build)(&bench).expect("host memory");
            case.verify(&stream).expect("right");
            let verified = case.verify_peer(&stream, &mut |_| Ok(()));
            assert!(verified.is_err(), "{} {}", spec.op, spec.dtype);
        }
    }

    #[test]
    fn the_peer_solves_what_it_has() {
        for (op, dtype, solved) in [
            (&MM, "f16", true),
            (&BMM_BF16, "bf16", true),
            (&MM_FP8, "e4m3-row-promoted", true),
            (&MM_FP8, "e4m3-shuffled", true),
            (&MM_FP8_DYNAMIC, "bf16", false),
            (&BMM_FP8, "e4m3", true),
            (&FP8_BLOCKSCALE_GEMM, "e4m3-1x128", true),
            (&FP8_BLOCKSCALE_GEMM, "bf16-128x128", false),
            (&MM_EPILOGUE, "e4m3-silu", false),
        ] {
            let specs = quick(op);
            let mut of_type = specs.iter().filter(|spec| spec.dtype == dtype);
            assert!(of_type.clone().count() > 0, "{} {dtype}", op.name);
            assert!(of_type.all(|spec| spec.problem.is_some() == solved));
        }
    }
}

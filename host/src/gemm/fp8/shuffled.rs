//! FP8 products by shuffled weights, which Hopper's engine reads as they are.
//!
//! Blocks of 128 columns take the place of matrices in the weights' tensor map; the kernels put the columns of C, which come
//! out in the order of the weights' rows, back in theirs.

use formats::E4m3;
use half::{bf16, f16};

use super::kernels::{Fp8Gemm, Fp8Output};
use crate::device::ComputeCapability;
use crate::device::tensor_map::Matrices;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::element::{HopperKernels, hopper_kernels};
use crate::gemm::epilogue::Epilogue;
use crate::gemm::hopper;
use crate::gemm::options::Accumulation;
use crate::gemm::product::{Product, Sizes};
use crate::kernels::gemm::hopper::fp8_shuffled::{bf16 as to_bf16, f16 as to_f16};
use crate::op::Op;
use crate::quantize::Fp8Code;
use crate::quantize::layout::{LOW_LATENCY_BLOCK as BLOCK, LOW_LATENCY_ORDER};
use crate::shape::Shape;
use crate::tensor::TensorView;

/// What to do where the engine cannot compute.
const PLAIN: &str = "restore_low_latency_gemm_weights makes plain ones, which are taken";

/// How B lies in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weights {
    /// `[n, k]`.
    Plain,
    /// `[k / 128, n, 128]`, as `prepare_low_latency_gemm_weights` makes them.
    Shuffled,
}

impl Weights {
    /// What a matrix of this shape is.
    pub fn of(b: &Shape) -> Self {
        match **b {
            [_, _, _] => Self::Shuffled,
            _ => Self::Plain,
        }
    }

    /// The sizes of the product, if its operands fit each other.
    pub fn sizes<A: Float, B: Float>(
        self,
        op: &'static str,
        (a, b): (&TensorView<'_, A>, &TensorView<'_, B>),
    ) -> Result<Sizes> {
        match self {
            Self::Plain => Sizes::of_one(op, ("a", a), ("b", b)),
            Self::Shuffled => shuffled_sizes(op, a, b),
        }
    }
}

fn shuffled_sizes<A: Float, B: Float>(
    op: &'static str,
    a: &TensorView<'_, A>,
    b: &TensorView<'_, B>,
) -> Result<Sizes> {
    let &[m, k] = &**a.shape() else {
        return Err(Error::shape(op, "a", "[m, k]", *a.shape()));
    };
    let group = LOW_LATENCY_ORDER.row_multiple();
    match **b.shape() {
        [blocks, n, BLOCK] if blocks.checked_mul(BLOCK) == Some(k) && n.is_multiple_of(group) => {
            let matrices = 1;
            Sizes { matrices, m, n, k }.checked(op, ("a", a), ("b", b))
        }
        _ => {
            let shuffled = format!("[{k} / {BLOCK}, n, {BLOCK}] with n a multiple of {group}");
            let expected = format!("[n, {k}], or shuffled {shuffled}, as a is [{m}, {k}]");
            Err(Error::shape(op, "b", expected, *b.shape()))
        }
    }
}

/// The kernels of a type of C.
pub trait ShuffledOutput: Float {
    /// The kernels, if there are any.
    fn shuffled(accumulation: Accumulation) -> Option<HopperKernels<Self>>;
}

macro_rules! output {
    ($($type:ty: $fast:expr, $promoted:expr;)*) => { $(
        impl ShuffledOutput for $type {
            fn shuffled(accumulation: Accumulation) -> Option<HopperKernels<Self>> {
                Some(match accumulation {
                    Accumulation::Fast => $fast,
                    Accumulation::Promoted => $promoted,
                })
            }
        }
    )* };
}

output! {
    bf16:
        hopper_kernels![
            Few16: to_bf16::dense::hopper_fp8_shuffled_bf16_few16,
            Few32: to_bf16::dense::hopper_fp8_shuffled_bf16_few32,
            Few64: to_bf16::dense::hopper_fp8_shuffled_bf16_few64,
            T128x128: to_bf16::dense::hopper_fp8_shuffled_bf16_t128x128,
            T128x256: to_bf16::dense::hopper_fp8_shuffled_bf16_t128x256,
        ],
        hopper_kernels![
            Few16: to_bf16::dense::hopper_fp8_shuffled_bf16_promoted_few16,
            Few32: to_bf16::dense::hopper_fp8_shuffled_bf16_promoted_few32,
            Few64: to_bf16::dense::hopper_fp8_shuffled_bf16_promoted_few64,
            T128x128: to_bf16::dense::hopper_fp8_shuffled_bf16_promoted_t128x128,
        ];
    f16:
        hopper_kernels![
            Few16: to_f16::dense::hopper_fp8_shuffled_f16_few16,
            Few32: to_f16::dense::hopper_fp8_shuffled_f16_few32,
            Few64: to_f16::dense::hopper_fp8_shuffled_f16_few64,
            T128x128: to_f16::dense::hopper_fp8_shuffled_f16_t128x128,
            T128x256: to_f16::dense::hopper_fp8_shuffled_f16_t128x256,
        ],
        hopper_kernels![
            Few16: to_f16::dense::hopper_fp8_shuffled_f16_promoted_few16,
            Few32: to_f16::dense::hopper_fp8_shuffled_f16_promoted_few32,
            Few64: to_f16::dense::hopper_fp8_shuffled_f16_promoted_few64,
            T128x128: to_f16::dense::hopper_fp8_shuffled_f16_promoted_t128x128,
        ];
}

macro_rules! none {
    ($($type:ty)*) => { $(
        impl ShuffledOutput for $type {
            fn shuffled(_: Accumulation) -> Option<HopperKernels<Self>> {
                None
            }
        }
    )* };
}

none!(f32 E4m3);

/// There are no kernels with an epilogue.
pub(super) fn check_epilogue<D: Float>(op: Op<'_>, epilogue: &Epilogue<'_, D>) -> Result<()> {
    if epilogue.is_none() {
        return Ok(());
    }
    let expected = format!("plain [n, k] for a product with an epilogue ({PLAIN})");
    Err(Error::argument(op.name, "b", expected, "shuffled"))
}

/// The kernels of a pair of formats and a type of C.
pub(super) fn kernels_of<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    op: Op<'_>,
    accumulation: Accumulation,
) -> Result<HopperKernels<O>> {
    let both_e4m3 = A::FORMATS == 0;
    let kernels = O::shuffled(accumulation).filter(|_| both_e4m3);
    kernels.ok_or_else(|| {
        let expected = "plain [n, k], except for products of e4m3 by e4m3 to bf16 or f16";
        let found = format!("shuffled, for {} by {} to {}", A::DTYPE, B::DTYPE, O::DTYPE);
        Error::argument(op.name, "b", expected, found)
    })
}

/// A product; C has elements, and K is not zero.
///
/// # Safety
/// The memory is the stream's device's, of these shapes but for B, which is `b`, and in the stream's order.
pub(super) unsafe fn on_kernels<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    op: Op<'_>,
    product: &Product<A, B, O>,
    b: &TensorView<'_, B>,
    accumulation: Accumulation,
) -> Result<()> {
    let (n, k) = (product.c.columns, product.a.columns);
    let product = Product {
        b: Matrices::of(b, [k / BLOCK, n, BLOCK]),
        ..*product
    };
    if !hopper::takes(op.stream, &product) {
        return Err(refusal(op, &product));
    }
    let kernels = kernels_of::<A, B, O>(op, accumulation)?;
    // SAFETY: the engine takes it, and the kernels are for these types; the caller's contract.
    unsafe { hopper::dense(op.stream, &product, accumulation.into(), &kernels) }
}

/// Why Hopper's engine does not take a product.
fn refusal<A: Float, B: Float, O: Float>(op: Op<'_>, product: &Product<A, B, O>) -> Error {
    let gpu = op.stream.device().compute_capability();
    if let Some(gpu) = gpu.filter(|gpu| *gpu != ComputeCapability::HOPPER) {
        let needs = format!("shuffled weights need a Hopper GPU, not compute capability {gpu}");
        return Error::Device {
            op: op.name,
            reason: format!("{needs}; {PLAIN}"),
        };
    }
    let Product { a, b, c, .. } = product;
    let places = [
        ("a", a.is_readable(), place(a)),
        ("b", b.is_readable(), place(b)),
        ("c", c.is_writable(), place(c)),
    ];
    match places.into_iter().find(|(_, is_aligned, _)| !is_aligned) {
        Some((name, _, place)) => {
            let aligned = "in rows that begin at multiples of 16 bytes, for shuffled weights";
            Error::argument(op.name, name, format!("{aligned} ({PLAIN})"), place)
        }
        None => {
            let found = format!("{} by {}", c.rows, c.columns);
            Error::argument(op.name, "c", "of less than 2^31 tiles, 16 by 128", found)
        }
    }
}

/// Where matrices are, in words.
fn place<T>(matrices: &Matrices<T>) -> String {
    let (address, row) = (matrices.address, matrices.stride * size_of::<T>());
    format!("at {address:p}, in rows {row} bytes apart")
}

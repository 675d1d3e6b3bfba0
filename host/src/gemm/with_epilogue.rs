//! Products with an epilogue, on kernels: Hopper's where there are some and the engine takes them, otherwise the portable ones.

use formats::E4m3;

use super::element::{EpilogueKernels, GemmOutput};
use super::fp8::args::{block_args, dense_args, hopper_block_args};
use super::fp8::on_kernels::{Scales, portable_config, sums};
use super::fp8::{Fp8Gemm, Fp8Output};
use super::hopper::{self, Chosen};
use super::options::Accumulation;
use super::portable::{in_parts, launched};
use super::product::Product;
use crate::device::Stream;
use crate::device::tensor_map::Tiled;
use crate::element::Float;
use crate::error::Result;
use crate::heuristics::hopper_gemm::Sums;
use crate::quantize::Fp8Code;

/// Whether Hopper's engine computes this product, of kernels that there are if `any`.
fn takes<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
    any: bool,
) -> bool {
    any && hopper::takes(stream, product) && product.finish.epilogue.is_aligned()
}

/// Products of 16-bit floats; C has elements.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(super) unsafe fn dense<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    product: &Product<T, T, O>,
) -> Result<()> {
    let kernels = T::hopper_with_epilogue();
    if takes(stream, product, kernels.any()) {
        // SAFETY: the caller's contract.
        return unsafe { on_hopper(stream, product, Sums::TensorCores, &kernels) };
    }
    let (tile, shape) = launched(product);
    in_parts(product, |product| {
        let Product {
            a, b, c, finish, ..
        } = product;
        let last = finish.epilogue;
        let args = (
            a.address,
            b.address,
            c.address.cast_mut(),
            c.rows as u32,
            c.columns as u32,
            a.columns as u32,
            a.stride as u64,
            b.stride as u64,
            c.stride as u64,
            finish.bias,
            last.activation,
            last.residual,
            last.residual_stride,
            last.out_scale,
        );
        // SAFETY: the caller's contract; alignment is what the tile was chosen by, and these types have no factors.
        unsafe { stream.launch(T::dense_with_epilogue(tile), shape.config(product), args) }
    })
}

/// FP8 products with factors after the sum; C has elements.
///
/// # Safety
/// As [`dense`].
pub(super) unsafe fn fp8<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    product: &Product<A, B, O>,
    accumulation: Accumulation,
) -> Result<()> {
    let kernels = A::hopper_with_epilogue(accumulation);
    if takes(stream, product, kernels.any()) {
        // SAFETY: the caller's contract.
        return unsafe { on_hopper(stream, product, accumulation.into(), &kernels) };
    }
    in_parts(product, |product| {
        let last = product.finish.epilogue;
        let args = dense_args!(
            product,
            A::FORMATS,
            last.activation,
            last.residual,
            last.residual_stride,
            last.out_scale
        );
        // SAFETY: the caller's contract.
        unsafe { stream.launch(O::dense_with_epilogue(), portable_config(product), args) }
    })
}

/// Launches Hopper's kernels of products with factors after the sum.
///
/// # Safety
/// [`takes`] said yes, C has elements, the kernels are for these types, and the memory is in the stream's order.
unsafe fn on_hopper<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
    sums: Sums,
    kernels: &EpilogueKernels<O>,
) -> Result<()> {
    let shape = hopper::shape(product, sums, true);
    let chosen = Chosen::of(stream, product, shape, kernels)?;
    let [a_map, b_map] = chosen.operands(stream, product)?;
    let Product { a, c, finish, .. } = product;
    let last = finish.epilogue;
    let args = (
        a_map,
        b_map,
        c.address.cast_mut(),
        c.stride as u64,
        c.rows as u32,
        c.columns as u32,
        a.columns as u32,
        c.matrices as u32,
        u32::from(product.b_early),
        finish.alpha,
        finish.a_scale,
        finish.b_scale,
        finish.row_scales,
        finish.column_scales,
        finish.bias,
        last.activation,
        last.residual,
        last.residual_stride,
        last.out_scale,
    );
    // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
    unsafe { stream.launch(chosen.kernel, chosen.config, args) }
}

/// A product of blocks with scales; C has elements.
///
/// # Safety
/// As [`dense`]; the scales are readable where their grids say.
pub(super) unsafe fn block_scaled<O: Fp8Output>(
    stream: &Stream,
    product: &Product<E4m3, E4m3, O>,
    scales: Scales,
) -> Result<()> {
    let (sums, last) = (sums(scales), product.finish.epilogue);
    let kernels = O::hopper_block_scaled_with_epilogue(sums);
    if takes(stream, product, kernels.any()) {
        let shape = hopper::shape(product, sums, true);
        let chosen = Chosen::of(stream, product, shape, &kernels)?;
        let [a_map, b_map] = chosen.operands(stream, product)?;
        let (c, ldc) = (product.c.address.cast_mut(), product.c.stride as u64);
        let args = hopper_block_args!(
            product,
            scales,
            [a_map, b_map, c, ldc],
            last.activation,
            last.residual,
            last.residual_stride,
            last.out_scale
        );
        // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
        return unsafe { stream.launch(chosen.kernel, chosen.config, args) };
    }
    let args = block_args!(
        product,
        scales,
        last.activation,
        last.residual,
        last.residual_stride,
        last.out_scale
    );
    // SAFETY: the caller's contract.
    unsafe {
        stream.launch(
            O::block_scaled_with_epilogue(),
            portable_config(product),
            args,
        )
    }
}

//! FP8 products on the kernels: Hopper's where it takes them, otherwise the portable ones.

use formats::E4m3;

use super::kernels::{Fp8Gemm, Fp8Output};
use crate::device::{LaunchConfig, Stream};
use crate::element::Float;
use crate::error::Result;
use crate::gemm::hopper;
use crate::gemm::options::Accumulation;
use crate::gemm::portable::{grid, in_parts};
use crate::gemm::product::Product;
use crate::kernels::gemm::fp8::Tile;
use crate::quantize::Fp8Code;
use crate::reference::quantize::fp8::ScaleGrid;

/// Products with factors after the sum; C has elements.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(super) unsafe fn dense<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    product: &Product<A, B, O>,
    accumulation: Accumulation,
) -> Result<()> {
    // SAFETY: the caller's contract.
    unsafe {
        match hopper::takes(stream, product) {
            true => hopper::dense(stream, product, &A::hopper(accumulation)),
            false => portable(stream, product),
        }
    }
}

/// How the portable kernels are launched for C's shape.
pub(super) fn portable_config<A: Float, B: Float, O: Float>(
    product: &Product<A, B, O>,
) -> LaunchConfig {
    let grid = grid(product, [Tile::BM as usize, Tile::BN as usize]);
    LaunchConfig::new(grid, Tile::THREADS).with_shared(Tile::SHARED_BYTES)
}

/// # Safety
/// As [`dense`].
unsafe fn portable<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    product: &Product<A, B, O>,
) -> Result<()> {
    in_parts(product, |product| {
        let Product { a, b, c, finish } = product;
        let args = (
            a.address.cast(),
            b.address.cast(),
            c.address.cast_mut(),
            c.rows as u32,
            c.columns as u32,
            a.columns as u32,
            a.stride as u64,
            b.stride as u64,
            c.stride as u64,
            A::FORMATS,
            finish.alpha,
            finish.a_scale,
            finish.b_scale,
            finish.row_scales,
            finish.column_scales,
            finish.bias,
        );
        // SAFETY: the caller's contract.
        unsafe { stream.launch(O::dense(), portable_config(product), args) }
    })
}

/// A product of blocks with scales; C has elements.
///
/// # Safety
/// As [`dense`]; the scales are readable where their grids say.
pub(super) unsafe fn block_scaled<O: Fp8Output>(
    stream: &Stream,
    product: &Product<E4m3, E4m3, O>,
    [(a_scales, a_grid), (b_scales, b_grid)]: [(*const f32, ScaleGrid); 2],
) -> Result<()> {
    let Product { a, b, c, finish } = product;
    let (m, n, k) = (c.rows as u32, c.columns as u32, a.columns as u32);
    let [a_row, a_block] = [a_grid.row_step, a_grid.column_step].map(|step| step as u32);
    let [b_row, b_block] = [b_grid.row_step, b_grid.column_step].map(|step| step as u32);
    let (each, bias) = (b_grid.shared_rows == 1, finish.bias);
    if hopper::takes(stream, product) {
        let (config, [a, b, c]) = hopper::small(stream, product)?;
        let args = (
            a, b, c, m, n, k, a_scales, a_row, a_block, b_scales, b_row, b_block, bias,
        );
        // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
        return unsafe { stream.launch(O::hopper_block_scaled(each), config, args) };
    }
    let (a, b, lda, ldb) = (a.address.cast(), b.address.cast(), a.stride, b.stride);
    let (c, ldc) = (c.address.cast_mut(), c.stride as u64);
    let (lda, ldb, shared) = (lda as u64, ldb as u64, b_grid.shared_rows as u32);
    let args = (
        a, b, c, m, n, k, lda, ldb, ldc, a_scales, a_row, a_block, b_scales, b_row, b_block,
        shared, bias,
    );
    // SAFETY: the caller's contract.
    unsafe { stream.launch(O::block_scaled(), portable_config(product), args) }
}

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
use crate::heuristics::hopper_gemm::{HopperTile, Sums};
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
            true => hopper::dense(
                stream,
                product,
                accumulation.into(),
                &A::hopper(accumulation),
            ),
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
        let Product {
            a, b, c, finish, ..
        } = product;
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

/// Scales of A and of B, where their grids say.
type Scales = [(*const f32, ScaleGrid); 2];

/// A product of blocks with scales; C has elements.
///
/// # Safety
/// As [`dense`]; the scales are readable where their grids say.
pub(super) unsafe fn block_scaled<O: Fp8Output>(
    stream: &Stream,
    product: &Product<E4m3, E4m3, O>,
    scales: Scales,
) -> Result<()> {
    if hopper::takes(stream, product) {
        // SAFETY: the caller's contract.
        return unsafe { hopper_block_scaled(stream, product, scales) };
    }
    let [(a_scales, a_grid), (b_scales, b_grid)] = scales;
    let Product {
        a, b, c, finish, ..
    } = product;
    let ([a_row, a_block], [b_row, b_block]) = (steps(a_grid), steps(b_grid));
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
        a_scales,
        a_row,
        a_block,
        b_scales,
        b_row,
        b_block,
        b_grid.shared_rows as u32,
        finish.bias,
    );
    // SAFETY: the caller's contract.
    unsafe { stream.launch(O::block_scaled(), portable_config(product), args) }
}

/// The tiles that there are kernels of blocks with scales for.
pub(in crate::gemm) fn block_scaled_tiles<O: Fp8Output>(
    sums: Sums,
) -> impl Iterator<Item = HopperTile> + Clone {
    O::hopper_block_scaled(sums).tiles()
}

/// # Safety
/// As [`block_scaled`]; Hopper's engine takes the product.
unsafe fn hopper_block_scaled<O: Fp8Output>(
    stream: &Stream,
    product: &Product<E4m3, E4m3, O>,
    [(a_scales, a_grid), (b_scales, b_grid)]: Scales,
) -> Result<()> {
    let sums = match b_grid.shared_rows {
        1 => Sums::Scaled1x128,
        _ => Sums::Scaled128x128,
    };
    let kernels = O::hopper_block_scaled(sums);
    let (kernel, config, [a_map, b_map, c_map]) = hopper::launch(stream, product, sums, &kernels)?;
    let Product { a, c, finish, .. } = product;
    let ([a_row, a_block], [b_row, b_block]) = (steps(a_grid), steps(b_grid));
    let args = (
        a_map,
        b_map,
        c_map,
        c.rows as u32,
        c.columns as u32,
        a.columns as u32,
        u32::from(product.b_early),
        a_scales,
        a_row,
        a_block,
        b_scales,
        b_row,
        b_block,
        b_grid.shared_rows as u32,
        finish.bias,
    );
    // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
    unsafe { stream.launch(kernel, config, args) }
}

/// From row to row and from block to block.
fn steps(grid: ScaleGrid) -> [u32; 2] {
    [grid.row_step, grid.column_step].map(|step| step as u32)
}

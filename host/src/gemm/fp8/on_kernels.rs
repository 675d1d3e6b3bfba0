//! FP8 products on the kernels: Hopper's where it takes them, otherwise the portable ones.

use formats::E4m3;

use cuda_std::launch::Kernel;

use super::args::{block_args, dense_args, hopper_block_args};
use super::kernels::{DenseArgs, Fp8Gemm, Fp8Output};
use crate::device::{LaunchConfig, Stream};
use crate::element::Float;
use crate::error::Result;
use crate::gemm::hopper::{self, Chosen};
use crate::gemm::options::Accumulation;
use crate::gemm::portable::{grid, in_parts};
use crate::gemm::product::Product;
use crate::gemm::with_epilogue;
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
    let plain = O::plain().filter(|_| !product.finish.has_epilogue);
    // SAFETY: the caller's contract.
    unsafe {
        match plain {
            None => with_epilogue::fp8(stream, product, accumulation),
            Some(_) if hopper::takes(stream, product) => hopper::dense(
                stream,
                product,
                accumulation.into(),
                &A::hopper(accumulation),
            ),
            Some(plain) => portable(stream, product, plain.dense),
        }
    }
}

/// How the portable kernels are launched for C's shape.
pub(in crate::gemm) fn portable_config<A: Float, B: Float, O: Float>(
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
    kernel: &'static Kernel<DenseArgs<O>>,
) -> Result<()> {
    in_parts(product, |product| {
        let args = dense_args!(product, A::FORMATS);
        // SAFETY: the caller's contract.
        unsafe { stream.launch(kernel, portable_config(product), args) }
    })
}

/// Scales of A and of B, where their grids say.
pub(in crate::gemm) type Scales = [(*const f32, ScaleGrid); 2];

/// A product of blocks with scales; C has elements.
///
/// # Safety
/// As [`dense`]; the scales are readable where their grids say.
pub(super) unsafe fn block_scaled<O: Fp8Output>(
    stream: &Stream,
    product: &Product<E4m3, E4m3, O>,
    scales: Scales,
) -> Result<()> {
    let Some(plain) = O::plain().filter(|_| !product.finish.has_epilogue) else {
        // SAFETY: the caller's contract.
        return unsafe { with_epilogue::block_scaled(stream, product, scales) };
    };
    if hopper::takes(stream, product) {
        // SAFETY: the caller's contract.
        return unsafe { hopper_block_scaled(stream, product, scales) };
    }
    let args = block_args!(product, scales);
    // SAFETY: the caller's contract.
    unsafe { stream.launch(plain.block_scaled, portable_config(product), args) }
}

/// The tiles that there are kernels for, with an epilogue or without.
pub(in crate::gemm) fn tiles<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    accumulation: Accumulation,
    epilogue: bool,
) -> Vec<HopperTile> {
    match epilogue {
        true => A::hopper_with_epilogue(accumulation).tiles().collect(),
        false => A::hopper(accumulation).tiles().collect(),
    }
}

/// The same for blocks with scales.
pub(in crate::gemm) fn block_scaled_tiles<O: Fp8Output>(
    sums: Sums,
    epilogue: bool,
) -> Vec<HopperTile> {
    match epilogue {
        true => O::hopper_block_scaled_with_epilogue(sums).tiles().collect(),
        false => O::hopper_block_scaled(sums).tiles().collect(),
    }
}

/// # Safety
/// As [`block_scaled`]; Hopper's engine takes the product.
unsafe fn hopper_block_scaled<O: Fp8Output>(
    stream: &Stream,
    product: &Product<E4m3, E4m3, O>,
    scales: Scales,
) -> Result<()> {
    let sums = sums(scales);
    let shape = hopper::shape(product, sums, false);
    let chosen = Chosen::of(stream, product, shape, &O::hopper_block_scaled(sums))?;
    let [a_map, b_map] = chosen.operands(stream, product)?;
    let c_map = chosen.result(stream, product)?;
    let args = hopper_block_args!(product, scales, [a_map, b_map, c_map]);
    // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
    unsafe { stream.launch(chosen.kernel, chosen.config, args) }
}

/// How sums are scaled by such scales.
pub(in crate::gemm) fn sums([_, (_, b)]: Scales) -> Sums {
    match b.shared_rows {
        1 => Sums::Scaled1x128,
        _ => Sums::Scaled128x128,
    }
}

/// From row to row and from block to block.
pub(in crate::gemm) fn steps(grid: ScaleGrid) -> [u32; 2] {
    [grid.row_step, grid.column_step].map(|step| step as u32)
}

//! Products on Hopper's engine.

use cuda_std::grid_constant::GridConstant;
use cuda_std::tma::TensorMap;

use super::element::HopperKernels;
use super::product::Product;
use crate::device::tensor_map::{Matrices, Tiled};
use crate::device::{ComputeCapability, LaunchConfig, Stream};
use crate::element::Float;
use crate::error::Result;
use crate::heuristics::gemm::{HopperTile, hopper_tile};
use crate::kernels::gemm::hopper::dense::{Tile128x128, Tile128x256};

/// Rows up to which the portable engine's small tile reads B as fast.
const FEW_ROWS: usize = 32;

/// Whether the engine computes this product: on a Hopper GPU, or in the simulator as if it were one, of
/// operands that tensor copies can move.
pub(super) fn takes<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
) -> bool {
    let gpu = stream.device().compute_capability();
    let c = &product.c;
    // With the smallest tiles that there are; kernels count them in 32 bits, and step beyond the last.
    let tiles = c.rows.div_ceil(128) * c.columns.div_ceil(128);
    let counted = tiles
        .checked_mul(c.matrices)
        .is_some_and(|tiles| tiles <= 1 << 31);
    gpu.is_none_or(|gpu| gpu == ComputeCapability::HOPPER)
        && product.is_aligned()
        && counted
        && product.a.columns > 0
}

/// Whether the portable engine's small tile reads B as fast.
pub(super) fn has_few_rows<A, B, O>(product: &Product<A, B, O>) -> bool {
    product.c.rows <= FEW_ROWS
}

/// The blocks that a tile's kernels were compiled for.
struct Blocks {
    rows: usize,
    columns: usize,
    cluster: u32,
    threads: u32,
    shared_bytes: u32,
    /// Rows of the boxes that A and B are copied in.
    boxes: [u32; 2],
}

fn blocks(tile: HopperTile) -> Blocks {
    macro_rules! of {
        ($shape:ty) => {
            Blocks {
                rows: <$shape>::BM as usize,
                columns: <$shape>::BN as usize,
                cluster: <$shape>::CLUSTER,
                threads: <$shape>::THREADS,
                shared_bytes: <$shape>::SHARED_BYTES,
                boxes: [<$shape>::BM, <$shape>::B_ROWS],
            }
        };
    }
    match tile {
        HopperTile::T128x256 => of!(Tile128x256),
        HopperTile::T128x128 => of!(Tile128x128),
    }
}

/// Rows of the boxes that C is stored in.
const C_BOX: u32 = 64;

/// How a tile's kernels are launched for a batch of C's shape.
fn config<O>(stream: &Stream, blocks: &Blocks, c: &Matrices<O>) -> LaunchConfig {
    let cluster = blocks.cluster as usize;
    let tiles = c.rows.div_ceil(blocks.rows * cluster) * c.columns.div_ceil(blocks.columns);
    let clusters = (stream.device().multiprocessors() / blocks.cluster) as usize;
    let clusters = clusters.clamp(1, (tiles * c.matrices).max(1)) as u32;
    LaunchConfig::new(clusters * blocks.cluster, blocks.threads)
        .with_shared(blocks.shared_bytes)
        .with_cluster(blocks.cluster)
}

/// The maps of A, B and C.
fn maps<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    blocks: &Blocks,
    product: &Product<A, B, O>,
) -> Result<[GridConstant<TensorMap>; 3]> {
    let [a_rows, b_rows] = blocks.boxes;
    Ok([
        product.a.map(stream, a_rows)?,
        product.b.map(stream, b_rows)?,
        product.c.map(stream, C_BOX)?,
    ])
}

/// Launches products with factors after the sum.
///
/// # Safety
/// [`takes`] said yes, C has elements, the kernels are for these types, and the memory is in the stream's order.
pub(super) unsafe fn dense<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
    kernels: &HopperKernels<O>,
) -> Result<()> {
    let Product { a, c, finish, .. } = product;
    let shape = [c.matrices, c.rows, c.columns];
    let tile = hopper_tile(kernels.tiles(), shape, stream.device().multiprocessors());
    let blocks = blocks(tile);
    let [a_map, b_map, c_map] = maps(stream, &blocks, product)?;
    let args = (
        a_map,
        b_map,
        c_map,
        c.rows as u32,
        c.columns as u32,
        a.columns as u32,
        c.matrices as u32,
        finish.alpha,
        finish.a_scale,
        finish.b_scale,
        finish.row_scales,
        finish.column_scales,
        finish.bias,
    );
    // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
    unsafe { stream.launch(kernels.of(tile), config(stream, &blocks, c), args) }
}

/// How the small tile's kernels are launched for a product, and its maps.
pub(super) fn small<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
) -> Result<(LaunchConfig, [GridConstant<TensorMap>; 3])> {
    let blocks = blocks(HopperTile::T128x128);
    let config = config(stream, &blocks, &product.c);
    Ok((config, maps(stream, &blocks, product)?))
}

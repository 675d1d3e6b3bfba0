//! Products on Hopper's engine.

use std::ptr;

use super::element::GemmOutput;
use crate::device::tensor_map::{Matrix, Tiled};
use crate::device::{ComputeCapability, LaunchConfig, Stream};
use crate::element::Float;
use crate::error::Result;
use crate::heuristics::gemm::{HopperTile, hopper_tile};
use crate::kernels::gemm::hopper::dense::{Tile128x128, Tile128x256};

/// The GPUs that have `wgmma`.
const HOPPER: ComputeCapability = ComputeCapability { major: 9, minor: 0 };

/// Rows up to which the portable engine's small tile reads B as fast.
const FEW_ROWS: usize = 32;

/// `C = A B^T`.
pub(super) struct Product<T, O> {
    pub a: Matrix<T>,
    pub b: Matrix<T>,
    pub c: Matrix<O>,
}

/// Whether the engine computes this product: on a Hopper GPU, or in the simulator as if it were one, of
/// operands that tensor copies can move.
pub(super) fn takes<T: Tiled, O: Tiled>(stream: &Stream, product: &Product<T, O>) -> bool {
    let gpu = stream.device().compute_capability();
    let aligned = product.a.is_aligned() && product.b.is_aligned() && product.c.is_aligned();
    let wanted = product.a.columns > 0 && product.a.rows > FEW_ROWS;
    gpu.is_none_or(|gpu| gpu == HOPPER) && aligned && wanted
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

/// Launches the product.
///
/// # Safety
/// [`takes`] said yes, none of `[m, n]` is zero, and the memory is in the stream's order.
pub(super) unsafe fn launch<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    product: &Product<T, O>,
) -> Result<()> {
    let Product { a, b, c } = product;
    let multiprocessors = stream.device().multiprocessors();
    let tile = hopper_tile(c.rows, c.columns, multiprocessors);
    let blocks = blocks(tile);
    let cluster = blocks.cluster as usize;
    let tiles = c.rows.div_ceil(blocks.rows * cluster) * c.columns.div_ceil(blocks.columns);
    let clusters = (multiprocessors / blocks.cluster).clamp(1, tiles as u32);
    let config = LaunchConfig::new(clusters * blocks.cluster, blocks.threads)
        .with_shared(blocks.shared_bytes)
        .with_cluster(blocks.cluster);
    let args = (
        a.map(stream, blocks.boxes[0])?,
        b.map(stream, blocks.boxes[1])?,
        c.map(stream, C_BOX)?,
        c.rows as u32,
        c.columns as u32,
        a.columns as u32,
        ptr::null(),
        ptr::null(),
        ptr::null(),
        ptr::null(),
    );
    // SAFETY: the maps are of the operands, in the tile's boxes; nothing else is asked for.
    unsafe { stream.launch(T::hopper(tile), config, args) }
}

//! Products on the portable engine.

use super::element::{Blocks, GemmOutput, blocks};
use super::product::Product;
use crate::device::tensor_map::Tiled;
use crate::device::{Dim3, LaunchConfig, Stream};
use crate::element::Float;
use crate::error::Result;
use crate::heuristics::gemm::{Tile, tile};

/// Matrices of a batch that one grid counts.
const GRID_Z: usize = 65535;

/// Calls `launch` for parts of a batch that a grid can count.
pub(super) fn in_parts<A: Tiled, B: Tiled, O: Float>(
    product: &Product<A, B, O>,
    mut launch: impl FnMut(&Product<A, B, O>) -> Result<()>,
) -> Result<()> {
    let all = product.c.matrices;
    (0..all)
        .step_by(GRID_Z)
        .try_for_each(|first| launch(&product.slice(first, GRID_Z.min(all - first))))
}

/// The grid of tiles of this many rows and columns.
pub(super) fn grid<A: Tiled, B: Tiled, O: Float>(
    product: &Product<A, B, O>,
    [rows, columns]: [usize; 2],
) -> Dim3 {
    let c = &product.c;
    let tiles = [
        c.rows.div_ceil(rows),
        c.columns.div_ceil(columns),
        c.matrices,
    ];
    let [x, y, z] = tiles.map(|count| count as u32);
    Dim3 { x, y, z }
}

/// The blocks of a tile's kernels.
pub(super) struct Shape(Blocks);

impl Shape {
    /// How they are launched for C's shape.
    pub fn config<A: Tiled, B: Tiled, O: Float>(&self, product: &Product<A, B, O>) -> LaunchConfig {
        let Self(blocks) = self;
        let grid = grid(product, [blocks.rows, blocks.columns]);
        LaunchConfig::new(grid, blocks.threads).with_shared(blocks.shared_bytes)
    }
}

/// The tile of a product, and its blocks.
pub(super) fn launched<T: Tiled, O: Float>(product: &Product<T, T, O>) -> (Tile, Shape) {
    let Product { a, b, c, .. } = product;
    let addresses = [a.address.addr(), b.address.addr()];
    let tile = tile(c.rows, &[a.columns, a.stride, b.stride], &addresses);
    (tile, Shape(blocks(tile)))
}

/// The product by the portable kernels; C has elements.
///
/// # Safety
/// The memory is the stream's device's, of this shape, and in the stream's order.
pub(super) unsafe fn dense<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    product: &Product<T, T, O>,
) -> Result<()> {
    let (tile, shape) = launched(product);
    in_parts(product, |product| {
        let Product {
            a, b, c, finish, ..
        } = product;
        let (m, n, k) = (c.rows as u32, c.columns as u32, a.columns as u32);
        let (lda, ldb, ldc) = (a.stride as u64, b.stride as u64, c.stride as u64);
        let c = c.address.cast_mut();
        let args = (a.address, b.address, c, m, n, k, lda, ldb, ldc, finish.bias);
        // SAFETY: the caller's contract; alignment is what the tile was chosen by, and these types have no factors.
        unsafe { stream.launch(T::dense(tile), shape.config(product), args) }
    })
}

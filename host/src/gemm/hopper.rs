//! Products on Hopper's engine.

use cuda_std::grid_constant::GridConstant;
use cuda_std::launch::Kernel;
use cuda_std::tma::TensorMap;

use super::element::{HopperKernels, TileKernels};
use super::estimate::estimated;
use super::product::Product;
use super::tuner::GemmProblem;
use crate::device::tensor_map::Tiled;
use crate::device::{LaunchConfig, Stream};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::heuristics::hopper_gemm::{HopperPlan, HopperShape, HopperTile, Sums};
use crate::kernels::gemm::hopper::tiles::{
    Few16, Few32, Few64, Scaled128x128, Scaled128x176, Tile64x48, Tile64x64, Tile64x80, Tile64x128,
    Tile64x256, Tile128x80, Tile128x96, Tile128x112, Tile128x128, Tile128x144, Tile128x160,
    Tile128x176, Tile128x192, Tile128x224, Tile128x256, Tile256x128, Turns128x128,
};
use crate::kernels::gemm::hopper::{ROW_BYTES, WARP_ROWS, loaded_rows};

/// Whether the engine computes this product: on a Hopper GPU, or in the simulator as if it were one, of
/// operands that tensor copies can read, to a result that they can write.
pub(super) fn takes<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
) -> bool {
    let c = &product.c;
    // With the smallest tiles that there are; kernels count them in 32 bits, and step beyond the last.
    let tiles = c.rows.div_ceil(16) * c.columns.div_ceil(128);
    let counted = tiles
        .checked_mul(c.matrices)
        .is_some_and(|tiles| tiles <= 1 << 31);
    stream.device().runs_as_hopper() && product.is_movable() && counted && product.a.columns > 0
}

/// The blocks that a tile's kernels were compiled for.
struct Blocks {
    threads: u32,
    shared_bytes: u32,
    /// Rows of A and of B that are copied at a time, where a block has no neighbours and a product no fewer.
    operands: [u32; 2],
    /// Rows and columns of C.
    result: [u32; 2],
}

/// Those of a tile, for C of elements of so many bytes.
fn blocks(tile: HopperTile, sums: Sums, element: u32) -> Blocks {
    macro_rules! of {
        ($shape:ty, $operands:expr, $result:expr) => {
            Blocks {
                threads: <$shape>::THREADS,
                shared_bytes: match sums.are_scaled() {
                    true => <$shape>::SCALED_SHARED_BYTES,
                    false => <$shape>::SHARED_BYTES,
                },
                operands: $operands,
                result: $result,
            }
        };
    }
    macro_rules! straight {
        ($shape:ty) => {
            of!(
                $shape,
                [<$shape>::BM, <$shape>::BN],
                [WARP_ROWS, <$shape>::slab_columns(element)]
            )
        };
    }
    macro_rules! swapped {
        ($shape:ty) => {
            of!(
                $shape,
                [<$shape>::BN, <$shape>::BM],
                [8, ROW_BYTES / element]
            )
        };
    }
    match tile {
        HopperTile::T256x128 => straight!(Tile256x128),
        HopperTile::T128x256 => straight!(Tile128x256),
        HopperTile::T128x224 => straight!(Tile128x224),
        HopperTile::T128x192 => straight!(Tile128x192),
        HopperTile::T128x176 if sums.are_scaled() => straight!(Scaled128x176),
        HopperTile::T128x176 => straight!(Tile128x176),
        HopperTile::T128x160 => straight!(Tile128x160),
        HopperTile::T128x144 => straight!(Tile128x144),
        HopperTile::T128x128 if sums.are_scaled() => straight!(Scaled128x128),
        HopperTile::T128x128 => straight!(Tile128x128),
        HopperTile::T128x112 => straight!(Tile128x112),
        HopperTile::T128x96 => straight!(Tile128x96),
        HopperTile::T128x80 => straight!(Tile128x80),
        HopperTile::Turns128x128 => straight!(Turns128x128),
        HopperTile::T64x256 => straight!(Tile64x256),
        HopperTile::T64x128 => straight!(Tile64x128),
        HopperTile::T64x64 => straight!(Tile64x64),
        HopperTile::T64x80 => straight!(Tile64x80),
        HopperTile::T64x48 => straight!(Tile64x48),
        HopperTile::Few64 => swapped!(Few64),
        HopperTile::Few32 => swapped!(Few32),
        HopperTile::Few16 => swapped!(Few16),
    }
}

/// What a plan of kernels that keep sums there depends on, with an epilogue or without.
pub(super) fn shape<A: Tiled, B: Tiled, O: Float>(
    product: &Product<A, B, O>,
    sums: Sums,
    epilogue: bool,
) -> HopperShape {
    let Product { a, c, .. } = product;
    HopperShape {
        matrices: c.matrices,
        m: c.rows,
        n: c.columns,
        k_bytes: a.columns * size_of::<A>(),
        sums,
        epilogue,
    }
}

/// A tensor map, by value.
type Map = GridConstant<TensorMap>;

/// The plan of a product, of the tiles that there are kernels for: the stream's tuner's, if it has one that can be followed.
pub(super) fn plan<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
    shape: HopperShape,
    tiles: impl Iterator<Item = HopperTile> + Clone,
) -> Result<HopperPlan> {
    let device = stream.device();
    let tuned = stream.tuner().and_then(|tuner| {
        let HopperShape { matrices, m, n, .. } = shape;
        let sizes = [matrices, m, n, product.a.columns];
        let problem = GemmProblem::new::<A, B, O>(shape.sums, sizes);
        tuner.find(device, &problem.with_epilogue(shape.epilogue))
    });
    match tuned {
        Some(plan) if plan.suits(shape) && tiles.clone().any(|tile| tile == plan.tile) => Ok(plan),
        _ => estimated(tiles, shape, device.clusters()),
    }
}

/// The kernel for a product, and how it is launched.
pub(super) struct Chosen<K: 'static> {
    pub kernel: &'static Kernel<K>,
    pub config: LaunchConfig,
    plan: HopperPlan,
    blocks: Blocks,
}

impl<K> Chosen<K> {
    /// One of these.
    pub fn of<A: Tiled, B: Tiled, O: Float>(
        stream: &Stream,
        product: &Product<A, B, O>,
        shape: HopperShape,
        kernels: &TileKernels<K>,
    ) -> Result<Self> {
        let plan = plan(stream, product, shape, kernels.tiles())?;
        let Some(kernel) = kernels.of(plan.tile) else {
            let reason = format!("there is no kernel for {plan:?}");
            return Err(Error::Device { op: "gemm", reason });
        };
        let blocks = blocks(plan.tile, shape.sums, size_of::<O>() as u32);
        let clusters = plan.clusters(shape, stream.device().clusters());
        let [x, y, z] = [plan.rows, plan.columns, plan.split].map(|blocks| blocks as u32);
        let config = LaunchConfig::new((clusters as u32 * x, y, z), blocks.threads)
            .with_shared(blocks.shared_bytes)
            .with_cluster((x, y, z));
        Ok(Self {
            kernel,
            config,
            plan,
            blocks,
        })
    }

    /// The maps of A and of B, by which the plan's blocks copy them.
    pub fn operands<A: Tiled, B: Tiled, O: Float>(
        &self,
        stream: &Stream,
        product: &Product<A, B, O>,
    ) -> Result<[Map; 2]> {
        let Product { a, b, c, .. } = product;
        // Neighbours load a part each.
        let loaded = |rows, extent: usize, neighbours: usize| {
            loaded_rows(rows, extent as u32, neighbours as u32) / neighbours as u32
        };
        let [a_rows, b_rows] = self.blocks.operands;
        Ok([
            a.map(stream, loaded(a_rows, c.rows, self.plan.columns))?,
            b.map(stream, loaded(b_rows, c.columns, self.plan.rows))?,
        ])
    }

    /// The map of C, by which they store it.
    pub fn result<A: Tiled, B: Tiled, O: Float>(
        &self,
        stream: &Stream,
        product: &Product<A, B, O>,
    ) -> Result<Map> {
        product.c.map_in_boxes(stream, self.blocks.result)
    }
}

/// Launches products with factors after the sum.
///
/// # Safety
/// [`takes`] said yes, C has elements, the kernels are for these types, and the memory is in the stream's order.
pub(super) unsafe fn dense<A: Tiled, B: Tiled, O: Float>(
    stream: &Stream,
    product: &Product<A, B, O>,
    sums: Sums,
    kernels: &HopperKernels<O>,
) -> Result<()> {
    let Product { a, c, finish, .. } = product;
    let chosen = Chosen::of(stream, product, shape(product, sums, false), kernels)?;
    let [a_map, b_map] = chosen.operands(stream, product)?;
    let c_map = chosen.result(stream, product)?;
    let args = (
        a_map,
        b_map,
        c_map,
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
    );
    // SAFETY: the maps are of the operands, in the tile's boxes; the caller's contract.
    unsafe { stream.launch(chosen.kernel, chosen.config, args) }
}

//! The shape of a launch: grid, block and dynamic shared memory, with CUDA's limits.
//!
//! Limits: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability" (9.0).

use std::fmt;

use crate::thread::WARP;

/// Most threads a block may have.
const MAX_BLOCK_THREADS: u64 = 1024;
/// Most threads of a block in x, y and z.
const MAX_BLOCK: Dim3 = Dim3::new(1024, 1024, 64);
/// Most blocks of a grid in x, y and z.
const MAX_GRID: Dim3 = Dim3::new(i32::MAX as u32, 65535, 65535);
/// Most dynamic shared memory of a block: 227 KiB.
const MAX_SHARED_BYTES: u32 = 232_448;
/// Most blocks of a cluster, where the kernel allows a size that is not portable.
const MAX_CLUSTER_BLOCKS: u64 = 16;
/// Registers of a multiprocessor.
const REGISTER_FILE: u32 = 65_536;
/// Most registers of a thread.
const MAX_REGISTERS: u32 = 255;

/// Extents or an index in three dimensions, x fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim3 {
    /// The fastest dimension.
    pub x: u32,
    /// The middle dimension.
    pub y: u32,
    /// The slowest dimension.
    pub z: u32,
}

impl Dim3 {
    /// The extents or index `(x, y, z)`.
    #[must_use]
    pub const fn new(x: u32, y: u32, z: u32) -> Self {
        Self { x, y, z }
    }

    /// The number of points in these extents. It saturates, far above what CUDA can launch.
    #[must_use]
    pub fn count(self) -> u64 {
        (u64::from(self.x) * u64::from(self.y)).saturating_mul(u64::from(self.z))
    }

    /// The index of the point that comes `linear`-th in these extents, which are not empty.
    pub(crate) fn unflatten(self, linear: u64) -> Self {
        let (x, y) = (u64::from(self.x), u64::from(self.y));
        Self {
            x: (linear % x) as u32,
            y: (linear / x % y) as u32,
            z: (linear / x / y) as u32,
        }
    }

    fn fits(self, limit: Self) -> bool {
        self.x <= limit.x && self.y <= limit.y && self.z <= limit.z
    }
}

impl From<u32> for Dim3 {
    fn from(x: u32) -> Self {
        Self::new(x, 1, 1)
    }
}

impl From<(u32, u32)> for Dim3 {
    fn from((x, y): (u32, u32)) -> Self {
        Self::new(x, y, 1)
    }
}

impl From<(u32, u32, u32)> for Dim3 {
    fn from((x, y, z): (u32, u32, u32)) -> Self {
        Self::new(x, y, z)
    }
}

impl fmt::Display for Dim3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {}, {})", self.x, self.y, self.z)
    }
}

/// The shape of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaunchConfig {
    /// Blocks in the grid.
    pub grid: Dim3,
    /// Threads in a block.
    pub block: Dim3,
    /// Dynamic shared memory of a block, in bytes.
    pub shared_bytes: u32,
    /// Blocks in a cluster; the grid is a whole number of clusters in each dimension.
    pub cluster: Dim3,
    /// Registers of each thread when the launch begins; what fits if `None`. `setmaxnreg` hands them
    /// around.
    pub registers: Option<u32>,
}

impl LaunchConfig {
    /// A launch of `grid` blocks of `block` threads without dynamic shared memory.
    #[must_use]
    pub fn new(grid: impl Into<Dim3>, block: impl Into<Dim3>) -> Self {
        Self {
            grid: grid.into(),
            block: block.into(),
            shared_bytes: 0,
            cluster: Dim3::new(1, 1, 1),
            registers: None,
        }
    }

    /// The same launch with `bytes` of dynamic shared memory.
    #[must_use]
    pub fn with_shared(self, bytes: u32) -> Self {
        Self {
            shared_bytes: bytes,
            ..self
        }
    }

    /// The same launch in clusters of this many blocks.
    #[must_use]
    pub fn with_cluster(self, cluster: impl Into<Dim3>) -> Self {
        Self {
            cluster: cluster.into(),
            ..self
        }
    }

    /// The same launch with this many registers a thread.
    #[must_use]
    pub fn with_registers(self, registers: u32) -> Self {
        Self {
            registers: Some(registers),
            ..self
        }
    }

    /// The clusters of the grid.
    pub(crate) fn clusters(&self) -> Dim3 {
        Dim3 {
            x: self.grid.x / self.cluster.x,
            y: self.grid.y / self.cluster.y,
            z: self.grid.z / self.cluster.z,
        }
    }

    /// The index in the grid of block `rank` of a cluster.
    pub(crate) fn block_index(&self, cluster: Dim3, rank: u32) -> Dim3 {
        let inner = self.cluster.unflatten(u64::from(rank));
        Dim3 {
            x: cluster.x * self.cluster.x + inner.x,
            y: cluster.y * self.cluster.y + inner.y,
            z: cluster.z * self.cluster.z + inner.z,
        }
    }

    /// The distance of thread ids from one block of a cluster to the next: whole warps.
    pub(crate) fn thread_stride(&self) -> u32 {
        (self.block.count() as u32).next_multiple_of(WARP)
    }

    /// The ids of a cluster's threads.
    pub(crate) fn thread_ids(&self) -> impl Iterator<Item = u32> + use<> {
        let (count, stride) = (self.block.count() as u32, self.thread_stride());
        let ranks = self.cluster.count() as u32;
        (0..ranks).flat_map(move |rank| (0..count).map(move |linear| rank * stride + linear))
    }

    /// Registers of each thread when the launch begins. The hardware gives them out by eights.
    pub(crate) fn registers(&self) -> u32 {
        let fit = REGISTER_FILE / self.thread_stride() / 8 * 8;
        self.registers.unwrap_or(fit.min(MAX_REGISTERS))
    }

    /// Says what CUDA would refuse in this launch, if anything.
    pub(crate) fn objection(&self) -> Option<String> {
        let Self {
            grid,
            block,
            shared_bytes,
            ..
        } = *self;
        if grid.count() == 0 || block.count() == 0 {
            return Some(format!(
                "grid {grid} and block {block}: no extent may be zero; skip the launch instead"
            ));
        }
        if block.count() > MAX_BLOCK_THREADS || !block.fits(MAX_BLOCK) {
            return Some(format!(
                "block {block} has {} threads; at most {MAX_BLOCK_THREADS} fit, within {MAX_BLOCK}",
                block.count()
            ));
        }
        if !grid.fits(MAX_GRID) {
            return Some(format!("grid {grid}; at most {MAX_GRID} blocks fit"));
        }
        if shared_bytes > MAX_SHARED_BYTES {
            return Some(format!(
                "{shared_bytes} bytes of shared memory; a block has at most {MAX_SHARED_BYTES}"
            ));
        }
        self.cluster_objection()
    }

    fn cluster_objection(&self) -> Option<String> {
        let Self { grid, cluster, .. } = *self;
        if !(1..=MAX_CLUSTER_BLOCKS).contains(&cluster.count()) {
            return Some(format!(
                "a cluster of {cluster} blocks; it has 1 to {MAX_CLUSTER_BLOCKS}"
            ));
        }
        let whole = grid.x.is_multiple_of(cluster.x)
            && grid.y.is_multiple_of(cluster.y)
            && grid.z.is_multiple_of(cluster.z);
        (!whole).then(|| format!("grid {grid} is no whole number of clusters of {cluster}"))
    }
}

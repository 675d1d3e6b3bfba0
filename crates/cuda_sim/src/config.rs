//! The shape of a launch: grid, block and dynamic shared memory, with CUDA's limits.
//!
//! Limits: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability" (9.0).

use std::fmt;

/// Most threads a block may have.
const MAX_BLOCK_THREADS: u64 = 1024;
/// Most threads of a block in x, y and z.
const MAX_BLOCK: Dim3 = Dim3::new(1024, 1024, 64);
/// Most blocks of a grid in x, y and z.
const MAX_GRID: Dim3 = Dim3::new(i32::MAX as u32, 65535, 65535);
/// Most dynamic shared memory of a block: 227 KiB.
const MAX_SHARED_BYTES: u32 = 232_448;

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
}

impl LaunchConfig {
    /// A launch of `grid` blocks of `block` threads without dynamic shared memory.
    #[must_use]
    pub fn new(grid: impl Into<Dim3>, block: impl Into<Dim3>) -> Self {
        Self {
            grid: grid.into(),
            block: block.into(),
            shared_bytes: 0,
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

    /// Says what CUDA would refuse in this launch, if anything.
    pub(crate) fn objection(&self) -> Option<String> {
        let Self {
            grid,
            block,
            shared_bytes,
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
        (shared_bytes > MAX_SHARED_BYTES).then(|| {
            format!("{shared_bytes} bytes of shared memory; a block has at most {MAX_SHARED_BYTES}")
        })
    }
}

//! Running small kernels and looking at what they did.

use std::sync::atomic::{AtomicU32, Ordering};

use cuda_sim::{Fault, FaultKind, LaunchConfig, SimOptions, device, launch};

/// Every lane of a warp.
pub const FULL: u32 = u32::MAX;

/// How many seeds each kernel is tried with.
const SEEDS: u64 = 8;

/// Options with this seed.
pub fn seeded(seed: u64) -> SimOptions {
    SimOptions {
        seed,
        ..SimOptions::default()
    }
}

/// Words that all threads of a grid may write.
pub struct Words(Vec<AtomicU32>);

impl Words {
    pub fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU32::new(0)).collect())
    }

    pub fn set(&self, index: usize, value: u32) {
        self.0[index].store(value, Ordering::Relaxed);
    }

    /// Words that begin at a multiple of 16 bytes.
    pub fn aligned(count: usize) -> Self {
        let mut words = Self::new(count + 4);
        let skip = words.0.as_ptr().align_offset(16);
        words.0.drain(..skip);
        words.0.truncate(count);
        words
    }

    /// The first word.
    pub fn address(&self) -> *mut u8 {
        self.0.as_ptr().cast_mut().cast()
    }

    pub fn into_vec(self) -> Vec<u32> {
        self.0.into_iter().map(AtomicU32::into_inner).collect()
    }
}

/// The current thread's position in its block.
pub fn thread() -> u32 {
    let (index, extent) = (device::thread_idx(), device::block_dim());
    (index.z * extent.y + index.y) * extent.x + index.x
}

/// The current block's position in the grid.
pub fn block() -> u32 {
    let (index, extent) = (device::block_idx(), device::grid_dim());
    (index.z * extent.y + index.y) * extent.x + index.x
}

/// What `kernel` yields in each thread of the grid, with one seed.
pub fn collect(
    options: &SimOptions,
    config: LaunchConfig,
    kernel: impl Fn() -> u32 + Sync,
) -> Result<Vec<u32>, Fault> {
    let per_block = config.block.count() as usize;
    let results = Words::new(config.grid.count() as usize * per_block);
    launch(options, "collect", config, &|| {
        let slot = block() as usize * per_block + thread() as usize;
        results.set(slot, kernel());
    })?;
    Ok(results.into_vec())
}

/// What `kernel` yields in each thread of the grid, which must not depend on the seed.
#[track_caller]
pub fn values(config: LaunchConfig, kernel: impl Fn() -> u32 + Sync) -> Vec<u32> {
    let run =
        |seed| collect(&seeded(seed), config, &kernel).unwrap_or_else(|fault| panic!("{fault}"));
    let first = run(0);
    for seed in 1..SEEDS {
        assert_eq!(run(seed), first, "seed {seed} differs from seed 0");
    }
    first
}

/// Runs a kernel that breaks no rule.
#[track_caller]
pub fn passes(config: LaunchConfig, kernel: impl Fn() + Sync) {
    for seed in 0..SEEDS {
        if let Err(fault) = launch(&seeded(seed), "correct", config, &kernel) {
            panic!("{fault}");
        }
    }
}

/// Runs a kernel that breaks a rule, whatever the seed. Yields one of the reports.
#[track_caller]
pub fn faults(kind: FaultKind, config: LaunchConfig, kernel: impl Fn() + Sync) -> Fault {
    let run = |seed| launch(&seeded(seed), "broken", config, &kernel);
    for seed in 1..SEEDS {
        let fault = run(seed).expect_err("the kernel is broken");
        assert_eq!(fault.kind, kind, "seed {seed}: {fault}");
    }
    run(0).expect_err("the kernel is broken")
}

/// The shared address of word `index`.
pub fn word(index: u32) -> u32 {
    device::dynamic_shared_base() + 4 * index
}

#[track_caller]
pub fn load(index: u32) -> u32 {
    // SAFETY: any bytes are a `u32`.
    unsafe { device::shared_load(word(index)) }
}

#[track_caller]
pub fn store(index: u32, value: u32) {
    // SAFETY: a `u32` has no padding.
    unsafe { device::shared_store(word(index), value) }
}

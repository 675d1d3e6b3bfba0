//! What a simulated launch may choose: the seed of its adversary and which detectors watch.

/// Options of a simulated launch.
///
/// Two launches with equal options and inputs behave alike, however many OS threads run them, as
/// long as the kernel's blocks do not communicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimOptions {
    /// Decides every choice that CUDA leaves open: the order of blocks and threads, who lags, who
    /// is elected.
    pub seed: u64,
    /// The detectors that cost time or can be misled by unusual synchronisation.
    pub detectors: Detectors,
    /// Stack of each simulated thread, in bytes. It ends at a guard page; a kernel with large
    /// local arrays, or an unoptimised build, may need more than the default.
    pub stack_bytes: usize,
    /// Whether blocks run in parallel. Without it they run one after another in an order drawn
    /// from the seed, which makes even inter-block atomics reproducible.
    pub parallel: bool,
    /// How often the threads of a block may be preempted while none of them gets anywhere, before
    /// the launch is reported as a livelock.
    pub spin_limit: u32,
}

/// Detectors that can be switched off. All others are always on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detectors {
    /// Two accesses of one byte of shared memory by different threads, one of them a plain write,
    /// that no barrier or `bar.warp.sync` separates.
    pub races: bool,
    /// Reads of shared memory that nobody wrote. Switched off, such reads see the poison (`0xff`
    /// in every byte: NaN in each floating-point format).
    pub unwritten_reads: bool,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            detectors: Detectors::default(),
            stack_bytes: 128 * 1024,
            parallel: true,
            spin_limit: 1 << 18,
        }
    }
}

impl Default for Detectors {
    fn default() -> Self {
        Self {
            races: true,
            unwritten_reads: true,
        }
    }
}

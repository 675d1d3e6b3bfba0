//! A whole Hopper GEMM tile: a producer warpgroup copies tiles by TMA, two consumer warpgroups multiply
//! them, through a ring of stages with full and empty barriers. It must be right for every seed, and fast
//! enough that kernels can be tested on a laptop.
//!
//! ```text
//! C 128x128 (f32) = A 128x512 (bf16) B^T (B is 128x512)
//!
//! warpgroup 0      for k: wait empty[s], expect full[s], copy A and B tiles of 64 columns to stage s
//! warpgroups 1, 2  for k: wait full[s], 4 wgmma m64n128k16, wait, arrive empty[s]
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cuda_sim::device::{self, Fragment, MmaKind, TensorMap, Wgmma, WgmmaOperand};
use cuda_sim::{FaultKind, LaunchConfig, SimOptions, launch};
use half::bf16;
use tensor_map::{Swizzle, TensorMapType, TiledTensor, simulated};

/// Rows of A, and of B.
const MN: usize = 128;
const K: usize = 512;
/// Columns of a tile: 128 bytes.
const TILE_K: usize = 64;
const TILE_BYTES: u32 = (MN * TILE_K * 2) as u32;
const STAGES: u32 = 4;
/// Registers of a thread's accumulator, 64 x 128.
const R: usize = MN / 2;

/// Where the barriers are, behind the stages.
const BARRIERS: u32 = STAGES * 2 * TILE_BYTES;

const WGMMA: Wgmma = Wgmma {
    kind: MmaKind::Bf16,
    scale_d: true,
    negate_a: false,
    negate_b: false,
    transpose_a: false,
    transpose_b: false,
};

struct Problem {
    a: Vec<bf16>,
    b: Vec<bf16>,
    maps: [TensorMap; 2],
    c: Vec<AtomicU32>,
}

/// Room for a matrix, aligned as TMA wants it.
fn matrix(element: impl Fn(usize, usize) -> f32) -> Vec<bf16> {
    let values = (0..MN * K).map(|i| bf16::from_f32(element(i / K, i % K)));
    values.collect()
}

fn map(matrix: &[bf16]) -> TensorMap {
    let address = matrix.as_ptr().addr() as u64;
    let shape = [K as u64, MN as u64];
    let tensor = TiledTensor {
        swizzle: Swizzle::Bytes128,
        ..TiledTensor::new(
            address,
            TensorMapType::Bf16,
            &shape,
            &[2 * K as u64],
            &[TILE_K as u32, MN as u32],
        )
    };
    simulated::encode(&tensor).expect("the matrix keeps the rules")
}

impl Problem {
    fn new() -> Self {
        let a = matrix(|row, k| ((row * 7 + k * 3) % 13) as f32 - 6.0);
        let b = matrix(|column, k| ((column * 5 + k) % 9) as f32 - 4.0);
        Self {
            maps: [map(&a), map(&b)],
            a,
            b,
            c: (0..MN * MN).map(|_| AtomicU32::new(u32::MAX)).collect(),
        }
    }

    /// Sums of small integers are exact.
    fn check(&self) {
        for (slot, c) in self.c.iter().enumerate() {
            let (row, column) = (slot / MN, slot % MN);
            let product = |k: usize| self.a[row * K + k].to_f32() * self.b[column * K + k].to_f32();
            let exact: f32 = (0..K).map(product).sum();
            let c = f32::from_bits(c.load(Ordering::Relaxed));
            assert_eq!(c, exact, "({row}, {column})");
        }
    }

    fn run(&self, seed: u64, kernel: impl Fn(&Self) + Sync) -> Result<(), cuda_sim::Fault> {
        let config = LaunchConfig::new(1, 384).with_shared(BARRIERS + 16 * STAGES);
        let options = SimOptions {
            seed,
            ..SimOptions::default()
        };
        launch(&options, "gemm_tile", config, &|| kernel(self))
    }
}

fn at(offset: u32) -> u32 {
    device::dynamic_shared_base() + offset
}

fn full(stage: u32) -> u32 {
    at(BARRIERS + 8 * stage)
}

fn empty(stage: u32) -> u32 {
    at(BARRIERS + 8 * (STAGES + stage))
}

fn wait(barrier: u32, parity: u32) {
    while !device::mbarrier_try_wait_parity(barrier, parity) {}
}

/// The tile of operand 0 or 1 in a stage.
fn tile(stage: u32, operand: u32) -> u32 {
    at((2 * stage + operand) * TILE_BYTES)
}

fn descriptor(tile: u32) -> u64 {
    u64::from((tile & 0x3_ffff) >> 4) | 1 << 16 | (1024 >> 4) << 32 | 1 << 62
}

/// What may be wrong with the kernel.
#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// The producer does not wait for empty stages.
    NoEmptyWait,
    /// Consumers release a stage before they waited for its products.
    EarlyRelease,
    /// The registers do not suffice.
    TooManyRegisters,
}

fn gemm(problem: &Problem, bug: Bug) {
    let thread = device::thread_idx().x;
    if thread == 0 {
        for stage in 0..STAGES {
            device::mbarrier_init(full(stage), 1);
            device::mbarrier_init(empty(stage), 2);
        }
        device::fence_mbarrier_init();
    }
    device::barrier_sync(0, None);
    if thread < 128 {
        device::setmaxnreg_dec(40);
        if thread == 0 {
            produce(problem, bug);
        }
    } else {
        let more = if bug == Bug::TooManyRegisters {
            240
        } else {
            232
        };
        device::setmaxnreg_inc(more);
        consume(problem, thread / 128 - 1, bug);
    }
}

fn produce(problem: &Problem, bug: Bug) {
    for k in 0..(K / TILE_K) as u32 {
        let (stage, round) = (k % STAGES, k / STAGES);
        if bug != Bug::NoEmptyWait {
            wait(empty(stage), round & 1 ^ 1);
        }
        device::mbarrier_arrive_expect_tx(full(stage), 2 * TILE_BYTES);
        for (operand, map) in (0..).zip(&problem.maps) {
            let coordinates = [(k as usize * TILE_K) as i32, 0];
            let (to, barrier) = (tile(stage, operand), full(stage));
            // SAFETY: the map's matrix outlives the launch.
            unsafe { device::tensor_load(to, map, &coordinates, barrier, None) };
        }
    }
}

fn consume(problem: &Problem, half: u32, bug: Bug) {
    let mut d = Fragment::<R>::zero();
    for k in 0..(K / TILE_K) as u32 {
        let (stage, round) = (k % STAGES, k / STAGES);
        wait(full(stage), round & 1);
        device::wgmma_fence();
        for step in 0..4 {
            let a = descriptor(tile(stage, 0) + half * TILE_BYTES / 2) + 2 * step;
            let b = descriptor(tile(stage, 1)) + 2 * step;
            device::wgmma(&mut d, WgmmaOperand::Shared(a), b, WGMMA);
        }
        device::wgmma_commit_group();
        let release = || {
            if device::thread_idx().x.is_multiple_of(128) {
                device::mbarrier_arrive(empty(stage), 1);
            }
        };
        if bug == Bug::EarlyRelease {
            release();
        }
        device::wgmma_wait_group(0);
        device::wgmma_settle(&mut d);
        if bug != Bug::EarlyRelease {
            release();
        }
    }
    let thread = device::thread_idx().x as usize % 128;
    for i in 0..R {
        let row = 64 * half as usize + thread / 32 * 16 + thread % 32 / 4 + 8 * (i % 4 / 2);
        let column = 8 * (i / 4) + 2 * (thread % 4) + i % 2;
        problem.c[row * MN + column].store(d.get(i).to_bits(), Ordering::Relaxed);
    }
}

#[test]
fn a_gemm_tile_is_right_and_fast() {
    let time = || {
        let problem = Problem::new();
        let start = Instant::now();
        problem
            .run(0, |problem| gemm(problem, Bug::None))
            .unwrap_or_else(|fault| panic!("{fault}"));
        let took = start.elapsed();
        problem.check();
        took
    };
    // The fastest of several, since other tests compete.
    let fastest = (0..4).map(|_| time()).min();
    println!("a tile of 128x128x512 took {fastest:?}");
    assert!(
        fastest < Some(Duration::from_secs(1)),
        "it took {fastest:?}"
    );
}

#[test]
fn every_order_gives_the_same() {
    for seed in 1..5 {
        let problem = Problem::new();
        problem
            .run(seed, |problem| gemm(problem, Bug::None))
            .unwrap_or_else(|fault| panic!("{fault}"));
        problem.check();
    }
}

#[track_caller]
fn fails(bug: Bug, kinds: &[FaultKind]) {
    for seed in 0..3 {
        let fault = Problem::new().run(seed, |problem| gemm(problem, bug));
        let fault = fault.expect_err("the kernel is broken");
        assert!(kinds.contains(&fault.kind), "seed {seed}: {fault}");
    }
}

#[test]
fn a_producer_that_does_not_wait_for_empty_stages() {
    // What it meets first depends on who is ahead.
    let kinds = [
        FaultKind::MbarrierOverflow,
        FaultKind::InFlight,
        FaultKind::Race,
        FaultKind::OperandOverwritten,
        FaultKind::PhaseSlip,
    ];
    fails(Bug::NoEmptyWait, &kinds);
}

#[test]
fn consumers_that_release_stages_too_early() {
    let kinds = [FaultKind::OperandOverwritten, FaultKind::Race];
    fails(Bug::EarlyRelease, &kinds);
}

#[test]
fn registers_that_the_block_does_not_have() {
    fails(Bug::TooManyRegisters, &[FaultKind::RegisterPool]);
}

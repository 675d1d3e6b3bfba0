//! What is particular to Hopper, from kernels' side, in the simulator: copies, barriers, clusters and
//! matrix products, put together as kernels put them together.

use std::cell::UnsafeCell;

use cuda_sim::{Fault, LaunchConfig, SimOptions, launch};
use cuda_std::cvt::{f32x2_to_bf16x2, f32x2_to_e4m3x2};
use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};
use cuda_std::wgmma::{self, Accumulator, Descriptor, KMajor, Product, Reads};
use cuda_std::{bulk, cluster, fence, registers, thread, unroll, warp};

/// Words that a kernel writes, each from one thread.
struct Words<const N: usize>(UnsafeCell<[u32; N]>);

// SAFETY: the kernels here write each word from one thread.
unsafe impl<const N: usize> Sync for Words<N> {}

impl<const N: usize> Words<N> {
    fn new() -> Self {
        Self(UnsafeCell::new([0; N]))
    }

    fn pointer(&self) -> *mut u32 {
        self.0.get().cast()
    }

    fn into_inner(self) -> [u32; N] {
        self.0.into_inner()
    }
}

/// Runs a kernel for some seeds, and returns what it wrote; the same each time.
#[track_caller]
fn run<const N: usize>(config: LaunchConfig, kernel: impl Fn(*mut u32) + Sync) -> [u32; N] {
    let once = |seed| -> Result<[u32; N], Fault> {
        let words = Words::<N>::new();
        let options = SimOptions {
            seed,
            ..SimOptions::default()
        };
        // Closures capture fields: take the whole.
        let output = &words;
        launch(&options, "kernel", config, &|| kernel(output.pointer()))?;
        Ok(words.into_inner())
    };
    let first = once(0).unwrap_or_else(|fault| panic!("{fault}"));
    for seed in 1..4 {
        let again = once(seed).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(first, again, "seed {seed}");
    }
    first
}

#[test]
fn warps_vote_match_and_reduce() {
    let words = run::<32>(LaunchConfig::new(1, 32), |output| {
        let lane = warp::lane_id();
        // SAFETY: all lanes execute everything; each writes its own word.
        unsafe {
            let even = warp::warp_match_any_32(warp::FULL_MASK, lane % 2);
            let (_, same) = warp::warp_match_all_32(warp::FULL_MASK, lane);
            let any = warp::warp_vote_any(warp::FULL_MASK, lane == 7);
            let all = warp::warp_vote_all(warp::FULL_MASK, lane == 7);
            let least = warp::warp_reduce_min_i32(warp::FULL_MASK, 3 - lane as i32);
            let elected = warp::warp_vote_ballot(warp::FULL_MASK, warp::elect(warp::FULL_MASK));
            assert_eq!((same, any, all, least), (false, true, false, -28));
            assert_eq!(elected.count_ones(), 1);
            *output.add(lane as usize) = even;
        }
    });
    assert!(
        words
            .iter()
            .enumerate()
            .all(|(lane, even)| *even == 0x5555_5555 << (lane % 2))
    );
}

#[test]
fn named_barriers_and_reductions() {
    let words = run::<64>(LaunchConfig::new(1, 64).with_shared(4), |output| {
        let tid = thread::thread_idx_x();
        let word: Shared<u32> = dynamic_shared_mem();
        // SAFETY: the second warp reads what the first wrote before it arrived.
        unsafe {
            assert!(thread::sync_threads_or(u32::from(tid == 5)));
            assert!(!thread::sync_threads_and(u32::from(tid == 5)));
            let value = if warp::warp_id() == 0 {
                if tid == 0 {
                    word.write(11);
                }
                thread::barrier_arrive::<3>(64);
                0
            } else {
                thread::barrier_sync::<3>(64);
                word.read()
            };
            *output.add(tid as usize) = value;
        }
    });
    assert!(
        words[..32].iter().all(|word| *word == 0) && words[32..].iter().all(|word| *word == 11)
    );
}

#[test]
fn a_bulk_copy_there_and_back() {
    let input: Vec<u32> = (0..64).map(|i| i * i).collect();
    let source = input.as_ptr().addr();
    let words = run::<64>(LaunchConfig::new(1, 32).with_shared(512), |output| {
        let (tile, barrier) = (
            dynamic_shared_mem::<u32>(),
            Mbarrier::at(dynamic_shared_mem().add(32)),
        );
        // SAFETY: one thread does all of it, in order.
        unsafe {
            if thread::thread_idx_x() == 0 {
                barrier.init(1);
                fence::mbarrier_init();
                barrier.arrive_expect_tx(256);
                bulk::load(
                    tile,
                    std::ptr::with_exposed_provenance::<u32>(source),
                    256,
                    barrier,
                );
                barrier.wait(0);
                bulk::store(output, tile, 256);
                bulk::commit_group();
                bulk::wait_group::<0>();
            }
        }
    });
    assert_eq!(words[..], input[..]);
}

#[test]
fn a_cluster_passes_values_around() {
    let config = LaunchConfig::new(4, 32).with_shared(256).with_cluster(4);
    let words = run::<4>(config, |output| {
        let (word, barrier) = (
            dynamic_shared_mem::<u32>(),
            Mbarrier::at(dynamic_shared_mem().add(1)),
        );
        // SAFETY: cluster barriers come before and after every access to another block.
        unsafe {
            if thread::thread_idx_x() == 0 {
                barrier.init(1);
                fence::mbarrier_init();
            }
            cluster::sync();
            let next = (cluster::block_rank() + 1) % cluster::blocks();
            if thread::thread_idx_x() == 0 {
                word.remote(next).write(10 + cluster::block_rank());
                barrier.remote(next).arrive();
                barrier.wait_cluster(0);
                *output.add(cluster::block_rank() as usize) = word.read();
            }
            cluster::sync();
        }
    });
    assert_eq!(words, [13, 10, 11, 12]);
}

/// Writes a K-major tile of `rows` rows of 32 bytes as core matrices, from pairs of words of a row.
///
/// # Safety
/// All threads of the block execute this; the tile is theirs.
unsafe fn fill(tile: Shared<u32>, rows: u32, word: impl Fn(u32, u32) -> u32) {
    let mut i = thread::thread_idx_x();
    while i < rows * 8 {
        let (row, k) = (i / 8, i % 8);
        // 8 rows by 16 bytes each; the two along K lie next to each other.
        let at = (row / 8) * 64 + (k / 4) * 32 + (row % 8) * 4 + k % 4;
        // SAFETY: each word is written by one thread.
        unsafe { tile.add(at).write(word(row, k)) };
        i += thread::block_dim_x();
    }
}

/// `D[row][column] = row + column` for one step of K: A has the row at k = 0 and 1 at k = 1, B has 1 at k = 0
/// and the column at k = 1.
fn sums<T: Reads<KMajor>>(pair: fn(f32, f32) -> u32, from_registers: bool)
where
    Accumulator<8>: Product<T, T>,
{
    let config = LaunchConfig::new(1, 128).with_shared(4096);
    let words = run::<1024>(config, |output| {
        let (a, b) = (
            dynamic_shared_mem::<u32>(),
            dynamic_shared_mem::<u32>().add(512),
        );
        let tid = thread::thread_idx_x();
        let first = |row: f32, k: u32| if k == 0 { pair(row, 1.0) } else { 0 };
        // SAFETY: all threads of the warpgroup execute this together.
        unsafe {
            fill(a, 64, |row, k| first(row as f32, k));
            fill(
                b,
                16,
                |column, k| if k == 0 { pair(1.0, column as f32) } else { 0 },
            );
            fence::proxy_async_shared();
            thread::sync_threads();
            let mut d = Accumulator::<8>::zero();
            let b = Descriptor::k_major_cores(b, 128, 256);
            wgmma::fence();
            if from_registers {
                let row = (tid / 32 * 16 + tid % 32 / 4) as f32;
                let mut a = [first(row, tid % 4), first(row + 8.0, tid % 4), 0, 0];
                d.mma_rs_first::<T, T, _>(a, b);
                d.mma_rs::<T, T, _>([0; 4], b, true);
                wgmma::commit_group();
                wgmma::wait_group::<0>((&mut d, &mut a));
            } else {
                let a = Descriptor::k_major_cores(a, 128, 256);
                d.mma::<T, T, _, _>(a, b, false);
                wgmma::commit_group();
                wgmma::wait_group::<0>(&mut d);
            }
            unroll!(i < 8 => {
                *output.add(i * 128 + tid as usize) = d.get(i).to_bits();
            });
        }
    });
    for (i, word) in words.into_iter().enumerate() {
        let (register, t) = (i / 128, i % 128);
        let row = t / 32 * 16 + t % 32 / 4 + 8 * (register / 2 % 2);
        let column = 8 * (register / 4) + 2 * (t % 4) + register % 2;
        assert_eq!(
            f32::from_bits(word),
            (row + column) as f32,
            "{row} {column}"
        );
    }
}

#[test]
fn products_of_shared_memory() {
    sums::<half::bf16>(f32x2_to_bf16x2, false);
}

#[test]
fn products_of_registers() {
    sums::<half::bf16>(f32x2_to_bf16x2, true);
}

#[test]
fn products_of_bytes() {
    // E4M3 holds every integer up to 16, so rows are taken modulo 16 there.
    let pair = |a: f32, b: f32| u32::from(f32x2_to_e4m3x2(a % 16.0, b));
    let config = LaunchConfig::new(1, 128).with_shared(4096);
    let words = run::<128>(config, |output| {
        let (a, b) = (
            dynamic_shared_mem::<u32>(),
            dynamic_shared_mem::<u32>().add(512),
        );
        // SAFETY: all threads of the warpgroup execute this together.
        unsafe {
            fill(
                a,
                64,
                |row, k| if k == 7 { pair(row as f32, 1.0) } else { 0 },
            );
            fill(b, 8, |_, k| if k == 7 { pair(2.0, 1.0) } else { 0 });
            fence::proxy_async_shared();
            thread::sync_threads();
            let mut d = Accumulator::<4>::zero();
            wgmma::fence();
            d.mma_first::<formats::E4m3, formats::E4m3, _, _>(
                Descriptor::k_major_cores(a, 128, 256),
                Descriptor::k_major_cores(b, 128, 256),
            );
            wgmma::commit_group();
            wgmma::wait_group::<0>(&mut d);
            *output.add(thread::thread_idx_x() as usize) = d.get(0).to_bits();
        }
    });
    for (t, word) in words.into_iter().enumerate() {
        let row = (t / 32 * 16 + t % 32 / 4) % 16;
        assert_eq!(f32::from_bits(word), (2 * row + 1) as f32);
    }
}

#[test]
fn warpgroups_trade_registers() {
    let config = LaunchConfig::new(1, 384).with_registers(168);
    run::<1>(config, |_| {
        // SAFETY: whole warpgroups execute each; 40 + 2 * 232 is three times 168.
        unsafe {
            if warp::warp_uniform(warp::warp_id()) < 4 {
                registers::decrease::<40>();
            } else {
                registers::increase::<232>();
            }
        }
    });
}

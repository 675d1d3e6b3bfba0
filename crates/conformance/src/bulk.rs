//! `cp.async.bulk`: one-dimensional copies both ways, and reductions.

use cuda_std::tma::TensorMap;
use cuda_std::{bulk, fence, kernel, thread};
use half::{bf16, f16};

use crate::words::{barrier, dump_shared, fill_shared, get, init_barrier, shared, tid};

/// Where the tile is, in words of shared memory.
const TILE: u32 = 32;
/// Words of a tile.
const WORDS: u32 = 256;

/// Global to shared memory, in two copies on one barrier.
///
/// # Safety
/// A launch of 64 threads with 2048 bytes of shared memory; 256 words each way.
#[kernel(launch_bounds(64))]
pub unsafe fn bulk_load(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; the phase orders the copies before the reads.
    unsafe {
        init_barrier(1);
        if tid() == 0 {
            barrier().arrive_expect_tx(4 * WORDS);
            bulk::load(shared(TILE), input, 16, barrier());
            bulk::load(shared(TILE + 4), input.add(4), 4 * WORDS - 16, barrier());
        }
        barrier().wait(0);
        dump_shared(output, TILE, TILE + WORDS);
    }
}

/// Fills the tile with the input, and lets thread 0 send it off by `put`.
///
/// # Safety
/// The contract of the kernels that use it.
#[inline(always)]
#[track_caller]
unsafe fn send(input: *const u32, put: impl Fn()) {
    // SAFETY: the kernels' contract; a fence and a barrier lie between the stores and the copy.
    unsafe { fill_shared(TILE, TILE + WORDS, |index| get(input, index)) };
    fence::proxy_async_shared();
    thread::sync_threads();
    if tid() == 0 {
        put();
        bulk::commit_group();
        bulk::wait_group::<0>();
    }
}

/// Shared to global memory.
///
/// # Safety
/// A launch of 64 threads with 2048 bytes of shared memory; 256 words each way.
#[kernel(launch_bounds(64))]
pub unsafe fn bulk_store(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract.
    unsafe { send(input, || bulk::store(output, shared(TILE), 4 * WORDS)) }
}

macro_rules! reductions {
    ($($name:ident, $reduce:ident, $type:ty;)*) => {
        $(
            /// Writes the second half of the input to global memory and reduces the first half into it.
            ///
            /// # Safety
            /// A launch of 64 threads with 2048 bytes of shared memory; 512 words of input, 256 of
            /// output.
            #[kernel(launch_bounds(64))]
            pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
                let _ = map;
                // SAFETY: the kernel's contract; a fence of all proxies and a barrier lie between the plain
                // stores and the reduction.
                unsafe {
                    let mut index = tid();
                    while index < WORDS {
                        *output.add(index as usize) = get(input, WORDS + index);
                        index += 64;
                    }
                    fence::proxy_async();
                    send(input, || {
                        let source = shared(TILE).byte_add::<$type>(0);
                        bulk::$reduce(output.cast::<$type>(), source, 4 * WORDS);
                    });
                }
            }
        )*

        /// The cases of reductions.
        #[cfg(not(target_arch = "nvptx64"))]
        fn reductions() -> Vec<crate::Case> {
            vec![$(reduction(stringify!($name), &$name)),*]
        }
    };
}

reductions! {
    bulk_add_f16, reduce_add_f16, f16;
    bulk_add_bf16, reduce_add_bf16, bf16;
    bulk_add_f32, reduce_add_f32, f32;
    bulk_add_f64, reduce_add_f64, f64;
    bulk_add_u32, reduce_add_u32, u32;
    bulk_add_i32, reduce_add_i32, i32;
    bulk_add_u64, reduce_add_u64, u64;
    bulk_min_f16, reduce_min_f16, f16;
    bulk_min_bf16, reduce_min_bf16, bf16;
    bulk_min_u32, reduce_min_u32, u32;
    bulk_min_i32, reduce_min_i32, i32;
    bulk_min_u64, reduce_min_u64, u64;
    bulk_min_i64, reduce_min_i64, i64;
    bulk_max_f16, reduce_max_f16, f16;
    bulk_max_bf16, reduce_max_bf16, bf16;
    bulk_max_u32, reduce_max_u32, u32;
    bulk_max_i32, reduce_max_i32, i32;
    bulk_max_u64, reduce_max_u64, u64;
    bulk_max_i64, reduce_max_i64, i64;
    bulk_inc_u32, reduce_inc_u32, u32;
    bulk_dec_u32, reduce_dec_u32, u32;
    bulk_and_u32, reduce_and_u32, u32;
    bulk_or_u32, reduce_or_u32, u32;
    bulk_xor_u32, reduce_xor_u32, u32;
    bulk_and_u64, reduce_and_u64, u64;
    bulk_or_u64, reduce_or_u64, u64;
    bulk_xor_u64, reduce_xor_u64, u64;
}

#[cfg(not(target_arch = "nvptx64"))]
fn config() -> cuda_std::launch::LaunchConfig {
    cuda_std::launch::LaunchConfig::new(1, 64).with_shared(2048)
}

/// Random bits make every special value of 16-bit types; the last words bring zeros of both signs,
/// infinities, NaNs and subnormals of `f32` together.
#[cfg(not(target_arch = "nvptx64"))]
fn reduction(name: &'static str, kernel: &'static crate::MicroKernel) -> crate::Case {
    const SPECIAL: [u32; 8] = [
        0,
        0x8000_0000,
        0x7f80_0000,
        0xff80_0000,
        0x7fc0_0001,
        0x0000_0001,
        0x8070_0000,
        0x3f80_0000,
    ];
    let mut input = crate::random_words(512, 7);
    for (i, pair) in (0..64).map(|i| (i, (SPECIAL[i / 8], SPECIAL[i % 8]))) {
        input[192 + i] = pair.0;
        input[448 + i] = pair.1;
    }
    crate::Case::new(name, kernel, config())
        .input(input)
        .output(256)
}

/// The cases of this module.
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) fn cases() -> Vec<crate::Case> {
    use crate::Case;
    let mut cases = reductions();
    cases.push(Case::new("bulk_load", &bulk_load, config()).output(256));
    cases.push(Case::new("bulk_store", &bulk_store, config()).output(256));
    cases
}

//! `cp.async.bulk.tensor`: tiles of tensors of 1 to 5 dimensions, every swizzle, what lies outside.
//!
//! The input begins with a header of [`HEADER`] words:
//!
//! | word | holds |
//! |---|---|
//! | 0..5 | the tile's coordinates |
//! | 5 | words of shared memory from the tile's place on that are compared |
//! | 6 | the tile's bytes, as its barrier counts them |
//! | 7 | the tile's place, in words behind a multiple of 1024 bytes |
//!
//! A load's tensor follows in the input; a store's is the output, and the tile's words follow in the input.

use cuda_std::cache::CachePolicy;
use cuda_std::tma::{self, Coordinates, TensorMap};
use cuda_std::{bulk, cluster, fence, kernel, thread};

use crate::words::{barrier, dump_shared, fill_shared, get, init_barrier, shared, tid};

/// Words before the tensor.
pub const HEADER: u32 = 64;
/// A multiple of 1024 bytes, in words of shared memory.
const TILE: u32 = 256;

/// # Safety
/// The input has a header.
#[inline(always)]
unsafe fn coordinates<const N: usize>(input: *const u32) -> [i32; N] {
    // SAFETY: the caller's contract.
    core::array::from_fn(|i| unsafe { get(input, i as u32) } as i32)
}

/// Loads a tile over words that are all ones, and dumps them.
///
/// # Safety
/// The contract of the kernels that use it.
#[inline(always)]
#[track_caller]
unsafe fn load(
    input: *const u32,
    output: *mut u32,
    map: *const TensorMap,
    coordinates: impl Coordinates,
) {
    // SAFETY: the kernels' contract; fence and barrier lie between the fill and the copy, and the phase
    // between the copy and the dump.
    unsafe {
        let (words, bytes, place) = (get(input, 5), get(input, 6), TILE + get(input, 7));
        init_barrier(1);
        fill_shared(place, place + words, |_| u32::MAX);
        fence::proxy_async_shared();
        thread::sync_threads();
        if tid() == 0 {
            tma::prefetch(map);
            barrier().arrive_expect_tx(bytes);
            tma::load(shared(place), map, coordinates, barrier());
        }
        barrier().wait(0);
        dump_shared(output, place, place + words);
    }
}

/// Fills a tile and lets thread 0 send it off by `put`.
///
/// # Safety
/// The contract of the kernels that use it.
#[inline(always)]
#[track_caller]
unsafe fn send(input: *const u32, put: impl Fn(u32)) {
    // SAFETY: the kernels' contract; fence and barrier lie between the fill and the copy.
    unsafe {
        let (words, place) = (get(input, 5), TILE + get(input, 7));
        fill_shared(place, place + words, |index| get(input, HEADER + index));
        fence::proxy_async_shared();
        thread::sync_threads();
        if tid() == 0 {
            put(place);
            bulk::commit_group();
            bulk::wait_group::<0>();
        }
    }
}

macro_rules! loads {
    ($($name:ident, $rank:literal;)*) => { $(
        /// Loads a tile.
        ///
        /// # Safety
        /// A launch of 128 threads with room for the tile behind the first 1024 bytes of shared memory; the
        /// input begins with the header, the output has the words to compare.
        #[kernel(launch_bounds(128))]
        pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
            // SAFETY: the kernel's contract.
            unsafe { load(input, output, map, coordinates::<$rank>(input)) }
        }
    )* };
}

loads! {
    tensor_load_1d, 1;
    tensor_load_2d, 2;
    tensor_load_3d, 3;
    tensor_load_4d, 4;
    tensor_load_5d, 5;
}

/// Loads a tile by an L2 cache policy.
///
/// # Safety
/// As the loads.
#[kernel(launch_bounds(128))]
pub unsafe fn tensor_load_hint(input: *const u32, output: *mut u32, map: *const TensorMap) {
    // SAFETY: the kernel's contract; the phase lies between the copy and the dump.
    unsafe {
        let (words, bytes) = (get(input, 5), get(input, 6));
        init_barrier(1);
        if tid() == 0 {
            barrier().arrive_expect_tx(bytes);
            let at = coordinates::<2>(input);
            tma::load_hint(shared(TILE), map, at, barrier(), CachePolicy::EVICT_FIRST);
        }
        barrier().wait(0);
        dump_shared(output, TILE, TILE + words);
    }
}

/// Each of two blocks loads a tile to both; the second's begins 8 rows below.
///
/// # Safety
/// As the loads, in one cluster of 2 blocks, with room for two tiles.
#[kernel(launch_bounds(128))]
pub unsafe fn tensor_load_multicast(input: *const u32, output: *mut u32, map: *const TensorMap) {
    // SAFETY: the kernel's contract; the phase lies between the copies and the dump.
    unsafe {
        let (words, bytes) = (get(input, 5), get(input, 6));
        init_barrier(1);
        cluster::sync();
        let rank = cluster::block_rank();
        if tid() == 0 {
            barrier().arrive_expect_tx(2 * bytes);
            let [x, y] = coordinates::<2>(input);
            let (tile, at) = (shared(TILE + rank * words), [x, y + 8 * rank as i32]);
            tma::load_multicast(tile, map, at, barrier(), 0b11);
        }
        barrier().wait_cluster(0);
        let part = output.add((2 * words * rank) as usize);
        dump_shared(part, TILE, TILE + 2 * words);
        cluster::sync();
    }
}

macro_rules! stores {
    ($($name:ident, $rank:literal, $put:ident;)*) => { $(
        /// Stores or reduces a tile.
        ///
        /// # Safety
        /// As the loads; the output is the tensor.
        #[kernel(launch_bounds(128))]
        pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
            let _ = output;
            // SAFETY: the kernel's contract.
            unsafe {
                let at = coordinates::<$rank>(input);
                send(input, |place| tma::$put(map, at, shared(place)));
            }
        }
    )* };
}

stores! {
    tensor_store_1d, 1, store;
    tensor_store_2d, 2, store;
    tensor_store_3d, 3, store;
    tensor_store_4d, 4, store;
    tensor_store_5d, 5, store;
    tensor_add_2d, 2, reduce_add;
    tensor_min_2d, 2, reduce_min;
    tensor_max_2d, 2, reduce_max;
    tensor_inc_2d, 2, reduce_inc;
    tensor_dec_2d, 2, reduce_dec;
    tensor_and_2d, 2, reduce_and;
    tensor_or_2d, 2, reduce_or;
    tensor_xor_2d, 2, reduce_xor;
}

#[cfg(not(target_arch = "nvptx64"))]
mod host;
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) use host::cases;

//! Streams through global memory: `read_v4` and `copy_v4`.
//!
//! ```text
//! tile      THREADS vectors of 16 bytes
//! block b   tiles b, b + grid, b + 2 grid, ..
//! thread t  of it: vector t of a tile
//! ```
//!
//! They are as plain as can be, because nothing else was faster on an H200. More vectors a thread, other cache
//! operators and grids that stay resident all lose a few percent; a small block a tile is the best, since the
//! next one starts while the last waits for its stores.

use cuda_std::cache::load_nc;
use cuda_std::{kernel, thread};

use crate::pack::Words4;

/// Threads of a block.
pub const THREADS: u32 = 256;

/// Bytes of a tile: what a block moves at once.
pub const TILE_BYTES: usize = THREADS as usize * size_of::<Words4>();

/// Calls `each` with the index of this thread's vector of each tile of this block.
#[inline(always)]
fn for_each_vector(tiles: u32, mut each: impl FnMut(usize)) {
    let mut tile = thread::block_idx_x();
    while tile < tiles {
        each(tile as usize * THREADS as usize + thread::thread_idx_x() as usize);
        tile += thread::grid_dim_x();
    }
}

/// Reads `tiles` tiles. A thread whose words, combined by exclusive or, are `wanted` stores them at its place
/// in `found`. With random data hardly any does, but each has to read for it.
///
/// # Safety
/// - A grid of one dimension, of blocks of [`THREADS`] threads.
/// - `x` is aligned to 16 bytes and holds `tiles` times [`TILE_BYTES`], which nothing writes meanwhile.
/// - `found` has a word for each thread of the grid.
#[kernel(launch_bounds(256, 8))]
pub unsafe fn read_v4(x: *const Words4, found: *mut u32, tiles: u32, wanted: u32) {
    let mut all = 0;
    for_each_vector(tiles, |i| {
        // SAFETY: in one of the tiles of `x`.
        let [a, b, c, d] = unsafe { load_nc(x.add(i)) }.0;
        all ^= a ^ b ^ c ^ d;
    });
    if all == wanted {
        // SAFETY: there is a word for each thread.
        unsafe { *found.add(thread::index_1d() as usize) = all };
    }
}

/// Copies `tiles` tiles from `x` to `out`.
///
/// # Safety
/// - A grid of one dimension, of blocks of [`THREADS`] threads.
/// - `x` and `out` are aligned to 16 bytes and hold `tiles` times [`TILE_BYTES`] each. They do not overlap, and
///   nothing else uses `out`, or writes `x`, meanwhile.
#[kernel(launch_bounds(256, 8))]
pub unsafe fn copy_v4(x: *const Words4, out: *mut Words4, tiles: u32) {
    for_each_vector(tiles, |i| {
        // SAFETY: in one of the tiles of both.
        unsafe { *out.add(i) = load_nc(x.add(i)) };
    });
}

//! Clusters: ranks, distributed shared memory, remote barriers, multicast.

use cuda_std::tma::TensorMap;
use cuda_std::{bulk, cluster, fence, kernel, thread};

use crate::words::{barrier, get, gid, init_barrier, set, shared, tid};

/// Every special register of a cluster, for each block.
///
/// # Safety
/// A launch of whole clusters of one warp a block, in three dimensions; 16 words of output a block.
#[kernel(launch_bounds(32))]
pub unsafe fn cluster_registers(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = (input, map);
    let block = (thread::block_idx_z() * thread::grid_dim_y() + thread::block_idx_y())
        * thread::grid_dim_x()
        + thread::block_idx_x();
    let words = [
        cluster::block_rank(),
        cluster::blocks(),
        cluster::block_idx_x(),
        cluster::block_idx_y(),
        cluster::block_idx_z(),
        cluster::dim_x(),
        cluster::dim_y(),
        cluster::dim_z(),
    ];
    if tid() == 0 {
        let mut i = 0;
        while i < 8 {
            // SAFETY: the kernel's contract.
            unsafe { set(output, 8 * block + i, words[i as usize]) };
            i += 1;
        }
    }
}

/// Blocks read, write and count in their neighbour's shared memory.
///
/// # Safety
/// A launch of clusters of 4 blocks of 64 threads with 2048 bytes of shared memory; 64 words each way a
/// block.
#[kernel(launch_bounds(64))]
pub unsafe fn cluster_shared_memory(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; cluster barriers lie between accesses of a word.
    unsafe {
        let next = (cluster::block_rank() + 1) % cluster::blocks();
        shared(32 + tid()).write(get(input, gid()));
        if tid() == 0 {
            shared(0).write(0);
        }
        cluster::sync();
        let seen = shared(32 + (tid() + 7) % 64).remote(next).read();
        shared(128).remote(next).add(tid()).write(seen ^ tid());
        cluster::atomic_add_u32(shared(0).remote(next), tid());
        cluster::sync();
        let sum = shared(0).read();
        set(output, gid(), shared(128 + tid()).read().wrapping_add(sum));
    }
}

/// A ring of blocks: each writes to the next and arrives at its barrier.
///
/// # Safety
/// As [`cluster_shared_memory`].
#[kernel(launch_bounds(64))]
pub unsafe fn cluster_remote_arrive(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; phases and cluster barriers lie between accesses of a word.
    unsafe {
        init_barrier(64);
        cluster::sync();
        let next = (cluster::block_rank() + 1) % cluster::blocks();
        shared(32 + tid()).remote(next).write(get(input, gid()));
        barrier().remote(next).arrive();
        barrier().wait_cluster(0);
        set(output, gid(), shared(32 + tid()).read());
        cluster::sync();
    }
}

/// A ring of blocks that write to the next again and again: each hands its words back when it has read them.
///
/// # Safety
/// As [`cluster_shared_memory`].
#[kernel(launch_bounds(64))]
pub unsafe fn cluster_arrive_after_reading(
    input: *const u32,
    output: *mut u32,
    map: *const TensorMap,
) {
    let _ = map;
    let (full, empty) = (barrier(), barrier().add(1));
    // SAFETY: the kernel's contract; phases of the two barriers lie between accesses of a word.
    unsafe {
        if tid() == 0 {
            empty.init(64);
        }
        init_barrier(64);
        cluster::sync();
        let (rank, blocks) = (cluster::block_rank(), cluster::blocks());
        let (next, previous) = ((rank + 1) % blocks, (rank + blocks - 1) % blocks);
        let mut sum = get(input, gid());
        let mut round = 0;
        while round < 4 {
            // In the first round all words are free.
            empty.wait((round & 1) ^ 1);
            shared(32 + tid()).remote(next).write(sum);
            full.remote(next).arrive();
            full.wait_cluster(round & 1);
            sum = sum.wrapping_mul(3) ^ shared(32 + (tid() + 37) % 64).read();
            empty.remote(previous).arrive_after_reading();
            round += 1;
        }
        set(output, gid(), sum);
        cluster::sync();
    }
}

/// Bulk copies to the next block of the cluster.
///
/// # Safety
/// As [`cluster_shared_memory`].
#[kernel(launch_bounds(64))]
pub unsafe fn cluster_bulk_copy(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; phases and cluster barriers lie between accesses of a word.
    unsafe {
        init_barrier(1);
        shared(32 + tid()).write(get(input, gid()));
        fence::proxy_async_shared();
        cluster::sync();
        let next = (cluster::block_rank() + 1) % cluster::blocks();
        if tid() == 0 {
            barrier().arrive_expect_tx(256);
            let target = shared(128).remote(next);
            bulk::copy_to_block(target, shared(32), 256, barrier().remote(next));
        }
        barrier().wait_cluster(0);
        set(output, gid(), shared(128 + tid()).read());
        cluster::sync();
    }
}

/// Stores to the next block that complete on its barrier.
///
/// # Safety
/// As [`cluster_shared_memory`].
#[kernel(launch_bounds(64))]
pub unsafe fn cluster_store_async(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; phases and cluster barriers lie between accesses of a word.
    unsafe {
        init_barrier(1);
        cluster::sync();
        let next = (cluster::block_rank() + 1) % cluster::blocks();
        if tid() == 0 {
            barrier().arrive_expect_tx(256);
        }
        let target = shared(32 + tid()).remote(next);
        target.write_async(get(input, gid()), barrier().remote(next));
        barrier().wait_cluster(0);
        set(output, gid(), shared(32 + tid()).read());
        cluster::sync();
    }
}

/// Every block loads its quarter of the input to all blocks.
///
/// # Safety
/// As [`cluster_shared_memory`], in one cluster.
#[kernel(launch_bounds(64))]
pub unsafe fn cluster_multicast(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; the phase expects what all blocks send.
    unsafe {
        init_barrier(1);
        cluster::sync();
        let rank = cluster::block_rank();
        if tid() == 0 {
            barrier().arrive_expect_tx(256);
            let source = input.add(16 * rank as usize);
            bulk::load_multicast(shared(32 + 16 * rank), source, 64, barrier(), 0b1111);
        }
        barrier().wait_cluster(0);
        set(output, gid(), shared(32 + tid()).read().wrapping_add(rank));
        cluster::sync();
    }
}

/// The cases of this module.
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) fn cases() -> Vec<crate::Case> {
    use crate::Case;
    use cuda_std::launch::LaunchConfig;

    let config = LaunchConfig::new(8, 64).with_shared(2048).with_cluster(4);
    let ring = |name, kernel| Case::new(name, kernel, config).output(512);
    let one = LaunchConfig::new(4, 64).with_shared(2048).with_cluster(4);
    let corners = LaunchConfig::new((4, 6, 2), 32).with_cluster((2, 3, 1));
    vec![
        Case::new("cluster_registers", &cluster_registers, corners).output(8 * 48),
        ring("cluster_shared_memory", &cluster_shared_memory),
        ring("cluster_remote_arrive", &cluster_remote_arrive),
        ring(
            "cluster_arrive_after_reading",
            &cluster_arrive_after_reading,
        ),
        ring("cluster_bulk_copy", &cluster_bulk_copy),
        ring("cluster_store_async", &cluster_store_async),
        Case::new("cluster_multicast", &cluster_multicast, one).output(256),
    ]
}

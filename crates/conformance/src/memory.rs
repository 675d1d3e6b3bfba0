//! Atomics, loads and stores with cache hints, `cp.async`, `setmaxnreg`, `griddepcontrol`.

use cuda_std::cache::{self, CachePolicy};
use cuda_std::tma::TensorMap;
use cuda_std::{atomic, cp_async, kernel, pdl, registers, thread};

use crate::words::{dump_shared, fill_shared, get, gid, set, shared, tid};

/// Sixteen bytes.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Quad([u32; 4]);

/// Atomics on words of global memory that the whole grid updates; only what all orders agree on is kept.
///
/// # Safety
/// A launch of 256 threads; 256 words of input, 32 of output.
#[kernel(launch_bounds(64))]
pub unsafe fn atomics_global(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; a word is accessed by atomics alone, and even words by pairs.
    unsafe {
        let value = get(input, gid());
        let word = |i: usize| output.add(i);
        atomic::global_add_u32(word(0), value);
        atomic::global_min_u32(word(1), value);
        atomic::global_max_u32(word(2), value);
        atomic::global_min_i32(word(3).cast(), value as i32);
        atomic::global_max_i32(word(4).cast(), value as i32);
        atomic::global_and_u32(word(5), value | 0xff00_ffff);
        atomic::global_or_u32(word(6), value & 0x00ff_0000);
        atomic::global_xor_u32(word(7), value);
        atomic::global_add_u64(word(8).cast(), u64::from(value) << 7);
        atomic::global_min_u64(word(10).cast(), u64::from(value) << 9);
        atomic::global_max_u64(word(12).cast(), u64::from(value) << 9 | 1 << 63);
        atomic::global_reduce_add_u32(word(14), value);
        atomic::global_reduce_max_u32(word(15), value);
        atomic::global_reduce_min_i32(word(16).cast(), value as i32);
        atomic::global_reduce_add_u64(word(18).cast(), u64::from(value));
        if gid() == 0 {
            alone(value, output.add(20));
        }
    }
}

/// What one thread's atomics return.
///
/// # Safety
/// 12 words of output, which nobody else touches.
#[inline(always)]
#[track_caller]
unsafe fn alone(value: u32, output: *mut u32) {
    // SAFETY: the caller's contract.
    unsafe {
        let word = |i: usize| output.add(i);
        let old = atomic::global_exchange_u32(word(0), value);
        *word(1) = old;
        *word(2) = atomic::global_cas_u32(word(0), value, 7);
        *word(3) = atomic::global_cas_u32(word(0), value, 9);
        *word(4) = 0x3f80_0000;
        atomic::global_reduce_add_f32(word(4).cast(), 0.1);
        *word(5) = atomic::global_add_f32(word(4).cast(), 1e-40).to_bits();
        *word(6) = 0x3c00_0001;
        atomic::global_reduce_add_f16x2(word(6), 0x3c01_0001);
        *word(7) = 0x3f80_0001;
        atomic::global_reduce_add_bf16x2(word(7), 0x3f81_0001);
        *word(8) = 1;
        atomic::global_reduce_add_f32(word(8).cast(), f32::from_bits(2));
        *word(9) = 0x7f80_0000;
        atomic::global_reduce_add_f32(word(9).cast(), f32::NEG_INFINITY);
        atomic::global_reduce_add_release_u32(word(10), 1);
        *word(11) = atomic::global_add_acq_rel_u32(word(10), 2);
    }
}

/// Atomics on shared memory.
///
/// # Safety
/// A launch of 64 threads with 64 bytes of shared memory; 64 words of input, 16 of output.
#[kernel(launch_bounds(64))]
pub unsafe fn atomics_shared(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; between barriers a word is accessed by atomics alone.
    unsafe {
        let value = get(input, gid());
        fill_shared(0, 16, |index| if index == 11 { 1 } else { 0x00ff_00ff });
        thread::sync_threads();
        atomic::shared_add_u32(shared(0), value);
        atomic::shared_min_u32(shared(1), value);
        atomic::shared_max_u32(shared(2), value);
        atomic::shared_min_i32(shared(3).byte_add(0), value as i32);
        atomic::shared_max_i32(shared(4).byte_add(0), value as i32);
        atomic::shared_and_u32(shared(5), value | 0x00f0_00ff);
        atomic::shared_or_u32(shared(6), value & 0x0ff0_0000);
        atomic::shared_xor_u32(shared(7), value);
        if tid() == 0 {
            atomic::shared_exchange_u32(shared(8), value);
            atomic::shared_cas_u32(shared(9), 0x00ff_00ff, value);
            atomic::shared_cas_u32(shared(10), value, value);
            // Two subnormals.
            atomic::shared_add_f32(shared(11).byte_add(0), f32::from_bits(2));
        }
        thread::sync_threads();
        dump_shared(output, 0, 16);
    }
}

/// Loads and stores of 4, 8 and 16 bytes with every hint.
///
/// # Safety
/// A launch of 32 threads; 4 words of input and 64 of output a thread, aligned to 16 bytes.
#[kernel(launch_bounds(32))]
pub unsafe fn cache_hints(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; each thread has its own words.
    unsafe {
        let source = input.add(4 * tid() as usize);
        let target = output.add(64 * tid() as usize);
        cache::prefetch_l2(source);
        let quads = [
            cache::load_nc::<Quad>(source.cast()),
            cache::load_nc_no_allocate(source.cast()),
            cache::load_nc_no_allocate_128(source.cast()),
            cache::load_nc_no_allocate_256(source.cast()),
            cache::load_streaming(source.cast()),
            cache::load_nc_hint(source.cast(), CachePolicy::EVICT_FIRST),
            cache::load_nc_hint(source.cast(), CachePolicy::create_evict_last()),
        ];
        cache::store_streaming(target.cast(), quads[0]);
        cache::store_cached_l2(target.add(4).cast(), quads[1]);
        cache::store_write_through(target.add(8).cast(), quads[2]);
        cache::store_no_allocate(target.add(12).cast(), quads[3]);
        cache::store_hint(target.add(16).cast(), quads[4], CachePolicy::EVICT_LAST);
        cache::store_hint(
            target.add(20).cast(),
            quads[5],
            CachePolicy::create_evict_first(),
        );
        cache::store_streaming(target.add(24).cast(), quads[6]);
        cache::store_streaming(target.add(28), cache::load_nc::<u32>(source.add(3)));
        cache::store_streaming(
            target.add(30).cast(),
            cache::load_nc::<u64>(source.add(2).cast()),
        );
        *target.add(29) = 0;
        let mut i = 32;
        while i < 64 {
            *target.add(i) = 1;
            i += 1;
        }
    }
}

/// `cp.async` in groups, with parts that are filled with zeros.
///
/// # Safety
/// A launch of 64 threads with 4096 bytes of shared memory; 1024 words each way.
#[kernel(launch_bounds(64))]
pub unsafe fn cp_async_groups(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; waits and barriers lie between copies and reads.
    unsafe {
        let mut group = 0;
        while group < 4 {
            let at = 256 * group + 4 * tid();
            let bytes = (tid() + group) % 5 * 4;
            cp_async::copy_16(shared(at), input.add(at as usize).cast(), bytes);
            cp_async::commit_group();
            group += 1;
        }
        cp_async::wait_group::<2>();
        let early = shared(256 + 4 * tid()).read();
        cp_async::wait_group::<0>();
        thread::sync_threads();
        dump_shared(output, 0, 1024);
        set(output, 1024 + tid(), early);
    }
}

/// Three warpgroups hand registers around, more than once.
///
/// # Safety
/// A launch of 384 threads; 384 words each way.
#[kernel(launch_bounds(384, 1))]
pub unsafe fn register_pool(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; warpgroups are whole in each branch.
    unsafe {
        pdl::wait();
        if tid() < 128 {
            registers::decrease::<24>();
        } else {
            registers::increase::<240>();
        }
        thread::sync_threads();
        if tid() < 128 {
            registers::increase::<40>();
        } else {
            registers::decrease::<232>();
        }
        pdl::launch_dependents();
        set(output, tid(), get(input, tid()) ^ 5);
    }
}

/// The cases of this module.
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) fn cases() -> Vec<crate::Case> {
    use crate::Case;
    use cuda_std::launch::LaunchConfig;

    let block = |threads, shared| LaunchConfig::new(1, threads).with_shared(shared);
    vec![
        Case::new("atomics_global", &atomics_global, LaunchConfig::new(4, 64)).output(32),
        Case::new("atomics_shared", &atomics_shared, block(64, 64)).output(16),
        Case::new("cache_hints", &cache_hints, block(32, 0)).output(64 * 32),
        Case::new("cp_async_groups", &cp_async_groups, block(64, 4096)).output(1024 + 64),
        Case::new("register_pool", &register_pool, block(384, 0)).output(384),
    ]
}

//! `cp.async`: what lands, and that it lands as late as the waits allow.

use cuda_sim::device;
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{faults, load, passes, thread, values, word};

const SOURCE: [u32; 64] = {
    let mut source = [0; 64];
    let mut i = 0;
    while i < 64 {
        source[i] = 1000 + i as u32;
        i += 1;
    }
    source
};

/// Wide enough for 16-byte copies, as global memory is.
#[repr(align(16))]
struct Aligned([u32; 64]);
static GLOBAL: Aligned = Aligned(SOURCE);

fn config() -> LaunchConfig {
    LaunchConfig::new(1, 32).with_shared(1024)
}

/// Copies `bytes` bytes, all but `missing` of them from word `from`, to shared word `to`.
#[track_caller]
fn copy(to: u32, from: u32, bytes: u32, missing: u32) {
    let source = GLOBAL.0[from as usize..].as_ptr().cast();
    // SAFETY: the source is static and long enough in every test.
    unsafe { device::cp_async(word(to), source, bytes, bytes - missing) };
}

#[test]
fn each_size_lands_and_the_rest_is_zero() {
    for (bytes, missing) in [(4, 0), (8, 0), (16, 0), (4, 4), (8, 4), (16, 12), (16, 16)] {
        let words = bytes / 4;
        let sums = values(config(), || {
            let t = thread();
            copy(t * words, t % 8 * 4, bytes, missing);
            device::cp_async_wait_all();
            (0..words).map(|i| load(t * words + i)).sum()
        });
        for (t, sum) in (0u32..).zip(sums) {
            let copied = (bytes - missing) / 4;
            let expected: u32 = (0..copied).map(|i| 1000 + t % 8 * 4 + i).sum();
            assert_eq!(
                sum, expected,
                "{bytes} bytes, {missing} missing, thread {t}"
            );
        }
    }
}

#[test]
fn groups_land_in_order_and_no_sooner() {
    let pipeline = |pending: u32| {
        move || {
            let t = thread();
            for stage in 0..3 {
                copy(stage * 32 + t, stage, 4, 0);
                device::cp_async_commit();
            }
            device::cp_async_wait_group(pending);
            let _ = load(t);
            let _ = load(32 + t);
        }
    };
    passes(config(), pipeline(0));
    passes(config(), pipeline(1));
    faults(FaultKind::InFlight, config(), pipeline(2));
    faults(FaultKind::InFlight, config(), pipeline(3));
}

#[test]
fn an_uncommitted_copy_belongs_to_no_group() {
    faults(FaultKind::InFlight, config(), || {
        copy(thread(), 0, 4, 0);
        device::cp_async_wait_group(0);
        let _ = load(thread());
    });
    passes(config(), || {
        copy(thread(), 0, 4, 0);
        device::cp_async_wait_all();
        let _ = load(thread());
    });
}

#[test]
fn empty_groups_count() {
    passes(config(), || {
        copy(thread(), 0, 4, 0);
        device::cp_async_commit();
        device::cp_async_commit();
        device::cp_async_wait_group(1);
        let _ = load(thread());
    });
}

#[test]
fn others_see_a_copy_after_wait_and_barrier() {
    let exchange = |barrier: bool| {
        move || {
            let t = thread();
            copy(t, t, 4, 0);
            device::cp_async_wait_all();
            if barrier {
                device::barrier_sync(0, None);
            } else {
                // Meets, but orders no memory.
                device::vote_all(u32::MAX, true);
            }
            let value = load(31 - t);
            assert_eq!(value, 1031 - t);
        }
    };
    passes(config(), exchange(true));
    faults(FaultKind::Race, config(), exchange(false));
}

#[test]
fn a_barrier_is_no_wait() {
    faults(FaultKind::InFlight, config(), || {
        copy(thread(), 0, 4, 0);
        device::cp_async_commit();
        device::barrier_sync(0, None);
        let _ = load(31 - thread());
    });
}

#[test]
fn operands_are_checked() {
    faults(FaultKind::InvalidOperand, config(), || {
        copy(thread() * 8, 0, 32, 0)
    });
    faults(FaultKind::Misaligned, config(), || {
        copy(thread() * 4, 1, 16, 0)
    });
    faults(FaultKind::Misaligned, config(), || {
        copy(thread() * 4 + 2, 0, 16, 0)
    });
    faults(FaultKind::OutOfRange, config(), || {
        copy(256 + thread(), 0, 4, 0)
    });
    faults(FaultKind::InvalidOperand, config(), || {
        // SAFETY: refused before anything is read.
        unsafe { device::cp_async(word(thread()), GLOBAL.0.as_ptr().cast(), 4, 8) };
    });
}

//! `wgmma`: products of tiles, and each way to get them wrong.

use cuda_sim::device::{self, Fragment, MmaKind, Wgmma, WgmmaOperand};
use cuda_sim::{Fault, FaultKind, LaunchConfig};
use half::bf16;

use crate::support::{Words, faults, passes, thread, word};

/// Columns of the accumulator.
const N: usize = 32;
/// Registers of a thread.
const R: usize = N / 2;

/// Where the tiles are, in words, at multiples of 1024 bytes.
const A: u32 = 0;
const B: u32 = 64 * 128 / 4;

const KIND: Wgmma = Wgmma {
    kind: MmaKind::Bf16,
    scale_d: true,
    negate_a: false,
    negate_b: false,
    transpose_a: false,
    transpose_b: false,
};

fn config() -> LaunchConfig {
    LaunchConfig::new(1, 128).with_shared(16 * 1024)
}

/// Elements small enough for exact sums.
fn a_element(row: usize, k: usize) -> f32 {
    ((row * 7 + k * 3) % 11) as f32 - 5.0
}

fn b_element(column: usize, k: usize) -> f32 {
    ((column * 5 + k) % 7) as f32 - 3.0
}

/// Stores bf16 element (row, k) of a K-major tile of 64 elements along K, swizzled by 128 bytes.
fn put(tile: u32, row: usize, k: usize, value: f32) {
    let offset = (row * 128 + 2 * k) as u32;
    let address = word(tile) + (offset ^ (row as u32 % 8) << 4);
    // SAFETY: a `u16` has no padding.
    unsafe { device::shared_store(address, bf16::from_f32(value).to_bits()) };
}

/// All threads fill both tiles.
fn fill() {
    for k in 0..64 {
        let row = thread() as usize;
        if row < 64 {
            put(A, row, k, a_element(row, k));
        }
        if row < N {
            put(B, row, k, b_element(row, k));
        }
    }
}

fn fill_and_meet() {
    fill();
    device::fence_proxy_async();
    device::barrier_sync(0, None);
}

/// The descriptor of a tile swizzled by 128 bytes, `step` steps of 32 bytes along K.
fn descriptor(tile: u32, step: u32) -> u64 {
    let start = (word(tile) + 32 * step) & 0x3_ffff;
    u64::from(start >> 4) | 1 << 16 | (1024 >> 4) << 32 | 1 << 62
}

fn multiply(d: &mut Fragment<R>, step: u32) {
    let a = WgmmaOperand::Shared(descriptor(A, step));
    device::wgmma(d, a, descriptor(B, step), KIND);
}

/// Waits for all and takes the result over.
fn finish(d: &mut Fragment<R>) {
    device::wgmma_wait_group(0);
    device::wgmma_settle(d);
}

/// The place of register `i` in the accumulator.
fn place(i: usize) -> (usize, usize) {
    let (warp, lane) = (thread() as usize / 32, thread() as usize % 32);
    let row = 16 * warp + lane / 4 + 8 * (i % 4 / 2);
    (row, 8 * (i / 4) + 2 * (lane % 4) + i % 2)
}

#[test]
fn a_product_of_swizzled_tiles() {
    let product = Words::new(64 * N);
    passes(config(), || {
        fill_and_meet();
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        for step in 0..4 {
            multiply(&mut d, step);
        }
        device::wgmma_commit_group();
        finish(&mut d);
        for i in 0..R {
            let (row, column) = place(i);
            product.set(row * N + column, d.get(i).to_bits());
        }
    });
    for (slot, bits) in product.into_vec().into_iter().enumerate() {
        let (row, column) = (slot / N, slot % N);
        let exact: f32 = (0..64)
            .map(|k| a_element(row, k) * b_element(column, k))
            .sum();
        assert_eq!(f32::from_bits(bits), exact, "({row}, {column})");
    }
}

/// A kernel that multiplies once, with something in place of the parts that matter.
fn once(
    before: impl Fn(&mut Fragment<R>) + Sync,
    flight: impl Fn(&mut Fragment<R>) + Sync,
) -> impl Fn() + Sync {
    move || {
        fill_and_meet();
        let mut d = Fragment::<R>::zero();
        before(&mut d);
        multiply(&mut d, 0);
        device::wgmma_commit_group();
        flight(&mut d);
        finish(&mut d);
        let _ = d.get(0);
    }
}

fn fence(_: &mut Fragment<R>) {
    device::wgmma_fence();
}

#[track_caller]
fn breaks(kind: FaultKind, kernel: impl Fn() + Sync) -> Fault {
    passes(config(), once(fence, |_| ()));
    faults(kind, config(), kernel)
}

#[test]
fn an_accumulator_read_before_the_wait() {
    let fault = breaks(
        FaultKind::AccumulatorInFlight,
        once(fence, |d| {
            let _ = d.get(3);
        }),
    );
    assert!(fault.to_string().contains("wgmma.rs"), "{fault}");
}

#[test]
fn an_accumulator_written_before_the_wait() {
    breaks(
        FaultKind::AccumulatorInFlight,
        once(fence, |d| d.set(3, 0.0)),
    );
}

#[test]
fn an_accumulator_that_the_wait_was_not_given() {
    breaks(FaultKind::AccumulatorInFlight, || {
        fill_and_meet();
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        multiply(&mut d, 0);
        device::wgmma_commit_group();
        device::wgmma_wait_group(0);
        let _ = d.get(0);
    });
}

#[test]
fn registers_that_are_not_fenced() {
    breaks(FaultKind::MissingWgmmaFence, once(|_| (), |_| ()));
    breaks(
        FaultKind::MissingWgmmaFence,
        once(
            |d| {
                device::wgmma_fence();
                d.set(0, 1.0);
            },
            |_| (),
        ),
    );
}

#[test]
fn an_operand_overwritten_in_flight() {
    let overwrite = |ordered: bool| {
        once(fence, move |d| {
            if ordered {
                finish(d);
                device::barrier_sync(0, None);
            }
            if thread() == 5 {
                put(A, 5, 0, 0.0);
            }
            // Nobody waits before the write.
            device::barrier_sync(0, None);
        })
    };
    passes(config(), overwrite(true));
    let fault = faults(FaultKind::OperandOverwritten, config(), overwrite(false));
    assert!(fault.detail.contains("wgmma"), "{fault}");
}

#[test]
fn an_operand_overwritten_by_who_did_not_wait() {
    // The warpgroup has waited, but the thread that writes does not know.
    let config = LaunchConfig::new(1, 160).with_shared(16 * 1024);
    let run = |meet: bool| {
        move || {
            if thread() < 128 {
                fill();
                device::fence_proxy_async();
                device::barrier_sync(1, Some(128));
                let mut d = Fragment::<R>::zero();
                device::wgmma_fence();
                multiply(&mut d, 0);
                device::wgmma_commit_group();
                finish(&mut d);
            } else if !meet {
                for _ in 0..4000 {
                    device::preempt();
                }
            }
            if meet {
                device::barrier_sync(0, None);
            }
            if thread() == 128 {
                put(A, 5, 0, 0.0);
            }
        }
    };
    passes(config, run(true));
    faults(FaultKind::Race, config, run(false));
}

#[test]
fn operands_that_are_not_fenced() {
    breaks(FaultKind::MissingProxyFence, || {
        fill();
        device::barrier_sync(0, None);
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        multiply(&mut d, 0);
    });
}

#[test]
fn operands_that_are_not_waited_for() {
    breaks(FaultKind::Race, || {
        fill();
        device::fence_proxy_async();
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        multiply(&mut d, 0);
    });
}

#[test]
fn operands_that_nobody_wrote() {
    breaks(FaultKind::UnwrittenRead, || {
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        multiply(&mut d, 0);
    });
}

/// Multiplies with these descriptors.
fn with_descriptors(change: impl Fn(u64) -> u64 + Sync) -> impl Fn() + Sync {
    move || {
        fill_and_meet();
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        let a = WgmmaOperand::Shared(change(descriptor(A, 0)));
        device::wgmma(&mut d, a, descriptor(B, 0), KIND);
        device::wgmma_commit_group();
        finish(&mut d);
    }
}

#[test]
fn descriptors_that_hardware_would_misread() {
    passes(config(), with_descriptors(|a| a));
    for change in [
        // In the middle of the pattern: 128 bytes behind a multiple of 1024.
        |a: u64| a + 8,
        // A reserved bit.
        |a: u64| a | 1 << 15,
        // A stride of half a pattern.
        |a: u64| a - ((512 >> 4) << 32),
    ] {
        faults(
            FaultKind::InvalidDescriptor,
            config(),
            with_descriptors(change),
        );
    }
    // Beyond the block's shared memory.
    faults(
        FaultKind::OutOfRange,
        config(),
        with_descriptors(|a| a + (16384 >> 4)),
    );
}

#[test]
fn threads_with_different_descriptors() {
    breaks(FaultKind::CollectiveMismatch, || {
        fill_and_meet();
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        multiply(&mut d, u32::from(thread() >= 64));
    });
}

#[test]
fn eight_bit_operands_are_k_major() {
    breaks(FaultKind::InvalidOperand, || {
        fill_and_meet();
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        let kind = Wgmma {
            kind: MmaKind::E4m3,
            transpose_b: true,
            ..KIND
        };
        let a = WgmmaOperand::Shared(descriptor(A, 0));
        device::wgmma(&mut d, a, descriptor(B, 0), kind);
    });
}

#[test]
fn a_warpgroup_is_whole() {
    let config = LaunchConfig::new(1, 96).with_shared(16 * 1024);
    faults(FaultKind::CollectiveMismatch, config, || {
        let mut d = Fragment::<R>::zero();
        device::wgmma_fence();
        multiply(&mut d, 0);
    });
}

#[test]
fn part_of_a_warpgroup_never_comes() {
    let fault = breaks(FaultKind::Deadlock, || {
        fill_and_meet();
        if thread() < 64 {
            let mut d = Fragment::<R>::zero();
            device::wgmma_fence();
            multiply(&mut d, 0);
        }
    });
    assert!(
        fault
            .detail
            .contains("threads 0-63 wait at wgmma.mma_async for the whole warpgroup"),
        "{fault}"
    );
}

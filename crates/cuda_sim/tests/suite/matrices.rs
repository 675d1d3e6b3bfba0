//! `ldmatrix`, `stmatrix` and `mma` against matrices that are written out.

use cuda_sim::device::{self, MmaKind};
use cuda_sim::{FaultKind, LaunchConfig};
use half::{bf16, f16};
use proptest::prelude::*;

use crate::support::{FULL, Words, collect, faults, load, passes, seeded, store, thread, values};

fn one_warp() -> LaunchConfig {
    LaunchConfig::new(1, 32).with_shared(1024)
}

/// Fills four 8x8 matrices with their own indices: element (r, c) of matrix i is 64 i + 8 r + c.
fn fill() {
    for i in 0..4 {
        let word = i * 32 + device::lane_id();
        store(word, (2 * word) | ((2 * word + 1) << 16));
    }
    device::warp_sync(FULL);
}

/// The address of the row that this lane names.
fn row_address() -> u32 {
    device::dynamic_shared_base() + 16 * device::lane_id()
}

/// The pair of elements that PTX assigns to register `matrix` of `lane`.
fn expected(matrix: u32, lane: u32, transpose: bool) -> u32 {
    let (major, minor) = (lane / 4, 2 * (lane % 4));
    let element = |i: u32| match transpose {
        false => 64 * matrix + 8 * major + minor + i,
        true => 64 * matrix + 8 * (minor + i) + major,
    };
    element(0) | element(1) << 16
}

fn check_ldmatrix<const N: usize>(transpose: bool) {
    let registers = Words::new(32 * N);
    passes(one_warp(), || {
        fill();
        let loaded = device::ldmatrix::<N>(row_address(), transpose);
        for (matrix, register) in loaded.into_iter().enumerate() {
            registers.set(thread() as usize * N + matrix, register);
        }
    });
    for (slot, register) in registers.into_vec().into_iter().enumerate() {
        let (lane, matrix) = (slot / N, slot % N);
        assert_eq!(register, expected(matrix as u32, lane as u32, transpose));
    }
}

#[test]
fn ldmatrix_deals_elements_as_ptx_says() {
    for transpose in [false, true] {
        check_ldmatrix::<1>(transpose);
        check_ldmatrix::<2>(transpose);
        check_ldmatrix::<4>(transpose);
    }
}

#[test]
fn stmatrix_undoes_ldmatrix() {
    for transpose in [false, true] {
        let words = values(one_warp(), || {
            fill();
            let loaded = device::ldmatrix::<2>(row_address(), transpose);
            let target = device::dynamic_shared_base() + 512 + 16 * (device::lane_id() % 16);
            device::warp_sync(FULL);
            device::stmatrix(target, transpose, loaded);
            device::warp_sync(FULL);
            load(128 + device::lane_id()) ^ load(device::lane_id())
        });
        assert_eq!(words, [0; 32], "transpose {transpose}");
    }
}

#[test]
fn unused_lanes_may_name_any_row() {
    passes(one_warp(), || {
        fill();
        let address = if device::lane_id() < 8 {
            row_address()
        } else {
            3
        };
        let _ = device::ldmatrix::<1>(address, false);
    });
}

#[test]
fn rows_are_checked() {
    faults(FaultKind::Misaligned, one_warp(), || {
        fill();
        let _ = device::ldmatrix::<4>(row_address() + 8, false);
    });
    let fault = faults(FaultKind::OutOfRange, one_warp(), || {
        fill();
        let beyond = if device::lane_id() == 13 { 1024 } else { 0 };
        let _ = device::ldmatrix::<2>(row_address() + beyond, false);
    });
    assert_eq!(fault.thread.map(|thread| thread.x), Some(13), "{fault}");
}

/// An element type of `mma`, to convert test inputs.
fn bits(kind: MmaKind, value: f32) -> u16 {
    match kind {
        MmaKind::F16 => f16::from_f32(value).to_bits(),
        _ => bf16::from_f32(value).to_bits(),
    }
}

fn value(kind: MmaKind, bits: u16) -> f64 {
    match kind {
        MmaKind::F16 => f16::from_bits(bits).to_f64(),
        _ => bf16::from_bits(bits).to_f64(),
    }
}

fn pair(low: u16, high: u16) -> u32 {
    u32::from(low) | u32::from(high) << 16
}

/// `D` (16x8, by rows) that one warp computes from `A` (16x16, by rows), `B` (16x8, by rows), `C`.
fn warp_multiply(kind: MmaKind, a: &[u16], b: &[u16], c: &[f32]) -> Vec<f32> {
    let d = Words::new(128);
    let a = |row: u32, column: u32| a[(row * 16 + column) as usize];
    let b = |row: u32, column: u32| b[(row * 8 + column) as usize];
    collect(&seeded(0), LaunchConfig::new(1, 32), || {
        let (g, t) = (device::lane_id() / 4, device::lane_id() % 4 * 2);
        let a_pair = |row, column| pair(a(row, column), a(row, column + 1));
        let b_pair = |row| pair(b(row, g), b(row + 1, g));
        let fragment = [
            a_pair(g, t),
            a_pair(g + 8, t),
            a_pair(g, t + 8),
            a_pair(g + 8, t + 8),
        ];
        let slots =
            [(g, t), (g, t + 1), (g + 8, t), (g + 8, t + 1)].map(|(r, q)| (r * 8 + q) as usize);
        let sums = slots.map(|slot| c[slot]);
        let sums = device::mma_k32_bytes(kind, fragment, [b_pair(t), b_pair(t + 8)], sums);
        for (slot, sum) in slots.into_iter().zip(sums) {
            d.set(slot, sum.to_bits());
        }
        0
    })
    .unwrap_or_else(|fault| panic!("{fault}"));
    d.into_vec().into_iter().map(f32::from_bits).collect()
}

fn any_kind() -> impl Strategy<Value = MmaKind> {
    prop_oneof![Just(MmaKind::F16), Just(MmaKind::Bf16)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn mma_is_a_matrix_product(
        kind in any_kind(),
        a in prop::collection::vec(-8.0f32..8.0, 256),
        b in prop::collection::vec(-8.0f32..8.0, 128),
        c in prop::collection::vec(-100.0f32..100.0, 128),
    ) {
        let a: Vec<u16> = a.into_iter().map(|x| bits(kind, x)).collect();
        let b: Vec<u16> = b.into_iter().map(|x| bits(kind, x)).collect();
        let d = warp_multiply(kind, &a, &b, &c);
        for (slot, d) in d.into_iter().enumerate() {
            let (row, column) = (slot / 8, slot % 8);
            let product = |k| value(kind, a[row * 16 + k]) * value(kind, b[k * 8 + column]);
            let exact = f64::from(c[slot]) + (0..16).map(product).sum::<f64>();
            // Each of 17 terms is cut 25 bits below the largest, and the sum 23 bits below itself.
            let largest = (0..16).map(|k| product(k).abs()).fold(f64::from(c[slot].abs()), f64::max);
            let error = 17.0 * largest * 2f64.powi(-25) + exact.abs() * 2f64.powi(-23);
            prop_assert!((f64::from(d) - exact).abs() <= error, "{} {}", d, exact);
        }
    }
}

#[test]
fn mma_propagates_infinities_and_nan() {
    for kind in [MmaKind::F16, MmaKind::Bf16] {
        let mut a = vec![bits(kind, 1.0); 256];
        a[16] = bits(kind, f32::INFINITY);
        a[2 * 16] = bits(kind, f32::NAN);
        a[3 * 16] = bits(kind, f32::INFINITY);
        a[3 * 16 + 1] = bits(kind, f32::NEG_INFINITY);
        let d = warp_multiply(kind, &a, &[bits(kind, 1.0); 128], &[0.5; 128]);
        assert_eq!(d[0], 16.5);
        assert_eq!(d[8], f32::INFINITY);
        assert!(d[16].is_nan() && d[24].is_nan());
    }
}

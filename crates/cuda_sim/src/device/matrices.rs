//! Tensor-core instructions of a warp. All 32 lanes execute them together.

use crate::context::with_caller;
use crate::device::warps::meet;
use crate::matrix::{Mma, MmaKind};
use crate::warp::{FULL_MASK, Input, Operation};

/// `ldmatrix.sync.aligned.m8n8.xN{.trans}.shared.b16`: loads `N` (1, 2 or 4) 8x8 matrices. Lanes
/// `8 i .. 8 i + 8` give the addresses of the rows of matrix `i`.
#[track_caller]
pub fn ldmatrix<const N: usize>(address: u32, transpose: bool) -> [u32; N] {
    const { assert!(matches!(N, 1 | 2 | 4)) };
    with_caller(|caller| {
        let operation = Operation::Ldmatrix {
            count: N,
            transpose,
        };
        let mut input = Input::default();
        input[0] = address;
        let output = meet(caller, operation, FULL_MASK, input);
        std::array::from_fn(|register| output[register])
    })
}

/// `stmatrix.sync.aligned.m8n8.xN{.trans}.shared.b16`: stores `N` (1, 2 or 4) 8x8 matrices, as
/// [`ldmatrix`] loads them.
#[track_caller]
pub fn stmatrix<const N: usize>(address: u32, transpose: bool, registers: [u32; N]) {
    const { assert!(matches!(N, 1 | 2 | 4)) };
    with_caller(|caller| {
        let operation = Operation::Stmatrix {
            count: N,
            transpose,
        };
        let mut input = Input::default();
        input[0] = address;
        input[1..=N].copy_from_slice(&registers);
        meet(caller, operation, FULL_MASK, input);
    });
}

/// `mma.sync.aligned.m16n8k{16, 32}.row.col.f32`, with 32 bytes along K, of 16-bit or 8-bit elements:
/// `A B + C`, each lane holding the fragments that PTX assigns to it.
#[track_caller]
pub fn mma_k32_bytes(kind: MmaKind, a: [u32; 4], b: [u32; 2], c: [f32; 4]) -> [f32; 4] {
    multiply(Mma { kind, words: 8 }, &a, &b, c)
}

/// `mma.sync.aligned.m16n8k8.row.col.f32`, with 16 bytes along K, of 16-bit elements.
#[track_caller]
pub fn mma_k16_bytes(kind: MmaKind, a: [u32; 2], b: u32, c: [f32; 4]) -> [f32; 4] {
    multiply(Mma { kind, words: 4 }, &a, &[b], c)
}

#[track_caller]
fn multiply(mma: Mma, a: &[u32], b: &[u32], c: [f32; 4]) -> [f32; 4] {
    with_caller(|caller| {
        let mut input = Input::default();
        let words = a.iter().chain(b).copied();
        let words = words.chain(c.map(f32::to_bits));
        for (slot, word) in input.iter_mut().zip(words) {
            *slot = word;
        }
        meet(caller, Operation::Mma(mma), FULL_MASK, input).map(f32::from_bits)
    })
}

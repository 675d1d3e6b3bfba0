//! `mma.sync.m16n8k16`: `D = A B + C` with 16-bit inputs and `f32` accumulation.
//!
//! PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type". With `g = lane / 4` and
//! `t = 2 (lane % 4)`, each register pair of 16-bit elements low half first:
//!
//! ```text
//!   A 16x16   a0 (g, t..t+2)   a1 (g+8, t..t+2)   a2 (g, t+8..t+10)   a3 (g+8, t+8..t+10)
//!   B 16x8    b0 (t..t+2, g)   b1 (t+8..t+10, g)
//!   C 16x8    c0 (g, t)   c1 (g, t+1)   c2 (g+8, t)   c3 (g+8, t+1)
//! ```
//!
//! # Numerics
//! Products are exact; `C` and the sixteen products are summed in `f64` and rounded once, to
//! nearest even. Hardware aligns and truncates instead, so it may differ in the last bits.

use half::{bf16, f16};

use crate::warp::{Inputs, Outputs};

/// The element type of `A` and `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MmaKind {
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
}

impl MmaKind {
    fn unpack(self, pair: u32) -> [f64; 2] {
        [pair as u16, (pair >> 16) as u16].map(|bits| match self {
            Self::F16 => f64::from(f16::from_bits(bits).to_f32()),
            Self::Bf16 => f64::from(bf16::from_bits(bits).to_f32()),
        })
    }
}

/// Multiplies. Each lane brings `a0..a3 b0 b1 c0..c3` and takes `d0..d3`.
pub(crate) fn multiply(kind: MmaKind, inputs: &Inputs) -> Outputs {
    let (a, b) = gather(kind, inputs);
    let mut outputs = Outputs::default();
    for (lane, (input, output)) in inputs.iter().zip(&mut outputs).enumerate() {
        let (g, t) = (lane / 4, 2 * (lane % 4));
        for (r, d) in output.iter_mut().enumerate() {
            let (row, column) = (g + 8 * (r / 2), t + r % 2);
            let c = f64::from(f32::from_bits(input[6 + r]));
            let sum = a[row]
                .iter()
                .zip(&b[column])
                .fold(c, |sum, (a, b)| sum + a * b);
            *d = (sum as f32).to_bits();
        }
    }
    outputs
}

/// `A` by rows and `B` by columns.
fn gather(kind: MmaKind, inputs: &Inputs) -> ([[f64; 16]; 16], [[f64; 16]; 8]) {
    let mut a = [[0.0; 16]; 16];
    let mut b = [[0.0; 16]; 8];
    for (lane, input) in inputs.iter().enumerate() {
        let (g, t) = (lane / 4, 2 * (lane % 4));
        for (r, pair) in input[..4].iter().enumerate() {
            let column = t + 8 * (r / 2);
            a[g + 8 * (r % 2)][column..column + 2].copy_from_slice(&kind.unpack(*pair));
        }
        for (r, pair) in input[4..6].iter().enumerate() {
            let row = t + 8 * r;
            b[g][row..row + 2].copy_from_slice(&kind.unpack(*pair));
        }
    }
    (a, b)
}

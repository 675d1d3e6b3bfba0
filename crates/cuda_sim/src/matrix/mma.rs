//! `mma.sync`: `D = A B + C` of a warp, with `f32` accumulation.
//!
//! PTX ISA, "Warp Level Matrix Multiply-Accumulate Instructions: mma". Of a shape `m16n8kK`, with
//! `g = lane / 4` and `t = lane % 4`, and words of 32 bits along K:
//!
//! ```text
//!   A 16 x K    register r: row g + 8 (r % 2), word t + 4 (r / 2)
//!   B K x 8     register r: column g,          word t + 4 r
//!   C 16 x 8    register r: row g + 8 (r / 2), column 2 t + r % 2
//! ```
//!
//! The numerics are those of [`arithmetic`](super::arithmetic).

use crate::matrix::arithmetic::{Operand, Precision, dot, dot_of_bytes};
use crate::matrix::element::Element;
use crate::warp::{Inputs, Outputs};

/// The element types of `A` and `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MmaKind {
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// TF32, in 32 bits.
    Tf32,
    /// E4M3.
    E4m3,
    /// `A` of E4M3, `B` of E5M2.
    E4m3E5m2,
    /// `A` of E5M2, `B` of E4M3.
    E5m2E4m3,
    /// E5M2.
    E5m2,
}

impl MmaKind {
    /// The types of `A` and of `B`.
    pub(crate) fn elements(self) -> [Element; 2] {
        match self {
            Self::F16 => [Element::F16; 2],
            Self::Bf16 => [Element::BF16; 2],
            Self::Tf32 => [Element::TF32; 2],
            Self::E4m3 => [Element::E4M3; 2],
            Self::E4m3E5m2 => [Element::E4M3, Element::E5M2],
            Self::E5m2E4m3 => [Element::E5M2, Element::E4M3],
            Self::E5m2 => [Element::E5M2; 2],
        }
    }

    /// Bits of an element.
    pub(crate) fn bits(self) -> u32 {
        self.elements()[0].bits
    }
}

/// An `mma.sync.m16n8kK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mma {
    pub(crate) kind: MmaKind,
    /// Words of 32 bits along K: 4 or 8.
    pub(crate) words: usize,
}

impl Mma {
    /// Registers of a lane's part of `A`; `B` has half as many.
    fn registers(self) -> usize {
        self.words / 2
    }

    /// Multiplies. Each lane brings its registers of `A`, `B` and `C`, and takes those of `D`.
    pub(crate) fn multiply(self, inputs: &Inputs) -> Outputs {
        let [a, b] = self.operands(inputs);
        let first = self.registers() * 3 / 2;
        let sum = self.sum(&a, &b);
        let mut outputs = Outputs::default();
        for (lane, (input, output)) in inputs.iter().zip(&mut outputs).enumerate() {
            let (g, t) = (lane / 4, lane % 4);
            for (r, d) in output.iter_mut().enumerate() {
                let place = (g + 8 * (r / 2), 2 * t + r % 2);
                *d = sum(place, f32::from_bits(input[first + r])).to_bits();
            }
        }
        outputs
    }

    /// Works out an element of `D`.
    fn sum<'a>(
        self,
        a: &'a Operand,
        b: &'a Operand,
    ) -> Box<dyn Fn((usize, usize), f32) -> f32 + 'a> {
        if self.kind.bits() > 8 {
            return Box::new(move |(row, column), c| {
                dot(Precision::FULL, (a, row), (b, column), c)
            });
        }
        let halves = |operand: &Operand| {
            [
                operand.select(|k| k % 4 < 2),
                operand.select(|k| k % 4 >= 2),
            ]
        };
        let (a, b) = (halves(a), halves(b));
        Box::new(move |place, c| dot_of_bytes(a.each_ref(), b.each_ref(), place, c))
    }

    fn operands(self, inputs: &Inputs) -> [Operand; 2] {
        let (words, registers) = (self.words, self.registers());
        let mut a = vec![0; 16 * words];
        let mut b = vec![0; 8 * words];
        for (lane, input) in inputs.iter().enumerate() {
            let (g, t) = (lane / 4, lane % 4);
            for (r, word) in input[..registers].iter().enumerate() {
                a[(g + 8 * (r % 2)) * words + t + 4 * (r / 2)] = *word;
            }
            for (r, word) in input[registers..registers * 3 / 2].iter().enumerate() {
                b[g * words + t + 4 * r] = *word;
            }
        }
        let [a_element, b_element] = self.kind.elements();
        [operand(a_element, words, &a), operand(b_element, words, &b)]
    }
}

/// An operand from rows of so many words of 32 bits.
pub(crate) fn operand(element: Element, words: usize, rows: &[u32]) -> Operand {
    let per_word = 32 / element.bits;
    let mask = u32::MAX >> (32 - element.bits);
    let unpack = |word: &u32| {
        let word = *word;
        (0..per_word).map(move |i| word >> (i * element.bits) & mask)
    };
    let bits = rows.iter().flat_map(unpack).collect();
    Operand::new(element, words * per_word as usize, bits)
}

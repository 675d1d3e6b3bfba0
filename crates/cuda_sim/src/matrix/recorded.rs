//! Sums that an H200 worked out, in `recorded.txt`, one in a line:
//!
//! ```text
//! instruction, types of A and B: row of A * column of B + addend = sum        in words of 32 bits
//! ```
//!
//! They were chosen so that one bit more or fewer, another grouping of the products or another rounding
//! gives another sum.

use crate::matrix::{Mma, MmaKind, Precision, dot, operand};
use crate::warp::Input;

const RECORDED: &str = include_str!("recorded.txt");

/// A line of the file.
struct Sum {
    instruction: &'static str,
    kind: MmaKind,
    a: Vec<u32>,
    b: Vec<u32>,
    addend: u32,
    sum: u32,
}

impl Sum {
    /// `None` if the line is not of the form above.
    fn parse(line: &'static str) -> Option<Self> {
        let (head, tail) = line.split_once(": ")?;
        let (instruction, types) = head.split_once(' ')?;
        let (a, tail) = tail.split_once(" * ")?;
        let (b, tail) = tail.split_once(" + ")?;
        let (addend, sum) = tail.split_once(" = ")?;
        Some(Self {
            instruction,
            kind: kind(types)?,
            a: words(a)?,
            b: words(b)?,
            addend: word(addend)?,
            sum: word(sum)?,
        })
    }

    /// What the simulator makes of it.
    fn simulated(&self) -> u32 {
        match self.instruction {
            "mma" => self.by_mma(),
            _ => self.by_wgmma(),
        }
    }

    /// As every element of an `mma`: all rows of `A` and all columns of `B` are alike.
    fn by_mma(&self) -> u32 {
        let words = self.a.len();
        let (kind, a, b) = (self.kind, &self.a, &self.b);
        let inputs = std::array::from_fn(|lane| {
            let t = lane % 4;
            let mut input = Input::default();
            let a = (0..words / 2).map(|r| a[t + 4 * (r / 2)]);
            let b = (0..words / 4).map(|r| b[t + 4 * r]);
            let registers = a.chain(b).chain([self.addend; 4]);
            for (slot, register) in input.iter_mut().zip(registers) {
                *slot = register;
            }
            input
        });
        let outputs = Mma { kind, words }.multiply(&inputs);
        let [first, ..] = outputs[0];
        assert!(outputs.as_flattened().iter().all(|sum| *sum == first));
        first
    }

    fn by_wgmma(&self) -> u32 {
        let [a_element, b_element] = self.kind.elements();
        let a = operand(a_element, self.a.len(), &self.a);
        let b = operand(b_element, self.b.len(), &self.b);
        let precision = match self.kind.bits() {
            8 => Precision::REDUCED,
            _ => Precision::FULL,
        };
        dot(precision, (&a, 0), (&b, 0), f32::from_bits(self.addend)).to_bits()
    }
}

fn kind(types: &str) -> Option<MmaKind> {
    Some(match types {
        "f16 f16" => MmaKind::F16,
        "bf16 bf16" => MmaKind::Bf16,
        "tf32 tf32" => MmaKind::Tf32,
        "e4m3 e4m3" => MmaKind::E4m3,
        "e4m3 e5m2" => MmaKind::E4m3E5m2,
        "e5m2 e4m3" => MmaKind::E5m2E4m3,
        "e5m2 e5m2" => MmaKind::E5m2,
        _ => return None,
    })
}

fn words(text: &str) -> Option<Vec<u32>> {
    text.split(' ').map(word).collect()
}

fn word(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 16).ok()
}

#[test]
fn sums_are_those_of_an_h200() {
    for line in RECORDED.lines() {
        let sum = Sum::parse(line).unwrap_or_else(|| panic!("not a sum: {line}"));
        let simulated = sum.simulated();
        assert_eq!(simulated, sum.sum, "{line}: {simulated:08x}");
    }
    assert!(RECORDED.lines().count() > 40);
}

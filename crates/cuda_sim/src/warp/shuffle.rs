//! `shfl.sync`: lanes read each other's registers.
//!
//! PTX ISA, "Data Movement and Conversion Instructions: shfl.sync"; its pseudo-code, with the
//! operand `c` that CUDA makes of a width: the segment mask and, but for `up`, a clamp of 31.

use std::array;

use crate::fault::{FaultKind, Violation};
use crate::warp::operation::{LaneViolation, lanes};
use crate::warp::{Input, Inputs, Output, Outputs};

/// What a lane reads that asks for a lane outside the mask: PTX leaves the value undefined.
const POISON: u32 = u32::MAX;

/// Which lane a lane reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shuffle {
    /// `.idx`: this lane of the own segment.
    Idx(u32),
    /// `.up`: this many lanes below.
    Up(u32),
    /// `.down`: this many lanes above.
    Down(u32),
    /// `.bfly`: the own index with these bits flipped.
    Xor(u32),
}

/// The qualifier of a shuffle; its operand may differ from lane to lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Idx,
    Up,
    Down,
    Xor,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idx => "shfl.sync.idx",
            Self::Up => "shfl.sync.up",
            Self::Down => "shfl.sync.down",
            Self::Xor => "shfl.sync.bfly",
        }
    }
}

impl Shuffle {
    /// The qualifier, and what this lane brings.
    pub(crate) fn encode(self, value: u32, width: u32) -> (Mode, Input) {
        let (mode, operand) = match self {
            Self::Idx(lane) => (Mode::Idx, lane),
            Self::Up(delta) => (Mode::Up, delta),
            Self::Down(delta) => (Mode::Down, delta),
            Self::Xor(bits) => (Mode::Xor, bits),
        };
        let mut input = Input::default();
        input[..3].copy_from_slice(&[value, operand, width]);
        (mode, input)
    }
}

pub(super) fn evaluate(mode: Mode, mask: u32, inputs: &Inputs) -> Result<Outputs, LaneViolation> {
    for lane in lanes(mask) {
        let width = inputs[lane as usize][2];
        if !width.is_power_of_two() || width > 32 {
            let detail = format!("width {width} is not a power of two up to 32");
            return Err((lane, Violation::new(FaultKind::InvalidOperand, detail)));
        }
    }
    Ok(array::from_fn(|lane| read(mode, mask, inputs, lane as u32)))
}

fn read(mode: Mode, mask: u32, inputs: &Inputs, lane: u32) -> Output {
    let [own, operand, width, ..] = inputs[lane as usize];
    if mask >> lane & 1 == 0 {
        return Output::default();
    }
    match source(mode, lane, operand & 31, width) {
        None => [own, 0, 0, 0],
        Some(from) if mask >> from & 1 == 1 => [inputs[from as usize][0], 1, 0, 0],
        Some(_) => [POISON, 1, 0, 0],
    }
}

/// The lane that `lane` reads, if it is in range.
fn source(mode: Mode, lane: u32, operand: u32, width: u32) -> Option<u32> {
    let segment = 32 - width;
    let first = lane & segment;
    let last = first | (31 & !segment);
    match mode {
        Mode::Idx => Some(first | (operand & !segment)),
        Mode::Up => lane.checked_sub(operand).filter(|from| *from >= first),
        Mode::Down => Some(lane + operand).filter(|from| *from <= last),
        Mode::Xor => Some(lane ^ operand).filter(|from| *from <= last),
    }
}

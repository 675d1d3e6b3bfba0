//! `redux.sync`: one reduction over the lanes of a mask.
//!
//! PTX ISA, "Parallel Synchronization and Communication Instructions: redux.sync".

use crate::warp::Inputs;
use crate::warp::operation::{lanes, values};

/// A `redux.sync` operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redux {
    /// `.add.u32`, which wraps; `.add.s32` has the same bits.
    AddU32,
    /// `.min.u32`.
    MinU32,
    /// `.max.u32`.
    MaxU32,
    /// `.min.s32`.
    MinI32,
    /// `.max.s32`.
    MaxI32,
    /// `.and.b32`.
    And,
    /// `.or.b32`.
    Or,
    /// `.xor.b32`.
    Xor,
}

impl Redux {
    fn combine(self, a: u32, b: u32) -> u32 {
        match self {
            Self::AddU32 => a.wrapping_add(b),
            Self::MinU32 => a.min(b),
            Self::MaxU32 => a.max(b),
            Self::MinI32 => (a as i32).min(b as i32) as u32,
            Self::MaxI32 => (a as i32).max(b as i32) as u32,
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
        }
    }
}

pub(super) fn evaluate(op: Redux, mask: u32, inputs: &Inputs) -> u32 {
    let values = values(inputs);
    let values = lanes(mask).map(|lane| values[lane as usize]);
    values.reduce(|a, b| op.combine(a, b)).unwrap_or(0)
}

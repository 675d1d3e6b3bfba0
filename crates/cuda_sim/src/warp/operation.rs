//! The collectives that lanes can meet in.

use std::array;

use crate::context::Caller;
use crate::fault::Violation;
use crate::matrix::{self, Mma};
use crate::schedule::mix;
use crate::sync::Request;
use crate::warp::{Group, Input, Inputs, Output, Outputs, Redux, matching, redux, shuffle};

/// A warp collective with those of its qualifiers on which all lanes must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Sync,
    Shuffle(shuffle::Mode),
    VoteBallot,
    VoteAny,
    VoteAll,
    MatchAny,
    MatchAll,
    Redux(Redux),
    Elect,
    Ldmatrix { count: usize, transpose: bool },
    Stmatrix { count: usize, transpose: bool },
    Mma(Mma),
    SetRegisters(Request),
}

/// A violation in a collective, and the lane to blame.
pub(crate) type LaneViolation = (u32, Violation);

impl Operation {
    /// The PTX instruction.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sync => "bar.warp.sync",
            Self::Shuffle(mode) => mode.name(),
            Self::VoteBallot => "vote.sync.ballot",
            Self::VoteAny => "vote.sync.any",
            Self::VoteAll => "vote.sync.all",
            Self::MatchAny => "match.any.sync",
            Self::MatchAll => "match.all.sync",
            Self::Redux(_) => "redux.sync",
            Self::Elect => "elect.sync",
            Self::Ldmatrix { .. } => "ldmatrix.sync.aligned",
            Self::Stmatrix { .. } => "stmatrix.sync.aligned",
            Self::Mma(_) => "mma.sync.aligned.m16n8",
            Self::SetRegisters(_) => "setmaxnreg.sync.aligned",
        }
    }

    /// Whether all lanes must execute the very same instruction.
    pub(crate) fn is_aligned(self) -> bool {
        matches!(
            self,
            Self::Ldmatrix { .. } | Self::Stmatrix { .. } | Self::Mma(_) | Self::SetRegisters(_)
        )
    }

    /// Whether the collective orders memory accesses of its lanes. Of all of them only
    /// `bar.warp.sync` does (PTX ISA, "bar.warp.sync": "guarantees memory ordering").
    pub(crate) fn orders_memory(self) -> bool {
        self == Self::Sync
    }
}

/// What each lane of a complete group takes from it.
pub(crate) fn evaluate(
    group: &Group,
    warp: u32,
    caller: Caller<'_>,
) -> Result<Outputs, LaneViolation> {
    let (mask, inputs) = (group.mask, &*group.inputs);
    let place = (warp, group.line);
    Ok(match group.operation {
        Operation::Sync => Outputs::default(),
        Operation::Shuffle(mode) => shuffle::evaluate(mode, mask, inputs)?,
        Operation::VoteBallot => same(ballot(mask, inputs)),
        Operation::VoteAny => same(u32::from(ballot(mask, inputs) != 0)),
        Operation::VoteAll => same(u32::from(ballot(mask, inputs) == mask)),
        Operation::MatchAny => matching::any(mask, inputs),
        Operation::MatchAll => [matching::all(mask, inputs); 32],
        Operation::Redux(op) => same(redux::evaluate(op, mask, inputs)),
        Operation::Elect => elect(mask, caller.cluster.options.seed),
        Operation::Ldmatrix { count, transpose } => {
            matrix::load(caller, place, inputs, (count, transpose))?
        }
        Operation::Stmatrix { count, transpose } => {
            matrix::store(caller, place, inputs, (count, transpose))?;
            Outputs::default()
        }
        Operation::Mma(mma) => mma.multiply(inputs),
        Operation::SetRegisters(request) => {
            let granted = caller.block.registers.borrow_mut().ask(warp, request);
            same(u32::from(granted.map_err(|violation| (0, violation))?))
        }
    })
}

/// The lanes of `mask`, ascending.
pub(crate) fn lanes(mask: u32) -> impl Iterator<Item = u32> {
    (0..32).filter(move |lane| mask >> lane & 1 == 1)
}

fn same(value: u32) -> Outputs {
    [[value, 0, 0, 0]; 32]
}

fn ballot(mask: u32, inputs: &[Input; 32]) -> u32 {
    lanes(mask).fold(0, |votes, lane| {
        votes | u32::from(inputs[lane as usize][0] != 0) << lane
    })
}

/// PTX ISA, "elect.sync": the leader is the same for equal masks, but which lane it is, is open.
fn elect(mask: u32, seed: u64) -> Outputs {
    let nth = mix(seed, u64::from(mask)) % u64::from(mask.count_ones());
    let leader = lanes(mask).nth(nth as usize);
    array::from_fn(|lane| [u32::from(leader == Some(lane as u32)), 0, 0, 0])
}

/// The first word that each lane brought.
pub(crate) fn values(inputs: &Inputs) -> [u32; 32] {
    array::from_fn(|lane| inputs[lane][0])
}

/// One word for each lane.
pub(crate) fn words(value: impl Fn(u32) -> u32) -> Outputs {
    array::from_fn(|lane| -> Output { [value(lane as u32), 0, 0, 0] })
}

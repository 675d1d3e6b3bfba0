//! Warp collectives.

use std::mem;

use crate::context::{Caller, with_caller};
use crate::thread::{WARP, Wait};
use crate::warp::{Group, Input, Operation, Output, Redux, Shuffle, evaluate, lanes};

/// `bar.warp.sync mask`: waits for the lanes of `mask` and orders their memory accesses.
#[track_caller]
pub fn warp_sync(mask: u32) {
    with_caller(|caller| {
        meet(caller, Operation::Sync, mask, Input::default());
    });
}

/// `shfl.sync`: the `value` of another lane, within segments of `width` lanes. Where that lane
/// would be outside of the segment, the own value and `false`. A lane outside `mask` yields
/// poison.
#[track_caller]
pub fn shuffle(mask: u32, value: u32, mode: Shuffle, width: u32) -> (u32, bool) {
    with_caller(|caller| {
        let (mode, input) = mode.encode(value, width);
        let [value, in_range, ..] = meet(caller, Operation::Shuffle(mode), mask, input);
        (value, in_range != 0)
    })
}

/// `vote.sync.ballot`: the lanes of `mask` whose predicate holds.
#[track_caller]
pub fn vote_ballot(mask: u32, predicate: bool) -> u32 {
    with_caller(|caller| value(caller, Operation::VoteBallot, mask, u32::from(predicate)))
}

/// `vote.sync.any`: whether the predicate of any lane of `mask` holds.
#[track_caller]
pub fn vote_any(mask: u32, predicate: bool) -> bool {
    with_caller(|caller| value(caller, Operation::VoteAny, mask, u32::from(predicate)) != 0)
}

/// `vote.sync.all`: whether the predicates of all lanes of `mask` hold.
#[track_caller]
pub fn vote_all(mask: u32, predicate: bool) -> bool {
    with_caller(|caller| value(caller, Operation::VoteAll, mask, u32::from(predicate)) != 0)
}

/// `match.any.sync`: the lanes of `mask` that have this lane's value.
#[track_caller]
pub fn match_any(mask: u32, value: u32) -> u32 {
    with_caller(|caller| self::value(caller, Operation::MatchAny, mask, value))
}

/// `match.all.sync`: `mask` and true if its lanes all have the same value, else 0 and false.
#[track_caller]
pub fn match_all(mask: u32, value: u32) -> (u32, bool) {
    with_caller(|caller| {
        let output = meet(caller, Operation::MatchAll, mask, input(value));
        (output[0], output[1] != 0)
    })
}

/// `redux.sync`: the values of the lanes of `mask`, reduced.
#[track_caller]
pub fn redux(mask: u32, op: Redux, value: u32) -> u32 {
    with_caller(|caller| self::value(caller, Operation::Redux(op), mask, value))
}

/// `elect.sync`: true for one lane of `mask`, the same one whenever the mask is the same.
#[track_caller]
pub fn elect(mask: u32) -> bool {
    with_caller(|caller| value(caller, Operation::Elect, mask, 0) != 0)
}

/// `activemask`: the lanes that execute it together. CUDA promises nothing about it; here it
/// is every lane that reaches this line before it would have to wait for one that already has.
#[track_caller]
pub fn active_mask() -> u32 {
    with_caller(|caller| caller.wait(Wait::Convergence)[0])
}

fn value(caller: Caller<'_>, operation: Operation, mask: u32, value: u32) -> u32 {
    meet(caller, operation, mask, input(value))[0]
}

fn input(value: u32) -> Input {
    let mut input = Input::default();
    input[0] = value;
    input
}

/// Brings `input` to a collective and takes what comes of it.
pub(super) fn meet(caller: Caller<'_>, operation: Operation, mask: u32, input: Input) -> Output {
    let mut warp = caller.block.warps[caller.thread.warp() as usize].borrow_mut();
    let arrived = warp.arrive(caller.thread.lane(), (operation, mask), input, caller.line);
    let arrived = arrived.map(|group| {
        if operation.orders_memory() {
            let mut order = caller.cluster.order.borrow_mut();
            order.release(caller.thread.id, &mut group.join);
        }
    });
    let complete = arrived.map(|()| warp.take_complete());
    drop(warp);
    let name = operation.name();
    match caller.check(complete) {
        None => caller.wait(Wait::Collective { name, mask }),
        Some(group) => finish(caller, group),
    }
}

/// Does the work of a complete group, wakes the other lanes and takes this lane's part.
fn finish(caller: Caller<'_>, mut group: Group) -> Output {
    let (block, warp) = (caller.block, caller.thread.warp());
    let outputs = evaluate(&group, warp, caller).unwrap_or_else(|(lane, violation)| {
        let culprit = &block.threads[(warp * WARP + lane) as usize];
        caller.raise_for(culprit, violation)
    });
    let first = block.first_id(warp);
    let threads = lanes(group.mask).map(|lane| first + lane);
    let join = mem::take(&mut group.join);
    let mut order = caller.cluster.order.borrow_mut();
    order.acquire_all(join, threads);
    drop(order);
    for lane in lanes(group.mask & !(1 << caller.thread.lane())) {
        caller.cluster.wake(first + lane, outputs[lane as usize]);
    }
    block.warps[warp as usize].borrow_mut().recycle(group);
    outputs[caller.thread.lane() as usize]
}

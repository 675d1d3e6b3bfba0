//! Barriers of the block.

use crate::context::{Caller, with_caller};
use crate::sync::{Arrival, BarrierReduce, Completion, Flavour};
use crate::thread::Wait;

/// `bar.sync id{, threads}`: waits until `threads` threads, or the whole block, arrived at barrier
/// `id`. Orders their memory accesses.
#[track_caller]
pub fn barrier_sync(id: u32, threads: Option<u32>) {
    with_caller(|caller| {
        let _ = arrive(caller, arrival(caller, id, threads));
    });
}

/// `bar.arrive id, threads`: counts the thread in at barrier `id` and goes on.
#[track_caller]
pub fn barrier_arrive(id: u32, threads: u32) {
    with_caller(|caller| {
        let arrival = Arrival {
            waits: false,
            ..arrival(caller, id, Some(threads))
        };
        arrive(caller, arrival);
    });
}

/// `bar.red id, predicate`: waits for the whole block and reduces the predicates of its threads.
/// `And` and `Or` yield 0 or 1.
#[track_caller]
pub fn barrier_reduce(id: u32, op: BarrierReduce, predicate: bool) -> u32 {
    with_caller(|caller| {
        let arrival = Arrival {
            flavour: Flavour::Reduce(op),
            predicate,
            ..arrival(caller, id, None)
        };
        arrive(caller, arrival)
    })
}

fn arrival(caller: Caller<'_>, id: u32, threads: Option<u32>) -> Arrival {
    Arrival {
        id,
        threads,
        flavour: Flavour::Sync,
        predicate: false,
        waits: true,
        line: caller.line,
    }
}

/// Arrives, waits if the arrival does, and takes the barrier's result.
fn arrive(caller: Caller<'_>, arrival: Arrival) -> u32 {
    let mut barriers = caller.block.barriers.borrow_mut();
    let entered = barriers.arrive(caller.thread, &arrival).map(|join| {
        let mut order = caller.cluster.order.borrow_mut();
        order.release(caller.thread.id, join);
    });
    let completed = entered.and_then(|()| barriers.complete(arrival.id));
    let threads = barriers.expected(arrival.threads);
    drop(barriers);
    let id = arrival.id;
    match caller.check(completed) {
        Some(done) => finish(caller, done),
        None if arrival.waits => caller.wait(Wait::Barrier { id, threads })[0],
        None => 0,
    }
}

/// Wakes the others who waited at a complete barrier.
fn finish(caller: Caller<'_>, done: Completion) -> u32 {
    let waiting = done.waiting.iter().copied();
    let mut order = caller.cluster.order.borrow_mut();
    order.acquire_all(done.join, waiting.clone());
    drop(order);
    for thread in waiting.filter(|thread| *thread != caller.thread.id) {
        caller.cluster.wake(thread, [done.result, 0, 0, 0]);
    }
    done.result
}

//! `mbarrier` objects in shared memory.
//!
//! PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier". An object takes 8
//! bytes, aligned to 8. Its phases are numbered from 0; waits name one by its parity.

use crate::block::Block;
use crate::context::{Caller, with_caller};
use crate::fault::Violation;
use crate::memory::Join;
use crate::sync::{Mbarrier, Test, finish_mbarrier};
use crate::thread::Wait;
use crate::transfer::{Transfer, Work};

/// `mbarrier.init.shared::cta.b64`: makes the 8 bytes at `address` a barrier for `count` arrivals.
#[track_caller]
pub fn mbarrier_init(address: u32, count: u32) {
    with_caller(|caller| {
        caller.tick();
        caller.check(init(caller, address, count));
    });
}

fn init(caller: Caller<'_>, address: u32, count: u32) -> Result<(), Violation> {
    let (block, address) = (caller.block, caller.own(address)?);
    let mut memory = block.shared.borrow_mut();
    let span = memory.aligned_span(address, 8, 8)?;
    memory.make_barrier(span.clone())?;
    let agent = caller.cluster.order.borrow_mut().new_agent();
    let order = caller.cluster.order.borrow();
    let mut history = block.history.borrow_mut();
    history.write(&order, span, caller.accessor())?;
    let mut mbarriers = block.mbarriers.borrow_mut();
    mbarriers.insert(address, count, agent, caller.accessor())
}

/// `mbarrier.inval.shared::cta.b64`: makes them plain bytes again, which hold nothing.
#[track_caller]
pub fn mbarrier_inval(address: u32) {
    with_caller(|caller| {
        caller.tick();
        caller.check(invalidate(caller, address));
    });
}

fn invalidate(caller: Caller<'_>, address: u32) -> Result<(), Violation> {
    let (block, address) = (caller.block, caller.own(address)?);
    caller.on_mbarrier(block, address, |_| Ok(()))?;
    block.mbarriers.borrow_mut().remove(address)?;
    let mut memory = block.shared.borrow_mut();
    let span = memory.aligned_span(address, 8, 8)?;
    memory.unmake_barrier(span);
    Ok(())
}

/// `mbarrier.arrive.release.{cta, cluster}`: counts `count` arrivals in. `address` may be another
/// block's (see [`mapa`](super::mapa)).
#[track_caller]
pub fn mbarrier_arrive(address: u32, count: u32) {
    with_caller(|caller| {
        arrive(caller, address, |object| object.arrive(count, caller.line));
    });
}

/// `mbarrier.arrive.expect_tx`: the phase waits for `bytes` more bytes, and counts one arrival in.
#[track_caller]
pub fn mbarrier_arrive_expect_tx(address: u32, bytes: u32) {
    with_caller(|caller| {
        arrive(caller, address, |object| {
            object.add_bytes(i64::from(bytes))?;
            object.arrive(1, caller.line)
        });
    });
}

/// `mbarrier.expect_tx.relaxed`: the phase waits for `bytes` more bytes.
#[track_caller]
pub fn mbarrier_expect_tx(address: u32, bytes: u32) {
    with_caller(|caller| {
        act(caller, address, |object| object.add_bytes(i64::from(bytes)));
    });
}

/// `mbarrier.complete_tx.relaxed`: as if a copy of `bytes` bytes had arrived.
#[track_caller]
pub fn mbarrier_complete_tx(address: u32, bytes: u32) {
    with_caller(|caller| {
        act(caller, address, |object| {
            object.add_bytes(-i64::from(bytes))
        });
    });
}

/// Arrives at a barrier: what the thread did before is ordered before the phase's end.
fn arrive(
    caller: Caller<'_>,
    address: u32,
    count: impl FnOnce(&mut Mbarrier) -> Result<(), Violation>,
) {
    act(caller, address, |object| {
        let mut order = caller.cluster.order.borrow_mut();
        order.release(caller.thread.id, &mut object.join);
        drop(order);
        count(object)
    });
}

/// Changes a barrier of any block of the cluster, and ends its phase if that is due.
fn act(
    caller: Caller<'_>,
    address: u32,
    change: impl FnOnce(&mut Mbarrier) -> Result<(), Violation>,
) {
    caller.tick();
    let done = caller.any(address).and_then(|(block, address)| {
        caller.on_mbarrier(block, address, change)?;
        finish_mbarrier(caller.cluster, block, address)
    });
    caller.check(done);
}

/// `mbarrier.try_wait.parity`: whether the phase of this parity has completed, after waiting for it
/// a while. It may say no at any time, as hardware does when its time limit is up.
#[must_use]
#[track_caller]
pub fn mbarrier_try_wait_parity(address: u32, parity: u32) -> bool {
    with_caller(|caller| {
        caller.tick();
        let pending = caller.check(test(caller, address, parity));
        let Some((block, address, phase)) = pending else {
            return true;
        };
        if caller.cluster.transfers.borrow_mut().gives_up() {
            caller.preempt();
            return false;
        }
        let waited = caller.on_mbarrier(block, address, |object| {
            object.wait(caller.thread.id);
            Ok(())
        });
        caller.check(waited);
        let rank = block.rank;
        caller.wait(Wait::Mbarrier {
            rank,
            address,
            phase,
        });
        true
    })
}

/// `mbarrier.test_wait.parity`: whether the phase of this parity has completed.
#[must_use]
#[track_caller]
pub fn mbarrier_test_wait_parity(address: u32, parity: u32) -> bool {
    with_caller(|caller| {
        let pending = caller.check(test(caller, address, parity));
        if pending.is_some() {
            // Polling is how threads spin.
            caller.preempt();
        }
        pending.is_none()
    })
}

/// A barrier of this block whose phase is not complete, or `None` if it is.
type Pending<'a> = Option<(&'a Block, u32, u32)>;

/// Tests a barrier. If the phase is complete, the caller knows what its end knew.
fn test<'a>(caller: Caller<'a>, address: u32, parity: u32) -> Result<Pending<'a>, Violation> {
    let address = caller.own(address)?;
    let found = caller.on_mbarrier(caller.block, address, |object| {
        let order = caller.cluster.order.borrow();
        let known = order.known(caller.thread.id, object.agent);
        object.test(parity, order.is_enabled().then_some(known))
    })?;
    match found {
        Test::Pending(phase) => Ok(Some((caller.block, address, phase))),
        Test::Complete(past) => {
            let mut order = caller.cluster.order.borrow_mut();
            order.acquire(caller.thread.id, &past);
            Ok(None)
        }
    }
}

/// `cp.async.mbarrier.arrive{.noinc}`: counts an arrival in when all of the thread's earlier
/// `cp.async` have landed. Without `noinc` the phase waits for that arrival in addition to its count.
#[track_caller]
pub fn cp_async_mbarrier_arrive(address: u32, noinc: bool) {
    with_caller(|caller| {
        caller.tick();
        caller.check(arrive_after_copies(caller, address, noinc));
    });
}

fn arrive_after_copies(caller: Caller<'_>, address: u32, noinc: bool) -> Result<(), Violation> {
    let address = caller.own(address)?;
    caller.on_mbarrier(caller.block, address, |object| {
        if !noinc {
            object.expect_arrival();
        }
        Ok(())
    })?;
    let mut join = Join::default();
    let mut order = caller.cluster.order.borrow_mut();
    let now = order.now(caller.thread.id);
    order.release(caller.thread.id, &mut join);
    drop(order);
    let mut copies = 0;
    for copy in caller.thread.copies.borrow_mut().iter_mut() {
        copy.arrival.get_or_insert(now);
        copies += 1;
    }
    caller.cluster.transfers.borrow_mut().push(Transfer {
        issuer: caller.thread.id,
        line: caller.line,
        work: Work::Arrive {
            copies,
            now,
            address,
            join,
        },
    });
    Ok(())
}

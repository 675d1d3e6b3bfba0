//! The threads of a warpgroup come to a `wgmma`, and the last one begins it for all.

use crate::context::Caller;
use crate::device::{Wgmma, WgmmaOperand};
use crate::fault::{FaultKind, Line, Violation};
use crate::memory::{Accessor, AsyncRead, Span};
use crate::thread::{WARP, WARPGROUP, Wait};
use crate::warpgroup::multiply::{self, Operands};
use crate::warpgroup::{Fragment, Product};

/// A `wgmma` at which some of the threads are.
pub(crate) struct Meeting {
    wgmma: Wgmma,
    /// Columns of the accumulator.
    n: usize,
    b: u64,
    line: Line,
    arrived: u32,
    brought: Vec<Option<Brought>>,
}

/// What a thread brings.
#[derive(Clone)]
pub(crate) struct Brought {
    pub(crate) a: WgmmaOperand,
    pub(crate) addend: Vec<f32>,
    /// The `wgmma` before on the same accumulator, or 0.
    previous: u64,
}

/// Begins `d = a b (+ d)` when the whole warpgroup is here.
pub(crate) fn begin<const R: usize>(
    caller: Caller<'_>,
    d: &mut Fragment<R>,
    (a, b): (WgmmaOperand, u64),
    wgmma: Wgmma,
) {
    let brought = caller.check(d.addend(caller).map(|addend| Brought {
        a,
        addend,
        previous: d.pending(),
    }));
    let complete = caller.check(arrive(caller, (wgmma, 2 * R, b), brought));
    match complete {
        None => {
            caller.wait(Wait::Warpgroup {
                name: "wgmma.mma_async",
            });
        }
        Some(meeting) => caller.check(execute(caller, meeting)),
    }
    d.lend(caller.thread.products.borrow().latest());
}

/// Counts the caller in. The last one takes the meeting.
fn arrive(
    caller: Caller<'_>,
    (wgmma, n, b): (Wgmma, usize, u64),
    brought: Brought,
) -> Result<Option<Meeting>, Violation> {
    let index = (caller.thread.linear / WARPGROUP) as usize;
    let Some(warpgroup) = caller.block.warpgroups.get(index) else {
        return Err(Violation::new(
            FaultKind::CollectiveMismatch,
            "wgmma takes a whole warpgroup, and this one has fewer than 128 threads",
        ));
    };
    let mut warpgroup = warpgroup.borrow_mut();
    let meeting = warpgroup.meeting.get_or_insert_with(|| Meeting {
        wgmma,
        n,
        b,
        line: caller.line,
        arrived: 0,
        brought: vec![None; WARPGROUP as usize],
    });
    meeting.check_agreement(caller, (wgmma, n, b), &brought)?;
    meeting.brought[(caller.thread.linear % WARPGROUP) as usize] = Some(brought);
    meeting.arrived += 1;
    let complete = meeting.arrived == WARPGROUP;
    Ok(complete.then(|| warpgroup.meeting.take()).flatten())
}

impl Meeting {
    /// The instruction and its descriptors are the same in all threads.
    fn check_agreement(
        &self,
        caller: Caller<'_>,
        (wgmma, n, b): (Wgmma, usize, u64),
        brought: &Brought,
    ) -> Result<(), Violation> {
        let same_a =
            self.brought
                .iter()
                .flatten()
                .next()
                .is_none_or(|first| match (first.a, brought.a) {
                    (WgmmaOperand::Shared(first), WgmmaOperand::Shared(a)) => first == a,
                    (WgmmaOperand::Registers(_), WgmmaOperand::Registers(_)) => true,
                    _ => false,
                });
        if same_a && self.line == caller.line && (self.wgmma, self.n, self.b) == (wgmma, n, b) {
            return Ok(());
        }
        let detail = format!(
            "another thread of the warpgroup is at the wgmma of {}, or has other descriptors",
            self.line
        );
        Err(Violation::new(FaultKind::CollectiveMismatch, detail))
    }
}

/// Reads the operands, works out the result and hands each thread its part.
fn execute(caller: Caller<'_>, meeting: Meeting) -> Result<(), Violation> {
    let brought: Vec<Brought> = meeting.brought.into_iter().flatten().collect();
    let operands = Operands::read(caller, &meeting.wgmma, meeting.n, &brought, meeting.b)?;
    for span in &operands.spans {
        check_visible(caller, span)?;
    }
    let product = note_reads(caller, operands.spans.clone());
    let outcomes = multiply::multiply(&meeting.wgmma, &operands, &brought);
    let first = caller.thread.id - caller.thread.linear % WARPGROUP;
    for ((id, brought), values) in (first..).zip(&brought).zip(outcomes) {
        let thread = caller.cluster.thread(id).1;
        let mut products = thread.products.borrow_mut();
        products.begin(product, brought.previous, values);
        drop(products);
        if id != caller.thread.id {
            caller.cluster.wake(id, Default::default());
        }
    }
    Ok(())
}

/// Every warp reads the operands: what it has not waited for, or nobody fenced, it may not see.
fn check_visible(caller: Caller<'_>, span: &Span) -> Result<(), Violation> {
    let first = caller.thread.id - caller.thread.linear % WARPGROUP;
    let mut leaders = (first..first + WARPGROUP).step_by(WARP as usize);
    let mut seen = None;
    leaders.try_for_each(|leader| {
        let order = caller.cluster.order.borrow();
        let repeats = seen.is_some_and(|seen| order.know_alike(seen, leader));
        drop(order);
        seen = Some(leader);
        match repeats {
            true => Ok(()),
            false => caller.check_async_read(span.clone(), leader),
        }
    })
}

/// The warpgroup reads the operands, until it is waited for.
fn note_reads(caller: Caller<'_>, spans: Vec<Span>) -> Product {
    let (cluster, block) = (caller.cluster, caller.block);
    let warpgroup = &block.warpgroups[(caller.thread.linear / WARPGROUP) as usize];
    let agent = warpgroup.borrow().agent;
    let mut order = cluster.order.borrow_mut();
    order.advance(agent);
    let accessor = Accessor {
        stamp: order.now(agent),
        thread: caller.thread.id,
        line: caller.line,
    };
    let mut history = block.history.borrow_mut();
    for span in &spans {
        history.record_read(span.clone(), accessor);
    }
    let number = cluster.transfers.borrow_mut().next_number();
    block.shared.borrow_mut().begin_read(AsyncRead {
        number,
        instruction: "wgmma",
        line: caller.line,
        spans,
    });
    Product {
        number,
        read: accessor.stamp,
    }
}

/// Waits for all but the `pending` youngest groups.
pub(crate) fn wait(caller: Caller<'_>, pending: u32) {
    let done = caller.thread.products.borrow_mut().wait(pending);
    let mut memory = caller.block.shared.borrow_mut();
    let mut order = caller.cluster.order.borrow_mut();
    for product in done {
        memory.end_read(product.number);
        order.learn(caller.thread.id, product.read);
    }
}

//! Runs one cluster from its first thread's start to its last thread's end.

use crate::cluster::Cluster;
use crate::context::Entered;
use crate::coroutine::{Fiber, Stacks, Turn};
use crate::fault::{Fault, FaultKind, SourceLine, Violation};
use crate::panic_capture;
use crate::sync::{exit, idle};
use crate::thread::Thread;
use crate::transfer;

/// The kernel, as each thread runs it.
pub(crate) type Kernel<'a> = &'a (dyn Fn() + Sync);

/// Runs `cluster`, unless `cancelled` says between two rounds that nobody needs its result.
pub(crate) fn run(
    cluster: Cluster,
    kernel: Kernel<'_>,
    cancelled: impl Fn() -> bool,
) -> Result<(), Fault> {
    let mut stacks = stacks(&cluster)?;
    let mut fibers = fibers(&cluster, kernel, &mut stacks);
    run_rounds(&cluster, &mut fibers, &mut stacks, cancelled);
    for (id, fiber) in (0..).zip(fibers) {
        // SAFETY: the cluster outlives this iteration.
        let _entered = unsafe { Entered::new(&cluster, id) };
        stacks.extend(fiber.map(Fiber::finish));
    }
    cluster.into_fault().map_or(Ok(()), Err)
}

fn stacks(cluster: &Cluster) -> Result<Stacks, Fault> {
    let (count, bytes) = (cluster.threads().count(), cluster.options.stack_bytes);
    Stacks::take(count, bytes).map_err(|error| Fault {
        kernel: cluster.kernel,
        kind: FaultKind::OutOfMemory,
        block: Some(cluster.blocks[0].index),
        thread: None,
        location: None,
        detail: format!("{count} stacks of {bytes} bytes: {error}").into(),
        seed: cluster.options.seed,
    })
}

/// A coroutine for each thread, by id.
fn fibers(cluster: &Cluster, kernel: Kernel<'_>, stacks: &mut Stacks) -> Vec<Option<Fiber>> {
    let ids = cluster.config.thread_stride() as usize * cluster.blocks.len();
    let mut fibers: Vec<Option<Fiber>> = (0..ids).map(|_| None).collect();
    for thread in cluster.threads() {
        fibers[thread.id as usize] = spawn(thread, kernel, stacks);
    }
    fibers
}

fn spawn(thread: &Thread, kernel: Kernel<'_>, stacks: &mut Stacks) -> Option<Fiber> {
    let stack = stacks.pop()?;
    // SAFETY: `run` finishes every fiber before the thread and the kernel go out of scope.
    let fiber = unsafe {
        Fiber::new(stack, |yielder| {
            thread.yielder.set(yielder);
            kernel();
        })
    };
    Some(fiber)
}

fn run_rounds(
    cluster: &Cluster,
    fibers: &mut [Option<Fiber>],
    stacks: &mut Stacks,
    cancelled: impl Fn() -> bool,
) {
    let mut round = Vec::with_capacity(fibers.len());
    while !cancelled() {
        cluster.ready.borrow_mut().take_round(&mut round);
        let stuck = round.is_empty() && !idle::resolve(cluster);
        if stuck || cluster.has_fault() {
            return;
        }
        for &id in &round {
            run_turn(cluster, cluster.thread(id).1, fibers, stacks);
            if cluster.has_fault() {
                return;
            }
        }
        if cluster.is_impatient() {
            transfer::land_one(cluster);
        }
    }
}

fn run_turn(cluster: &Cluster, thread: &Thread, fibers: &mut [Option<Fiber>], stacks: &mut Stacks) {
    let slot = &mut fibers[thread.id as usize];
    let Some(fiber) = slot else { return };
    // SAFETY: the cluster outlives this turn.
    let entered = unsafe { Entered::new(cluster, thread.id) };
    let turn = fiber.resume();
    drop(entered);
    match turn {
        Turn::Suspended => return,
        Turn::Returned => returned(cluster, thread),
        Turn::Panicked(payload) => {
            let line = panic_capture::take_location().unwrap_or_else(unknown_line);
            let detail = panic_capture::message(&*payload).to_owned();
            cluster.record_fault(thread, line, Violation::new(FaultKind::Panic, detail));
        }
        Turn::Trapped(trap) => {
            let (line, violation) = trap.report();
            cluster.record_fault(thread, line.unwrap_or_else(unknown_line), violation);
        }
    }
    stacks.extend(slot.take().map(Fiber::finish));
}

/// A thread that leaves may break a promise to those who wait; they know where.
fn returned(cluster: &Cluster, thread: &Thread) {
    let Err(violation) = exit::leave(cluster, thread) else {
        return;
    };
    let waiting = cluster.threads().find_map(|other| other.waits.get());
    let line = waiting.map_or_else(unknown_line, |(_, line)| line.into());
    cluster.record_fault(thread, line, violation);
}

fn unknown_line() -> SourceLine {
    SourceLine {
        file: "<unknown>".into(),
        line: 0,
        column: 0,
    }
}

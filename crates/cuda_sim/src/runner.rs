//! Runs one block from its first thread's start to its last thread's end.

use crate::block::Block;
use crate::context::Entered;
use crate::coroutine::{Fiber, Stacks, Turn};
use crate::fault::{Fault, FaultKind, SourceLine, Violation};
use crate::panic_capture;
use crate::sync::idle;
use crate::thread::Thread;

/// The kernel, as each thread runs it.
pub(crate) type Kernel<'a> = &'a (dyn Fn() + Sync);

/// Runs `block`, unless `cancelled` says between two rounds that nobody needs its result.
pub(crate) fn run(
    block: Block,
    kernel: Kernel<'_>,
    cancelled: impl Fn() -> bool,
) -> Result<(), Fault> {
    let mut stacks = stacks(&block)?;
    let mut fibers: Vec<Option<Fiber>> = (block.threads.iter())
        .map(|thread| spawn(thread, kernel, &mut stacks))
        .collect();
    run_rounds(&block, &mut fibers, &mut stacks, cancelled);
    for (thread, fiber) in block.threads.iter().zip(fibers) {
        // SAFETY: the block outlives this iteration.
        let _entered = unsafe { Entered::new(&block, thread.linear) };
        stacks.extend(fiber.map(Fiber::finish));
    }
    block.into_fault().map_or(Ok(()), Err)
}

fn stacks(block: &Block) -> Result<Stacks, Fault> {
    let (count, bytes) = (block.threads.len(), block.options.stack_bytes);
    Stacks::take(count, bytes).map_err(|error| Fault {
        kernel: block.kernel,
        kind: FaultKind::OutOfMemory,
        block: Some(block.index),
        thread: None,
        location: None,
        detail: format!("{count} stacks of {bytes} bytes: {error}").into(),
        seed: block.options.seed,
    })
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
    block: &Block,
    fibers: &mut [Option<Fiber>],
    stacks: &mut Stacks,
    cancelled: impl Fn() -> bool,
) {
    let mut round = Vec::with_capacity(fibers.len());
    while !cancelled() {
        block.ready.borrow_mut().take_round(&mut round);
        if round.is_empty() && !idle::resolve(block) {
            return;
        }
        for &thread in &round {
            run_turn(block, &block.threads[thread as usize], fibers, stacks);
            if block.has_fault() {
                return;
            }
        }
    }
}

fn run_turn(block: &Block, thread: &Thread, fibers: &mut [Option<Fiber>], stacks: &mut Stacks) {
    let slot = &mut fibers[thread.linear as usize];
    let Some(fiber) = slot else { return };
    // SAFETY: the block outlives this turn.
    let entered = unsafe { Entered::new(block, thread.linear) };
    let turn = fiber.resume();
    drop(entered);
    match turn {
        Turn::Suspended => return,
        Turn::Returned => returned(block, thread),
        Turn::Panicked(payload) => {
            let line = panic_capture::take_location().unwrap_or_else(unknown_line);
            let detail = panic_capture::message(&*payload).to_owned();
            block.record_fault(thread, line, Violation::new(FaultKind::Panic, detail));
        }
    }
    stacks.extend(slot.take().map(Fiber::finish));
}

/// A thread that leaves may break a promise to those who wait; they know where.
fn returned(block: &Block, thread: &Thread) {
    let Err(violation) = block.thread_exited(thread) else {
        return;
    };
    let waiting = block.threads.iter().find_map(|other| other.waits.get());
    let line = waiting.map_or_else(unknown_line, |(_, line)| line.into());
    block.record_fault(thread, line, violation);
}

fn unknown_line() -> SourceLine {
    SourceLine {
        file: "<unknown>".into(),
        line: 0,
        column: 0,
    }
}

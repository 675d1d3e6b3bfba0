//! What happens when no thread of a block can run.
//!
//! Lanes at `activemask` go on: with all the others stuck or gone, they are as converged as they
//! will be. If there are none, nobody ever goes on: the report lists who waits where.

use std::collections::BTreeMap;

use crate::block::Block;
use crate::fault::{FaultKind, Line, Violation};
use crate::thread::{Thread, WARP, Wait};

/// Waiting threads by what they wait for and where.
type Groups = BTreeMap<(Wait, (&'static str, u32, u32)), Vec<u32>>;

/// Lets threads go on if that is possible. If not, all have left or the block gets a fault.
pub(crate) fn resolve(block: &Block) -> bool {
    if block.exited.get() as usize == block.threads.len() {
        return false;
    }
    let converged = converged_lanes(block);
    for ((warp, _), mask) in &converged {
        for lane in (0..WARP).filter(|lane| mask >> lane & 1 == 1) {
            block.wake(warp * WARP + lane, [*mask, 0, 0, 0]);
        }
    }
    if converged.is_empty() {
        report_deadlock(block);
    }
    !converged.is_empty()
}

/// The lanes at `activemask`, by warp and source line.
fn converged_lanes(block: &Block) -> BTreeMap<(u32, (&'static str, u32, u32)), u32> {
    let mut masks = BTreeMap::new();
    for (thread, wait, line) in waiting(block) {
        if wait == Wait::Convergence {
            *masks.entry((thread.warp(), key(line))).or_insert(0) |= 1 << thread.lane();
        }
    }
    masks
}

fn report_deadlock(block: &Block) {
    let Some((culprit, _, line)) = waiting(block).next() else {
        return;
    };
    let mut groups = Groups::new();
    for (thread, wait, line) in waiting(block) {
        groups
            .entry((wait, key(line)))
            .or_default()
            .push(thread.linear);
    }
    let violation = Violation::new(kind(block, &groups), describe(block, &groups));
    block.record_fault(culprit, line.into(), violation);
}

/// A barrier of the whole block that not all reach is a divergent barrier, whatever else waits.
fn kind(block: &Block, groups: &Groups) -> FaultKind {
    let barriers = block.barriers.borrow();
    let divergent = groups.keys().any(|(wait, _)| match wait {
        Wait::Barrier { id, .. } => barriers.holds_whole_block(*id),
        _ => false,
    });
    match divergent {
        true => FaultKind::DivergentBarrier,
        false => FaultKind::Deadlock,
    }
}

fn describe(block: &Block, groups: &Groups) -> String {
    let mut lines = vec![format!(
        "no thread can run; {} of {} left the kernel, and of the others",
        block.exited.get(),
        block.threads.len()
    )];
    for ((wait, (file, line, column)), threads) in groups {
        let threads = ranges(threads);
        lines.push(format!(
            "threads {threads} wait at {wait}, {file}:{line}:{column}"
        ));
    }
    lines.join("\n")
}

fn waiting(block: &Block) -> impl Iterator<Item = (&Thread, Wait, Line)> {
    block.threads.iter().filter_map(|thread| {
        let (wait, line) = thread.waits.get()?;
        Some((thread, wait, line))
    })
}

fn key(line: Line) -> (&'static str, u32, u32) {
    (line.file(), line.line(), line.column())
}

/// Ascending numbers as `0-31, 64, 70-71`.
fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let texts: Vec<String> = runs
        .map(|run| match run {
            [single] => single.to_string(),
            _ => format!("{}-{}", run[0], run[run.len() - 1]),
        })
        .collect();
    texts.join(", ")
}

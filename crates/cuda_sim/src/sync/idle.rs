//! What happens when no thread of a cluster can run.
//!
//! Lanes at `activemask` go on: with all the others stuck or gone, they are as converged as they
//! will be. Then asynchronous copies land, one at a time. If there is nothing of the kind, nobody
//! ever goes on: the report lists who waits where.

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::fault::{FaultKind, Line, Violation};
use crate::thread::{Thread, WARP, Wait};
use crate::transfer;

/// A source line, in an order.
type Key = (&'static str, u32, u32);
/// Waiting threads by what they wait for and where, each block's apart.
type Groups = BTreeMap<(u32, Wait, Key), Vec<u32>>;

/// Lets threads go on if that is possible. If not, all have left or the cluster gets a fault.
pub(crate) fn resolve(cluster: &Cluster) -> bool {
    if waiting(cluster).next().is_none() {
        return false;
    }
    if release_converged(cluster) || transfer::land_one(cluster) {
        return true;
    }
    report_deadlock(cluster);
    false
}

/// Wakes the lanes at `activemask`.
fn release_converged(cluster: &Cluster) -> bool {
    let converged = converged_lanes(cluster);
    for ((first, _), mask) in &converged {
        for lane in (0..WARP).filter(|lane| mask >> lane & 1 == 1) {
            cluster.wake(first + lane, [*mask, 0, 0, 0]);
        }
    }
    !converged.is_empty()
}

/// The lanes at `activemask`, by their warp's first thread and by source line.
fn converged_lanes(cluster: &Cluster) -> BTreeMap<(u32, Key), u32> {
    let mut masks = BTreeMap::new();
    for (thread, wait, line) in waiting(cluster) {
        if wait == Wait::Convergence {
            let first = thread.id - thread.lane();
            *masks.entry((first, key(line))).or_insert(0) |= 1 << thread.lane();
        }
    }
    masks
}

fn report_deadlock(cluster: &Cluster) {
    let Some((culprit, _, line)) = waiting(cluster).next() else {
        return;
    };
    let mut groups = Groups::new();
    for (thread, wait, line) in waiting(cluster) {
        let rank = cluster.thread(thread.id).0.rank;
        let group = groups.entry((rank, wait, key(line))).or_default();
        group.push(thread.linear);
    }
    let violation = Violation::new(kind(cluster, &groups), describe(cluster, &groups));
    cluster.record_fault(culprit, line.into(), violation);
}

/// A barrier of the whole block that not all reach is a divergent barrier, and a warp that waits for
/// registers overran the pool, whatever else waits.
fn kind(cluster: &Cluster, groups: &Groups) -> FaultKind {
    let divergent = |(rank, wait, _): &(u32, Wait, Key)| match wait {
        Wait::Barrier { id, .. } => {
            let block = &cluster.blocks[*rank as usize];
            block.barriers.borrow().holds_whole_block(*id)
        }
        _ => false,
    };
    let registers = |(_, wait, _): &(u32, Wait, Key)| matches!(wait, Wait::Registers { .. });
    if groups.keys().any(registers) {
        FaultKind::RegisterPool
    } else if groups.keys().any(divergent) {
        FaultKind::DivergentBarrier
    } else {
        FaultKind::Deadlock
    }
}

fn describe(cluster: &Cluster, groups: &Groups) -> String {
    let mut lines = vec![format!(
        "no thread can run; {} of {} left the kernel, and of the others",
        cluster.exited(),
        cluster.threads().count()
    )];
    for ((rank, wait, (file, line, column)), threads) in groups {
        let block = match cluster.blocks.len() {
            1 => String::new(),
            _ => format!(" of block {rank} of the cluster"),
        };
        let (threads, details) = (ranges(threads), details(cluster, *rank, *wait));
        lines.push(format!(
            "threads {threads}{block} wait at {wait}, {file}:{line}:{column}{details}"
        ));
    }
    lines.join("\n")
}

/// Why what `wait` waits for has not come.
fn details(cluster: &Cluster, rank: u32, wait: Wait) -> String {
    match wait {
        Wait::Mbarrier { rank, address, .. } => {
            let mbarriers = cluster.blocks[rank as usize].mbarriers.borrow();
            let object = mbarriers.find(address);
            object.map_or_else(String::new, |object| format!("; {}", object.missing()))
        }
        Wait::Registers { .. } => {
            let pool = cluster.blocks[rank as usize].registers.borrow();
            format!("; {}", pool.describe())
        }
        _ => String::new(),
    }
}

fn waiting(cluster: &Cluster) -> impl Iterator<Item = (&Thread, Wait, Line)> {
    cluster.threads().filter_map(|thread| {
        let (wait, line) = thread.waits.get()?;
        Some((thread, wait, line))
    })
}

fn key(line: Line) -> Key {
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

//! What a thread owes when it returns from the kernel, and what its leaving lets others do.

use crate::block::Block;
use crate::cluster::Cluster;
use crate::fault::{FaultKind, Violation};
use crate::sync::finish_cluster_barrier;
use crate::thread::Thread;
use crate::transfer;

/// `thread` leaves.
pub(crate) fn leave(cluster: &Cluster, thread: &Thread) -> Result<(), Violation> {
    let block = cluster.thread(thread.id).0;
    cluster.progress();
    thread.exited.set(true);
    block.exited.set(block.exited.get() + 1);
    transfer::finish_stores(thread)?;
    cluster.barrier.borrow_mut().exit(thread.id);
    finish_cluster_barrier(cluster);
    block.barriers.borrow_mut().exit(thread)?;
    let mut warp = block.warps[thread.warp() as usize].borrow_mut();
    warp.exit(thread.lane())?;
    match block.has_exited() {
        true => check_quiet(cluster, block),
        false => Ok(()),
    }
}

/// That no copy will land in a block whose last thread left.
fn check_quiet(cluster: &Cluster, block: &Block) -> Result<(), Violation> {
    let transfers = cluster.transfers.borrow();
    let Some(line) = transfers.line_into(block.rank) else {
        return Ok(());
    };
    let detail = format!("the block left while the copy of {line} into it is under way");
    Err(Violation::new(FaultKind::ExitInFlight, detail))
}

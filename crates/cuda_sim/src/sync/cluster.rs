//! Ends of phases: of the cluster's barrier and of `mbarrier`s, with all that follows from them.

use crate::block::Block;
use crate::cluster::Cluster;
use crate::fault::{FaultKind, Violation};
use crate::memory::place;
use crate::warp::Output;

/// Lets those go on who wait at the cluster's barrier, if all have arrived.
pub(crate) fn finish_cluster_barrier(cluster: &Cluster) {
    let Some(complete) = cluster.barrier.borrow_mut().complete() else {
        return;
    };
    let mut order = cluster.order.borrow_mut();
    let past = order.conclude(complete.join);
    for thread in &complete.waiting {
        order.acquire(*thread, &past);
    }
    drop(order);
    cluster.barrier.borrow_mut().remember(past);
    for thread in complete.waiting {
        cluster.wake(thread, Output::default());
    }
}

/// Ends the present phase of the `mbarrier` at `address`, if nothing is left to come.
pub(crate) fn finish_mbarrier(
    cluster: &Cluster,
    block: &Block,
    address: u32,
) -> Result<(), Violation> {
    cluster.progress();
    let Some(end) = block.mbarriers.borrow_mut().get(address)?.end_phase() else {
        return Ok(());
    };
    check_all_landed(cluster, block, address)?;
    let mut order = cluster.order.borrow_mut();
    let past = order.conclude(end.join);
    let past = order.with(past, end.stamp);
    for thread in &end.waiting {
        order.acquire(*thread, &past);
    }
    drop(order);
    block.mbarriers.borrow_mut().get(address)?.remember(past);
    for thread in end.waiting {
        cluster.wake(thread, Output::default());
    }
    Ok(())
}

/// That no copy is on its way to a barrier whose phase ended.
fn check_all_landed(cluster: &Cluster, block: &Block, address: u32) -> Result<(), Violation> {
    let Some(line) = cluster.transfers.borrow().line_to(block.rank, address) else {
        return Ok(());
    };
    let detail = format!(
        "a phase of the mbarrier at {} completed while the copy of {line} is under way: expect_tx \
         said too few bytes",
        place(address)
    );
    Err(Violation::new(FaultKind::TransactionCount, detail))
}

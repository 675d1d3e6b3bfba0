//! Landing: the bytes of a copy arrive, and those who wait for them hear of it.

use std::borrow::Cow;
use std::slice;

use crate::block::Block;
use crate::cluster::Cluster;
use crate::fault::{Line, Violation};
use crate::memory::{Accessor, Copy, Join, Stamp};
use crate::sync::finish_mbarrier;
use crate::thread::Thread;
use crate::transfer::{Destination, Piece, Source, Transfer, Work};

/// Lands a copy, if any is under way. A rule that it breaks ends the launch.
pub(crate) fn land_one(cluster: &Cluster) -> bool {
    let transfer = cluster.transfers.borrow_mut().take_one();
    let Some(transfer) = transfer else {
        return false;
    };
    let (issuer, line) = (cluster.thread(transfer.issuer).1, transfer.line);
    if let Err(violation) = land(cluster, transfer) {
        cluster.record_fault(issuer, line.into(), violation);
    }
    true
}

fn land(cluster: &Cluster, transfer: Transfer) -> Result<(), Violation> {
    let (issuer, line) = (transfer.issuer, transfer.line);
    match transfer.work {
        Work::Load {
            pieces,
            bytes,
            destinations,
        } => {
            for destination in &destinations {
                let accessor = accessor(cluster, (issuer, line), *destination)?;
                let write = |piece| write(cluster, destination.rank, accessor, piece);
                pieces.iter().for_each(write);
            }
            let complete = |destination| complete(cluster, destination, bytes);
            destinations.iter().try_for_each(complete)
        }
        Work::Arrive {
            copies,
            now,
            address,
            join,
        } => {
            let (block, thread) = cluster.thread(issuer);
            land_copies(cluster, thread, now, copies)?;
            arrive(cluster, block, address, (join, line))
        }
    }
}

/// The arrival that waited for copies.
fn arrive(
    cluster: &Cluster,
    block: &Block,
    address: u32,
    (join, line): (Join, Line),
) -> Result<(), Violation> {
    let mut mbarriers = block.mbarriers.borrow_mut();
    let object = mbarriers.get(address)?;
    object.join.merge(join);
    object.arrive(1, line)?;
    drop(mbarriers);
    finish_mbarrier(cluster, block, address)
}

/// The barrier writes in the phase that will complete; the issuer is to blame.
fn accessor(
    cluster: &Cluster,
    (issuer, line): (u32, Line),
    destination: Destination,
) -> Result<Accessor, Violation> {
    let mut mbarriers = cluster.blocks[destination.rank as usize]
        .mbarriers
        .borrow_mut();
    Ok(Accessor {
        stamp: mbarriers.get(destination.barrier)?.landing(),
        thread: issuer,
        line,
    })
}

fn write(cluster: &Cluster, rank: u32, accessor: Accessor, piece: &Piece) {
    let block = &cluster.blocks[rank as usize];
    let mut memory = block.shared.borrow_mut();
    // The span was checked when the copy began.
    let Ok(span) = memory.aligned_span(piece.address, piece.bytes as usize, 1) else {
        return;
    };
    memory.land(span.clone(), &bytes(piece));
    if let Some(swizzle) = piece.swizzle {
        memory.mark_swizzled(&span, swizzle);
    }
    block.history.borrow_mut().record_write(span, accessor);
}

/// The bytes that land.
fn bytes(piece: &Piece) -> Cow<'_, [u8]> {
    let length = piece.bytes as usize;
    // SAFETY: whoever began the copy promised that its source stays readable until it lands.
    let global = |source: *const u8| unsafe { slice::from_raw_parts(source, length) };
    match piece.source {
        Source::Bytes(ref bytes) => Cow::Borrowed(bytes),
        Source::Global(source) => Cow::Borrowed(global(source)),
        Source::Tensor(source, dtype) => {
            let mut elements = global(source).to_vec();
            dtype.convert_loaded(&mut elements);
            Cow::Owned(elements)
        }
    }
}

fn complete(cluster: &Cluster, destination: &Destination, bytes: u32) -> Result<(), Violation> {
    let block = &cluster.blocks[destination.rank as usize];
    let mut mbarriers = block.mbarriers.borrow_mut();
    mbarriers
        .get(destination.barrier)?
        .add_bytes(-i64::from(bytes))?;
    drop(mbarriers);
    finish_mbarrier(cluster, block, destination.barrier)
}

/// Lands the thread's first `count` `cp.async`, as writes that it does at `now`.
fn land_copies(
    cluster: &Cluster,
    thread: &Thread,
    now: Stamp,
    count: usize,
) -> Result<(), Violation> {
    let mut copies = thread.copies.borrow_mut();
    let mut outstanding = copies.iter_mut().take(count);
    outstanding.try_for_each(|copy| land_copy(cluster, thread, now, copy))
}

/// Lands one `cp.async`, unless it has landed.
pub(crate) fn land_copy(
    cluster: &Cluster,
    thread: &Thread,
    now: Stamp,
    copy: &mut Copy,
) -> Result<(), Violation> {
    if copy.landed {
        return Ok(());
    }
    copy.landed = true;
    let block = cluster.thread(thread.id).0;
    let span = copy.target.clone();
    let bytes = copy.read();
    let mut memory = block.shared.borrow_mut();
    memory.land(span.clone(), &bytes[..span.len()]);
    let accessor = Accessor {
        stamp: copy.arrival.unwrap_or(now),
        thread: thread.id,
        line: copy.line,
    };
    let order = cluster.order.borrow();
    block.history.borrow_mut().write(&order, span, accessor)
}

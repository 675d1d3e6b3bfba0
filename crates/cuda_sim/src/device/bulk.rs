//! Bulk copies: many bytes at a time, by the asynchronous proxy.
//!
//! PTX ISA, "Data Movement and Conversion Instructions: cp.async.bulk". Sizes and both addresses are
//! multiples of 16.

use tensor_map::{ReduceOp, ReduceType};

use super::clusters::destination;
use crate::context::{Caller, with_caller};
use crate::fault::{FaultKind, Violation};
use crate::memory::split;
use crate::transfer::{
    Destination, Piece, Put, Reduction, Source, begin_load, begin_store, ranks, wait_stores,
};

/// What sizes and addresses of bulk copies are multiples of.
const ALIGNMENT: usize = 16;

/// `cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes{.multicast::cluster}`: copies
/// `bytes` bytes to `destination`, and completes as many on `barrier`. With `multicast` it does so
/// in each block whose bit is set, at the same offsets.
///
/// # Safety
/// `bytes` bytes at `source` are readable until the copy has completed.
#[track_caller]
pub unsafe fn bulk_load(
    destination: u32,
    source: *const u8,
    bytes: u32,
    barrier: u32,
    multicast: Option<u16>,
) {
    with_caller(|caller| {
        caller.tick();
        let loaded = aligned("cp.async.bulk", bytes, source.addr()).and_then(|()| {
            let source = Source::Global(source);
            load(caller, destination, (source, bytes), barrier, multicast)
        });
        caller.check(loaded);
    });
}

fn load(
    caller: Caller<'_>,
    address: u32,
    (source, bytes): (Source, u32),
    barrier: u32,
    multicast: Option<u16>,
) -> Result<(), Violation> {
    let (rank, address) = split(address);
    let piece = piece(caller, address, (source, bytes))?;
    let barrier = self::destination(rank, barrier)?.barrier;
    let ranks = match multicast {
        None => vec![rank],
        Some(_) => ranks(caller, multicast)?,
    };
    let destinations = ranks.iter().map(|&rank| Destination { rank, barrier });
    begin_load(caller, vec![piece], destinations.collect())
}

fn piece(
    caller: Caller<'_>,
    address: u32,
    (source, bytes): (Source, u32),
) -> Result<Piece, Violation> {
    let memory = caller.block.shared.borrow();
    memory.aligned_span(address, bytes as usize, ALIGNMENT as u32)?;
    Ok(Piece {
        address,
        bytes,
        source,
        swizzle: None,
    })
}

/// `cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes`: copies to another block
/// of the cluster, which holds `barrier` too.
#[track_caller]
pub fn bulk_copy_to_cluster(destination: u32, source: u32, bytes: u32, barrier: u32) {
    with_caller(|caller| {
        caller.tick();
        caller.check(copy_to_cluster(
            caller,
            destination,
            source,
            (bytes, barrier),
        ));
    });
}

fn copy_to_cluster(
    caller: Caller<'_>,
    destination: u32,
    source: u32,
    (bytes, barrier): (u32, u32),
) -> Result<(), Violation> {
    aligned("cp.async.bulk", bytes, 0)?;
    let source = caller.own(source)?;
    let memory = caller.block.shared.borrow();
    let span = memory.aligned_span(source, bytes as usize, ALIGNMENT as u32)?;
    drop(memory);
    caller.check_async_read(span.clone(), caller.thread.id)?;
    let memory = caller.block.shared.borrow();
    let bytes_read = memory.read(span)?.into();
    drop(memory);
    load(
        caller,
        destination,
        (Source::Bytes(bytes_read), bytes),
        barrier,
        None,
    )
}

/// `cp.async.bulk.global.shared::cta.bulk_group`: copies to global memory, in the open bulk group.
///
/// # Safety
/// `bytes` bytes at `destination` are writable until the copy has completed.
#[track_caller]
pub unsafe fn bulk_store(destination: *mut u8, source: u32, bytes: u32) {
    with_caller(|caller| {
        caller.tick();
        let stored = store(caller, "cp.async.bulk", destination, (source, bytes), None);
        caller.check(stored);
    });
}

/// `cp.reduce.async.bulk.global.shared::cta.bulk_group`: reduces into global memory.
///
/// # Safety
/// As [`bulk_store`].
#[track_caller]
pub unsafe fn bulk_reduce(
    destination: *mut u8,
    source: u32,
    bytes: u32,
    reduction: (ReduceOp, ReduceType),
) {
    with_caller(|caller| {
        caller.tick();
        let name = "cp.reduce.async.bulk";
        let stored = store(caller, name, destination, (source, bytes), Some(reduction));
        caller.check(stored);
    });
}

fn store(
    caller: Caller<'_>,
    name: &'static str,
    target: *mut u8,
    (source, bytes): (u32, u32),
    reduction: Option<Reduction>,
) -> Result<(), Violation> {
    aligned(name, bytes, target.addr())?;
    let address = caller.own(source)?;
    let memory = caller.block.shared.borrow();
    memory.aligned_span(address, bytes as usize, ALIGNMENT as u32)?;
    drop(memory);
    let put = Put {
        address,
        target,
        bytes,
    };
    begin_store(caller, name, &[put], reduction)
}

fn aligned(name: &str, bytes: u32, global: usize) -> Result<(), Violation> {
    if (bytes as usize).is_multiple_of(ALIGNMENT) && global.is_multiple_of(ALIGNMENT) {
        return Ok(());
    }
    let detail = format!("{name} of {bytes} bytes at {global:#x}: both need {ALIGNMENT}");
    Err(Violation::new(FaultKind::Misaligned, detail))
}

/// `cp.async.bulk.commit_group`: closes the thread's open bulk group.
#[track_caller]
pub fn bulk_commit_group() {
    with_caller(|caller| caller.thread.stores.borrow_mut().commit());
}

/// `cp.async.bulk.wait_group{.read} pending`: waits until at most `pending` of the thread's youngest
/// bulk groups are under way; with `read`, until the others have read their source.
#[track_caller]
pub fn bulk_wait_group(pending: u32, read: bool) {
    with_caller(|caller| caller.check(wait_stores(caller, pending, read)));
}

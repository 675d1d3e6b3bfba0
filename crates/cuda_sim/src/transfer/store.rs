//! Copies from shared to global memory, in bulk groups.
//!
//! PTX ISA, "cp.async.bulk", "cp.reduce.async.bulk": `wait_group.read` ends the read of shared memory,
//! `wait_group` the copy. The bytes reach global memory no sooner than that.

use std::slice;

use tensor_map::{ReduceOp, ReduceType, reduce};

use crate::block::Block;
use crate::cluster::Cluster;
use crate::context::Caller;
use crate::fault::{FaultKind, Line, Violation};
use crate::global;
use crate::memory::{Accessor, AsyncRead, Span};
use crate::thread::Thread;

/// Bytes for one place in global memory.
pub(crate) struct Put {
    /// Where in the block's shared memory they are.
    pub(crate) address: u32,
    pub(crate) target: *mut u8,
    pub(crate) bytes: u32,
}

/// How a store changes global memory, where it does not overwrite.
pub(crate) type Reduction = (ReduceOp, ReduceType);

/// A store under way.
pub(crate) struct Store {
    /// The number of its read of shared memory.
    number: u64,
    /// The parts of its source and where each goes.
    parts: Vec<(Span, *mut u8)>,
    reduction: Option<Reduction>,
    /// What it has read.
    bytes: Option<Vec<u8>>,
    line: Line,
}

/// Begins a store of `puts` in the caller's open bulk group.
pub(crate) fn begin_store(
    caller: Caller<'_>,
    instruction: &'static str,
    puts: &[Put],
    reduction: Option<Reduction>,
) -> Result<(), Violation> {
    check_reduction(reduction)?;
    caller.block.dependence.copies(caller);
    let parts: Result<Vec<_>, _> = puts.iter().map(|put| part(caller, put)).collect();
    let parts = parts?;
    let number = caller.cluster.transfers.borrow_mut().next_number();
    caller.block.shared.borrow_mut().begin_read(AsyncRead {
        number,
        instruction,
        line: caller.line,
        spans: parts.iter().map(|(span, _)| span.clone()).collect(),
    });
    caller.thread.stores.borrow_mut().push(Store {
        number,
        parts,
        reduction,
        bytes: None,
        line: caller.line,
    });
    Ok(())
}

fn check_reduction(reduction: Option<Reduction>) -> Result<(), Violation> {
    match reduction {
        Some((op, dtype)) if !op.accepts(dtype) => {
            let detail = format!("a bulk copy has no reduction {op:?} of {dtype:?}");
            Err(Violation::new(FaultKind::InvalidOperand, detail))
        }
        _ => Ok(()),
    }
}

fn part(caller: Caller<'_>, put: &Put) -> Result<(Span, *mut u8), Violation> {
    let memory = caller.block.shared.borrow();
    let span = memory.aligned_span(put.address, put.bytes as usize, 1)?;
    drop(memory);
    caller.check_async_read(span.clone(), caller.thread.id)?;
    // SAFETY: whoever begins the store promises that its target is writable, so it is readable.
    unsafe { global::touch(put.target, put.bytes as usize) };
    Ok((span, put.target))
}

/// The thread waits for all but its `pending` youngest groups; with `read`, only until they have
/// read their source.
pub(crate) fn wait_stores(caller: Caller<'_>, pending: u32, read: bool) -> Result<(), Violation> {
    let (cluster, thread) = (caller.cluster, caller.thread);
    let mut stores = thread.stores.borrow_mut();
    for store in stores.older_than(pending) {
        finish_read(cluster, thread, store)?;
    }
    if !read {
        stores.wait(pending).iter().for_each(Store::put);
    }
    Ok(())
}

/// The thread leaves: its stores reach global memory, but must have read their source already, since
/// the block's shared memory goes to another.
pub(crate) fn finish_stores(thread: &Thread) -> Result<(), Violation> {
    let mut stores = thread.stores.borrow_mut();
    if let Some(store) = stores.iter_mut().find(|store| store.bytes.is_none()) {
        let detail = format!(
            "the bulk store at {} may not have read its source",
            store.line
        );
        return Err(Violation::new(FaultKind::ExitInFlight, detail));
    }
    stores.commit();
    stores.wait(0).iter().for_each(Store::put);
    Ok(())
}

/// The store has read its source: as if the thread had, now.
fn finish_read(cluster: &Cluster, thread: &Thread, store: &mut Store) -> Result<(), Violation> {
    if store.bytes.is_some() {
        return Ok(());
    }
    let block = cluster.thread(thread.id).0;
    store.bytes = Some(store.read(block)?);
    block.shared.borrow_mut().end_read(store.number);
    let order = cluster.order.borrow();
    let accessor = Accessor {
        stamp: order.now(thread.id),
        thread: thread.id,
        line: store.line,
    };
    let mut history = block.history.borrow_mut();
    let mut parts = store.parts.iter();
    parts.try_for_each(|(span, _)| history.read(&order, span.clone(), accessor))
}

impl Store {
    fn read(&self, block: &Block) -> Result<Vec<u8>, Violation> {
        let memory = block.shared.borrow();
        let mut bytes = Vec::new();
        for (span, _) in &self.parts {
            bytes.extend_from_slice(memory.read(span.clone())?);
        }
        Ok(bytes)
    }

    /// Changes global memory.
    fn put(&self) {
        let mut rest = self.bytes.as_deref().unwrap_or_default();
        for (span, target) in &self.parts {
            let (bytes, others) = rest.split_at(span.len().min(rest.len()));
            rest = others;
            // SAFETY: whoever began the store promised that its target is writable until the store
            // has completed.
            let target = unsafe { slice::from_raw_parts_mut(*target, bytes.len()) };
            match self.reduction {
                None => target.copy_from_slice(bytes),
                // The reduction was checked when the store began.
                Some((op, dtype)) => reduce(op, dtype, target, bytes).unwrap_or_default(),
            }
        }
    }
}

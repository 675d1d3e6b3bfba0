//! Copies into shared memory that complete on an `mbarrier`.
//!
//! PTX ISA, "cp.async.bulk", "cp.async.bulk.tensor", "st.async": performed in the async proxy; the
//! `mbarrier`'s phase orders what they write before those who wait for it.

use tensor_map::{Swizzle, TensorMapType};

use crate::context::Caller;
use crate::fault::{FaultKind, Violation};
use crate::global;
use crate::memory::Span;
use crate::transfer::{Transfer, Work};

/// Bytes that land together.
pub(crate) struct Piece {
    /// Where, as an address within each destination.
    pub(crate) address: u32,
    pub(crate) bytes: u32,
    pub(crate) source: Source,
    /// How a tensor copy permutes it.
    pub(crate) swizzle: Option<Swizzle>,
}

impl Piece {
    /// Whether its bytes are in global memory.
    fn is_global(&self) -> bool {
        matches!(self.source, Source::Global(_) | Source::Tensor(..))
    }
}

/// Where the bytes of a piece come from.
pub(crate) enum Source {
    /// Global memory, read when the copy lands.
    Global(*const u8),
    /// Elements of a tensor in global memory, which a load may convert.
    Tensor(*const u8, TensorMapType),
    /// Known when the copy began.
    Bytes(Box<[u8]>),
}

/// A block that a copy writes, and its `mbarrier` there.
#[derive(Clone, Copy)]
pub(crate) struct Destination {
    pub(crate) rank: u32,
    /// The address of the `mbarrier` within the block.
    pub(crate) barrier: u32,
}

/// Begins a copy of `pieces` to each of `destinations`.
pub(crate) fn begin_load(
    caller: Caller<'_>,
    pieces: Vec<Piece>,
    destinations: Vec<Destination>,
) -> Result<(), Violation> {
    if pieces.iter().any(Piece::is_global) {
        caller.block.dependence.copies(caller);
    }
    for destination in &destinations {
        caller.use_mbarrier_async(*destination)?;
        for piece in &pieces {
            take_off(caller, destination.rank, piece)?;
        }
    }
    pieces.iter().for_each(touch);
    let transfer = Transfer {
        issuer: caller.thread.id,
        line: caller.line,
        work: Work::Load {
            bytes: pieces.iter().map(|piece| piece.bytes).sum(),
            pieces,
            destinations,
        },
    };
    caller.cluster.transfers.borrow_mut().push(transfer);
    Ok(())
}

/// From now on nobody may touch the piece's bytes in block `rank`.
fn take_off(caller: Caller<'_>, rank: u32, piece: &Piece) -> Result<(), Violation> {
    let block = caller.peer(rank)?;
    let (order, history) = (caller.cluster.order.borrow(), block.history.borrow());
    let mut memory = block.shared.borrow_mut();
    let span: Span = memory.aligned_span(piece.address, piece.bytes as usize, 1)?;
    history.check_overwrite(&order, span.clone(), caller.thread.id)?;
    history.check_fenced(&order, span.clone(), caller.thread.id)?;
    memory.take_off(span)
}

fn touch(piece: &Piece) {
    if let Source::Global(source) | Source::Tensor(source, _) = piece.source {
        // SAFETY: whoever begins the copy promises that its source is readable.
        unsafe { global::touch(source, piece.bytes as usize) };
    }
}

/// The ranks in a multicast mask, or the caller's own.
pub(crate) fn ranks(caller: Caller<'_>, multicast: Option<u16>) -> Result<Vec<u32>, Violation> {
    let Some(mask) = multicast else {
        return Ok(vec![caller.block.rank]);
    };
    let blocks = caller.cluster.blocks.len() as u32;
    if mask == 0 || u32::from(mask) >> blocks != 0 {
        let detail = format!("multicast to {mask:#b} in a cluster of {blocks} blocks");
        return Err(Violation::new(FaultKind::InvalidOperand, detail));
    }
    Ok((0..blocks).filter(|rank| mask >> rank & 1 == 1).collect())
}

//! Accesses of shared memory, with all that is checked about them.

use crate::block::Block;
use crate::context::Caller;
use crate::fault::{FaultKind, Violation};
use crate::memory::{Accessor, Agent, Span, place, split};
use crate::sync::Mbarrier;
use crate::transfer::Destination;

impl<'a> Caller<'a> {
    /// Block `rank` of the cluster, which must not have exited.
    pub(crate) fn peer(&self, rank: u32) -> Result<&'a Block, Violation> {
        let blocks = &self.cluster.blocks;
        let Some(block) = blocks.get(rank as usize) else {
            let detail = format!("block {rank} of a cluster of {}", blocks.len());
            return Err(Violation::new(FaultKind::OutOfRange, detail));
        };
        match block.has_exited() {
            false => Ok(block),
            true => Err(Violation::new(
                FaultKind::ExitedBlock,
                format!(
                    "block {rank} of the cluster, {}, has left the kernel",
                    block.index
                ),
            )),
        }
    }

    /// The address within the caller's own block.
    pub(crate) fn own(&self, address: u32) -> Result<u32, Violation> {
        match split(address) {
            (rank, within) if rank == self.block.rank => Ok(within),
            (rank, within) => Err(Violation::new(
                FaultKind::OutOfRange,
                format!(
                    "{} of block {rank} of the cluster, by an instruction that reaches its own \
                     block {} alone",
                    place(within),
                    self.block.rank
                ),
            )),
        }
    }

    /// The block of the cluster that the address lies in, and the address within it.
    pub(crate) fn any(&self, address: u32) -> Result<(&'a Block, u32), Violation> {
        let (rank, within) = split(address);
        Ok((self.peer(rank)?, within))
    }

    /// The caller's present, as the history keeps it.
    pub(crate) fn accessor(&self) -> Accessor {
        Accessor {
            stamp: self.cluster.order.borrow().now(self.thread.id),
            thread: self.thread.id,
            line: self.line,
        }
    }

    /// A plain read.
    pub(crate) fn read(
        &self,
        block: &Block,
        address: u32,
        value: &mut [u8],
    ) -> Result<(), Violation> {
        let memory = block.shared.borrow();
        let span = memory.span(address, value.len())?;
        value.copy_from_slice(memory.read(span.clone())?);
        let order = self.cluster.order.borrow();
        let mut history = block.history.borrow_mut();
        history.read(&order, span, self.accessor())
    }

    /// A plain write.
    pub(crate) fn write(&self, block: &Block, address: u32, value: &[u8]) -> Result<(), Violation> {
        let mut memory = block.shared.borrow_mut();
        let span = memory.span(address, value.len())?;
        memory.write(span.clone(), value)?;
        let order = self.cluster.order.borrow();
        let mut history = block.history.borrow_mut();
        history.write(&order, span, self.accessor())
    }

    /// An atomic update of 32 bits.
    pub(crate) fn update(
        &self,
        block: &Block,
        address: u32,
        new: impl FnOnce(u32) -> u32,
    ) -> Result<u32, Violation> {
        let mut memory = block.shared.borrow_mut();
        let mut old = [0; 4];
        let span = memory.span(address, old.len())?;
        old.copy_from_slice(memory.read(span.clone())?);
        let old = u32::from_le_bytes(old);
        memory.write(span.clone(), &new(old).to_le_bytes())?;
        let order = self.cluster.order.borrow();
        let mut history = block.history.borrow_mut();
        history.read(&order, span, self.accessor())?;
        Ok(old)
    }

    /// What `thread` must have done before an asynchronous instruction of its own reads `span` of the
    /// caller's block: waited for who wrote it, and fenced plain writes.
    pub(crate) fn check_async_read(&self, span: Span, thread: Agent) -> Result<(), Violation> {
        self.block.shared.borrow().read(span.clone())?;
        let order = self.cluster.order.borrow();
        let history = self.block.history.borrow();
        history.check_read(&order, span.clone(), thread)?;
        history.check_fenced(&order, span, thread)
    }

    /// Runs `action` on the barrier at `address` of `block`, which the caller must know of.
    pub(crate) fn on_mbarrier<R>(
        &self,
        block: &Block,
        address: u32,
        action: impl FnOnce(&mut Mbarrier) -> Result<R, Violation>,
    ) -> Result<R, Violation> {
        block.shared.borrow().aligned_span(address, 8, 8)?;
        let mut mbarriers = block.mbarriers.borrow_mut();
        let object = mbarriers.get(address)?;
        self.check_made(object, address)?;
        if block.rank != self.block.rank {
            self.check_published(object, address)?;
        }
        action(object)
    }

    /// That the caller knows of the barrier's initialisation.
    fn check_made(&self, object: &Mbarrier, address: u32) -> Result<(), Violation> {
        let (made, order) = (object.made, self.cluster.order.borrow());
        if order.is_ordered(made.stamp, self.thread.id) {
            return Ok(());
        }
        let detail = format!(
            "uses the mbarrier at {}, which thread {} of the cluster initialised at {}, unordered",
            place(address),
            made.thread,
            made.line
        );
        Err(Violation::new(FaultKind::Race, detail))
    }

    /// That a copy may complete on a barrier: it is there, and the async proxy can see it.
    pub(crate) fn use_mbarrier_async(&self, at: Destination) -> Result<(), Violation> {
        let block = self.peer(at.rank)?;
        self.on_mbarrier(block, at.barrier, |object| {
            self.check_published(object, at.barrier)
        })
    }

    fn check_published(&self, object: &Mbarrier, address: u32) -> Result<(), Violation> {
        let order = self.cluster.order.borrow();
        if object.published || order.is_fenced(object.made.stamp, self.thread.id) {
            return Ok(());
        }
        let detail = format!(
            "the mbarrier at {} was initialised at {}, and neither fence.mbarrier_init nor \
             fence.proxy.async came after it",
            place(address),
            object.made.line
        );
        Err(Violation::new(FaultKind::MissingProxyFence, detail))
    }
}

//! Warp collectives: lanes of a warp meet, and the last to arrive does the work of all.
//!
//! A collective is an [`Operation`] and a mask. Lanes that call the same operation with the same
//! mask meet in one group; its result is computed when every lane of the mask is there
//! (PTX ISA, "membermask").

mod matching;
mod operation;
mod redux;
mod shuffle;

use crate::fault::{FaultKind, Line, Violation};
use crate::memory::Join;

pub(crate) use operation::{LaneViolation, Operation, evaluate, lanes};
pub use redux::Redux;
pub use shuffle::Shuffle;

/// All lanes.
pub(crate) const FULL_MASK: u32 = u32::MAX;

/// What a lane brings to a collective: enough for an `mma`'s fragments.
pub(crate) type Input = [u32; 10];
/// What a lane takes from a collective.
pub(crate) type Output = [u32; 4];
/// What the lanes of a warp bring.
pub(crate) type Inputs = [Input; 32];
/// What the lanes of a warp take.
pub(crate) type Outputs = [Output; 32];

/// The lanes of one warp and their unfinished collectives.
pub(crate) struct Warp {
    lanes: u32,
    exited: u32,
    groups: Vec<Group>,
    /// Groups that completed, to be used again.
    spare: Vec<Group>,
}

/// Lanes that meet at a collective.
pub(crate) struct Group {
    pub(crate) operation: Operation,
    pub(crate) mask: u32,
    pub(crate) inputs: Box<Inputs>,
    pub(crate) join: Join,
    arrived: u32,
    pub(crate) line: Line,
}

impl Warp {
    /// A warp with this many lanes; fewer than 32 in the last warp of a ragged block.
    pub(crate) fn new(lanes: u32) -> Self {
        Self {
            lanes: FULL_MASK >> (32 - lanes),
            exited: 0,
            groups: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The lanes that have not left the kernel.
    fn live(&self) -> u32 {
        self.lanes & !self.exited
    }

    /// A lane brings its input to a collective. The group is where it did so.
    pub(crate) fn arrive(
        &mut self,
        lane: u32,
        (operation, mask): (Operation, u32),
        input: Input,
        line: Line,
    ) -> Result<&mut Group, Violation> {
        self.check_mask(lane, operation, mask)?;
        self.check_mismatch(lane, operation, mask, line)?;
        let meets = |group: &Group| group.operation == operation && group.mask == mask;
        let index = match self.groups.iter().position(meets) {
            Some(index) => index,
            None => {
                let group = self.new_group(operation, mask, line);
                self.groups.push(group);
                self.groups.len() - 1
            }
        };
        let group = &mut self.groups[index];
        group.arrived |= 1 << lane;
        group.inputs[lane as usize] = input;
        Ok(group)
    }

    /// Takes out a group in which every lane of its mask arrived.
    pub(crate) fn take_complete(&mut self) -> Option<Group> {
        let complete = |group: &Group| group.arrived == group.mask;
        let index = self.groups.iter().position(complete)?;
        Some(self.groups.swap_remove(index))
    }

    /// Keeps a group's memory for the next collective.
    pub(crate) fn recycle(&mut self, group: Group) {
        self.spare.push(group);
    }

    /// A lane leaves the kernel. No collective may wait for it.
    pub(crate) fn exit(&mut self, lane: u32) -> Result<(), Violation> {
        self.exited |= 1 << lane;
        let broken = self.groups.iter().find(|group| group.mask >> lane & 1 == 1);
        broken.map_or(Ok(()), |group| {
            Err(Violation::new(
                FaultKind::ExitedLane,
                format!(
                    "lane {lane} left the kernel while lanes {:#010x} wait for it at {} with mask \
                     {:#010x}, {}",
                    group.arrived,
                    group.operation.name(),
                    group.mask,
                    group.line
                ),
            ))
        })
    }

    fn new_group(&mut self, operation: Operation, mask: u32, line: Line) -> Group {
        let inputs = self.spare.pop().map(|group| group.inputs);
        Group {
            operation,
            mask,
            inputs: inputs.unwrap_or_default(),
            join: Join::default(),
            arrived: 0,
            line,
        }
    }

    fn check_mask(&self, lane: u32, operation: Operation, mask: u32) -> Result<(), Violation> {
        let name = operation.name();
        let missing = mask & !self.live();
        if mask >> lane & 1 == 0 {
            let detail = format!("lane {lane} calls {name} with mask {mask:#010x}, which lacks it");
            return Err(Violation::new(FaultKind::InvalidMask, detail));
        }
        if missing != 0 {
            let detail = format!(
                "{name} with mask {mask:#010x} waits for lanes {missing:#010x}, which left the \
                 kernel or never existed"
            );
            return Err(Violation::new(FaultKind::ExitedLane, detail));
        }
        Ok(())
    }

    /// Two groups that each wait for a lane which already is in the other can never complete. An
    /// `.aligned` instruction must be the very same one for all lanes.
    fn check_mismatch(
        &self,
        lane: u32,
        operation: Operation,
        mask: u32,
        line: Line,
    ) -> Result<(), Violation> {
        let clashes = |group: &&Group| {
            let same = group.operation == operation && group.mask == mask;
            let apart = operation.is_aligned() && group.line != line;
            let tangled = group.mask >> lane & 1 == 1 && group.arrived & mask != 0;
            if same { apart } else { tangled }
        };
        match self.groups.iter().find(clashes) {
            None => Ok(()),
            Some(group) => Err(group.mismatch(lane, operation, mask)),
        }
    }
}

impl Group {
    fn mismatch(&self, lane: u32, operation: Operation, mask: u32) -> Violation {
        let detail = format!(
            "lane {lane} is at {} with mask {mask:#010x}; lanes {:#010x} wait for it at {} with \
             mask {:#010x}, {}",
            operation.name(),
            self.arrived,
            self.operation.name(),
            self.mask,
            self.line
        );
        Violation::new(FaultKind::CollectiveMismatch, detail)
    }
}

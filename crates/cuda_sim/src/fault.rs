//! What a launch reports when the kernel did something that CUDA leaves undefined.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use crate::config::Dim3;

/// A place in a kernel's source, as the device functions see their caller.
pub(crate) type Line = &'static Location<'static>;

/// Why a launch ended early, where, and what to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// The kernel's name, as given to [`launch()`](crate::launch()).
    pub kernel: &'static str,
    /// The rule that was broken.
    pub kind: FaultKind,
    /// The block, unless the launch itself was refused.
    pub block: Option<Dim3>,
    /// The thread to blame, or one of them.
    pub thread: Option<Dim3>,
    /// The kernel's source line.
    pub location: Option<SourceLine>,
    /// What happened, in one or more lines.
    pub detail: Box<str>,
    /// The seed that reproduces the fault.
    pub seed: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kernel `{}`: {}", self.kernel, self.kind)?;
        if let Some(block) = self.block {
            write!(f, " in block {block}")?;
        }
        if let Some(thread) = self.thread {
            write!(f, ", thread {thread}")?;
        }
        if let Some(location) = &self.location {
            write!(f, ", at {location}")?;
        }
        write!(f, "\n  {}", self.detail.replace('\n', "\n  "))?;
        write!(f, "\n  look at: {}", self.kind.advice())?;
        write!(f, "\n  seed: {}", self.seed)
    }
}

/// A line of kernel source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The source file, as the compiler was given it.
    pub file: Cow<'static, str>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
}

impl From<Line> for SourceLine {
    fn from(line: Line) -> Self {
        Self {
            file: Cow::Borrowed(line.file()),
            line: line.line(),
            column: line.column(),
        }
    }
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A broken rule, before it is known who broke it where.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) kind: FaultKind,
    pub(crate) detail: String,
}

impl Violation {
    pub(crate) fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

macro_rules! fault_kinds {
    ($($(#[$doc:meta])* $name:ident: $title:literal, $advice:literal;)*) => {
        /// The rules that a launch can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FaultKind {
            $($(#[$doc])* $name,)*
        }

        impl FaultKind {
            fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Where to look for the cause.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

fault_kinds! {
    /// CUDA would refuse the launch: zero extents, too many threads, too much shared memory.
    InvalidLaunch: "launch refused", "the launch configuration";
    /// The simulator could not get memory for its threads' stacks.
    OutOfMemory: "out of memory", "the number of threads and `SimOptions::stack_bytes`";
    /// The kernel panicked.
    Panic: "panic", "the panic message; on a GPU this thread would trap";
    /// Every live thread waits.
    Deadlock: "deadlock", "why the threads listed above do not meet at one place";
    /// The threads spin without getting anywhere.
    Livelock: "livelock", "who should have written what the spinning threads poll";
    /// Some threads wait at a barrier that others do not reach, or not at the same instruction.
    DivergentBarrier: "divergent barrier",
        "branches, loops and early returns around the barrier: all its threads must take them alike";
    /// A barrier id, thread count or mixture of barrier instructions that PTX forbids.
    InvalidBarrier: "invalid barrier", "the barrier's id and thread count at each of its uses";
    /// A mask that is empty or lacks the calling lane.
    InvalidMask: "invalid mask", "the mask: it must name the calling lane";
    /// A mask that names a lane which left the kernel or never existed.
    ExitedLane: "exited lane", "early returns before warp collectives, and block sizes that are no multiple of 32";
    /// Lanes of one warp met at different collectives.
    CollectiveMismatch: "mismatched warp collective",
        "the lanes listed above: each waits for the other at a different instruction or mask";
    /// An operand that PTX forbids.
    InvalidOperand: "invalid operand", "the operand";
    /// An access outside the block's shared memory.
    OutOfRange: "shared memory access out of range", "the index, and the launch's shared memory size";
    /// An address that is not a multiple of the access size.
    Misaligned: "misaligned access", "the offset, strides and padding that make up the address";
    /// A read of shared memory that nobody wrote.
    UnwrittenRead: "read of unwritten shared memory",
        "the loop that fills the buffer: its bounds, and the barrier after it";
    /// An access of shared memory that a copy in flight will write.
    InFlight: "access to the destination of a copy in flight",
        "the wait for the copy, and how many groups it leaves pending";
    /// Two unordered accesses of one byte of shared memory, at least one a plain write.
    Race: "shared memory race", "the barrier missing between the two accesses";
    /// A plain write that no proxy fence showed to the asynchronous instruction that meets it.
    MissingProxyFence: "missing proxy fence",
        "the writers: each needs fence.proxy.async after its stores and before the barrier";
    /// A write to bytes that an asynchronous instruction still reads.
    OperandOverwritten: "operand overwritten in flight",
        "the wait before the write: the wgmma or bulk copy must have read its source";
    /// An `mbarrier` instruction on something else, or a plain access to one.
    InvalidMbarrier: "invalid mbarrier", "the barrier's address, and mbarrier.init before its first use";
    /// A copy of global memory before `griddepcontrol.wait`.
    EarlyCopy: "copy before the wait for earlier grids",
        "the copy: it belongs behind griddepcontrol.wait, unless no earlier grid writes what it reads";
    /// More arrivals in a phase than an `mbarrier` is for.
    MbarrierOverflow: "too many arrivals at an mbarrier",
        "the count given to mbarrier.init, and who arrives how often in a phase";
    /// A phase that completed while copies it should wait for were under way.
    TransactionCount: "wrong transaction count",
        "the bytes given to expect_tx: the sum over all copies of the phase, in every block";
    /// A wait for a phase that the barrier left behind.
    PhaseSlip: "mbarrier phase slip",
        "the parity at this wait, and who lets the barrier go on without the waiting thread";
    /// A wgmma descriptor or shared tile that hardware would misread.
    InvalidDescriptor: "invalid matrix descriptor", "the tile's alignment, strides and swizzle mode";
    /// An accumulator used between a `wgmma` and its wait.
    AccumulatorInFlight: "accumulator touched in flight",
        "the wgmma wait before this use, and the accumulators it is given";
    /// Registers changed before a `wgmma` without the fence that orders them.
    MissingWgmmaFence: "missing wgmma fence", "wgmma.fence between the change and the first wgmma";
    /// Registers that the block's pool does not have, or that the warpgroup disagrees on.
    RegisterPool: "register pool overrun",
        "the sum over all warpgroups of what setmaxnreg asks for, against what the launch gives";
    /// A tensor map, coordinates or tile that a tensor copy cannot use.
    InvalidTensor: "invalid tensor copy", "the tensor map's box, swizzle and alignment, and the coordinates' number";
    /// An access of a block that has left the kernel.
    ExitedBlock: "access to a block that has exited",
        "the cluster barrier at the kernel's end: a block must outlive those who access it";
    /// A block that leaves while copies use its memory.
    ExitInFlight: "exit with copies in flight", "the wait that is missing at the kernel's end";
    /// An access of global memory outside its buffers.
    GlobalOutOfRange: "global memory access out of range",
        "the index, the buffer's size, and the check that guards the last tile";
    /// A thread that used more stack than it has.
    StackOverflow: "stack overflow",
        "recursion and large local arrays; `SimOptions::stack_bytes` if the kernel needs them";
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

//! The simulated thread that runs on this OS thread, and how it suspends or faults.

use std::cell::Cell;
use std::panic::Location;
use std::ptr;
use std::thread as os_thread;

use crate::block::Block;
use crate::cluster::Cluster;
use crate::fault::{Line, Violation};
use crate::thread::{Thread, WARP, Wait};
use crate::warp::Output;

#[derive(Clone, Copy)]
struct Current {
    cluster: *const Cluster,
    thread: u32,
}

const NOBODY: Current = Current {
    cluster: ptr::null(),
    thread: 0,
};

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(NOBODY) };
}

/// Whether this OS thread is inside a simulated thread.
pub(crate) fn is_simulated() -> bool {
    !CURRENT.get().cluster.is_null()
}

/// Makes a simulated thread the current one until dropped.
pub(crate) struct Entered {
    outer: Current,
}

impl Entered {
    /// # Safety
    /// `cluster` outlives the guard.
    pub(crate) unsafe fn new(cluster: &Cluster, thread: u32) -> Self {
        let current = Current { cluster, thread };
        Self {
            outer: CURRENT.replace(current),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}

/// A device function's view: who calls it, from which line.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) block: &'a Block,
    pub(crate) thread: &'a Thread,
    pub(crate) line: Line,
}

/// Runs a device function's body for the current simulated thread.
///
/// # Panics
/// Outside a simulated thread.
#[track_caller]
pub(crate) fn with_caller<R>(body: impl FnOnce(Caller<'_>) -> R) -> R {
    let line = Location::caller();
    let current = CURRENT.get();
    assert!(
        !current.cluster.is_null(),
        "device functions work only inside a simulated thread, which cuda_sim::launch starts"
    );
    // SAFETY: `Entered::new`'s caller keeps the cluster alive while the pointer is set, and the
    // cluster is only ever borrowed shared while its threads run.
    let cluster = unsafe { &*current.cluster };
    let (block, thread) = cluster.thread(current.thread);
    body(Caller {
        cluster,
        block,
        thread,
        line,
    })
}

impl Caller<'_> {
    /// A lane of a warp of the caller's block, on whose behalf the caller acts.
    pub(crate) fn lane(&self, warp: u32, lane: u32, line: Line) -> Self {
        let thread = &self.block.threads[(warp * WARP + lane) as usize];
        Self {
            thread,
            line,
            ..*self
        }
    }

    /// Suspends until another thread wakes this one.
    pub(crate) fn wait(&self, wait: Wait) -> Output {
        self.thread.waits.set(Some((wait, self.line)));
        self.suspend();
        self.thread.waits.set(None);
        self.thread.output.get()
    }

    /// Lets other threads run, now and then: an access of shared memory is where interleaving
    /// shows, and where spinning threads spin.
    pub(crate) fn tick(&self) {
        let fuel = self.thread.fuel.get();
        if fuel > 0 {
            self.thread.fuel.set(fuel - 1);
        } else {
            self.preempt();
        }
    }

    /// Lets other threads run.
    pub(crate) fn preempt(&self) {
        let fuel = self.check(self.cluster.requeue(self.thread));
        self.thread.fuel.set(fuel);
        self.suspend();
    }

    /// The value, or the end of the launch.
    pub(crate) fn check<T>(&self, result: Result<T, Violation>) -> T {
        result.unwrap_or_else(|violation| self.raise(violation))
    }

    /// Ends the launch with this thread to blame.
    pub(crate) fn raise(&self, violation: Violation) -> ! {
        self.raise_for(self.thread, violation)
    }

    /// Ends the launch with another thread to blame, at the line where it waits.
    pub(crate) fn raise_for(&self, culprit: &Thread, violation: Violation) -> ! {
        let line = culprit.waits.get().map_or(self.line, |(_, line)| line);
        self.cluster.record_fault(culprit, line.into(), violation);
        // The scheduler never resumes a block that has a fault, it unwinds it. A fault in a
        // destructor that runs while unwinding cannot be delivered and aborts.
        loop {
            self.yielder().suspend(());
        }
    }

    /// Hands over to the scheduler. Destructors that run while the coroutine unwinds pass through:
    /// nobody would resume them.
    fn suspend(&self) {
        if !os_thread::panicking() {
            self.yielder().suspend(());
        }
    }

    fn yielder(&self) -> &corosensei::Yielder<(), ()> {
        // SAFETY: the coroutine sets the pointer before it runs any kernel code; what it points
        // to lives at the base of the stack on which this call runs.
        unsafe { &*self.thread.yielder.get() }
    }
}

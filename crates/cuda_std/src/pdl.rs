//! Programmatic dependent launch: a kernel begins while the one before it ends (sm_90).
//!
//! Both do nothing unless the launch asked for it. PTX ISA, "griddepcontrol". Executed by any thread.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

/// Waits until the grids that this one depends on have ended and their writes are visible
/// (`griddepcontrol.wait`). Before it, touch nothing that they write.
#[inline(always)]
#[track_caller]
pub fn wait() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("griddepcontrol.wait;", options(nostack)) },
        sim => cuda_sim::device::griddepcontrol_wait(),
    }
}

/// Runs `copies` of what no grid before this one writes, which need not [`wait`]. The simulator takes any other copy of
/// global memory before the wait for a mistake.
#[inline(always)]
#[track_caller]
pub fn of_constants<R>(copies: impl FnOnce() -> R) -> R {
    on! {
        gpu => copies(),
        sim => cuda_sim::device::copy_constants(copies),
    }
}

/// Lets the grids that depend on this one begin, once every block has executed this or exited
/// (`griddepcontrol.launch_dependents`).
#[inline(always)]
#[track_caller]
pub fn launch_dependents() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("griddepcontrol.launch_dependents;", options(nostack)) },
        sim => cuda_sim::device::griddepcontrol_launch_dependents(),
    }
}

/// What a kernel begins with that is declared `#[kernel(.., dependent)]`, or does in its body if it `begins_itself`: lets the
/// grids after it be launched once its own blocks run, and waits for those before it. On GPUs before sm_90 it does nothing.
///
/// All such kernels wait, so a grid that has ended ended after all grids before it.
#[inline(always)]
#[track_caller]
pub fn begin() {
    #[cfg_attr(target_arch = "nvptx64", cfg(cuda_arch = "sm_90a"))]
    {
        launch_dependents();
        wait();
    }
}

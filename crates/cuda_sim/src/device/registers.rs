//! `setmaxnreg`: warpgroups hand registers to each other.

use crate::context::{Caller, with_caller};
use crate::sync::Request;
use crate::thread::Wait;
use crate::warp::{FULL_MASK, Input, Operation, Output, lanes};

/// `setmaxnreg.inc.sync.aligned.u32`: waits until the block's pool has enough registers for
/// `registers` a thread of the warp.
#[track_caller]
pub fn setmaxnreg_inc(registers: u32) {
    with_caller(|caller| ask(caller, true, registers));
}

/// `setmaxnreg.dec.sync.aligned.u32`: gives all registers of the warp above `registers` a thread to
/// the block's pool.
#[track_caller]
pub fn setmaxnreg_dec(registers: u32) {
    with_caller(|caller| ask(caller, false, registers));
}

/// The warp meets; its last lane asks for all, and lanes of a warp that must wait do.
fn ask(caller: Caller<'_>, increase: bool, registers: u32) {
    let request = Request {
        increase,
        registers,
    };
    let operation = Operation::SetRegisters(request);
    let granted = super::warps::meet(caller, operation, FULL_MASK, Input::default());
    serve(caller);
    if granted[0] == 0 && !caller.thread.granted.take() {
        caller.wait(Wait::Registers { registers });
    }
}

/// Wakes the warps that can have their registers now.
fn serve(caller: Caller<'_>) {
    let served = caller.block.registers.borrow_mut().serve();
    for warp in served {
        let first = caller.block.first_id(warp);
        for id in lanes(FULL_MASK).map(|lane| first + lane) {
            let thread = caller.cluster.thread(id).1;
            match thread.waits.get() {
                Some((Wait::Registers { .. }, _)) => caller.cluster.wake(id, Output::default()),
                // Still on its way from the meeting to the wait.
                _ => thread.granted.set(true),
            }
        }
    }
}

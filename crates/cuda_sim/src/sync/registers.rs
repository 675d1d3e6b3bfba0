//! A block's pool of registers, which `setmaxnreg` hands from warpgroup to warpgroup.
//!
//! PTX ISA, "Miscellaneous Instructions: setmaxnreg". The pool holds what the launch gave the block.
//! A warp that asks for more waits until others have given as much back, so a block whose requests
//! exceed the pool never goes on:
//!
//! ```text
//!   384 threads at 168: 64512 registers    128 x 40 + 256 x 232 = 64512   runs
//!                                          128 x 40 + 256 x 240 = 66560   waits for ever
//! ```

use crate::fault::{FaultKind, Violation};
use crate::thread::{WARP, WARPGROUP};

/// What a `setmaxnreg` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) increase: bool,
    /// Registers of each thread.
    pub(crate) registers: u32,
}

/// The registers of one block.
pub(crate) struct RegisterPool {
    free: u32,
    /// Registers of each thread, by warp.
    held: Vec<u32>,
    /// Warps that wait, and for how many registers a thread.
    waiting: Vec<(u32, u32)>,
    /// What each warp asked for so far: the warps of a warpgroup must agree.
    asked: Vec<Vec<Request>>,
}

impl RegisterPool {
    pub(crate) fn new(threads: u32, registers: u32) -> Self {
        let warps = threads.div_ceil(WARP) as usize;
        Self {
            free: 0,
            held: vec![registers; warps],
            waiting: Vec::new(),
            asked: vec![Vec::new(); warps],
        }
    }

    /// `warp` asks. True if it has the registers, false if it must wait.
    pub(crate) fn ask(&mut self, warp: u32, request: Request) -> Result<bool, Violation> {
        let held = self.held[warp as usize];
        let wanted = request.registers;
        let (increase, name) = match request.increase {
            true => (true, "inc"),
            false => (false, "dec"),
        };
        let complaint = if !(24..=256).contains(&wanted) || !wanted.is_multiple_of(8) {
            "the count must be a multiple of 8 from 24 to 256"
        } else if increase == (wanted < held) && wanted != held {
            "the warp's count lies on the other side"
        } else {
            self.check_agreement(warp, request)?;
            return Ok(self.grant(warp, wanted));
        };
        let detail = format!("setmaxnreg.{name} to {wanted} from {held}: {complaint}");
        Err(Violation::new(FaultKind::RegisterPool, detail))
    }

    /// The warps that can have what they wait for now.
    pub(crate) fn serve(&mut self) -> Vec<u32> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut served = Vec::new();
        for (warp, wanted) in waiting {
            if self.grant(warp, wanted) {
                served.push(warp);
            }
        }
        served
    }

    /// A thread's warp leaves the kernel: its registers stay with the block's allocation, and nobody
    /// else gets them.
    pub(crate) fn describe(&self) -> String {
        let held: Vec<String> = (self.held.chunks((WARPGROUP / WARP) as usize))
            .map(|warps| warps[0].to_string())
            .collect();
        format!(
            "the warpgroups hold {} registers a thread; {} of the pool are free",
            held.join(", "),
            self.free
        )
    }

    fn grant(&mut self, warp: u32, wanted: u32) -> bool {
        let held = &mut self.held[warp as usize];
        if wanted > *held && (wanted - *held) * WARP > self.free {
            self.waiting.push((warp, wanted));
            return false;
        }
        self.free = self.free + *held * WARP - wanted * WARP;
        *held = wanted;
        true
    }

    fn check_agreement(&mut self, warp: u32, request: Request) -> Result<(), Violation> {
        let nth = self.asked[warp as usize].len();
        self.asked[warp as usize].push(request);
        let first = warp / (WARPGROUP / WARP) * (WARPGROUP / WARP);
        let mut mates = (first..first + WARPGROUP / WARP)
            .filter_map(|mate| self.asked.get(mate as usize)?.get(nth));
        match mates.find(|other| **other != request) {
            None => Ok(()),
            Some(other) => Err(Violation::new(
                FaultKind::RegisterPool,
                format!(
                    "this warp asks for {} registers, another of its warpgroup for {}: a warpgroup \
                     executes the same setmaxnreg",
                    request.registers, other.registers
                ),
            )),
        }
    }
}

//! The interrupted registers of each platform.

use std::ffi::c_void;

use corosensei::trap::TrapHandlerRegs;
use libc::ucontext_t;

/// The registers that the kernel restores when the signal handler returns.
pub(super) struct Registers<'a>(&'a mut ucontext_t);

impl Registers<'_> {
    /// # Safety
    /// `context` is the third argument of an `SA_SIGINFO` handler that has not returned.
    pub(super) unsafe fn new(context: *mut c_void) -> Self {
        // SAFETY: the caller's contract.
        Self(unsafe { &mut *context.cast() })
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
impl Registers<'_> {
    fn get(&self, register: libc::c_int) -> i64 {
        self.0.uc_mcontext.gregs[register as usize]
    }

    pub(super) fn stack_pointer(&self) -> usize {
        self.get(libc::REG_RSP) as usize
    }

    pub(super) fn instruction(&self) -> usize {
        self.get(libc::REG_RIP) as usize
    }

    /// Intel SDM volume 3A, "Page-Fault Error Code": bit 1 is set by writes.
    pub(super) fn written(&self) -> Option<bool> {
        Some(self.get(libc::REG_ERR) & 2 != 0)
    }

    pub(super) fn redirect(&mut self, to: TrapHandlerRegs) {
        let TrapHandlerRegs {
            rip,
            rsp,
            rbp,
            rdi,
            rsi,
        } = to;
        for (register, value) in [
            (libc::REG_RIP, rip),
            (libc::REG_RSP, rsp),
            (libc::REG_RBP, rbp),
            (libc::REG_RDI, rdi),
            (libc::REG_RSI, rsi),
        ] {
            self.0.uc_mcontext.gregs[register as usize] = value as i64;
        }
    }
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
impl Registers<'_> {
    pub(super) fn stack_pointer(&self) -> usize {
        self.0.uc_mcontext.sp as usize
    }

    pub(super) fn instruction(&self) -> usize {
        self.0.uc_mcontext.pc as usize
    }

    pub(super) fn written(&self) -> Option<bool> {
        None
    }

    pub(super) fn redirect(&mut self, to: TrapHandlerRegs) {
        let TrapHandlerRegs {
            pc,
            sp,
            x0,
            x1,
            x29,
            lr,
        } = to;
        let registers = &mut self.0.uc_mcontext;
        (registers.pc, registers.sp) = (pc, sp);
        for (register, value) in [(0, x0), (1, x1), (29, x29), (30, lr)] {
            registers.regs[register] = value;
        }
    }
}

#[cfg(target_vendor = "apple")]
impl Registers<'_> {
    fn machine(&self) -> &libc::__darwin_mcontext64 {
        // SAFETY: the context that the kernel passed points to its registers.
        unsafe { &*self.0.uc_mcontext }
    }

    fn machine_mut(&mut self) -> &mut libc::__darwin_mcontext64 {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { &mut *self.0.uc_mcontext }
    }

    pub(super) fn written(&self) -> Option<bool> {
        None
    }
}

#[cfg(all(target_vendor = "apple", target_arch = "x86_64"))]
impl Registers<'_> {
    pub(super) fn stack_pointer(&self) -> usize {
        self.machine().__ss.__rsp as usize
    }

    pub(super) fn instruction(&self) -> usize {
        self.machine().__ss.__rip as usize
    }

    pub(super) fn redirect(&mut self, to: TrapHandlerRegs) {
        let TrapHandlerRegs {
            rip,
            rsp,
            rbp,
            rdi,
            rsi,
        } = to;
        let state = &mut self.machine_mut().__ss;
        (state.__rip, state.__rsp, state.__rbp) = (rip, rsp, rbp);
        (state.__rdi, state.__rsi) = (rdi, rsi);
    }
}

#[cfg(all(target_vendor = "apple", target_arch = "aarch64"))]
impl Registers<'_> {
    pub(super) fn stack_pointer(&self) -> usize {
        self.machine().__ss.__sp as usize
    }

    pub(super) fn instruction(&self) -> usize {
        self.machine().__ss.__pc as usize
    }

    pub(super) fn redirect(&mut self, to: TrapHandlerRegs) {
        let TrapHandlerRegs {
            pc,
            sp,
            x0,
            x1,
            x29,
            lr,
        } = to;
        let state = &mut self.machine_mut().__ss;
        (state.__pc, state.__sp, state.__fp, state.__lr) = (pc, sp, x29, lr);
        (state.__x[0], state.__x[1]) = (x0, x1);
    }
}

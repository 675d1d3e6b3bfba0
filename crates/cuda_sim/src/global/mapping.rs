//! Pages between two guards.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;

/// Bytes of each guard. They take addresses only: an access that misses a row of a matrix should
/// still hit the guard.
const GUARD: usize = 1 << 20;

/// Pages that can be used, between two ranges that cannot.
#[derive(Debug)]
pub(super) struct Mapping {
    /// The first guard.
    whole: NonNull<u8>,
    /// Bytes between the guards.
    bytes: usize,
}

// SAFETY: addresses are the process's, not a thread's.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps at least `bytes` bytes that can be used, all zero.
    pub(super) fn new(bytes: usize) -> io::Result<Self> {
        let bytes = bytes.checked_next_multiple_of(system::page_size());
        let whole = bytes.and_then(|bytes| bytes.checked_add(2 * GUARD));
        let (bytes, whole) = bytes.zip(whole).ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = Self {
            whole: system::reserve(whole)?,
            bytes,
        };
        if bytes > 0 {
            // SAFETY: the pages are this mapping's, and nobody uses them yet.
            unsafe { system::open(mapping.first(), bytes)? };
        }
        Ok(mapping)
    }

    /// The first byte that can be used.
    pub(super) fn first(&self) -> NonNull<u8> {
        // SAFETY: within the mapping.
        unsafe { self.whole.add(GUARD) }
    }

    /// The addresses that can be used.
    pub(super) fn pages(&self) -> Range<usize> {
        let start = self.first().addr().get();
        start..start + self.bytes
    }

    /// All addresses, with the guards.
    pub(super) fn whole(&self) -> Range<usize> {
        let start = self.whole.addr().get();
        start..start + self.bytes + 2 * GUARD
    }

    /// Gives the memory back, but keeps the addresses, so that whoever uses them faults. `None` if
    /// the addresses had to go, too.
    pub(super) fn close(self) -> Option<Self> {
        // SAFETY: the pages are this mapping's, and its owner gave them up.
        let closed = self.bytes == 0 || unsafe { system::close(self.first(), self.bytes) }.is_ok();
        closed.then_some(self)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the addresses are this mapping's, and its owner gave them up.
        unsafe { system::release(self.whole, self.whole().len()) }
    }
}

#[cfg(unix)]
mod system {
    //! `mmap` and its kin.

    use std::ffi::c_int;
    use std::io;
    use std::ptr::{self, NonNull};
    use std::sync::OnceLock;

    const FLAGS: c_int = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;

    pub(super) fn page_size() -> usize {
        static SIZE: OnceLock<usize> = OnceLock::new();
        // SAFETY: asks only. Every system has a page size.
        *SIZE.get_or_init(|| unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize)
    }

    /// Reserves addresses that nobody can access.
    pub(super) fn reserve(bytes: usize) -> io::Result<NonNull<u8>> {
        // SAFETY: new addresses, chosen by the system.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, FLAGS, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(start.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    /// Makes reserved pages readable and writable.
    ///
    /// # Safety
    /// The pages are the caller's.
    pub(super) unsafe fn open(start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        // SAFETY: the caller's contract.
        match unsafe {
            libc::mprotect(
                start.as_ptr().cast(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
            )
        } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Frees pages, and reserves their addresses again.
    ///
    /// # Safety
    /// The pages are the caller's, and unused from now on.
    pub(super) unsafe fn close(start: NonNull<u8>, bytes: usize) -> io::Result<()> {
        let flags = FLAGS | libc::MAP_FIXED;
        // SAFETY: the caller's contract: only the caller's pages are replaced.
        let at = unsafe { libc::mmap(start.as_ptr().cast(), bytes, libc::PROT_NONE, flags, -1, 0) };
        match at {
            libc::MAP_FAILED => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// Gives addresses back.
    ///
    /// # Safety
    /// They are the caller's, and unused from now on.
    pub(super) unsafe fn release(start: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller's contract. It can fail for want of mappings; the addresses leak then.
        unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
    }
}

#[cfg(not(unix))]
mod system {
    //! No guards.

    use std::io;
    use std::ptr::NonNull;

    pub(super) fn page_size() -> usize {
        4096
    }

    pub(super) fn reserve(_bytes: usize) -> io::Result<NonNull<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) unsafe fn open(_start: NonNull<u8>, _bytes: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) unsafe fn close(_start: NonNull<u8>, _bytes: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) unsafe fn release(_start: NonNull<u8>, _bytes: usize) {}
}

//! Global memory: buffers that end where an access outside them is noticed.
//!
//! ```text
//!  guard   first page                        last page   guard
//! ┌───────┬──────────┬──────────────────────┬──────────┬───────┐
//! │ faults│ canary…  │ the buffer, filled with 0xff … c│ faults│
//! └───────┴──────────┴──────────────────────┴──────────┴───────┘
//!                    ^ start: a multiple of 16          ^ c: at most 15 bytes of canary
//! ```
//!
//! An access in a guard is a memory fault, which [`crate::trap`] reports. A write between a guard and
//! the buffer changes the canary: [`launch()`](crate::launch()) looks at the canaries of the buffers
//! that its OS thread made, as other launches may run beside it. A read there goes unnoticed.
//!
//! Freed buffers stay inaccessible for a while, so that a stale pointer faults, too.

mod access;
mod canary;
mod mapping;
mod registry;

use std::alloc::{self, Layout};
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use crate::fault::{Fault, FaultKind};
use crate::options::SimOptions;
pub(crate) use access::touch;
use canary::Canary;
use mapping::Mapping;
pub(crate) use registry::describe;

/// The least alignment of a buffer: that of the widest access.
const ALIGNMENT: usize = 16;

/// The alignment of a buffer whose size is a multiple of it, and of one without guards.
const FULL_ALIGNMENT: usize = 256;

/// The byte that fresh memory holds: a NaN in every float format, -1 as an integer.
const POISON: u8 = 0xff;

/// Canaries that a launch looks at.
const MAX_CHECKED: usize = 64;

/// Memory for kernels that the simulator runs. Kernels that leave it are reported.
///
/// It starts at a multiple of 16 bytes, or of 256 if its size is one. It is filled with `0xff`. Like
/// the memory of a GPU it may be used from anywhere, through raw pointers.
///
/// ```
/// use cuda_sim::{FaultKind, GlobalBuffer, LaunchConfig, SimOptions, device, launch};
///
/// # #[cfg(target_os = "linux")] {
/// let buffer = GlobalBuffer::new(100 * size_of::<u32>())?;
/// let elements = buffer.as_ptr() as usize;
/// let kernel = || {
///     let index = device::thread_idx().x as usize;
///     // SAFETY: wrong from index 100 on, as the simulator says.
///     unsafe { (elements as *mut u32).add(index).write(0) };
/// };
/// let fault = launch(&SimOptions::default(), "clear", LaunchConfig::new(1, 128), &kernel);
/// assert_eq!(fault.unwrap_err().kind, FaultKind::GlobalOutOfRange);
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct GlobalBuffer {
    start: NonNull<u8>,
    bytes: usize,
    /// `None` only while it is dropped.
    memory: Option<Memory>,
}

/// Where a buffer lies.
#[derive(Debug)]
enum Memory {
    Guarded(Mapping),
    /// For want of mappings.
    Plain(Layout),
}

// SAFETY: it is memory; whoever reads or writes it does so through raw pointers, in `unsafe` code.
unsafe impl Send for GlobalBuffer {}
// SAFETY: as above.
unsafe impl Sync for GlobalBuffer {}

impl GlobalBuffer {
    /// A buffer of `bytes` bytes, each of them `0xff`.
    ///
    /// It has no guards outside Unix, nor where there are 8192 buffers already: each takes two
    /// mappings, of which Linux gives a process 65530, and so do the stacks of simulated threads.
    ///
    /// # Errors
    /// If there is no memory left.
    pub fn new(bytes: usize) -> io::Result<Self> {
        let mapping = registry::has_room().then(|| Mapping::new(bytes));
        let buffer = match mapping {
            Some(Ok(mapping)) => Self::guarded(mapping, bytes),
            _ => Self::plain(bytes)?,
        };
        // SAFETY: just allocated, this long, and nobody else's.
        unsafe { buffer.start.write_bytes(POISON, bytes) };
        registry::add(buffer.range(), buffer.canary());
        Ok(buffer)
    }

    fn guarded(mapping: Mapping, bytes: usize) -> Self {
        let room = mapping.pages().len();
        let offset = (room - bytes) / ALIGNMENT * ALIGNMENT;
        // SAFETY: the offset is within the pages.
        let start = unsafe { mapping.first().add(offset) };
        let buffer = Self {
            start,
            bytes,
            memory: Some(Memory::Guarded(mapping)),
        };
        if let Some(canary) = buffer.canary() {
            canary.restore();
        }
        buffer
    }

    fn plain(bytes: usize) -> io::Result<Self> {
        let layout = Layout::from_size_align(bytes.max(1), FULL_ALIGNMENT)
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { alloc::alloc(layout) });
        Ok(Self {
            start: start.ok_or(io::ErrorKind::OutOfMemory)?,
            bytes,
            memory: Some(Memory::Plain(layout)),
        })
    }

    /// The first byte.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// What was written right before or after the buffer, if anything. A launch on the OS thread that
    /// made the buffer reports that itself, as its [`Fault`], and restores what was there.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        self.canary()?.damage()
    }

    /// The addresses of its bytes.
    fn range(&self) -> Range<usize> {
        let start = self.start.addr().get();
        start..start + self.bytes
    }

    fn canary(&self) -> Option<Canary> {
        match &self.memory {
            Some(Memory::Guarded(mapping)) => Some(Canary::new(mapping, self.range())),
            _ => None,
        }
    }
}

impl Drop for GlobalBuffer {
    fn drop(&mut self) {
        let start = self.start.addr().get();
        match self.memory.take() {
            Some(Memory::Guarded(mapping)) => registry::remove(start, Some(mapping)),
            Some(Memory::Plain(layout)) => {
                registry::remove(start, None);
                // SAFETY: allocated by `plain` with this very layout.
                unsafe { alloc::dealloc(self.as_ptr(), layout) };
            }
            None => {}
        }
    }
}

/// Looks for writes right before or after the buffers of this OS thread, after a launch.
pub(crate) fn check(options: &SimOptions, kernel: &'static str) -> Result<(), Fault> {
    let Some(damage) = registry::take_damage(MAX_CHECKED) else {
        return Ok(());
    };
    Err(Fault {
        kernel,
        kind: FaultKind::GlobalOutOfRange,
        block: None,
        thread: None,
        location: None,
        detail: damage.into(),
        seed: options.seed,
    })
}

/// Where an address is, seen from a buffer, as the beginning of a phrase.
fn place(address: usize, buffer: &Range<usize>) -> String {
    let Range { start, end } = *buffer;
    if address < start {
        format!("{} bytes before the start of", start - address)
    } else if address < end {
        format!("byte {} of", address - start)
    } else if address == end {
        "right past the end of".to_owned()
    } else {
        format!("{} bytes past the end of", address - end)
    }
}

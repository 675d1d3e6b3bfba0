//! Device memory, owned: allocated on a stream, freed on it when dropped.
//!
//! On a GPU with the stream-ordered allocator neither waits for anything; on one without, freeing waits
//! for the device. On the CPU and in the simulator it is host memory, filled with NaN patterns so that an
//! element nobody wrote is seen; in the simulator it ends at guard pages, so that a kernel that leaves it is
//! reported.

use std::alloc::{Layout, alloc, dealloc};

use cuda_sim::GlobalBuffer;
use cust::memory::{DevicePointer, cuda_free, cuda_malloc};

use super::cuda::check;
use super::{CudaDevice, Kind, Stream, unavailable};
use crate::error::{Error, Result};

/// Alignment of an allocation on the CPU, as on a GPU. In the simulator only sizes that are a multiple of it
/// have it, others that of the widest access: the end, not the start, is at a page.
const ALIGNMENT: usize = 256;

/// The byte that fresh host memory holds: a NaN in every float format here, -1 as an integer.
const POISON: u8 = 0xff;

/// A block of device memory.
pub(crate) struct Allocation {
    address: usize,
    bytes: usize,
    stream: Stream,
    owner: Owner,
}

/// Whom the memory goes back to.
enum Owner {
    /// No bytes, no memory.
    Nobody,
    /// The driver, in the stream's order.
    Driver,
    /// The global allocator.
    Host,
    /// The simulator, when this is dropped.
    Simulator { _buffer: GlobalBuffer },
}

impl Allocation {
    /// Allocates on a stream; the memory may be used by work put on it from now on.
    pub(crate) fn new(stream: &Stream, bytes: usize) -> Result<Self> {
        let (address, owner) = allocate(stream, bytes)?;
        Ok(Self {
            address,
            bytes,
            stream: stream.clone(),
            owner,
        })
    }

    /// The first byte.
    pub(crate) fn address(&self) -> usize {
        self.address
    }

    /// The stream that the memory belongs to.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Fills the memory with one byte, on its stream.
    pub(crate) fn fill(&mut self, byte: u8) -> Result<()> {
        let Some((cuda, stream)) = self.stream.cuda() else {
            // SAFETY: host memory of this length, borrowed by nobody else.
            unsafe { (self.address as *mut u8).write_bytes(byte, self.bytes) };
            return Ok(());
        };
        cuda.make_current()?;
        // SAFETY: device memory of this length, used in this stream's order.
        Ok(unsafe {
            libcuda::fill_u8_async(self.address as u64, byte, self.bytes, stream.as_raw())
        }?)
    }

    /// Copies from host memory and waits.
    ///
    /// # Safety
    /// `source` holds `bytes` bytes, and so does this allocation.
    pub(crate) unsafe fn copy_from_host(&mut self, source: *const u8, bytes: usize) -> Result<()> {
        let Some((cuda, stream)) = self.stream.cuda() else {
            // SAFETY: the caller's contract; both are host memory, and this one is nobody else's.
            unsafe { (self.address as *mut u8).copy_from_nonoverlapping(source, bytes) };
            return Ok(());
        };
        if bytes == 0 {
            return Ok(());
        }
        cuda.make_current()?;
        // SAFETY: the caller's contract, and the copy is over before this returns.
        unsafe {
            libcuda::copy_to_device_async(
                self.address as u64,
                source.cast(),
                bytes,
                stream.as_raw(),
            )?
        };
        self.stream.synchronize()
    }

    /// Copies to host memory, after the stream's work so far, and waits.
    ///
    /// # Safety
    /// `destination` has room for `bytes` bytes, and this allocation holds as many.
    pub(crate) unsafe fn copy_to_host(&self, destination: *mut u8, bytes: usize) -> Result<()> {
        let Some((cuda, stream)) = self.stream.cuda() else {
            // SAFETY: the caller's contract; both are host memory.
            unsafe { destination.copy_from_nonoverlapping(self.address as *const u8, bytes) };
            return Ok(());
        };
        if bytes == 0 {
            return self.stream.synchronize();
        }
        cuda.make_current()?;
        // SAFETY: the caller's contract, and the copy is over before this returns.
        unsafe {
            libcuda::copy_to_host_async(
                destination.cast(),
                self.address as u64,
                bytes,
                stream.as_raw(),
            )?
        };
        self.stream.synchronize()
    }

    /// Lets the memory belong to another stream of the device, which waits for this one's work so far.
    pub(crate) fn move_to(&mut self, stream: &Stream) -> Result<()> {
        stream.wait(&super::Event::record(&self.stream)?)?;
        self.stream = stream.clone();
        Ok(())
    }
}

/// Copies between device memory of the stream's device, in the stream's order.
///
/// # Safety
/// - `from` and `to` are addresses of that device's memory, `bytes` bytes each, that do not overlap.
/// - It stays valid and otherwise unused until the copy has run, as often as a capture is replayed.
pub(crate) unsafe fn copy_on_device(
    stream: &Stream,
    from: usize,
    to: usize,
    bytes: usize,
) -> Result<()> {
    let Some((cuda, cuda_stream)) = stream.cuda() else {
        return stream.run_on_host(move || {
            // SAFETY: host memory, and the caller's contract.
            unsafe { (to as *mut u8).copy_from_nonoverlapping(from as *const u8, bytes) };
            Ok(())
        });
    };
    if bytes == 0 {
        return Ok(());
    }
    cuda.make_current()?;
    let (to, from) = (to as u64, from as u64);
    // SAFETY: the caller's contract.
    Ok(unsafe { libcuda::copy_on_device_async(to, from, bytes, cuda_stream.as_raw()) }?)
}

impl Drop for Allocation {
    fn drop(&mut self) {
        match (&self.owner, self.stream.cuda()) {
            (Owner::Driver, Some((cuda, _))) => free_cuda(cuda, &self.stream, self.address),
            (Owner::Host, _) => free_host(self.address, self.bytes),
            _ => {}
        }
    }
}

fn allocate(stream: &Stream, bytes: usize) -> Result<(usize, Owner)> {
    match (stream.cuda(), stream.device().kind()) {
        _ if bytes == 0 => Ok((ALIGNMENT, Owner::Nobody)),
        (Some((cuda, _)), _) => {
            cuda.make_current()?;
            Ok((allocate_cuda(cuda, stream, bytes)?, Owner::Driver))
        }
        (None, Kind::Simulator(_)) => {
            let buffer = GlobalBuffer::new(bytes).map_err(|_| refused(bytes))?;
            Ok((
                buffer.as_ptr() as usize,
                Owner::Simulator { _buffer: buffer },
            ))
        }
        (None, _) => Ok((allocate_host(bytes)?, Owner::Host)),
    }
}

fn allocate_cuda(cuda: &CudaDevice, stream: &Stream, bytes: usize) -> Result<usize> {
    if let (true, Some((_, stream))) = (cuda.has_stream_ordered_memory(), stream.cuda()) {
        // SAFETY: the stream is alive: it is borrowed here.
        return Ok(unsafe { libcuda::allocate_async(bytes, stream.as_raw()) }? as usize);
    }
    // SAFETY: the size is not zero, and bytes need no initialisation before they are written.
    let pointer: DevicePointer<u8> = check("cuMemAlloc", unsafe { cuda_malloc(bytes) })?;
    Ok(pointer.as_raw() as usize)
}

/// Frees; a failure here means that the context is gone, and the memory with it.
fn free_cuda(cuda: &CudaDevice, stream: &Stream, address: usize) {
    if cuda.make_current().is_err() {
        return;
    }
    if let (true, Some((_, stream))) = (cuda.has_stream_ordered_memory(), stream.cuda()) {
        // SAFETY: allocated by `allocate_async`, and whoever used it did so on this stream.
        let _ = unsafe { libcuda::free_async(address as u64, stream.as_raw()) };
    } else if stream.synchronize().is_ok() {
        // SAFETY: allocated by `cuda_malloc`, and the stream's work is done.
        let _ = unsafe { cuda_free(DevicePointer::<u8>::from_raw(address as u64)) };
    }
}

fn refused(bytes: usize) -> Error {
    let reason = format!("the host has no {bytes} bytes of memory left");
    unavailable("allocate", reason)
}

fn allocate_host(bytes: usize) -> Result<usize> {
    let layout = layout(bytes).ok_or_else(|| refused(bytes))?;
    // SAFETY: the size is not zero.
    let pointer = unsafe { alloc(layout) };
    if pointer.is_null() {
        return Err(refused(bytes));
    }
    // SAFETY: just allocated, this long.
    unsafe { pointer.write_bytes(POISON, bytes) };
    Ok(pointer as usize)
}

fn free_host(address: usize, bytes: usize) {
    if let Some(layout) = layout(bytes) {
        // SAFETY: allocated by `allocate_host` with this very layout.
        unsafe { dealloc(address as *mut u8, layout) }
    }
}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, ALIGNMENT).ok()
}

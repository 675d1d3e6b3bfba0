//! Device memory by address: stream-ordered allocation, copies, fills (CUDA Driver API, "Memory
//! Management" and "Stream Ordered Memory Allocator").
//!
//! An address is a `u64`, as in a `CUdeviceptr`. Everything is asynchronous to the host: done when the
//! stream has come to it, and a failure of the work itself shows in a later call.

use core::ffi::c_void;
use core::ptr;

use cust_raw::{CUdevice, CUdevice_attribute, CUmemPool_attribute, CUmemoryPool, CUstream};

use crate::context::device_attribute;
use crate::error::{DriverError, call};

/// The memory of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryInfo {
    /// Bytes that can still be allocated.
    pub free: usize,
    /// Bytes in all.
    pub total: usize,
}

/// The memory of the current context's device.
///
/// # Errors
/// [`DriverError::Call`], for one if the thread has no context.
pub fn memory_info() -> Result<MemoryInfo, DriverError> {
    let (mut free, mut total) = (0, 0);
    // SAFETY: both are locals that may be written.
    unsafe { call!(cuMemGetInfo_v2(&mut free, &mut total)) }?;
    Ok(MemoryInfo { free, total })
}

/// Whether a device has the stream-ordered allocator.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
pub fn memory_pools_supported(device: CUdevice) -> Result<bool, DriverError> {
    let attribute = CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED;
    Ok(device_attribute(device, attribute)? != 0)
}

/// A pool that stream-ordered allocations come from. It belongs to the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPool(CUmemoryPool);

impl MemoryPool {
    /// The pool that a device's allocations come from unless they name another.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the device has no pools.
    pub fn of_device(device: CUdevice) -> Result<Self, DriverError> {
        let mut pool = ptr::null_mut();
        // SAFETY: a device is an ordinal, which the driver checks; `pool` is a local.
        unsafe { call!(cuDeviceGetDefaultMemPool(&mut pool, device)) }?;
        Ok(Self(pool))
    }

    /// How many unused bytes the pool keeps at a synchronisation instead of giving them back to the
    /// system. It starts at zero; `u64::MAX` keeps all.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    pub fn set_release_threshold(self, bytes: u64) -> Result<(), DriverError> {
        let attribute = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        let mut bytes = bytes;
        let value = ptr::from_mut(&mut bytes).cast::<c_void>();
        // SAFETY: a device's default pool lives as long as the process; the attribute is a `u64`.
        unsafe { call!(cuMemPoolSetAttribute(self.0, attribute, value)) }
    }
}

/// Allocates memory that work put on `stream` from now on may use. Zero bytes are refused by the driver.
///
/// # Errors
/// [`DriverError::Call`], for one if there is not enough memory.
///
/// # Safety
/// `stream` is null or a live stream.
pub unsafe fn allocate_async(bytes: usize, stream: CUstream) -> Result<u64, DriverError> {
    let mut address = 0;
    // SAFETY: `stream` is live by this function's own contract, `address` a local.
    unsafe { call!(cuMemAllocAsync(&mut address, bytes, stream)) }?;
    Ok(address)
}

/// Frees memory once the work put on `stream` so far has run.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `address` came from a stream-ordered allocation, is not freed yet, and is not used by work that may
/// run after this point of `stream`, which is null or a live stream.
pub unsafe fn free_async(address: u64, stream: CUstream) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuMemFreeAsync(address, stream)) }
}

/// Fills `count` bytes with `value`.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `address` begins `count` bytes of device memory that nothing else uses until the fill has run, and
/// `stream` is null or a live stream.
pub unsafe fn fill_u8_async(
    address: u64,
    value: u8,
    count: usize,
    stream: CUstream,
) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuMemsetD8Async(address, value, count, stream)) }
}

/// Fills `count` words of 4 bytes with `value`.
///
/// # Errors
/// [`DriverError::Call`], for one if `address` is not a multiple of 4.
///
/// # Safety
/// As [`fill_u8_async`], with `4 * count` bytes.
pub unsafe fn fill_u32_async(
    address: u64,
    value: u32,
    count: usize,
    stream: CUstream,
) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuMemsetD32Async(address, value, count, stream)) }
}

/// Copies `bytes` from host to device.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `from` is readable and `to` writable device memory, `bytes` long each; neither is changed, nor `to`
/// read, by anything else until the copy has run; `stream` is null or a live stream.
pub unsafe fn copy_to_device_async(
    to: u64,
    from: *const c_void,
    bytes: usize,
    stream: CUstream,
) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuMemcpyHtoDAsync_v2(to, from, bytes, stream)) }
}

/// Copies `bytes` from device to host.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// As [`copy_to_device_async`], `from` on the device and `to` on the host.
pub unsafe fn copy_to_host_async(
    to: *mut c_void,
    from: u64,
    bytes: usize,
    stream: CUstream,
) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuMemcpyDtoHAsync_v2(to, from, bytes, stream)) }
}

/// Copies `bytes` within the device.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// As [`copy_to_device_async`], both on the device, not overlapping.
pub unsafe fn copy_on_device_async(
    to: u64,
    from: u64,
    bytes: usize,
    stream: CUstream,
) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuMemcpyDtoDAsync_v2(to, from, bytes, stream)) }
}

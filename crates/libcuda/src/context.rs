//! The context of the calling thread, and the attributes of a device.

use core::ffi::c_int;

use cust_raw::{CUcontext, CUdevice, CUdevice_attribute};

use crate::error::{DriverError, call};

/// Makes a context the calling thread's; null leaves the thread without one.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `context` is null or a live context.
pub unsafe fn set_current_context(context: CUcontext) -> Result<(), DriverError> {
    // SAFETY: `context` is live by this function's own contract.
    unsafe { call!(cuCtxSetCurrent(context)) }
}

/// Reads an attribute of a device.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason, for one if there is no such device.
pub fn device_attribute(
    device: CUdevice,
    attribute: CUdevice_attribute,
) -> Result<i32, DriverError> {
    let mut value: c_int = 0;
    // SAFETY: a device is an ordinal, which the driver checks; `value` is a local.
    unsafe { call!(cuDeviceGetAttribute(&mut value, attribute, device)) }?;
    Ok(value)
}

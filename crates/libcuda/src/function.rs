//! Attributes of a kernel (CUDA Driver API, "Execution Control", `CUfunction_attribute`).

use core::ffi::c_int;

use cust_raw::CUfunction;

use crate::error::{DriverError, call};

/// What can be asked of a kernel; of these, what [`set_function_attribute`] changes is marked `(set)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum FunctionAttribute {
    /// The largest block it can be launched with.
    MaxThreadsPerBlock = 0,
    /// Static shared memory, in bytes.
    SharedBytes = 1,
    /// Constant memory, in bytes.
    ConstBytes = 2,
    /// Local memory per thread, in bytes: above zero, registers are spilled or arrays not promoted.
    LocalBytes = 3,
    /// Registers per thread.
    Registers = 4,
    /// The PTX version it was compiled from, as `10 * major + minor`.
    PtxVersion = 5,
    /// The architecture it was compiled for, as `10 * major + minor`.
    BinaryVersion = 6,
    /// Whether it was compiled with `-Xptxas --dlcm=ca`.
    CacheModeCa = 7,
    /// The most dynamic shared memory a launch may ask for, in bytes (set).
    MaxDynamicSharedBytes = 8,
    /// The preferred share of shared memory in the L1 cache, in percent, -1 for the driver's choice
    /// (set).
    PreferredSharedCarveout = 9,
    /// Whether it must be launched as clusters.
    ClusterSizeMustBeSet = 10,
    /// The cluster width it was compiled for, or zero.
    RequiredClusterWidth = 11,
    /// The cluster height it was compiled for, or zero.
    RequiredClusterHeight = 12,
    /// The cluster depth it was compiled for, or zero.
    RequiredClusterDepth = 13,
    /// Whether clusters of more than 8 blocks are allowed (set).
    NonPortableClusterSizeAllowed = 14,
}

/// Reads an attribute of a kernel.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `function` is a kernel of a loaded module.
pub unsafe fn function_attribute(
    function: CUfunction,
    attribute: FunctionAttribute,
) -> Result<i32, DriverError> {
    let mut value = 0;
    // SAFETY: `function` is live by this function's own contract, `value` a local.
    unsafe { call!(cuFuncGetAttribute(&mut value, attribute as c_int, function)) }?;
    Ok(value)
}

/// Changes an attribute of a kernel.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `function` is a kernel of a loaded module.
pub unsafe fn set_function_attribute(
    function: CUfunction,
    attribute: FunctionAttribute,
    value: i32,
) -> Result<(), DriverError> {
    // SAFETY: `function` is live by this function's own contract.
    unsafe { call!(cuFuncSetAttribute(function, attribute as c_int, value)) }
}

/// Lets launches of a kernel ask for up to `bytes` of dynamic shared memory. Above 48 KiB this has to be
/// called once before the first launch.
///
/// # Errors
/// [`DriverError::Argument`] above `i32::MAX`; [`DriverError::Call`] with the driver's reason, for one if
/// the device has less.
///
/// # Safety
/// `function` is a kernel of a loaded module.
pub unsafe fn set_max_dynamic_shared_bytes(
    function: CUfunction,
    bytes: u32,
) -> Result<(), DriverError> {
    let Ok(value) = i32::try_from(bytes) else {
        let problem = format!("at most {} bytes of shared memory, not {bytes}", i32::MAX);
        return Err(DriverError::argument("cuFuncSetAttribute", problem));
    };
    // SAFETY: this function's own contract.
    unsafe { set_function_attribute(function, FunctionAttribute::MaxDynamicSharedBytes, value) }
}

//! What a driver function answers when the driver, or the function in it, is not there.

use core::ffi::{CStr, c_char};

use crate::ffi;
use crate::trampoline::Code;

/// The answer to a call of `name` on a machine with no driver.
pub(crate) fn no_driver(name: &CStr) -> Code {
    text_function(name).unwrap_or(answer_no_device as *const ())
}

/// The answer to a call of `name` that the driver does not know.
pub(crate) fn no_symbol(name: &CStr) -> Code {
    text_function(name).unwrap_or(answer_not_found as *const ())
}

/// `cuGetErrorString` and `cuGetErrorName` must work without a driver: `cust` calls the first from the
/// `Display` of its error, and `to_string` panics when it fails.
fn text_function(name: &CStr) -> Option<Code> {
    match name.to_bytes() {
        b"cuGetErrorString" => Some(error_string as *const ()),
        b"cuGetErrorName" => Some(error_name as *const ()),
        _ => None,
    }
}

extern "C" fn answer_no_device() -> u32 {
    ffi::CUDA_ERROR_NO_DEVICE
}

extern "C" fn answer_not_found() -> u32 {
    ffi::CUDA_ERROR_NOT_FOUND
}

/// Stands in for `cuGetErrorString`, with the driver's wording where there is one.
///
/// # Safety
/// `text` is null or may be written.
unsafe extern "C" fn error_string(code: u32, text: *mut *const c_char) -> u32 {
    let answer = match code {
        ffi::CUDA_SUCCESS => c"no error",
        ffi::CUDA_ERROR_NO_DEVICE => c"no CUDA-capable device is detected",
        ffi::CUDA_ERROR_NOT_FOUND => c"named symbol not found",
        _ => c"unknown error",
    };
    // SAFETY: as this function's own contract.
    unsafe { answer_text(answer, text) }
}

/// Stands in for `cuGetErrorName`.
///
/// # Safety
/// `text` is null or may be written.
unsafe extern "C" fn error_name(code: u32, text: *mut *const c_char) -> u32 {
    let answer = match code {
        ffi::CUDA_SUCCESS => c"CUDA_SUCCESS",
        ffi::CUDA_ERROR_NO_DEVICE => c"CUDA_ERROR_NO_DEVICE",
        ffi::CUDA_ERROR_NOT_FOUND => c"CUDA_ERROR_NOT_FOUND",
        _ => c"CUDA_ERROR_UNKNOWN",
    };
    // SAFETY: as this function's own contract.
    unsafe { answer_text(answer, text) }
}

/// # Safety
/// `text` is null or may be written.
unsafe fn answer_text(answer: &'static CStr, text: *mut *const c_char) -> u32 {
    if text.is_null() {
        return ffi::CUDA_ERROR_INVALID_VALUE;
    }
    // SAFETY: not null, so the caller lets it be written.
    unsafe { text.write(answer.as_ptr()) };
    ffi::CUDA_SUCCESS
}

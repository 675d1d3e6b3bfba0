//! A library that passes for `libcuda.so.1` in tests: a driver of the version that the environment
//! names, with a handful of functions and without all the others.

use std::ffi::{c_char, c_int, c_uint, c_void};

const SUCCESS: u32 = 0;
const INVALID_VALUE: u32 = 1;
const INVALID_PTX: u32 = 218;
const ERROR_LOG_BUFFER: u32 = 5;

#[unsafe(no_mangle)]
extern "C" fn cuInit(_flags: c_uint) -> u32 {
    SUCCESS
}

/// # Safety
/// `version` may be written.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuDriverGetVersion(version: *mut c_int) -> u32 {
    let text = std::env::var("FAKE_DRIVER_VERSION").unwrap_or_default();
    // SAFETY: this function's own contract.
    unsafe { version.write(text.parse().unwrap_or(0)) };
    SUCCESS
}

/// # Safety
/// `text` may be written.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorName(code: u32, text: *mut *const c_char) -> u32 {
    // SAFETY: this function's own contract.
    unsafe { describe(code, text, c"CUDA_ERROR_INVALID_PTX".as_ptr()) }
}

/// # Safety
/// `text` may be written.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(code: u32, text: *mut *const c_char) -> u32 {
    // SAFETY: this function's own contract.
    unsafe { describe(code, text, c"a PTX JIT compilation failed".as_ptr()) }
}

/// # Safety
/// `text` may be written.
unsafe fn describe(code: u32, text: *mut *const c_char, answer: *const c_char) -> u32 {
    if code != INVALID_PTX {
        return INVALID_VALUE;
    }
    // SAFETY: this function's own contract.
    unsafe { text.write(answer) };
    SUCCESS
}

/// Answers with a code that no version of `cuda.h` has.
#[unsafe(no_mangle)]
extern "C" fn cuCtxSetCurrent(_context: *mut c_void) -> u32 {
    54321
}

/// # Safety
/// `options` and `values` have `count` entries, and the log buffer among them has room.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleLoadDataEx(
    _module: *mut *mut c_void,
    _image: *const c_void,
    count: c_uint,
    options: *const u32,
    values: *const *mut c_void,
) -> u32 {
    let log = c"ptxas application ptx input, line 3; error : Unknown symbol".to_bytes_with_nul();
    for index in 0..count as usize {
        // SAFETY: this function's own contract.
        unsafe {
            if options.add(index).read() == ERROR_LOG_BUFFER {
                let buffer: *mut u8 = values.add(index).read().cast();
                buffer.copy_from_nonoverlapping(log.as_ptr(), log.len());
            }
        }
    }
    INVALID_PTX
}

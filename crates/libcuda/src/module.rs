//! Modules from PTX, with the compiler's log (CUDA Driver API, "Module Management").
//!
//! The driver compiles PTX for the device at hand. When it refuses, its error log says which line and
//! why; [`load_ptx`] puts that log into the error.

use core::ffi::{CStr, c_uint, c_void};
use core::ptr;
use std::ffi::CString;

use cust_raw::{CUfunction, CUjit_option, CUmodule};

use crate::error::{DriverError, call, check};
use crate::ffi;

const LOAD: &str = "cuModuleLoadDataEx";
const LOG_BYTES: usize = 16 * 1024;

/// How the driver compiles PTX.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JitOptions {
    /// The most registers a thread may have; `None` leaves it to the compiler.
    pub max_registers: Option<u32>,
    /// Fills the information log: registers, shared memory and spills of each kernel. The log stays
    /// empty when the driver finds the compiled module in its cache.
    pub verbose: bool,
    /// Keeps line numbers for profilers.
    pub line_info: bool,
}

/// A loaded module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JitModule {
    /// The driver's handle. Whoever has it unloads it.
    pub module: CUmodule,
    /// The compiler's information log; mostly empty unless [`JitOptions::verbose`].
    pub log: String,
}

/// Compiles a PTX text for the device of the current context and loads it there.
///
/// # Errors
/// [`DriverError::Jit`] with the compiler's error log; [`DriverError::Argument`] if the text holds a nul.
pub fn load_ptx(ptx: &str, options: JitOptions) -> Result<JitModule, DriverError> {
    let text = CString::new(ptx).map_err(|error| {
        let problem = format!("PTX holds a nul at byte {}", error.nul_position());
        DriverError::argument(LOAD, problem)
    })?;
    let (mut info, mut errors) = (vec![0_u8; LOG_BYTES], vec![0_u8; LOG_BYTES]);
    let mut table = OptionTable::new(options, &mut info, &mut errors);
    let mut module = ptr::null_mut();
    // SAFETY: the text ends in a nul; the table's arrays have `len` entries each, and the log buffers
    // they point to are `LOG_BYTES` long and outlive the call.
    let code = unsafe {
        ffi::cuModuleLoadDataEx(
            &mut module,
            text.as_ptr().cast(),
            table.len(),
            table.keys.as_mut_ptr(),
            table.values.as_mut_ptr(),
        )
    };
    check(LOAD, code).map_err(|error| with_log(error, &errors))?;
    let log = text_of(&info);
    Ok(JitModule { module, log })
}

/// The kernel called `name` in a module.
///
/// # Errors
/// [`DriverError::Call`] if the module has none of that name.
///
/// # Safety
/// `module` is loaded.
pub unsafe fn module_function(module: CUmodule, name: &CStr) -> Result<CUfunction, DriverError> {
    let mut function = ptr::null_mut();
    // SAFETY: `module` is loaded by this function's own contract, `function` a local.
    unsafe { call!(cuModuleGetFunction(&mut function, module, name.as_ptr())) }?;
    Ok(function)
}

/// Unloads a module.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `module` is loaded, and none of its functions is used after this.
pub unsafe fn unload_module(module: CUmodule) -> Result<(), DriverError> {
    // SAFETY: this function's own contract.
    unsafe { call!(cuModuleUnload(module)) }
}

/// The two arrays that the driver takes options in; a value is an integer or an address, in a `void *`.
struct OptionTable {
    keys: Vec<CUjit_option>,
    values: Vec<*mut c_void>,
}

impl OptionTable {
    fn new(options: JitOptions, info: &mut [u8], errors: &mut [u8]) -> Self {
        let mut table = Self {
            keys: Vec::new(),
            values: Vec::new(),
        };
        table.set(
            CUjit_option::CU_JIT_INFO_LOG_BUFFER,
            info.as_mut_ptr().cast(),
        );
        table.set_number(CUjit_option::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, info.len());
        table.set(
            CUjit_option::CU_JIT_ERROR_LOG_BUFFER,
            errors.as_mut_ptr().cast(),
        );
        table.set_number(
            CUjit_option::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
            errors.len(),
        );
        if let Some(registers) = options.max_registers {
            table.set_number(CUjit_option::CU_JIT_MAX_REGISTERS, registers as usize);
        }
        if options.verbose {
            table.set_number(CUjit_option::CU_JIT_LOG_VERBOSE, 1);
        }
        if options.line_info {
            table.set_number(CUjit_option::CU_JIT_GENERATE_LINE_INFO, 1);
        }
        table
    }

    fn set(&mut self, key: CUjit_option, value: *mut c_void) {
        self.keys.push(key);
        self.values.push(value);
    }

    fn set_number(&mut self, key: CUjit_option, value: usize) {
        self.set(key, ptr::without_provenance_mut(value));
    }

    fn len(&self) -> c_uint {
        self.keys.len() as c_uint
    }
}

/// Adds the compiler's log to its refusal; any other error stays as it is.
fn with_log(error: DriverError, log: &[u8]) -> DriverError {
    let log = text_of(log);
    match error {
        DriverError::Call { call, code, text } if !log.is_empty() => DriverError::Jit {
            call,
            code,
            text,
            log,
        },
        other => other,
    }
}

/// The text in a log buffer, which ends at the first nul.
fn text_of(log: &[u8]) -> String {
    let end = log.iter().position(|&byte| byte == 0).unwrap_or(log.len());
    String::from_utf8_lossy(&log[..end]).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{DriverError, JitOptions, load_ptx, text_of, with_log};

    #[test]
    fn a_nul_in_the_text_is_refused_before_the_driver_sees_it() {
        let error = load_ptx(".version 8.0\0", JitOptions::default()).unwrap_err();
        let expected = "cuModuleLoadDataEx: PTX holds a nul at byte 12";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn the_log_reaches_the_message() {
        let refusal = DriverError::Call {
            call: "cuModuleLoadDataEx",
            code: 218,
            text: "CUDA_ERROR_INVALID_PTX: a PTX JIT compilation failed".to_owned(),
        };
        let error = with_log(
            refusal.clone(),
            b"ptxas, line 3; error : no such label\n\0\0",
        );
        assert!(
            error
                .to_string()
                .ends_with("\nptxas, line 3; error : no such label")
        );
        assert_eq!(error.code(), Some(218));
        assert_eq!(with_log(refusal.clone(), b"\0"), refusal);
    }

    #[test]
    fn a_full_log_needs_no_nul() {
        assert_eq!(text_of(b"abc"), "abc");
    }
}

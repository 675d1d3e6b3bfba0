//! The ways a driver call can fail, and the check that every call of this crate goes through.

use core::ffi::{CStr, c_char};

use crate::driver::{DriverVersion, version_or_unknown};
use crate::ffi;
use crate::loader::{DRIVER_LIBRARY, library, take_missing_symbol};

/// Why a driver call did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The machine has no CUDA driver, or the loader does not find it.
    #[error("no CUDA driver on this machine: cannot load {looked_for} ({reason})")]
    NoLibrary {
        /// The library that was looked for.
        looked_for: &'static str,
        /// What the system's loader said.
        reason: String,
    },
    /// The driver is older than this crate works with.
    #[error(
        "the CUDA driver is too old: it supports CUDA {found}, and CUDA {required} is required; \
         update the NVIDIA driver"
    )]
    TooOld {
        /// The newest CUDA version the driver supports.
        found: DriverVersion,
        /// [`crate::MINIMUM_DRIVER`].
        required: DriverVersion,
    },
    /// The driver is there and lacks this function.
    #[error(
        "the CUDA driver lacks {symbol} (it supports CUDA {version}); update the NVIDIA driver"
    )]
    MissingSymbol {
        /// The function, as the driver exports it.
        symbol: &'static str,
        /// The newest CUDA version the driver supports.
        version: DriverVersion,
    },
    /// The driver refused the call, or reports the failure of earlier asynchronous work.
    #[error("{call} failed: {text} (CUresult {code})")]
    Call {
        /// The function that was called.
        call: &'static str,
        /// The `CUresult` it answered.
        code: u32,
        /// The driver's name and description of that code.
        text: String,
    },
    /// The driver's compiler refused a module.
    #[error("{call} failed: {text} (CUresult {code})\n{log}")]
    Jit {
        /// The function that was called.
        call: &'static str,
        /// The `CUresult` it answered.
        code: u32,
        /// The driver's name and description of that code.
        text: String,
        /// The compiler's error log.
        log: String,
    },
    /// An argument breaks a documented rule of the call, which was not made.
    #[error("{call}: {problem}")]
    Argument {
        /// The function that would have been called.
        call: &'static str,
        /// Which argument, what is allowed, and what came.
        problem: String,
    },
}

impl DriverError {
    /// The `CUresult` of the driver, where the driver answered one.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Call { code, .. } | Self::Jit { code, .. } => Some(*code),
            _ => None,
        }
    }

    pub(crate) fn argument(call: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::Argument { call, problem }
    }

    /// The error for the absent library, `reason` being the loader's.
    pub(crate) fn no_library(reason: &str) -> Self {
        Self::NoLibrary {
            looked_for: DRIVER_LIBRARY,
            reason: reason.to_owned(),
        }
    }
}

/// Calls a driver function and turns its code into a result that names it. Goes inside `unsafe`.
macro_rules! call {
    ($name:ident($($argument:expr),* $(,)?)) => {
        $crate::error::check(stringify!($name), $crate::ffi::$name($($argument),*))
    };
}
pub(crate) use call;

/// The result of `call`, which answered `code`.
pub(crate) fn check(call: &'static str, code: u32) -> Result<(), DriverError> {
    match code {
        ffi::CUDA_SUCCESS => Ok(()),
        code => Err(failure(call, code)),
    }
}

#[cold]
fn failure(call: &'static str, code: u32) -> DriverError {
    if let Err(reason) = library() {
        return DriverError::no_library(reason);
    }
    if code == ffi::CUDA_ERROR_NOT_FOUND && take_missing_symbol() == Some(call) {
        return DriverError::MissingSymbol {
            symbol: call,
            version: version_or_unknown(),
        };
    }
    let text = describe(code);
    DriverError::Call { call, code, text }
}

/// The driver's name and description of a code.
fn describe(code: u32) -> String {
    let name = error_text(|text| {
        // SAFETY: `text` is a local that may be written.
        unsafe { ffi::cuGetErrorName(code, text) }
    });
    let meaning = error_text(|text| {
        // SAFETY: `text` is a local that may be written.
        unsafe { ffi::cuGetErrorString(code, text) }
    });
    match (name, meaning) {
        (Some(name), Some(meaning)) => format!("{name}: {meaning}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => "an error that the driver does not describe".to_owned(),
    }
}

/// The string that `ask` stores, if it succeeds and stores one.
fn error_text(ask: impl FnOnce(*mut *const c_char) -> u32) -> Option<String> {
    let mut text = core::ptr::null();
    if ask(&mut text) != ffi::CUDA_SUCCESS || text.is_null() {
        return None;
    }
    // SAFETY: on success the driver stores the address of a constant, nul-terminated string.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

//! cuBLASLt's C interface: the part that is used, as `cublasLt.h` and `library_types.h` of CUDA 13.0 declare it.

use std::ffi::{CStr, c_char, c_int, c_void};

use libloading::Library;

use super::error::Error;
use super::layout::Element;
use super::scales::ScaleMode;

/// `cublasStatus_t`.
pub type Status = c_int;

/// `CUBLAS_STATUS_SUCCESS`.
pub const SUCCESS: Status = 0;

/// `CUBLAS_STATUS_NOT_SUPPORTED`.
pub const NOT_SUPPORTED: Status = 15;

/// `CUBLAS_COMPUTE_32F`.
pub const COMPUTE_32F: c_int = 68;

/// `CUDA_R_32F`.
pub const R_32F: c_int = 0;

/// `CUBLAS_OP_N` and `CUBLAS_OP_T`, indexed by whether a matrix is transposed.
pub const OPERATION: [i32; 2] = [0, 1];

/// `cublasLtMatmulDescAttributes_t`.
pub mod matmul {
    /// Transpose `A`: `int32_t`.
    pub const TRANSA: i32 = 3;
    /// Transpose `B`: `int32_t`.
    pub const TRANSB: i32 = 4;
    /// The factors of `A`: a device address.
    pub const A_SCALE_POINTER: i32 = 17;
    /// The factors of `B`: a device address.
    pub const B_SCALE_POINTER: i32 = 18;
    /// Fast accumulation: `int8_t`.
    pub const FAST_ACCUM: i32 = 25;
    /// How the factors of `A` are read: `int32_t`.
    pub const A_SCALE_MODE: i32 = 31;
    /// How the factors of `B` are read: `int32_t`.
    pub const B_SCALE_MODE: i32 = 32;
}

/// `cublasLtMatrixLayoutAttribute_t`.
pub mod layout {
    /// Matrices: `int32_t`.
    pub const BATCH_COUNT: i32 = 5;
    /// Elements between them: `int64_t`.
    pub const STRIDED_BATCH_OFFSET: i32 = 6;
}

/// `cublasLtMatmulPreferenceAttributes_t`.
pub mod preference {
    /// Scratch memory an algorithm may ask for: `uint64_t`.
    pub const MAX_WORKSPACE_BYTES: i32 = 1;
}

/// `cudaDataType_t` of an element.
pub const fn data_type(element: Element) -> c_int {
    match element {
        Element::F32 => R_32F,
        Element::F16 => 2,
        Element::Bf16 => 14,
        Element::E4m3 => 28,
    }
}

/// `cublasLtMatmulMatrixScale_t` of a mode.
pub const fn scale_mode(mode: ScaleMode) -> i32 {
    match mode {
        ScaleMode::Scalar => 0,
        ScaleMode::OuterVector => 3,
        ScaleMode::Vector128 => 4,
        ScaleMode::Block128x128 => 5,
    }
}

/// `cublasLtMatmulAlgo_t`: an algorithm and its settings.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Algorithm {
    data: [u64; 8],
}

/// `cublasLtMatmulHeuristicResult_t`: a suggestion.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Suggestion {
    /// What to pass back.
    pub algorithm: Algorithm,
    /// Scratch memory it needs.
    pub workspace_bytes: usize,
    /// Whether it is one.
    pub state: Status,
    /// How often it fills the device.
    pub waves: f32,
    reserved: [c_int; 4],
}

/// Declares the table of functions and how it is filled.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal: fn($($argument:ty),* $(,)?) -> $result:ty;)*) => {
        /// The library's functions.
        pub struct Api {
            $($(#[$doc])* pub $name: unsafe extern "C" fn($($argument),*) -> $result,)*
        }

        impl Api {
            /// Resolves every function, or says which is missing.
            ///
            /// # Safety
            /// - The library's functions of these names have these signatures.
            pub unsafe fn resolve(library: &'static Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    $(
                        // SAFETY: the signature is the caller's promise, and the library is never closed.
                        $name: *unsafe { library.get(concat!($symbol, "\0").as_bytes()) }?,
                    )*
                })
            }
        }
    };
}

functions! {
    /// Makes a handle.
    create = "cublasLtCreate": fn(*mut *mut c_void) -> Status;
    /// Takes it back.
    destroy = "cublasLtDestroy": fn(*mut c_void) -> Status;
    /// Major * 10000 + minor * 100 + patch.
    version = "cublasLtGetVersion": fn() -> usize;
    /// A status in words.
    status_text = "cublasLtGetStatusString": fn(Status) -> *const c_char;
    /// Makes an operation: compute type, type of alpha and beta.
    matmul_create = "cublasLtMatmulDescCreate": fn(*mut *mut c_void, c_int, c_int) -> Status;
    /// Sets an attribute: which, value, its size.
    matmul_set = "cublasLtMatmulDescSetAttribute": fn(*mut c_void, c_int, *const c_void, usize) -> Status;
    /// Takes an operation back.
    matmul_destroy = "cublasLtMatmulDescDestroy": fn(*mut c_void) -> Status;
    /// Makes a layout: type, rows, columns, leading dimension.
    layout_create = "cublasLtMatrixLayoutCreate": fn(*mut *mut c_void, c_int, u64, u64, i64) -> Status;
    /// Sets an attribute: which, value, its size.
    layout_set = "cublasLtMatrixLayoutSetAttribute": fn(*mut c_void, c_int, *const c_void, usize) -> Status;
    /// Takes a layout back.
    layout_destroy = "cublasLtMatrixLayoutDestroy": fn(*mut c_void) -> Status;
    /// Makes a preference.
    preference_create = "cublasLtMatmulPreferenceCreate": fn(*mut *mut c_void) -> Status;
    /// Sets an attribute: which, value, its size.
    preference_set = "cublasLtMatmulPreferenceSetAttribute": fn(*mut c_void, c_int, *const c_void, usize) -> Status;
    /// Takes a preference back.
    preference_destroy = "cublasLtMatmulPreferenceDestroy": fn(*mut c_void) -> Status;
    /// Suggests algorithms: handle, operation, layouts of A B C D, preference, how many at most, where to, how many.
    heuristic = "cublasLtMatmulAlgoGetHeuristic": fn(
        *mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void,
        *mut c_void, c_int, *mut Suggestion, *mut c_int,
    ) -> Status;
    /// Runs one: handle, operation, alpha, A and its layout, B and its layout, beta, C and its layout, D and its
    /// layout, algorithm, workspace and its size, stream.
    matmul = "cublasLtMatmul": fn(
        *mut c_void, *mut c_void, *const c_void, *const c_void, *mut c_void, *const c_void, *mut c_void,
        *const c_void, *const c_void, *mut c_void, *mut c_void, *mut c_void,
        *const Algorithm, *mut c_void, usize, *mut c_void,
    ) -> Status;
}

impl Api {
    /// An error for every status but success.
    pub fn check(&self, call: &'static str, status: Status) -> Result<(), Error> {
        if status == SUCCESS {
            return Ok(());
        }
        let status = self.text(status);
        Err(Error::Call { call, status })
    }

    /// The library's words for a status.
    fn text(&self, status: Status) -> String {
        // SAFETY: takes any number.
        let text = unsafe { (self.status_text)(status) };
        if text.is_null() {
            return format!("status {status}");
        }
        // SAFETY: not null, hence one of the library's own constant strings.
        let text = unsafe { CStr::from_ptr(text) };
        format!("{} (status {status})", text.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use super::{Algorithm, Suggestion};

    #[test]
    fn structures_are_laid_out_as_in_the_header() {
        assert_eq!(size_of::<Algorithm>(), 64);
        assert_eq!(size_of::<Suggestion>(), 96);
        assert_eq!(offset_of!(Suggestion, workspace_bytes), 64);
        assert_eq!(offset_of!(Suggestion, state), 72);
        assert_eq!(offset_of!(Suggestion, waves), 76);
    }
}

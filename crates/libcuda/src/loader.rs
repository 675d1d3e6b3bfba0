//! The driver library: found once per process, asked for functions by name.

use core::cell::Cell;
use core::ffi::CStr;
use std::sync::OnceLock;

use libloading::Library;

use crate::answers;
use crate::trampoline::Found;

/// The name that NVIDIA's driver gives its library; the system's loader looks for it in its own
/// search path (`LD_LIBRARY_PATH`, then `/etc/ld.so.conf`).
pub const DRIVER_LIBRARY: &str = "libcuda.so.1";

thread_local! {
    static MISSING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// The driver library, or why there is none. Whatever the first call finds stays for the process.
pub(crate) fn library() -> Result<&'static Library, &'static str> {
    static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            // SAFETY: the driver's library is made to be loaded by any process at any time; its
            // initialisers have no requirements.
            unsafe { Library::new(DRIVER_LIBRARY) }.map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(String::as_str)
}

/// The function of the driver called `name`, or the answer a caller gets in its place.
pub(crate) fn find(name: &'static CStr) -> Found {
    let Ok(library) = library() else {
        return Found::Answer(answers::no_driver(name));
    };
    // SAFETY: the symbol is used as an address alone; whoever jumps there has the signature that
    // `cuda.h` gives the name.
    match unsafe { library.get::<*const ()>(name.to_bytes_with_nul()) } {
        Ok(symbol) => Found::Function(*symbol),
        Err(_) => {
            MISSING.set(name.to_str().ok());
            Found::Answer(answers::no_symbol(name))
        }
    }
}

/// The driver function that this thread last called and that the driver does not have, if any; forgets
/// it.
///
/// Such a call answers `CUDA_ERROR_NOT_FOUND`, which other calls answer too. Whoever turns that code
/// into an error asks here which it was. The functions of this crate do so themselves; this is for
/// calls made through `cust`.
pub fn take_missing_symbol() -> Option<&'static str> {
    MISSING.take()
}

//! Which lines of a kernel some code addresses belong to.

use std::borrow::Cow;
use std::ffi::c_void;
use std::ptr;

use backtrace::Symbol;

use crate::fault::SourceLine;
use crate::trap::frames::Frames;

/// This file, as debug information names it.
const THIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/trap/source.rs");

/// Paths of code that kernels use but do not consist of: the toolchain's and the registry's.
const LIBRARIES: [&str; 4] = [
    "/library/core/src/",
    "/library/alloc/src/",
    "/library/std/src/",
    "/registry/src/",
];

/// Paths of the device API, whose functions stand for single instructions.
const DEVICE_API: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/"),
    "/cuda_std/src/",
];

/// The lines of kernel code at `frames`, innermost first: what an access or a device function was
/// called from, and what that was called from.
pub(super) fn kernel_lines(frames: &Frames) -> Vec<SourceLine> {
    let mut lines = Vec::new();
    let mut inside = true;
    for address in frames.after() {
        // Inlined calls are symbols of the same address, innermost first.
        backtrace::resolve(ptr::without_provenance_mut::<c_void>(address), |symbol| {
            let Some(line) = line(symbol) else { return };
            match Origin::of(&line.file) {
                Origin::Kernel if inside => lines.push(shortened(line)),
                // What called the kernel is no part of it.
                Origin::DeviceApi if !lines.is_empty() => inside = false,
                _ => {}
            }
        });
    }
    lines
}

/// Whose code it is.
enum Origin {
    Kernel,
    DeviceApi,
    Library,
}

impl Origin {
    fn of(file: &str) -> Self {
        let among = |paths: &[&str]| paths.iter().any(|path| file.contains(path));
        // The C library may come with debug information, too.
        if !file.ends_with(".rs") || among(&LIBRARIES) {
            Self::Library
        } else if among(&DEVICE_API) {
            Self::DeviceApi
        } else {
            Self::Kernel
        }
    }
}

fn line(symbol: &Symbol) -> Option<SourceLine> {
    let file = symbol.filename()?.to_str()?.to_owned();
    Some(SourceLine {
        file: Cow::Owned(file),
        line: symbol.lineno()?,
        column: symbol.colno().unwrap_or(1),
    })
}

/// The line with its path as `Location::caller` gives it: relative to the workspace, in which the
/// compiler ran.
fn shortened(line: SourceLine) -> SourceLine {
    let workspace = THIS.strip_suffix(file!()).unwrap_or_default();
    let file = line.file.strip_prefix(workspace).map(str::to_owned);
    SourceLine {
        file: file.map_or(line.file, Cow::Owned),
        ..line
    }
}

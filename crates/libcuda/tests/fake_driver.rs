//! The ways a driver can fall short, with a stand-in for it in the loader's path.
//!
//! The loader reads `LD_LIBRARY_PATH` when a process starts, so each test runs its body in a child: the
//! same executable, asked for the same test.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cust::CudaFlags;
use cust::error::CudaError;
use libcuda::{
    DriverError, DriverVersion, JitOptions, LaunchConfig, MINIMUM_DRIVER, TensorMapType,
    TiledTensor, driver, encode_tensor_map, launch, load_ptx, set_current_context,
    take_missing_symbol,
};

const VERSION: &str = "FAKE_DRIVER_VERSION";

/// Runs `body` in a process whose driver is the stand-in, of a version as `cuDriverGetVersion` writes it.
fn with_driver(version: &str, test: &str, body: fn()) {
    if env::var_os(VERSION).is_some() {
        return body();
    }
    let Some(library) = stand_in() else {
        return eprintln!("skipped: the stand-in for the driver is not beside this test");
    };
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::copy(library, directory.path().join("libcuda.so.1")).expect("copied the stand-in");
    let output = Command::new(env::current_exe().expect("this executable"))
        .args(["--exact", test])
        .env(VERSION, version)
        .env("LD_LIBRARY_PATH", search_path(directory.path().as_os_str()))
        .output()
        .expect("started the child");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

/// The stand-in that cargo built as an example. Without cargo it may be absent.
fn stand_in() -> Option<PathBuf> {
    let test = env::current_exe().expect("this executable");
    let profile = test.parent()?.parent()?;
    let library = profile.join("examples/libfake_driver.so");
    let built = library.exists();
    assert!(
        built || env::var_os("CARGO").is_none(),
        "build the stand-in first: cargo build -p gatewarp-libcuda --example fake_driver"
    );
    built.then_some(library)
}

fn search_path(first: &OsStr) -> OsString {
    let mut path = first.to_owned();
    if let Some(rest) = env::var_os("LD_LIBRARY_PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

fn matrix() -> TiledTensor<'static> {
    TiledTensor::new(0, TensorMapType::F16, &[64, 64], &[128], &[64, 64])
}

#[test]
fn a_driver_of_the_minimum_version_is_accepted() {
    with_driver(
        "12000",
        "a_driver_of_the_minimum_version_is_accepted",
        || {
            assert_eq!(driver().expect("accepted").version, MINIMUM_DRIVER);
            cust::init(CudaFlags::empty()).expect("reaches the stand-in");
        },
    );
}

#[test]
fn an_older_driver_is_refused() {
    with_driver("11080", "an_older_driver_is_refused", || {
        let error = driver().expect_err("refused");
        let found = DriverVersion {
            major: 11,
            minor: 8,
        };
        let required = MINIMUM_DRIVER;
        assert_eq!(error, DriverError::TooOld { found, required });
        assert!(
            error
                .to_string()
                .contains("CUDA 11.8, and CUDA 12.0 is required")
        );
    });
}

#[test]
fn a_missing_symbol_is_named_with_the_version() {
    with_driver(
        "12080",
        "a_missing_symbol_is_named_with_the_version",
        || {
            let error = encode_tensor_map(&matrix()).expect_err("the stand-in has no tensor maps");
            let version = DriverVersion {
                major: 12,
                minor: 8,
            };
            let symbol = "cuTensorMapEncodeTiled";
            assert_eq!(error, DriverError::MissingSymbol { symbol, version });

            let config = LaunchConfig::new([1; 3], [1; 3]);
            // SAFETY: the stand-in has no such function, so nothing is read.
            let error = unsafe { launch(std::ptr::null_mut(), &config, &[]) };
            assert!(
                error
                    .expect_err("missing")
                    .to_string()
                    .contains("cuLaunchKernelEx")
            );
        },
    );
}

#[test]
fn a_symbol_that_cust_misses_can_be_asked_for() {
    with_driver(
        "12080",
        "a_symbol_that_cust_misses_can_be_asked_for",
        || {
            let error = cust::device::Device::num_devices().expect_err("missing");
            assert_eq!(error, CudaError::NotFound);
            assert_eq!(take_missing_symbol(), Some("cuDeviceGetCount"));
            assert_eq!(take_missing_symbol(), None);
        },
    );
}

#[test]
fn an_unknown_code_is_told_as_a_number() {
    with_driver("12080", "an_unknown_code_is_told_as_a_number", || {
        // SAFETY: null is allowed.
        let error = unsafe { set_current_context(std::ptr::null_mut()) }.expect_err("refused");
        let expected =
            "cuCtxSetCurrent failed: an error that the driver does not describe (CUresult 54321)";
        assert_eq!(error.to_string(), expected);
    });
}

#[test]
fn a_refused_module_comes_with_the_log() {
    with_driver("12080", "a_refused_module_comes_with_the_log", || {
        let error = load_ptx("not PTX", JitOptions::default()).expect_err("refused");
        let expected = "cuModuleLoadDataEx failed: CUDA_ERROR_INVALID_PTX: a PTX JIT compilation \
                        failed (CUresult 218)\nptxas application ptx input, line 3; error : Unknown symbol";
        assert_eq!(error.to_string(), expected);
    });
}

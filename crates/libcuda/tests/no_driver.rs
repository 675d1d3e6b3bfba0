//! A machine without a driver: every call is an error, none a crash.

use std::ptr;

use cust::CudaFlags;
use cust::error::CudaError;
use libcuda::{
    CaptureMode, DRIVER_LIBRARY, DriverError, JitOptions, LaunchConfig, MemoryPool, TensorMap,
    TensorMapType, TiledTensor, begin_capture, driver, launch, load_ptx, memory_info,
    memory_pools_supported, take_missing_symbol,
};

/// Whether this machine has a driver; then there is nothing to test here.
fn has_driver() -> bool {
    let found = !matches!(driver(), Err(DriverError::NoLibrary { .. }));
    if found {
        eprintln!("skipped: there is a driver");
    }
    found
}

#[test]
fn the_error_says_what_was_looked_for() {
    if has_driver() {
        return;
    }
    let error = driver().expect_err("no driver");
    let text = error.to_string();
    assert!(text.starts_with("no CUDA driver on this machine: cannot load libcuda.so.1 ("));
    assert!(matches!(
        error,
        DriverError::NoLibrary { looked_for: DRIVER_LIBRARY, reason } if !reason.is_empty()
    ));
}

#[test]
fn cust_reports_no_device_and_can_print_it() {
    if has_driver() {
        return;
    }
    let error = cust::init(CudaFlags::empty()).expect_err("no driver");
    assert_eq!(error, CudaError::NoDevice);
    assert_eq!(error.to_string(), "\"no CUDA-capable device is detected\"");
    assert_eq!(take_missing_symbol(), None);
}

#[test]
fn every_kind_of_wrapper_names_the_library() {
    if has_driver() {
        return;
    }
    let tensor = TiledTensor::new(0, TensorMapType::F16, &[64, 64], &[128], &[64, 64]);
    let config = LaunchConfig::new([1; 3], [1; 3]);
    // SAFETY: without a driver nothing is read or written.
    let (launched, captured) = unsafe {
        (
            launch(ptr::null_mut(), &config, &mut []),
            begin_capture(ptr::null_mut(), CaptureMode::Relaxed),
        )
    };
    let results = [
        launched,
        captured,
        memory_info().map(drop),
        memory_pools_supported(0).map(drop),
        MemoryPool::of_device(0).map(drop),
        load_ptx("", JitOptions::default()).map(drop),
        TensorMap::tiled(&tensor).map(drop),
    ];
    for result in results {
        assert!(
            matches!(result, Err(DriverError::NoLibrary { .. })),
            "{result:?}"
        );
    }
}

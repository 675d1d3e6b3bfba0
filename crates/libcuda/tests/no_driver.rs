//! A machine without a driver: every call is an error, none a crash.

use std::process::ExitCode;
use std::ptr;

use cust::CudaFlags;
use cust::error::CudaError;
use libcuda::{
    CaptureMode, DRIVER_LIBRARY, DriverError, JitOptions, LaunchConfig, MemoryPool, TensorMapType,
    TiledTensor, begin_capture, driver, encode_tensor_map, launch, load_ptx, memory_info,
    memory_pools_supported, take_missing_symbol,
};
use libtest_mimic::{Arguments, Trial, run};

fn main() -> ExitCode {
    let trials = vec![
        trial(
            "the_error_says_what_was_looked_for",
            the_error_says_what_was_looked_for,
        ),
        trial(
            "cust_reports_no_device_and_can_print_it",
            cust_reports_no_device_and_can_print_it,
        ),
        trial(
            "every_kind_of_wrapper_names_the_library",
            every_kind_of_wrapper_names_the_library,
        ),
    ];
    run(&Arguments::from_args(), trials).exit_code()
}

/// Ignored on a machine with a driver: there is nothing to test there.
fn trial(name: &str, test: fn()) -> Trial {
    let has_driver = !matches!(driver(), Err(DriverError::NoLibrary { .. }));
    let run = move || {
        test();
        Ok(())
    };
    Trial::test(name, run).with_ignored_flag(has_driver)
}

fn the_error_says_what_was_looked_for() {
    let error = driver().expect_err("no driver");
    let text = error.to_string();
    assert!(text.starts_with("no CUDA driver on this machine: cannot load libcuda.so.1 ("));
    assert!(matches!(
        error,
        DriverError::NoLibrary { looked_for: DRIVER_LIBRARY, reason } if !reason.is_empty()
    ));
}

fn cust_reports_no_device_and_can_print_it() {
    let error = cust::init(CudaFlags::empty()).expect_err("no driver");
    assert_eq!(error, CudaError::NoDevice);
    assert_eq!(error.to_string(), "\"no CUDA-capable device is detected\"");
    assert_eq!(take_missing_symbol(), None);
}

fn every_kind_of_wrapper_names_the_library() {
    let tensor = TiledTensor::new(0, TensorMapType::F16, &[64, 64], &[128], &[64, 64]);
    let config = LaunchConfig::new([1; 3], [1; 3]);
    // SAFETY: without a driver nothing is read or written.
    let (launched, captured) = unsafe {
        (
            launch(ptr::null_mut(), &config, &[]),
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
        encode_tensor_map(&tensor).map(drop),
    ];
    for result in results {
        assert!(
            matches!(result, Err(DriverError::NoLibrary { .. })),
            "{result:?}"
        );
    }
}

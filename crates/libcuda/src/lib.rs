//! The CUDA driver API, found at run time.
//!
//! A program that links `libcuda.so` does not start on a machine without a GPU. This crate defines every
//! function that `cust_raw` declares (so `cust` works with it, unmodified), each as a trampoline that
//! opens the driver's library when it is first called:
//!
//! ```text
//!  cust ──▶ cust_raw ──▶ cuMemAlloc_v2 (here) ──▶ libcuda.so.1, cuMemAlloc_v2     a driver
//!                              │
//!  this crate's wrappers ──────┤ ──▶ answers CUDA_ERROR_NO_DEVICE (100)           no driver
//!                              └ ──▶ answers CUDA_ERROR_NOT_FOUND (500)           a driver without it
//! ```
//!
//! The mechanism is in `trampoline.rs`, the names in `symbols.rs`, the library in `loader.rs`. After the first
//! call of a function the cost is one indirect jump.
//!
//! # Linking
//!
//! `cust_raw` asks the linker for `-lcuda`. `link/lib64/libcuda.a` is an empty archive that answers;
//! its build script finds it through `CUDA_LIBRARY_PATH`, which `.cargo/config.toml` sets. No CUDA toolkit
//! is needed to build. A program must name this crate (`use libcuda as _;` will do), or the linker
//! leaves it out.
//!
//! # What is here beside the symbols
//!
//! [`driver()`] says whether there is a usable driver. The other functions are the driver calls that
//! `cust` 0.3.2 lacks, thin, each failing with a [`DriverError`] that names the call: tensor maps
//! ([`encode_tensor_map`]), launches with attributes ([`launch()`]) and how many of their clusters run at the same time
//! ([`most_active_clusters`]), stream capture and graphs
//! ([`begin_capture`], [`Graph`]), streams and events ([`Stream`],
//! [`Event`]), attributes of kernels ([`function_attribute`]), memory by address
//! ([`allocate_async`] and its neighbours), PTX with the compiler's log ([`load_ptx`]).
//!
//! # Use
//!
//! ```
//! match libcuda::driver() {
//!     Ok(driver) => println!("a driver for CUDA {}", driver.version),
//!     Err(error) => println!("{error}"),
//! }
//! ```

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!(
    "gatewarp-libcuda reaches the CUDA driver on Linux, on x86-64 and on AArch64; \
     another target needs its own trampoline beside src/trampoline/x86_64.rs"
);

mod answers;
mod capture;
mod context;
mod driver;
mod error;
mod event;
mod ffi;
mod function;
mod graph;
mod launch;
mod loader;
mod memory;
mod module;
mod stream;
mod symbols;
mod tensor_map;
mod trampoline;

pub use capture::{
    CaptureMode, CaptureStatus, RelaxedCapture, begin_capture, capture_status, end_capture,
};
pub use context::{device_attribute, set_current_context};
pub use driver::{DriverInfo, DriverVersion, MINIMUM_DRIVER, driver};
pub use error::DriverError;
pub use event::Event;
pub use function::{
    FunctionAttribute, function_attribute, set_function_attribute, set_max_dynamic_shared_bytes,
};
pub use graph::{Graph, GraphExec};
pub use launch::{LaunchConfig, launch, most_active_clusters};
pub use loader::{DRIVER_LIBRARY, take_missing_symbol};
pub use memory::{
    MemoryInfo, MemoryPool, allocate_async, copy_on_device_async, copy_to_device_async,
    copy_to_host_async, fill_u8_async, fill_u32_async, free_async, memory_info,
    memory_pools_supported,
};
pub use module::{JitModule, JitOptions, load_ptx, module_function, unload_module};
pub use stream::Stream;
// The crate of the descriptions and this crate's module share their name.
pub use self::tensor_map::encode_tensor_map;
pub use ::tensor_map::{
    BrokenRule, Interleave, L2Promotion, OutOfBounds, Swizzle, TensorMap, TensorMapType,
    TiledTensor,
};

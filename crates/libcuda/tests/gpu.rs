//! The wrappers against a real driver and device. Without one the tests are ignored, and a line says so;
//! with `GATEWARP_REQUIRE_CUDA=1` they fail.

use std::env;
use std::ffi::c_void;
use std::process::ExitCode;
use std::ptr;
use std::time::{SystemTime, UNIX_EPOCH};

use cust::context::Context;
use cust::device::{Device, DeviceAttribute};
use libcuda::{
    CaptureMode, CaptureStatus, DriverError, Event, FunctionAttribute, JitModule, JitOptions,
    LaunchConfig, MINIMUM_DRIVER, MemoryPool, Stream, Swizzle, TensorMapType, TiledTensor,
    allocate_async, begin_capture, capture_status, copy_on_device_async, copy_to_device_async,
    copy_to_host_async, driver, encode_tensor_map, end_capture, fill_u8_async, fill_u32_async,
    free_async, function_attribute, launch, load_ptx, memory_info, memory_pools_supported,
    module_function, most_active_clusters, set_max_dynamic_shared_bytes, unload_module,
};
use libtest_mimic::{Arguments, Failed, Trial, run};

/// `out[block] = rank of the block in its cluster + base`, for a grid and blocks of one dimension.
const RANKS: &str = "
.version 8.0
.target sm_90
.address_size 64
.visible .entry ranks(.param .u64 out, .param .u32 base) {
    .reg .u64 %address, %offset;
    .reg .u32 %rank, %base, %block;
    ld.param.u64 %address, [out];
    ld.param.u32 %base, [base];
    cvta.to.global.u64 %address, %address;
    mov.u32 %block, %ctaid.x;
    mov.u32 %rank, %cluster_ctarank;
    add.u32 %rank, %rank, %base;
    mul.wide.u32 %offset, %block, 4;
    add.u64 %address, %address, %offset;
    st.global.u32 [%address], %rank;
    ret;
}
";

/// A test's body.
type Test = fn(&Gpu);

/// Each test, and the compute capability that it needs.
const TESTS: &[(&str, i32, Test)] = &[
    (
        "clusters_that_run_together_are_counted",
        9,
        clusters_that_run_together_are_counted,
    ),
    (
        "a_cluster_has_the_shape_asked_for",
        9,
        a_cluster_has_the_shape_asked_for,
    ),
    (
        "a_launch_the_driver_refuses_is_an_error",
        9,
        a_launch_the_driver_refuses_is_an_error,
    ),
    (
        "a_captured_launch_runs_when_the_graph_does",
        9,
        a_captured_launch_runs_when_the_graph_does,
    ),
    (
        "a_module_that_does_not_compile_shows_the_log",
        9,
        a_module_that_does_not_compile_shows_the_log,
    ),
    (
        "attributes_of_a_kernel_are_read_and_set",
        9,
        attributes_of_a_kernel_are_read_and_set,
    ),
    (
        "memory_is_allocated_filled_and_copied_in_stream_order",
        8,
        memory_is_allocated_filled_and_copied_in_stream_order,
    ),
    (
        "a_stream_waits_for_an_event_and_time_passes",
        8,
        a_stream_waits_for_an_event_and_time_passes,
    ),
    (
        "a_tensor_map_is_encoded_and_differs_with_its_tensor",
        9,
        a_tensor_map_is_encoded_and_differs_with_its_tensor,
    ),
];

fn main() -> ExitCode {
    let required = env::var("GATEWARP_REQUIRE_CUDA").is_ok_and(|value| value == "1");
    let missing = Gpu::new(8).err();
    if let Some(reason) = &missing {
        println!("gpu: skipped, {reason}");
    }
    let ignored = missing.is_some() && !required;
    let trials = TESTS.iter().map(|&(name, major, test)| {
        let run = move || Gpu::new(major).map(|gpu| test(&gpu)).map_err(Failed::from);
        Trial::test(name, run).with_ignored_flag(ignored)
    });
    run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// A context and a stream.
///
/// Memory is allocated and copied on the stream alone, so that tests may run side by side.
struct Gpu {
    stream: Stream,
    _context: Context,
}

impl Gpu {
    /// The first device, if its compute capability is at least `major`.
    fn new(major: i32) -> Result<Self, String> {
        let context = cust::quick_init().map_err(|error| error.to_string())?;
        let device = Device::get_device(0).expect("a device");
        let attribute = DeviceAttribute::ComputeCapabilityMajor;
        if device.get_attribute(attribute).expect("an attribute") < major {
            return Err(format!("no device of compute capability {major}.0"));
        }
        Ok(Self {
            stream: Stream::new().expect("a stream"),
            _context: context,
        })
    }

    fn raw(&self) -> cust_raw::CUstream {
        self.stream.as_raw()
    }

    fn wait(&self) {
        self.stream.synchronize().expect("the work succeeded");
        assert_eq!(self.stream.is_idle(), Ok(true));
    }

    /// Memory of `count` words, all zero. Given back with the context.
    fn zeros(&self, count: usize) -> u64 {
        // SAFETY: the stream is live; the fill stays inside the allocation.
        unsafe {
            let address = allocate_async(4 * count, self.raw()).expect("allocated");
            fill_u32_async(address, 0, count, self.raw()).expect("filled");
            address
        }
    }

    fn read(&self, address: u64, count: usize) -> Vec<u32> {
        let mut host = vec![0; count];
        // SAFETY: the callers pass memory of `count` words; `host` lives until the copy is done.
        unsafe {
            copy_to_host_async(host.as_mut_ptr().cast(), address, 4 * count, self.raw())
                .expect("copied");
        }
        self.wait();
        host
    }
}

/// Launches the kernel `ranks` on 4 blocks.
fn launch_ranks(
    gpu: &Gpu,
    module: &JitModule,
    out: u64,
    config: LaunchConfig,
) -> Result<(), DriverError> {
    let config = LaunchConfig {
        stream: gpu.raw(),
        ..config
    };
    let mut address = out;
    let mut base = 10_u32;
    let parameters: [*mut c_void; 2] = [
        ptr::from_mut(&mut address).cast(),
        ptr::from_mut(&mut base).cast(),
    ];
    // SAFETY: the module is loaded; the kernel takes a u64 and a u32 and writes the 4 words of `out`.
    unsafe {
        let function = module_function(module.module, c"ranks")?;
        launch(function, &config, &parameters)
    }
}

fn four_blocks() -> LaunchConfig {
    LaunchConfig::new([4, 1, 1], [1, 1, 1])
}

fn a_cluster_has_the_shape_asked_for(gpu: &Gpu) {
    let module = load_ptx(RANKS, JitOptions::default()).expect("compiled");
    let clusters = [None, Some([2, 1, 1]), Some([4, 1, 1])];
    let expected = [[10, 10, 10, 10], [10, 11, 10, 11], [10, 11, 12, 13]];
    for (cluster, expected) in clusters.into_iter().zip(expected) {
        let out = gpu.zeros(4);
        let config = LaunchConfig {
            cluster,
            programmatic_serialization: cluster.is_some(),
            ..four_blocks()
        };
        launch_ranks(gpu, &module, out, config).expect("launched");
        assert_eq!(gpu.read(out, 4), expected);
    }
    // SAFETY: loaded above; its work is done.
    unsafe { unload_module(module.module) }.expect("unloaded");
}

fn clusters_that_run_together_are_counted(_: &Gpu) {
    let module = load_ptx(RANKS, JitOptions::default()).expect("compiled");
    let count = |blocks| {
        let config = LaunchConfig {
            cluster: Some([blocks, 1, 1]),
            ..LaunchConfig::new([blocks, 1, 1], [1024, 1, 1])
        };
        // SAFETY: the module is loaded.
        unsafe {
            let function = module_function(module.module, c"ranks").expect("there");
            most_active_clusters(function, &config).expect("counted")
        }
    };
    let counts = [1, 2, 4, 8].map(count);
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    assert!(counts[0] >= 8 * counts[3] && counts[3] >= 1, "{counts:?}");
    // SAFETY: loaded above; nothing of it was launched.
    unsafe { unload_module(module.module) }.expect("unloaded");
}

fn a_launch_the_driver_refuses_is_an_error(gpu: &Gpu) {
    let module = load_ptx(RANKS, JitOptions::default()).expect("compiled");
    let out = gpu.zeros(4);
    let config = LaunchConfig {
        cluster: Some([3, 1, 1]),
        ..four_blocks()
    };
    let error = launch_ranks(gpu, &module, out, config).expect_err("4 is no multiple of 3");
    assert!(
        error
            .to_string()
            .starts_with("cuLaunchKernelEx failed: CUDA_ERROR_")
    );
}

fn a_captured_launch_runs_when_the_graph_does(gpu: &Gpu) {
    let module = load_ptx(RANKS, JitOptions::default()).expect("compiled");
    let out = gpu.zeros(4);
    // SAFETY: the stream is live, and `out` is not freed.
    unsafe {
        begin_capture(gpu.raw(), CaptureMode::ThreadLocal).expect("capturing");
        launch_ranks(gpu, &module, out, four_blocks()).expect("captured");
        let status = capture_status(gpu.raw()).expect("a status");
        assert_eq!(status, CaptureStatus::Active);
        let graph = end_capture(gpu.raw()).expect("a graph");
        assert_eq!(graph.node_count(), Ok(1));
        let exec = graph.instantiate().expect("instantiated");
        drop(graph);
        assert_eq!(gpu.read(out, 4), [0; 4]);
        exec.upload(gpu.raw()).expect("uploaded");
        exec.launch(gpu.raw()).expect("launched");
    }
    assert_eq!(gpu.read(out, 4), [10; 4]);
}

fn a_module_that_does_not_compile_shows_the_log(_: &Gpu) {
    let broken = RANKS.replace("%base;", "%nowhere;");
    let error = load_ptx(&broken, JitOptions::default()).expect_err("refused");
    let DriverError::Jit { log, .. } = error else {
        panic!("no log in {error}");
    };
    assert!(log.contains("nowhere"), "{log}");
    let options = JitOptions {
        verbose: true,
        line_info: true,
        max_registers: Some(32),
    };
    // A text the driver has not seen: it logs nothing about a module from its cache.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let unseen = format!("{RANKS}\n// {now:?}\n");
    let module = load_ptx(&unseen, options).expect("compiled");
    assert!(module.log.contains("registers"), "{}", module.log);
}

fn attributes_of_a_kernel_are_read_and_set(_: &Gpu) {
    let module = load_ptx(RANKS, JitOptions::default()).expect("compiled");
    // SAFETY: the module is loaded and stays so.
    unsafe {
        let function = module_function(module.module, c"ranks").expect("the kernel");
        let attribute = FunctionAttribute::PtxVersion;
        assert_eq!(function_attribute(function, attribute), Ok(90));
        set_max_dynamic_shared_bytes(function, 200 * 1024).expect("below 227 KiB");
        let attribute = FunctionAttribute::MaxDynamicSharedBytes;
        assert_eq!(function_attribute(function, attribute), Ok(200 * 1024));
        set_max_dynamic_shared_bytes(function, 1 << 30).expect_err("more than there is");
    }
}

fn memory_is_allocated_filled_and_copied_in_stream_order(gpu: &Gpu) {
    assert!(driver().expect("a driver").version >= MINIMUM_DRIVER);
    assert_eq!(memory_pools_supported(0), Ok(true));
    let pool = MemoryPool::of_device(0).expect("a pool");
    pool.set_release_threshold(u64::MAX).expect("set");
    let info = memory_info().expect("the sizes");
    assert!(0 < info.free && info.free <= info.total);

    let (head, mut host) = ([7_u32, 8], [0_u32; 6]);
    // SAFETY: 24 bytes are allocated, written and read within their bounds; the host's arrays live
    // until the stream is synchronised.
    unsafe {
        let address = allocate_async(24, gpu.raw()).expect("allocated");
        fill_u32_async(address, 5, 6, gpu.raw()).expect("filled");
        fill_u8_async(address + 8, 1, 4, gpu.raw()).expect("filled");
        copy_to_device_async(address, head.as_ptr().cast(), 8, gpu.raw()).expect("copied");
        copy_on_device_async(address + 16, address, 8, gpu.raw()).expect("copied");
        copy_to_host_async(host.as_mut_ptr().cast(), address, 24, gpu.raw()).expect("copied");
        free_async(address, gpu.raw()).expect("freed");
    }
    gpu.wait();
    assert_eq!(host, [7, 8, 0x0101_0101, 5, 7, 8]);
}

fn a_stream_waits_for_an_event_and_time_passes(gpu: &Gpu) {
    let other = Stream::new().expect("a stream");
    let words = 64 << 20;
    let address = gpu.zeros(words);
    let (start, end) = (Event::timed().expect("start"), Event::timed().expect("end"));
    // SAFETY: the streams are live; the fills stay inside the memory, which is not freed.
    unsafe {
        start.record(gpu.raw()).expect("recorded");
        fill_u32_async(address, 1, words, gpu.raw()).expect("filled");
        end.record(gpu.raw()).expect("recorded");
        end.hold(other.as_raw()).expect("waits");
        fill_u32_async(address, 2, words, other.as_raw()).expect("filled");
    }
    end.synchronize().expect("reached");
    assert_eq!(end.is_reached(), Ok(true));
    assert!(end.milliseconds_since(&start).expect("a time") > 0.0);
    other.synchronize().expect("the work succeeded");
    assert!(gpu.read(address, words).iter().all(|&word| word == 2));
    let untimed = Event::new().expect("an event");
    untimed.milliseconds_since(&start).expect_err("not timed");
}

fn a_tensor_map_is_encoded_and_differs_with_its_tensor(gpu: &Gpu) {
    let address = gpu.zeros(128 * 1024);
    let tensor = TiledTensor {
        swizzle: Swizzle::Bytes128,
        ..TiledTensor::new(
            address,
            TensorMapType::Bf16,
            &[512, 512],
            &[1024],
            &[64, 128],
        )
    };
    let map = encode_tensor_map(&tensor).expect("encoded");
    assert_ne!(map.as_bytes(), &[0; 128]);
    let other = TiledTensor {
        tile: &[64, 64],
        ..tensor
    };
    assert_ne!(encode_tensor_map(&other).expect("encoded"), map);
}

//! The driver functions this crate calls, as `cuda.h` declares them, but for two things.
//!
//! A `CUresult` is a plain `u32` here. In `cust_raw` it is a Rust enum of the codes of CUDA 11.6, and a
//! newer driver answers codes it does not list (912, a cluster of invalid size, for one): to receive
//! such a value in that enum is undefined behaviour. For the same reason an enum that the driver
//! writes is received as an integer. Every other type is `cust_raw`'s.

use core::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};

use ::tensor_map::{Interleave, L2Promotion, OutOfBounds, Swizzle, TensorMap, TensorMapType};
use cust_raw::{
    CUcontext, CUdevice, CUdevice_attribute, CUdeviceptr, CUevent, CUfunction, CUgraph,
    CUgraphExec, CUgraphNode, CUjit_option, CUmemPool_attribute, CUmemoryPool, CUmodule, CUstream,
    CUstreamCaptureMode,
};

use crate::launch::RawConfig;

/// `CUresult` codes that this crate reads or answers.
pub(crate) const CUDA_SUCCESS: u32 = 0;
pub(crate) const CUDA_ERROR_INVALID_VALUE: u32 = 1;
pub(crate) const CUDA_ERROR_NO_DEVICE: u32 = 100;
pub(crate) const CUDA_ERROR_NOT_FOUND: u32 = 500;
pub(crate) const CUDA_ERROR_NOT_READY: u32 = 600;

#[allow(non_snake_case, reason = "the driver's own names")]
unsafe extern "C" {
    // Errors and versions.
    pub(crate) fn cuGetErrorName(code: u32, text: *mut *const c_char) -> u32;
    pub(crate) fn cuGetErrorString(code: u32, text: *mut *const c_char) -> u32;
    pub(crate) fn cuDriverGetVersion(version: *mut c_int) -> u32;

    // Devices and contexts.
    pub(crate) fn cuDeviceGetAttribute(
        value: *mut c_int,
        attribute: CUdevice_attribute,
        device: CUdevice,
    ) -> u32;
    pub(crate) fn cuCtxSetCurrent(context: CUcontext) -> u32;

    // Modules and functions.
    pub(crate) fn cuModuleLoadDataEx(
        module: *mut CUmodule,
        image: *const c_void,
        count: c_uint,
        options: *mut CUjit_option,
        values: *mut *mut c_void,
    ) -> u32;
    pub(crate) fn cuModuleGetFunction(
        function: *mut CUfunction,
        module: CUmodule,
        name: *const c_char,
    ) -> u32;
    pub(crate) fn cuModuleUnload(module: CUmodule) -> u32;
    // The attribute is an integer because `cust_raw` lists none after CUDA 11.6.
    pub(crate) fn cuFuncGetAttribute(
        value: *mut c_int,
        attribute: c_int,
        function: CUfunction,
    ) -> u32;
    pub(crate) fn cuFuncSetAttribute(function: CUfunction, attribute: c_int, value: c_int) -> u32;
    pub(crate) fn cuLaunchKernelEx(
        config: *const RawConfig,
        function: CUfunction,
        parameters: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> u32;
    pub(crate) fn cuOccupancyMaxActiveClusters(
        clusters: *mut c_int,
        function: CUfunction,
        config: *const RawConfig,
    ) -> u32;

    // Events.
    pub(crate) fn cuEventCreate(event: *mut CUevent, flags: c_uint) -> u32;
    pub(crate) fn cuEventRecord(event: CUevent, stream: CUstream) -> u32;
    pub(crate) fn cuEventQuery(event: CUevent) -> u32;
    pub(crate) fn cuEventSynchronize(event: CUevent) -> u32;
    pub(crate) fn cuEventElapsedTime(milliseconds: *mut f32, start: CUevent, end: CUevent) -> u32;
    pub(crate) fn cuEventDestroy_v2(event: CUevent) -> u32;

    // Streams, capture, graphs.
    pub(crate) fn cuStreamCreate(stream: *mut CUstream, flags: c_uint) -> u32;
    pub(crate) fn cuStreamSynchronize(stream: CUstream) -> u32;
    pub(crate) fn cuStreamQuery(stream: CUstream) -> u32;
    pub(crate) fn cuStreamDestroy_v2(stream: CUstream) -> u32;
    pub(crate) fn cuStreamWaitEvent(stream: CUstream, event: CUevent, flags: c_uint) -> u32;
    pub(crate) fn cuStreamBeginCapture_v2(stream: CUstream, mode: CUstreamCaptureMode) -> u32;
    pub(crate) fn cuThreadExchangeStreamCaptureMode(mode: *mut CUstreamCaptureMode) -> u32;
    pub(crate) fn cuStreamEndCapture(stream: CUstream, graph: *mut CUgraph) -> u32;
    pub(crate) fn cuStreamIsCapturing(stream: CUstream, status: *mut c_int) -> u32;
    pub(crate) fn cuGraphGetNodes(
        graph: CUgraph,
        nodes: *mut CUgraphNode,
        count: *mut usize,
    ) -> u32;
    pub(crate) fn cuGraphInstantiateWithFlags(
        exec: *mut CUgraphExec,
        graph: CUgraph,
        flags: c_ulonglong,
    ) -> u32;
    pub(crate) fn cuGraphLaunch(exec: CUgraphExec, stream: CUstream) -> u32;
    pub(crate) fn cuGraphUpload(exec: CUgraphExec, stream: CUstream) -> u32;
    pub(crate) fn cuGraphDestroy(graph: CUgraph) -> u32;
    pub(crate) fn cuGraphExecDestroy(exec: CUgraphExec) -> u32;

    // Memory.
    pub(crate) fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> u32;
    pub(crate) fn cuMemsetD8Async(
        address: CUdeviceptr,
        value: u8,
        count: usize,
        stream: CUstream,
    ) -> u32;
    pub(crate) fn cuMemsetD32Async(
        address: CUdeviceptr,
        value: c_uint,
        count: usize,
        stream: CUstream,
    ) -> u32;
    pub(crate) fn cuMemcpyHtoDAsync_v2(
        to: CUdeviceptr,
        from: *const c_void,
        bytes: usize,
        stream: CUstream,
    ) -> u32;
    pub(crate) fn cuMemcpyDtoHAsync_v2(
        to: *mut c_void,
        from: CUdeviceptr,
        bytes: usize,
        stream: CUstream,
    ) -> u32;
    pub(crate) fn cuMemcpyDtoDAsync_v2(
        to: CUdeviceptr,
        from: CUdeviceptr,
        bytes: usize,
        stream: CUstream,
    ) -> u32;
    pub(crate) fn cuMemAllocAsync(address: *mut CUdeviceptr, bytes: usize, stream: CUstream)
    -> u32;
    pub(crate) fn cuMemFreeAsync(address: CUdeviceptr, stream: CUstream) -> u32;
    pub(crate) fn cuDeviceGetDefaultMemPool(pool: *mut CUmemoryPool, device: CUdevice) -> u32;
    pub(crate) fn cuMemPoolSetAttribute(
        pool: CUmemoryPool,
        attribute: CUmemPool_attribute,
        value: *mut c_void,
    ) -> u32;

    // Tensor maps.
    pub(crate) fn cuTensorMapEncodeTiled(
        map: *mut TensorMap,
        dtype: TensorMapType,
        rank: u32,
        address: *mut c_void,
        shape: *const u64,
        strides: *const u64,
        tile: *const u32,
        element_strides: *const u32,
        interleave: Interleave,
        swizzle: Swizzle,
        l2_promotion: L2Promotion,
        out_of_bounds: OutOfBounds,
    ) -> u32;
}

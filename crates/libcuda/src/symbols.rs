//! The names of the driver functions this crate defines.
//!
//! Two lists: what `cust_raw` 0.11.3 declares (so that it and `cust` link), and what this crate calls
//! beyond that. A name is the one the driver exports, version suffix included: `cuMemAlloc_v2` is what
//! `cuda.h` calls `cuMemAlloc`. The tests compare the first list with the source of
//! `cust_raw`.

/// Hands every symbol that `cust_raw` declares to the macro `$then`, as one list of identifiers.
macro_rules! for_each_cust_raw_symbol {
    ($then:ident) => {
        $then! {
            // Start, errors, versions, processes.
            cuDriverGetVersion cuFlushGPUDirectRDMAWrites cuGetErrorName cuGetErrorString
            cuGetExportTable cuGetProcAddress cuInit cuIpcCloseMemHandle cuIpcGetEventHandle
            cuIpcGetMemHandle cuIpcOpenEventHandle cuIpcOpenMemHandle_v2 cuProfilerInitialize
            cuProfilerStart cuProfilerStop
            // Devices and contexts.
            cuCtxAttach cuCtxCreate_v2 cuCtxCreate_v3 cuCtxDestroy_v2 cuCtxDetach
            cuCtxDisablePeerAccess cuCtxEnablePeerAccess cuCtxGetApiVersion cuCtxGetCacheConfig
            cuCtxGetCurrent cuCtxGetDevice cuCtxGetExecAffinity cuCtxGetFlags cuCtxGetLimit
            cuCtxGetSharedMemConfig cuCtxGetStreamPriorityRange cuCtxPopCurrent_v2
            cuCtxPushCurrent_v2 cuCtxResetPersistingL2Cache cuCtxSetCacheConfig cuCtxSetCurrent
            cuCtxSetLimit cuCtxSetSharedMemConfig cuCtxSynchronize cuDeviceCanAccessPeer
            cuDeviceComputeCapability cuDeviceGet cuDeviceGetAttribute cuDeviceGetByPCIBusId
            cuDeviceGetCount cuDeviceGetDefaultMemPool cuDeviceGetExecAffinitySupport
            cuDeviceGetGraphMemAttribute cuDeviceGetLuid cuDeviceGetMemPool cuDeviceGetName
            cuDeviceGetNvSciSyncAttributes cuDeviceGetP2PAttribute cuDeviceGetPCIBusId
            cuDeviceGetProperties cuDeviceGetTexture1DLinearMaxWidth cuDeviceGetUuid
            cuDeviceGetUuid_v2 cuDeviceGraphMemTrim cuDevicePrimaryCtxGetState
            cuDevicePrimaryCtxRelease_v2 cuDevicePrimaryCtxReset_v2 cuDevicePrimaryCtxRetain
            cuDevicePrimaryCtxSetFlags_v2 cuDeviceSetGraphMemAttribute cuDeviceSetMemPool
            cuDeviceTotalMem_v2
            // Modules, linking, functions.
            cuFuncGetAttribute cuFuncGetModule cuFuncSetAttribute cuFuncSetBlockShape
            cuFuncSetCacheConfig cuFuncSetSharedMemConfig cuFuncSetSharedSize cuLinkAddData_v2
            cuLinkAddFile_v2 cuLinkComplete cuLinkCreate_v2 cuLinkDestroy cuModuleGetFunction
            cuModuleGetGlobal_v2 cuModuleGetSurfRef cuModuleGetTexRef cuModuleLoad
            cuModuleLoadData cuModuleLoadDataEx cuModuleLoadFatBinary cuModuleUnload
            cuOccupancyAvailableDynamicSMemPerBlock cuOccupancyMaxActiveBlocksPerMultiprocessor
            cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags cuOccupancyMaxPotentialBlockSize
            cuOccupancyMaxPotentialBlockSizeWithFlags cuParamSetSize cuParamSetTexRef cuParamSetf
            cuParamSeti cuParamSetv
            // Launches.
            cuLaunch cuLaunchCooperativeKernel cuLaunchCooperativeKernelMultiDevice cuLaunchGrid
            cuLaunchGridAsync cuLaunchHostFunc cuLaunchKernel
            // Streams and events.
            cuEventCreate cuEventDestroy_v2 cuEventElapsedTime cuEventQuery cuEventRecord
            cuEventRecordWithFlags cuEventSynchronize cuStreamAddCallback cuStreamAttachMemAsync
            cuStreamBatchMemOp cuStreamBeginCapture_v2 cuStreamCopyAttributes cuStreamCreate
            cuStreamCreateWithPriority cuStreamDestroy_v2 cuStreamEndCapture cuStreamGetAttribute
            cuStreamGetCaptureInfo cuStreamGetCaptureInfo_v2 cuStreamGetCtx cuStreamGetFlags
            cuStreamGetPriority cuStreamIsCapturing cuStreamQuery cuStreamSetAttribute
            cuStreamSynchronize cuStreamUpdateCaptureDependencies cuStreamWaitEvent
            cuStreamWaitValue32 cuStreamWaitValue64 cuStreamWriteValue32 cuStreamWriteValue64
            cuThreadExchangeStreamCaptureMode
            // Graphs.
            cuGraphAddChildGraphNode cuGraphAddDependencies cuGraphAddEmptyNode
            cuGraphAddEventRecordNode cuGraphAddEventWaitNode
            cuGraphAddExternalSemaphoresSignalNode cuGraphAddExternalSemaphoresWaitNode
            cuGraphAddHostNode cuGraphAddKernelNode cuGraphAddMemAllocNode cuGraphAddMemFreeNode
            cuGraphAddMemcpyNode cuGraphAddMemsetNode cuGraphChildGraphNodeGetGraph cuGraphClone
            cuGraphCreate cuGraphDebugDotPrint cuGraphDestroy cuGraphDestroyNode
            cuGraphEventRecordNodeGetEvent cuGraphEventRecordNodeSetEvent
            cuGraphEventWaitNodeGetEvent cuGraphEventWaitNodeSetEvent
            cuGraphExecChildGraphNodeSetParams cuGraphExecDestroy
            cuGraphExecEventRecordNodeSetEvent cuGraphExecEventWaitNodeSetEvent
            cuGraphExecExternalSemaphoresSignalNodeSetParams
            cuGraphExecExternalSemaphoresWaitNodeSetParams cuGraphExecHostNodeSetParams
            cuGraphExecKernelNodeSetParams cuGraphExecMemcpyNodeSetParams
            cuGraphExecMemsetNodeSetParams cuGraphExecUpdate
            cuGraphExternalSemaphoresSignalNodeGetParams
            cuGraphExternalSemaphoresSignalNodeSetParams
            cuGraphExternalSemaphoresWaitNodeGetParams cuGraphExternalSemaphoresWaitNodeSetParams
            cuGraphGetEdges cuGraphGetNodes cuGraphGetRootNodes cuGraphHostNodeGetParams
            cuGraphHostNodeSetParams cuGraphInstantiateWithFlags cuGraphInstantiate_v2
            cuGraphKernelNodeCopyAttributes cuGraphKernelNodeGetAttribute
            cuGraphKernelNodeGetParams cuGraphKernelNodeSetAttribute cuGraphKernelNodeSetParams
            cuGraphLaunch cuGraphMemAllocNodeGetParams cuGraphMemFreeNodeGetParams
            cuGraphMemcpyNodeGetParams cuGraphMemcpyNodeSetParams cuGraphMemsetNodeGetParams
            cuGraphMemsetNodeSetParams cuGraphNodeFindInClone cuGraphNodeGetDependencies
            cuGraphNodeGetDependentNodes cuGraphNodeGetType cuGraphReleaseUserObject
            cuGraphRemoveDependencies cuGraphRetainUserObject cuGraphUpload cuUserObjectCreate
            cuUserObjectRelease cuUserObjectRetain
            // Copies and fills.
            cuMemcpy cuMemcpy2DAsync_v2 cuMemcpy2DUnaligned_v2 cuMemcpy2D_v2 cuMemcpy3DAsync_v2
            cuMemcpy3DPeer cuMemcpy3DPeerAsync cuMemcpy3D_v2 cuMemcpyAsync cuMemcpyAtoA_v2
            cuMemcpyAtoD_v2 cuMemcpyAtoHAsync_v2 cuMemcpyAtoH_v2 cuMemcpyDtoA_v2
            cuMemcpyDtoDAsync_v2 cuMemcpyDtoD_v2 cuMemcpyDtoHAsync_v2 cuMemcpyDtoH_v2
            cuMemcpyHtoAAsync_v2 cuMemcpyHtoA_v2 cuMemcpyHtoDAsync_v2 cuMemcpyHtoD_v2 cuMemcpyPeer
            cuMemcpyPeerAsync cuMemsetD16Async cuMemsetD16_v2 cuMemsetD2D16Async cuMemsetD2D16_v2
            cuMemsetD2D32Async cuMemsetD2D32_v2 cuMemsetD2D8Async cuMemsetD2D8_v2 cuMemsetD32Async
            cuMemsetD32_v2 cuMemsetD8Async cuMemsetD8_v2
            // Memory.
            cuMemAddressFree cuMemAddressReserve cuMemAdvise cuMemAllocAsync
            cuMemAllocFromPoolAsync cuMemAllocHost_v2 cuMemAllocManaged cuMemAllocPitch_v2
            cuMemAlloc_v2 cuMemCreate cuMemExportToShareableHandle cuMemFreeAsync cuMemFreeHost
            cuMemFree_v2 cuMemGetAccess cuMemGetAddressRange_v2 cuMemGetAllocationGranularity
            cuMemGetAllocationPropertiesFromHandle cuMemGetInfo_v2 cuMemHostAlloc
            cuMemHostGetDevicePointer_v2 cuMemHostGetFlags cuMemHostRegister_v2
            cuMemHostUnregister cuMemImportFromShareableHandle cuMemMap cuMemMapArrayAsync
            cuMemPoolCreate cuMemPoolDestroy cuMemPoolExportPointer
            cuMemPoolExportToShareableHandle cuMemPoolGetAccess cuMemPoolGetAttribute
            cuMemPoolImportFromShareableHandle cuMemPoolImportPointer cuMemPoolSetAccess
            cuMemPoolSetAttribute cuMemPoolTrimTo cuMemPrefetchAsync cuMemRangeGetAttribute
            cuMemRangeGetAttributes cuMemRelease cuMemRetainAllocationHandle cuMemSetAccess
            cuMemUnmap cuPointerGetAttribute cuPointerGetAttributes cuPointerSetAttribute
            // Arrays, textures, surfaces.
            cuArray3DCreate_v2 cuArray3DGetDescriptor_v2 cuArrayCreate_v2 cuArrayDestroy
            cuArrayGetDescriptor_v2 cuArrayGetPlane cuArrayGetSparseProperties
            cuMipmappedArrayCreate cuMipmappedArrayDestroy cuMipmappedArrayGetLevel
            cuMipmappedArrayGetSparseProperties cuSurfObjectCreate cuSurfObjectDestroy
            cuSurfObjectGetResourceDesc cuSurfRefGetArray cuSurfRefSetArray cuTexObjectCreate
            cuTexObjectDestroy cuTexObjectGetResourceDesc cuTexObjectGetResourceViewDesc
            cuTexObjectGetTextureDesc cuTexRefCreate cuTexRefDestroy cuTexRefGetAddressMode
            cuTexRefGetAddress_v2 cuTexRefGetArray cuTexRefGetBorderColor cuTexRefGetFilterMode
            cuTexRefGetFlags cuTexRefGetFormat cuTexRefGetMaxAnisotropy
            cuTexRefGetMipmapFilterMode cuTexRefGetMipmapLevelBias cuTexRefGetMipmapLevelClamp
            cuTexRefGetMipmappedArray cuTexRefSetAddress2D_v3 cuTexRefSetAddressMode
            cuTexRefSetAddress_v2 cuTexRefSetArray cuTexRefSetBorderColor cuTexRefSetFilterMode
            cuTexRefSetFlags cuTexRefSetFormat cuTexRefSetMaxAnisotropy
            cuTexRefSetMipmapFilterMode cuTexRefSetMipmapLevelBias cuTexRefSetMipmapLevelClamp
            cuTexRefSetMipmappedArray
            // Graphics and foreign memory.
            cuDestroyExternalMemory cuDestroyExternalSemaphore cuExternalMemoryGetMappedBuffer
            cuExternalMemoryGetMappedMipmappedArray cuGraphicsMapResources
            cuGraphicsResourceGetMappedMipmappedArray cuGraphicsResourceGetMappedPointer_v2
            cuGraphicsResourceSetMapFlags_v2 cuGraphicsSubResourceGetMappedArray
            cuGraphicsUnmapResources cuGraphicsUnregisterResource cuImportExternalMemory
            cuImportExternalSemaphore cuSignalExternalSemaphoresAsync
            cuWaitExternalSemaphoresAsync
        }
    };
}

/// Hands every symbol that this crate calls and `cust_raw` lacks to the macro `$then`.
macro_rules! for_each_extra_symbol {
    ($then:ident) => {
        // CUDA 11.8 and CUDA 12.0.
        $then! { cuLaunchKernelEx cuOccupancyMaxActiveClusters cuTensorMapEncodeTiled }
    };
}

/// Defines the trampoline of every name in a list.
macro_rules! define {
    ($($name:ident)*) => { $($crate::trampoline::trampoline!($name, $crate::loader::find);)* };
}

for_each_cust_raw_symbol!(define);
for_each_extra_symbol!(define);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::process::Command;

    /// Of each name in a list, the name and the function that `cust_raw` links under it.
    macro_rules! linked {
        ($($name:ident)*) => {
            vec![$((stringify!($name), cust_raw::$name as *const ())),*]
        };
    }

    fn symbols() -> Vec<(&'static str, *const ())> {
        for_each_cust_raw_symbol!(linked)
    }

    /// The source of the `cust_raw` that this crate is built with; `None` where there is no cargo.
    fn cust_raw_source() -> Option<String> {
        let cargo = std::env::var_os("CARGO")?;
        let arguments = ["metadata", "--format-version=1", "--offline"];
        let output = Command::new(cargo).args(arguments).output().ok()?;
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        let packages = metadata["packages"].as_array()?;
        let package = packages.iter().find(|p| p["name"] == "cust_raw")?;
        let manifest = package["manifest_path"].as_str()?;
        let source = manifest.replace("Cargo.toml", "src/cuda.rs");
        Some(fs::read_to_string(source).expect("cust_raw has a src/cuda.rs"))
    }

    #[test]
    fn every_function_that_cust_raw_declares_is_defined_here() {
        let Some(source) = cust_raw_source() else {
            return eprintln!("skipped: not run by cargo");
        };
        let declared: BTreeSet<_> = source
            .split("pub fn ")
            .skip(1)
            .filter_map(|rest| rest.split('(').next())
            .filter(|name| name.starts_with("cu"))
            .collect();
        let defined: BTreeSet<_> = symbols().into_iter().map(|(name, _)| name).collect();
        assert_eq!(declared, defined);
    }

    #[test]
    fn without_a_driver_every_function_answers_that_there_is_no_device() {
        if crate::loader::library().is_ok() {
            return eprintln!("skipped: there is a driver");
        }
        for (name, function) in symbols() {
            // SAFETY: with no driver a call reads none of its arguments but, in the two functions
            // that describe an error, these two.
            let answer = unsafe {
                let function: unsafe extern "C" fn(u32, *mut ()) -> u32 =
                    core::mem::transmute(function);
                function(0, core::ptr::null_mut())
            };
            let describes = ["cuGetErrorName", "cuGetErrorString"].contains(&name);
            assert_eq!(answer, if describes { 1 } else { 100 }, "{name}");
        }
    }
}

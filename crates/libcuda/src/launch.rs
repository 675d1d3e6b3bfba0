//! Kernel launches with attributes: clusters, programmatic dependent launch, cooperative grids.
//!
//! `cuLaunchKernelEx` (CUDA 11.8; CUDA Driver API, "Execution Control") and `cuOccupancyMaxActiveClusters` (CUDA 11.8;
//! "Occupancy"). Nothing here allocates: a launch is on the path of every op.

use core::ffi::{c_uint, c_void};
use core::ptr;

use cust_raw::{CUfunction, CUstream};

use crate::error::{DriverError, call};

/// Where and how a kernel runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchConfig {
    /// Blocks in x, y, z; a multiple of `cluster` in each.
    pub grid: [u32; 3],
    /// Threads per block in x, y, z.
    pub block: [u32; 3],
    /// Dynamic shared memory per block, in bytes.
    pub shared_bytes: u32,
    /// The stream; null is the default stream.
    pub stream: CUstream,
    /// Blocks per cluster in x, y, z (compute capability 9.0).
    pub cluster: Option<[u32; 3]>,
    /// Lets the kernel start while its predecessor in the stream still runs; it must wait by
    /// `griddepcontrol.wait` before it touches what the predecessor writes (compute capability 9.0).
    pub programmatic_serialization: bool,
    /// Asks that all blocks run at once, so that they may synchronise with each other.
    pub cooperative: bool,
}

impl LaunchConfig {
    /// A plain launch on the default stream.
    pub const fn new(grid: [u32; 3], block: [u32; 3]) -> Self {
        Self {
            grid,
            block,
            shared_bytes: 0,
            stream: ptr::null_mut(),
            cluster: None,
            programmatic_serialization: false,
            cooperative: false,
        }
    }
}

/// Launches a kernel. `parameters` holds the address of each of its arguments, in order; the values are
/// copied before this returns.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason; a failure of earlier work may show here too.
///
/// # Safety
/// * `function` is a kernel of a loaded module of the current context, and `config.stream` null or a
///   stream of that context.
/// * `parameters` has one entry for each parameter of the kernel, each the address of a readable value
///   of that parameter's size and alignment.
/// * Whatever the kernel reads and writes stays valid, and is not used otherwise, until it has run.
pub unsafe fn launch(
    function: CUfunction,
    config: &LaunchConfig,
    parameters: &[*mut c_void],
) -> Result<(), DriverError> {
    let mut attributes = [RawAttribute::EMPTY; MAX_ATTRIBUTES];
    let count = fill(config, &mut attributes);
    let raw = RawConfig::new(config, &mut attributes[..count]);
    // SAFETY: `raw` and the attributes it points to live until the call returns; the driver reads the
    // parameters only; the rest is this function's own contract.
    unsafe {
        call!(cuLaunchKernelEx(
            &raw,
            function,
            parameters.as_ptr().cast_mut(),
            ptr::null_mut()
        ))
    }
}

/// How many of a launch's clusters the device runs at the same time.
///
/// # Errors
/// [`DriverError::Call`] with the driver's reason.
///
/// # Safety
/// `function` is a kernel of a loaded module of the current context.
pub unsafe fn most_active_clusters(
    function: CUfunction,
    config: &LaunchConfig,
) -> Result<u32, DriverError> {
    let mut attributes = [RawAttribute::EMPTY; MAX_ATTRIBUTES];
    let count = fill(config, &mut attributes);
    let raw = RawConfig::new(config, &mut attributes[..count]);
    let mut clusters = 0;
    // SAFETY: `raw` and the attributes it points to live until the call returns; the rest is this function's own contract.
    unsafe { call!(cuOccupancyMaxActiveClusters(&mut clusters, function, &raw)) }?;
    Ok(u32::try_from(clusters).unwrap_or(0))
}

/// Writes the attributes that `config` asks for and returns their number.
fn fill(config: &LaunchConfig, attributes: &mut [RawAttribute; MAX_ATTRIBUTES]) -> usize {
    let wanted = [
        config.cluster.map(RawAttribute::cluster),
        config
            .programmatic_serialization
            .then(|| RawAttribute::flag(PROGRAMMATIC_STREAM_SERIALIZATION)),
        config.cooperative.then(|| RawAttribute::flag(COOPERATIVE)),
    ];
    let mut count = 0;
    for attribute in wanted.into_iter().flatten() {
        attributes[count] = attribute;
        count += 1;
    }
    count
}

const MAX_ATTRIBUTES: usize = 3;

/// `CUlaunchAttributeID` values, as in `cuda.h`.
const COOPERATIVE: c_uint = 2;
const CLUSTER_DIMENSION: c_uint = 4;
const PROGRAMMATIC_STREAM_SERIALIZATION: c_uint = 6;

/// `CUlaunchAttribute`: an id, padding to 8 bytes, and a union of 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(8))]
struct RawAttribute {
    id: c_uint,
    padding: u32,
    value: [u32; 16],
}

const _: () = assert!(size_of::<RawAttribute>() == 72);

impl RawAttribute {
    const EMPTY: Self = Self {
        id: 0,
        padding: 0,
        value: [0; 16],
    };

    fn flag(id: c_uint) -> Self {
        let mut attribute = Self { id, ..Self::EMPTY };
        attribute.value[0] = 1;
        attribute
    }

    fn cluster(dimensions: [u32; 3]) -> Self {
        let mut attribute = Self {
            id: CLUSTER_DIMENSION,
            ..Self::EMPTY
        };
        attribute.value[..3].copy_from_slice(&dimensions);
        attribute
    }
}

/// `CUlaunchConfig`.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawConfig {
    grid: [c_uint; 3],
    block: [c_uint; 3],
    shared_bytes: c_uint,
    stream: CUstream,
    attributes: *mut RawAttribute,
    count: c_uint,
}

const _: () = assert!(size_of::<RawConfig>() == 56);

impl RawConfig {
    fn new(config: &LaunchConfig, attributes: &mut [RawAttribute]) -> Self {
        Self {
            grid: config.grid,
            block: config.block,
            shared_bytes: config.shared_bytes,
            stream: config.stream,
            attributes: attributes.as_mut_ptr(),
            count: attributes.len() as c_uint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        CLUSTER_DIMENSION, COOPERATIVE, LaunchConfig, MAX_ATTRIBUTES,
        PROGRAMMATIC_STREAM_SERIALIZATION, RawAttribute, fill,
    };

    fn attributes(config: &LaunchConfig) -> Vec<RawAttribute> {
        let mut attributes = [RawAttribute::EMPTY; MAX_ATTRIBUTES];
        let count = fill(config, &mut attributes);
        attributes[..count].to_vec()
    }

    #[test]
    fn a_plain_launch_has_no_attributes() {
        let config = LaunchConfig::new([1, 1, 1], [32, 1, 1]);
        assert_eq!(attributes(&config), []);
    }

    #[test]
    fn each_option_becomes_its_attribute() {
        let config = LaunchConfig {
            cluster: Some([2, 3, 1]),
            programmatic_serialization: true,
            cooperative: true,
            ..LaunchConfig::new([4, 3, 1], [128, 1, 1])
        };
        let found = attributes(&config);
        let ids: Vec<_> = found.iter().map(|attribute| attribute.id).collect();
        let expected = [
            CLUSTER_DIMENSION,
            PROGRAMMATIC_STREAM_SERIALIZATION,
            COOPERATIVE,
        ];
        assert_eq!(ids, expected);
        assert_eq!(found[0].value[..4], [2, 3, 1, 0]);
        assert_eq!(found[1].value[..2], [1, 0]);
    }
}

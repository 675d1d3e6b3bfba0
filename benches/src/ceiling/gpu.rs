//! The rates of a GPU.
//!
//! Memory: buffers of 1 GiB of random values, many times the L2 cache, by grids of several sizes; the fastest
//! counts. Matrix products: a block a multiprocessor, on random normal operands, because zeros draw less power
//! and so run faster than real data. Each is a median over bursts of 2 to 5 ms.

use anyhow::{Result, ensure};
use gatewarp::device::{ComputeCapability, LaunchConfig};
use gatewarp::element::Element;
use gatewarp::kernels::ceiling::{memory, wgmma};
use gatewarp::kernels::pack::Words4;
use gatewarp::{Stream, Tensor, bf16};

use super::{Ceilings, burst};
use crate::data::Pool;

/// Bytes of a buffer.
const BUFFER_BYTES: usize = 1 << 30;

/// Tiles of a buffer.
const TILES: u32 = (BUFFER_BYTES / memory::TILE_BYTES) as u32;

/// Blocks a multiprocessor that grids of streams are tried with: as many as run at once, more, and a block a
/// tile.
const BLOCKS: [u32; 3] = [8, 32, TILES];

/// Calls of a stream in a burst.
const STREAM_CALLS: usize = 12;

/// Passes of the matrix products: about 5 ms on an H200, beside which filling shared memory is nothing.
const PASSES: u32 = 2048;

/// The GPUs that have `wgmma`.
const HOPPER: ComputeCapability = ComputeCapability { major: 9, minor: 0 };

/// The arguments of a kernel of matrix products.
type PeakArgs = (*const Words4, *mut f32, u32);

pub(super) fn measure(stream: &Stream) -> Result<Ceilings> {
    let pool = Pool::new(stream);
    let (read_gbps, copy_gbps) = measure_memory(stream, &pool)?;
    let has_wgmma = stream.device().compute_capability() == Some(HOPPER);
    let [bf16_tflops, fp8_tflops] = match has_wgmma {
        true => measure_products(stream, &pool)?.map(Some),
        false => [None; 2],
    };
    Ok(Ceilings {
        read_gbps,
        copy_gbps,
        bf16_tflops,
        fp8_tflops,
    })
}

/// The rates of reading and of copying.
fn measure_memory(stream: &Stream, pool: &Pool) -> Result<(f64, f64)> {
    let x = pool.normal::<f32>(&[BUFFER_BYTES / size_of::<f32>()], 1)?;
    let mut out = Tensor::<f32>::empty(stream, &[x.shape().elements()])?;
    let x = x.view().as_ptr().cast::<Words4>();
    let out = out.view_mut().as_ptr();
    let read = fastest(stream, |config| {
        // SAFETY: `x` holds this many tiles and is aligned, and `out` has a word for each thread of any of the
        // grids. A thread that finds the sum it looks for by chance stores it there.
        unsafe { stream.launch(&memory::read_v4, config, (x, out.cast(), TILES, u32::MAX)) }
    })?;
    let copy = fastest(stream, |config| {
        // SAFETY: both hold this many tiles, are aligned, and do not overlap.
        unsafe { stream.launch(&memory::copy_v4, config, (x, out.cast(), TILES)) }
    })?;
    let gigabytes = BUFFER_BYTES as f64 / 1e9;
    Ok((gigabytes / read, 2.0 * gigabytes / copy))
}

/// Seconds of a launch by the grid that is the fastest.
fn fastest(stream: &Stream, launch: impl Fn(LaunchConfig) -> gatewarp::Result<()>) -> Result<f64> {
    let multiprocessors = stream.device().multiprocessors();
    BLOCKS.iter().try_fold(f64::INFINITY, |least, blocks| {
        let grid = blocks.saturating_mul(multiprocessors).min(TILES);
        let config = LaunchConfig::new(grid, memory::THREADS);
        let seconds = burst::seconds(stream, STREAM_CALLS, || launch(config))?;
        Ok(least.min(seconds))
    })
}

/// The rates of products of bf16 and of e4m3.
fn measure_products(stream: &Stream, pool: &Pool) -> Result<[f64; 2]> {
    let bytes = wgmma::SHARED_BYTES as usize;
    let operands = pool.normal::<bf16>(&[bytes / size_of::<bf16>()], 1)?;
    let bf16 = tflops(stream, &operands, |config, args| {
        // SAFETY: `tflops` passes what these kernels ask for.
        unsafe { stream.launch(&wgmma::wgmma_peak_bf16, config, args) }
    })?;
    let operands = pool.e4m3(&[bytes], 2)?;
    let fp8 = tflops(stream, &operands, |config, args| {
        // SAFETY: as above.
        unsafe { stream.launch(&wgmma::wgmma_peak_e4m3, config, args) }
    })?;
    Ok([bf16, fp8])
}

/// The rate of a kernel of products, with operands that fill shared memory: random ones are random however
/// they are swizzled.
fn tflops<T: Element>(
    stream: &Stream,
    operands: &Tensor<T>,
    launch: impl Fn(LaunchConfig, PeakArgs) -> gatewarp::Result<()>,
) -> Result<f64> {
    let blocks = stream.device().multiprocessors();
    let mut sums = Tensor::<f32>::zeros(stream, &[(blocks * wgmma::THREADS) as usize])?;
    let config = LaunchConfig::new(blocks, wgmma::THREADS).with_shared(wgmma::SHARED_BYTES);
    let args = (
        operands.view().as_ptr().cast(),
        sums.view_mut().as_ptr(),
        PASSES,
    );
    let seconds = burst::seconds(stream, 1, || launch(config, args))?;
    let right = |sum: &f32| sum.is_finite() && *sum != 0.0;
    ensure!(sums.to_vec()?.iter().all(right), "the products are wrong");
    let k = (wgmma::STAGES * wgmma::ROW_BYTES) as usize / size_of::<T>();
    let pass = 2.0 * f64::from(wgmma::A_ROWS * wgmma::B_COLUMNS) * k as f64;
    Ok(f64::from(blocks * PASSES) * pass / seconds / 1e12)
}

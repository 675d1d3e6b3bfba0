//! Block quantisers on the kernels.

use super::arguments::{Arguments, mx_back, nvfp4_back, width, width_back};
use super::format::Format;
use super::job::Job;
use super::kernels::{BlockElement, MxActivation, MxFormat};
use super::options::SquaredReluRounding;
use super::sizes::Sizes;
use super::source::Source;
use crate::device::{LaunchConfig, Stream};
use crate::error::Result;
use crate::heuristics::rows::plan;
use crate::kernels::quantize::block::TOGETHER;
use crate::quantize::width::Width;
use crate::tensor::TensorViewMut;

/// Elements of an octet.
pub(super) const OCTET: usize = 8;

/// Octets that a thread of a quantiser has under way.
const OCTETS: usize = 2;

/// How often a thread does so, so that what it begins with is less of its work; e2m1's codes are more work than e4m3's.
fn rounds(format: &Format<'_>) -> usize {
    match format {
        Format::Mxfp8 => 2,
        Format::Mxfp4 | Format::Nvfp4(_) => 4,
    }
}

/// Where codes and scales go.
#[derive(Clone, Copy)]
pub(super) struct To {
    pub data: *mut u8,
    /// Bytes from row to row.
    pub stride: usize,
    pub scales: *mut u8,
}

/// Codes and scales to read.
#[derive(Clone, Copy)]
pub(super) struct Coded {
    pub data: *const u8,
    /// Bytes from row to row.
    pub stride: usize,
    pub scales: *const u8,
}

/// The launch of a kernel over rows and columns, of which a thread has so many octets, so many times.
fn config(
    stream: &Stream,
    [rows, columns]: [usize; 2],
    octets: usize,
    rounds: usize,
) -> LaunchConfig {
    let threads = columns.div_ceil(octets * OCTET);
    let plan = plan(rows, threads, rounds, stream.device().multiprocessors());
    LaunchConfig::new((rows as u32, plan.chunks), plan.threads)
}

/// Quantises.
///
/// # Safety
/// The memory is the stream's device's, of the checked shapes, and in the stream's order.
pub(super) unsafe fn quantize<T: BlockElement>(
    job: &Job<'_, T>,
    sizes: &Sizes,
    to: To,
) -> Result<()> {
    let stream = job.op.stream;
    let rows = sizes.matrices * sizes.grid.padded_rows();
    let config = config(stream, [rows, sizes.columns], OCTETS, rounds(&job.format));
    let (args, width) = (Arguments::new(job, sizes, to), width(job, to));
    let format = match job.format {
        // SAFETY: the caller's contract.
        Format::Nvfp4(_) => return unsafe { nvfp4(job, config, args, width) },
        Format::Mxfp8 => MxFormat::Mxfp8,
        Format::Mxfp4 => MxFormat::Mxfp4,
    };
    // SAFETY: as above.
    unsafe {
        match activation(&job.source, format) {
            Some(activation) => {
                let kernel = T::mx_activated(activation, width);
                stream.launch(kernel, config, args.mx_activated())
            }
            None => stream.launch(T::mx_plain(format, width), config, args.mx_plain()),
        }
    }
}

/// The activation of a source, if it is one.
fn activation<T: BlockElement>(source: &Source<'_, T>, format: MxFormat) -> Option<MxActivation> {
    match (source, format) {
        (Source::Plain(_), _) => None,
        (Source::SquaredRelu(_, SquaredReluRounding::Rounded), _) => {
            Some(MxActivation::SquaredReluMxfp8)
        }
        (Source::SquaredRelu(_, SquaredReluRounding::Unrounded), _) => {
            Some(MxActivation::UnroundedMxfp8)
        }
        (Source::Activated(activated) | Source::Experts { activated, .. }, format) => {
            let kernels = activated.kernels();
            Some(match format {
                MxFormat::Mxfp8 => MxActivation::Mxfp8(kernels),
                MxFormat::Mxfp4 => MxActivation::Mxfp4(kernels),
            })
        }
    }
}

/// Quantises to NVFP4.
///
/// # Safety
/// As [`quantize`].
unsafe fn nvfp4<T: BlockElement>(
    job: &Job<'_, T>,
    config: LaunchConfig,
    args: Arguments<T>,
    width: Width,
) -> Result<()> {
    let stream = job.op.stream;
    // SAFETY: the caller's contract.
    unsafe {
        match &job.source {
            Source::Plain(_) => stream.launch(T::nvfp4_plain(width), config, args.nvfp4_plain()),
            Source::Experts {
                vectors, indices, ..
            } => {
                let args = args.experts(vectors, indices);
                stream.launch(T::nvfp4_experts(width), config, args)
            }
            source => {
                let kernel = T::nvfp4_activated(source.as_activated().kernels(), width);
                stream.launch(kernel, config, args.nvfp4_activated())
            }
        }
    }
}

/// Dequantises.
///
/// # Safety
/// As [`quantize`].
pub(super) unsafe fn dequantize<T: BlockElement>(
    stream: &Stream,
    (format, sizes): (&Format<'_>, &Sizes),
    from: Coded,
    out: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    let config = config(stream, [sizes.all_rows(), sizes.columns], TOGETHER, 1);
    let (mx, width) = (mx_back(from, sizes, out), width_back(from, format, out));
    // SAFETY: the caller's contract.
    unsafe {
        match format {
            Format::Mxfp8 => stream.launch(T::mx_back(MxFormat::Mxfp8, width), config, mx),
            Format::Mxfp4 => stream.launch(T::mx_back(MxFormat::Mxfp4, width), config, mx),
            Format::Nvfp4(_) => {
                let args = nvfp4_back(from, (format, sizes), out);
                stream.launch(T::nvfp4_back(width), config, args)
            }
        }
    }
}

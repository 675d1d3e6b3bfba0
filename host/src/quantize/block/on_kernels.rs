//! Block quantisers on the kernels.

use super::arguments::{Arguments, mx_back, nvfp4_back};
use super::format::Format;
use super::job::Job;
use super::kernels::{BlockElement, MxActivation, MxFormat};
use super::options::SquaredReluRounding;
use super::sizes::Sizes;
use super::source::Source;
use crate::device::{LaunchConfig, Stream};
use crate::error::Result;
use crate::heuristics::quantize_block::plan;
use crate::tensor::TensorViewMut;

/// Elements of an octet.
pub(super) const OCTET: usize = 8;

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

/// The launch of a kernel over `rows` rows.
fn config(stream: &Stream, rows: usize, columns: usize) -> LaunchConfig {
    let plan = plan(rows, columns / OCTET, stream.device().multiprocessors());
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
    let config = config(stream, rows, sizes.columns);
    let args = Arguments::new(job, sizes, to);
    let format = match job.format {
        // SAFETY: the caller's contract.
        Format::Nvfp4(_) => return unsafe { nvfp4(job, config, args) },
        Format::Mxfp8 => MxFormat::Mxfp8,
        Format::Mxfp4 => MxFormat::Mxfp4,
    };
    // SAFETY: as above.
    unsafe {
        match activation(&job.source, format) {
            Some(activation) => {
                let kernel = T::mx_activated(activation);
                stream.launch(kernel, config, args.mx_activated())
            }
            None => stream.launch(T::mx_plain(format), config, args.mx_plain()),
        }
    }
}

/// The activation of a source, if it is one.
fn activation<T>(source: &Source<'_, T>, format: MxFormat) -> Option<MxActivation> {
    match (source, format) {
        (Source::Plain(_), _) => None,
        (Source::SquaredRelu(_, SquaredReluRounding::Rounded), _) => {
            Some(MxActivation::SquaredReluMxfp8)
        }
        (Source::SquaredRelu(_, SquaredReluRounding::Unrounded), _) => {
            Some(MxActivation::UnroundedMxfp8)
        }
        (Source::Silu(_) | Source::Experts { .. }, MxFormat::Mxfp8) => {
            Some(MxActivation::SiluMxfp8)
        }
        (Source::Silu(_) | Source::Experts { .. }, MxFormat::Mxfp4) => {
            Some(MxActivation::SiluMxfp4)
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
) -> Result<()> {
    let stream = job.op.stream;
    // SAFETY: the caller's contract.
    unsafe {
        match &job.source {
            Source::Plain(_) => stream.launch(T::nvfp4_plain(), config, args.nvfp4_plain()),
            Source::Experts {
                vectors, indices, ..
            } => {
                let args = args.experts(vectors, indices);
                stream.launch(T::nvfp4_experts(), config, args)
            }
            Source::Silu(_) | Source::SquaredRelu(..) => {
                stream.launch(T::nvfp4_activated(), config, args.nvfp4_activated())
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
    let config = config(stream, sizes.all_rows(), sizes.columns);
    let mx = mx_back(from, (format, sizes), out);
    // SAFETY: the caller's contract.
    unsafe {
        match format {
            Format::Mxfp8 => stream.launch(T::mx_back(MxFormat::Mxfp8), config, mx),
            Format::Mxfp4 => stream.launch(T::mx_back(MxFormat::Mxfp4), config, mx),
            Format::Nvfp4(_) => {
                let args = nvfp4_back(from, (format, sizes), out);
                stream.launch(T::nvfp4_back(), config, args)
            }
        }
    }
}

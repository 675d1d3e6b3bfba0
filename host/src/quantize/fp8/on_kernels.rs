//! FP8 on the kernels.

use super::arguments::{Arguments, OneScale, PerTensorArguments, format};
use super::code::Fp8Code;
use super::job::Job;
use super::kernels::{Fp8Element, Recipe};
use super::scaling::Fp8Scaling;
use super::sizes::Sizes;
use super::source::Source;
use super::strips;
use crate::device::{LaunchConfig, Stream};
use crate::error::{Error, Result};
use crate::heuristics::quantize_fp8 as heuristics;
use crate::heuristics::rows::plan;
use crate::kernels::quantize::fp8::back::TOGETHER;
use crate::kernels::quantize::fp8::weights::TILE_THREADS;
use crate::kernels::quantize::fp8::{PER_COLUMN, REDUCE_BYTES, kept};
use crate::quantize::LiveRows;
use crate::quantize::width::Width;
use crate::tensor::{TensorView, TensorViewMut};

/// Elements of an octet.
pub(super) const OCTET: usize = 8;

/// Octets that a thread of a quantiser has under way.
const OCTETS: usize = 2;

/// How often it has so many, so that what it begins with is less of its work.
const ROUNDS: usize = 2;

/// Octets of a group of 128 elements.
const GROUP: usize = 16;

/// Rows and columns of a tile.
const TILE: usize = 128;

/// All rows or columns share a scale: no `u32` has so many bits.
const ALL_SHIFT: u32 = 31;

/// How octets of rows of `columns` elements can move, by the elements' address and stride in bytes, and the codes'.
fn width(columns: usize, elements: [usize; 2], codes: [usize; 2]) -> Width {
    if columns.is_multiple_of(2 * OCTET) {
        Width::fitting(&elements, &codes, 2 * OCTET)
    } else {
        Width::Narrow
    }
}

/// The address and stride of elements, in bytes.
fn place<T: Fp8Element>(x: &TensorView<'_, T>) -> [usize; 2] {
    [x.as_ptr() as usize, x.row_stride() * size_of::<T>()]
}

/// The address and stride of codes.
fn place_of_codes<C: Fp8Code>(data: &TensorViewMut<'_, C>) -> [usize; 2] {
    [data.as_ptr() as usize, data.row_stride()]
}

/// The kernel and its launch.
fn recipe<T: Fp8Element>(job: &Job<'_, T>, sizes: &Sizes, width: Width) -> (Recipe, LaunchConfig) {
    let multiprocessors = job.op.stream.device().multiprocessors();
    let octets = sizes.columns.div_ceil(OCTET);
    match job.scaling {
        Fp8Scaling::Groups1x128(_) => {
            let rows = sizes.matrices * job.scaling.grid_rows(sizes);
            let threads = octets.next_multiple_of(GROUP) / OCTETS;
            let plan = plan(rows, threads, ROUNDS, multiprocessors);
            let config = LaunchConfig::new((rows as u32, plan.chunks), plan.threads);
            (Recipe::Group, config)
        }
        Fp8Scaling::Tiles128x128 => {
            let across = sizes.columns.div_ceil(TILE);
            let tiles = sizes.matrices * sizes.rows.div_ceil(TILE) * across;
            let config = LaunchConfig::new(tiles as u32, TILE_THREADS).with_shared(REDUCE_BYTES);
            (Recipe::Tile, config)
        }
        Fp8Scaling::Columns => strips::columns::<T>(job.op.stream, sizes, width),
        Fp8Scaling::Rows | Fp8Scaling::Tensor => {
            let threads = heuristics::row(octets, kept(size_of::<T>()));
            let config = LaunchConfig::new(sizes.all_rows() as u32, threads);
            (Recipe::Token, config.with_shared(REDUCE_BYTES))
        }
    }
}

/// Quantises by scales that are found, one a row or a part of one.
///
/// # Safety
/// The memory is the stream's device's, of the checked shapes, and in the stream's order.
pub(super) unsafe fn quantize<T: Fp8Element, C: Fp8Code>(
    job: &Job<'_, T>,
    sizes: Sizes,
    data: &TensorViewMut<'_, C>,
    scales: &TensorViewMut<'_, f32>,
) -> Result<()> {
    let width = width(sizes.columns, place(job.source.x()), place_of_codes(data));
    if let Some(plan) = strips::stream(job, &sizes, width) {
        // SAFETY: the caller's contract.
        return unsafe { strips::quantize(job, (&sizes, plan), data, scales) };
    }
    let (recipe, config) = recipe(job, &sizes, width);
    let args = Arguments::new(job, &sizes, data, scales);
    // SAFETY: the caller's contract; alignment is what the kernels were chosen by.
    unsafe {
        match &job.source {
            Source::Plain(x) => {
                let kernel = T::quantize(recipe, width);
                job.op.stream.launch(kernel, config, args.plain(x))
            }
            Source::Activated(activated) => {
                let kernel = T::quantize_activated(recipe, activated.kernels(), width);
                let kernel = kernel.ok_or_else(|| {
                    let expected = "of rows or of groups, for an activation";
                    Error::argument(
                        job.op.name,
                        "scaling",
                        expected,
                        format!("{:?}", job.scaling),
                    )
                })?;
                let args = args.activated(activated.operands(sizes.columns));
                job.op.stream.launch(kernel, config, args)
            }
        }
    }
}

/// The launch of threads that each move so many octets of a row at once, so many times.
fn over_rows(stream: &Stream, sizes: &Sizes, octets: usize, rounds: usize) -> LaunchConfig {
    let threads = sizes.columns.div_ceil(OCTET).div_ceil(octets);
    let multiprocessors = stream.device().multiprocessors();
    let plan = plan(sizes.all_rows(), threads, rounds, multiprocessors);
    let rows = sizes.all_rows().max(1) as u32;
    LaunchConfig::new((rows, plan.chunks), plan.threads)
}

/// Quantises by one scale.
///
/// # Safety
/// As [`quantize`].
pub(super) unsafe fn quantize_by<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    (source, sizes, live): (&Source<'_, T>, Sizes, &LiveRows<'_>),
    scale: OneScale<'_>,
    data: &TensorViewMut<'_, C>,
) -> Result<()> {
    let config = over_rows(stream, &sizes, OCTETS, ROUNDS).with_shared(REDUCE_BYTES);
    let width = width(sizes.columns, place(source.x()), place_of_codes(data));
    let args = PerTensorArguments::new(&sizes, live, data, scale);
    // SAFETY: the caller's contract; a given scale is not written, and that of an activation is given.
    unsafe {
        match source {
            Source::Plain(x) => stream.launch(T::per_tensor(width), config, args.plain(x)),
            Source::Activated(activated) => {
                let kernel = T::per_tensor_activated(activated.kernels(), width);
                let args = args.activated(activated.operands(sizes.columns));
                stream.launch(kernel, config, args)
            }
        }
    }
}

/// Writes the largest magnitudes of parts, and returns how many.
///
/// # Safety
/// As [`quantize`]; there is room for as many parts as [`heuristics::AMAX_PARTS`].
pub(super) unsafe fn amax_parts<T: Fp8Element>(
    stream: &Stream,
    (x, sizes, live): (&TensorView<'_, T>, Sizes, &LiveRows<'_>),
    parts: *mut f32,
) -> Result<u32> {
    let octets = sizes.columns.div_ceil(OCTET);
    let plan = heuristics::amax(sizes.all_rows(), octets, stream.device().multiprocessors());
    let config = LaunchConfig::new((plan.rows, plan.chunks), plan.threads);
    let (n_used, map, counts) = live.pointers();
    let args = (
        x.as_ptr(),
        x.row_stride() as u64,
        parts,
        sizes.all_rows() as u32,
        sizes.rows as u32,
        sizes.columns as u32,
        n_used,
        map,
        counts,
    );
    let kernel = T::amax(width(sizes.columns, place(x), [0, 0]));
    // SAFETY: the caller's contract.
    unsafe { stream.launch(kernel, config.with_shared(REDUCE_BYTES), args) }?;
    Ok(plan.rows * plan.chunks)
}

/// The power of two that so many rows or octets are, [`ALL_SHIFT`] for all of them.
fn shift(shared: usize) -> u32 {
    match shared {
        usize::MAX => ALL_SHIFT,
        shared => shared.ilog2(),
    }
}

/// Dequantises.
///
/// # Safety
/// As [`quantize`].
pub(super) unsafe fn dequantize<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    (scaling, sizes): (Fp8Scaling, Sizes),
    (data, scales): (&TensorView<'_, C>, &TensorView<'_, f32>),
    out: &TensorViewMut<'_, T>,
) -> Result<()> {
    let config = over_rows(stream, &sizes, TOGETHER, 1);
    let grid = scaling.grid(&sizes);
    let (octet_shift, per_column) = match grid.shared_columns {
        1 => (ALL_SHIFT, PER_COLUMN),
        usize::MAX => (ALL_SHIFT, 0),
        columns => (shift(columns / OCTET), 0),
    };
    let elements = [out.as_ptr() as usize, out.row_stride() * size_of::<T>()];
    let codes = [data.as_ptr() as usize, data.row_stride()];
    let width = width(sizes.columns, elements, codes);
    let args = (
        data.as_ptr().cast(),
        data.row_stride() as u64,
        scales.as_ptr(),
        grid.matrix_step as u64,
        grid.row_step as u32,
        grid.column_step as u32,
        shift(grid.shared_rows),
        octet_shift,
        out.as_ptr(),
        out.row_stride() as u64,
        sizes.rows as u32,
        sizes.columns as u32,
        format::<C>() | per_column,
    );
    // SAFETY: the caller's contract.
    unsafe { stream.launch(T::dequantize(width), config, args) }
}

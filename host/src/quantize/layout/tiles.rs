//! What the operations on block scales have in common: sizes, checks, launch.

use std::mem;

use cuda_std::launch::Kernel;
use formats::{RowOrder, ScaleGrid, ScaleLayout};

use super::matrix::{MAX_COLUMNS, MAX_ROWS};
use crate::device::{LaunchConfig, Stream};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::heuristics::layout::{chunk_bytes, matrix};
use crate::kernels::quantize::layout as kernels;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference::quantize::layout::{scales_into_tiles, scales_out_of_tiles};
use crate::shape::Shape;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// Bytes of a row that a block takes: a sector. Its rows are those of a whole tile then, so that it writes whole
/// sectors as well.
const BLOCK_BYTES: usize = 32;

/// What an operation does to scales: tiles hold row `order.source(r)` as row `r`.
#[derive(Clone, Copy)]
pub(super) struct Tiling {
    pub op: &'static str,
    pub layout: ScaleLayout,
    pub order: RowOrder,
    /// What the rows of a matrix must be a multiple of.
    pub row_multiple: usize,
}

/// Matrices of scales.
#[derive(Clone, Copy)]
struct Sizes {
    matrices: usize,
    grid: ScaleGrid,
    /// Elements of all matrices' tiles.
    tiles: usize,
}

impl Sizes {
    /// The sizes, unless a kernel cannot count them.
    fn new(matrices: usize, layout: ScaleLayout, rows: usize, columns: usize) -> Option<Self> {
        let grid = ScaleGrid::new(layout, rows, columns)?;
        let tiles = grid.bytes().checked_mul(matrices)?;
        let all_rows = grid.padded_rows().checked_mul(matrices)?;
        let small = all_rows <= MAX_ROWS && grid.padded_columns() <= MAX_COLUMNS;
        small.then_some(Self {
            matrices,
            grid,
            tiles,
        })
    }
}

impl Tiling {
    /// From rows into tiles, allocating.
    pub(super) fn interleave<T: Element>(
        self,
        stream: &Stream,
        sf: &TensorView<'_, T>,
    ) -> Result<Tensor<T>> {
        let sizes = self.sizes("sf", sf.shape())?;
        let mut out = Tensor::empty(stream, &[sizes.tiles])?;
        self.interleave_into(stream, sf, &mut out)?;
        Ok(out)
    }

    /// From rows into tiles.
    pub(super) fn interleave_into<T: Element>(
        self,
        stream: &Stream,
        sf: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        let op = Op::new(self.op, stream);
        let (sf, mut out) = (sf.as_view(), out.as_view_mut());
        let sizes = self.sizes("sf", sf.shape())?;
        self.check_tiles("out", out.shape(), out.is_contiguous(), &sizes)?;
        op.reads("sf", &sf)?;
        op.writes("out", &out)?;
        if sizes.tiles == 0 {
            return Ok(());
        }
        if op.runs_on_cpu() {
            return self.interleave_on_cpu(stream, &sf, &mut out, sizes);
        }
        let addresses = [sf.as_ptr() as usize, out.as_ptr() as usize];
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe { self.launch::<T>(stream, addresses, sf.row_stride(), true, &sizes) }
    }

    /// From rows into tiles by the reference.
    fn interleave_on_cpu<T: Element>(
        self,
        stream: &Stream,
        sf: &TensorView<'_, T>,
        out: &mut TensorViewMut<'_, T>,
        sizes: Sizes,
    ) -> Result<()> {
        // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
        let (sf, out) = unsafe { (HostView::of(sf), HostViewMut::of(out)) };
        stream.run_on_host(move || {
            // SAFETY: every bit pattern is a value of an element.
            let padding: T = unsafe { mem::zeroed() };
            let tiles = out.write().elements;
            scales_into_tiles(sf.read(), tiles, &sizes.grid, self.order, padding);
            Ok(())
        })
    }

    /// From tiles into rows of this shape, allocating.
    pub(super) fn deinterleave<T: Element>(
        self,
        stream: &Stream,
        sf: &TensorView<'_, T>,
        shape: &[usize],
    ) -> Result<Tensor<T>> {
        let sizes = self.sizes("out", &Shape::new(shape)?)?;
        self.check_tiles("sf", sf.shape(), sf.is_contiguous(), &sizes)?;
        let mut out = Tensor::empty(stream, shape)?;
        self.deinterleave_into(stream, sf, &mut out)?;
        Ok(out)
    }

    /// From tiles into rows.
    pub(super) fn deinterleave_into<T: Element>(
        self,
        stream: &Stream,
        sf: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        let op = Op::new(self.op, stream);
        let (sf, mut out) = (sf.as_view(), out.as_view_mut());
        let sizes = self.sizes("out", out.shape())?;
        self.check_tiles("sf", sf.shape(), sf.is_contiguous(), &sizes)?;
        op.reads("sf", &sf)?;
        op.writes("out", &out)?;
        if out.shape().elements() == 0 {
            return Ok(());
        }
        if op.runs_on_cpu() {
            return self.deinterleave_on_cpu(stream, &sf, &mut out, sizes);
        }
        let addresses = [sf.as_ptr() as usize, out.as_ptr() as usize];
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe { self.launch::<T>(stream, addresses, out.row_stride(), false, &sizes) }
    }

    /// From tiles into rows by the reference.
    fn deinterleave_on_cpu<T: Element>(
        self,
        stream: &Stream,
        sf: &TensorView<'_, T>,
        out: &mut TensorViewMut<'_, T>,
        sizes: Sizes,
    ) -> Result<()> {
        // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
        let (sf, out) = unsafe { (HostView::of(sf), HostViewMut::of(out)) };
        stream.run_on_host(move || {
            let tiles = sf.read().elements;
            scales_out_of_tiles(tiles, out.write(), &sizes.grid, self.order);
            Ok(())
        })
    }

    /// The sizes of scales `[.., M, Kv]`, if these are any.
    fn sizes(self, tensor: &'static str, scales: &Shape) -> Result<Sizes> {
        let sizes = match **scales {
            [ref leading @ .., rows, columns] if rows.is_multiple_of(self.row_multiple) => {
                Sizes::new(leading.iter().product(), self.layout, rows, columns)
            }
            _ => None,
        };
        sizes.ok_or_else(|| {
            let mut expected = "[.., M, Kv], fewer than 2^31 rows and 2^29 columns".to_owned();
            if self.row_multiple > 1 {
                expected += &format!(", M a multiple of {}", self.row_multiple);
            }
            Error::shape(self.op, tensor, expected, *scales)
        })
    }

    /// Tiles are one run of elements, in whatever shape.
    fn check_tiles(
        self,
        tensor: &'static str,
        shape: &Shape,
        contiguous: bool,
        sizes: &Sizes,
    ) -> Result<()> {
        if shape.elements() == sizes.tiles && contiguous {
            return Ok(());
        }
        let expected = format!("{} elements, contiguous", sizes.tiles);
        Err(Error::shape(self.op, tensor, expected, *shape))
    }

    /// Moves on the kernels, from `x` to `out`, one of which holds tiles.
    ///
    /// # Safety
    /// The memory is the stream's device's, of these sizes, and in the stream's order.
    unsafe fn launch<T: Element>(
        self,
        stream: &Stream,
        [x, out]: [usize; 2],
        stride: usize,
        into_tiles: bool,
        sizes: &Sizes,
    ) -> Result<()> {
        let grid = &sizes.grid;
        let (bytes, stride) = (size_of::<T>(), stride * size_of::<T>());
        let (rows, tiles) = if into_tiles { (x, out) } else { (out, x) };
        let chunk = match chunk_bytes(&[stride, grid.columns() * bytes, rows]) {
            _ if !tiles.is_multiple_of(4) => 1,
            chunk => chunk,
        };
        let all_rows = sizes.matrices * grid.padded_rows();
        let chunks = (grid.padded_columns() * bytes).div_ceil(chunk);
        let plan = matrix(all_rows, chunks, (BLOCK_BYTES / chunk) as u32);
        let config = LaunchConfig::new(plan.blocks, plan.threads);
        let args = (
            x as *const u8,
            out as *mut u8,
            all_rows as u32,
            grid.padded_rows() as u32,
            grid.rows() as u32,
            grid.columns() as u32,
            bytes as u32,
            stride as u64,
            self.layout as u32,
            self.order.to_code(),
        );
        // SAFETY: the sizes were checked, and `chunk` was chosen by what the kernel asks for.
        unsafe { stream.launch(kernel(into_tiles, chunk), config, args) }
    }
}

/// The arguments of the kernels.
type Args = (*const u8, *mut u8, u32, u32, u32, u32, u32, u64, u32, u32);

fn kernel(into_tiles: bool, chunk: usize) -> &'static Kernel<Args> {
    match (into_tiles, chunk) {
        (true, 16) => &kernels::scales_into_tiles_v16,
        (true, 4) => &kernels::scales_into_tiles_v4,
        (true, _) => &kernels::scales_into_tiles_v1,
        (false, 16) => &kernels::scales_out_of_tiles_v16,
        (false, 4) => &kernels::scales_out_of_tiles_v4,
        (false, _) => &kernels::scales_out_of_tiles_v1,
    }
}

//! What the operations on rows and columns have in common: sizes, checks, launch.

use cuda_std::launch::Kernel;
use formats::{ColumnBlocks, RowOrder};

use crate::device::{LaunchConfig, Stream};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::heuristics::layout::{chunk_bytes, matrix};
use crate::kernels::quantize::layout as kernels;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference::quantize::layout::permute_rows;
use crate::shape::Shape;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// Chunks of a row that a block takes where columns go to or come from blocks: then it reads and writes pieces of
/// half a kilobyte or more.
const BLOCKED_WIDTH: u32 = 32;

/// The most rows of all matrices.
pub(super) const MAX_ROWS: usize = i32::MAX as usize;

/// The most columns, so that a row has less than 2^31 bytes.
pub(super) const MAX_COLUMNS: usize = (1 << 29) - 1;

/// What happens to the columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// They stay.
    Stay,
    /// They go into blocks of this width.
    IntoBlocks(usize),
    /// They come out of blocks.
    OutOfBlocks,
}

/// What an operation does to matrices.
#[derive(Clone, Copy)]
pub(super) struct Rearrangement {
    pub op: &'static str,
    pub order: RowOrder,
    pub columns: Columns,
}

/// Matrices before and after, and the shape of the result.
struct Sizes {
    matrices: usize,
    x: ColumnBlocks,
    out: ColumnBlocks,
    shape: Shape,
}

impl Rearrangement {
    /// Other rows, the same columns.
    pub(super) fn of_rows(op: &'static str, order: RowOrder) -> Self {
        let columns = Columns::Stay;
        Self { op, order, columns }
    }

    /// The form that allocates.
    pub(super) fn run<T: Element>(
        self,
        stream: &Stream,
        x: &TensorView<'_, T>,
    ) -> Result<Tensor<T>> {
        let sizes = self.sizes(x.shape())?;
        let mut out = Tensor::empty(stream, &sizes.shape)?;
        self.run_into(stream, x, &mut out)?;
        Ok(out)
    }

    /// The form that does not.
    pub(super) fn run_into<T: Element>(
        self,
        stream: &Stream,
        x: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        let op = Op::new(self.op, stream);
        let (x, mut out) = (x.as_view(), out.as_view_mut());
        let sizes = self.sizes(x.shape())?;
        if *out.shape() != sizes.shape {
            let expected = sizes.shape.to_string();
            return Err(Error::shape(op.name, "out", expected, *out.shape()));
        }
        op.reads("x", &x)?;
        op.writes("out", &out)?;
        if sizes.shape.elements() == 0 {
            Ok(())
        } else if op.runs_on_cpu() {
            self.on_cpu(stream, &x, &mut out, sizes)
        } else {
            // SAFETY: the shapes were checked, and the memory is in this stream's order.
            unsafe { self.on_kernels(stream, &x, &out, &sizes) }
        }
    }

    /// The sizes, if `x` is what the operation takes.
    fn sizes(self, x: &Shape) -> Result<Sizes> {
        let refused = || Error::shape(self.op, "x", self.expected(), *x);
        let (leading, [x_blocks, rows, width]) = self.split(x).ok_or_else(refused)?;
        let columns = x_blocks * width;
        let (out_blocks, tail) = match self.columns {
            Columns::IntoBlocks(width) if width > 0 && columns.is_multiple_of(width) => {
                (columns / width, &[columns / width, rows, width][..])
            }
            Columns::IntoBlocks(_) => return Err(refused()),
            Columns::Stay | Columns::OutOfBlocks => (1, &[rows, columns][..]),
        };
        let shape = Shape::new(&[leading, tail].concat())?;
        let small = x.rows().max(shape.rows()) <= MAX_ROWS && columns <= MAX_COLUMNS;
        if !rows.is_multiple_of(self.order.row_multiple()) || !small {
            return Err(refused());
        }
        let of = |blocks: usize| ColumnBlocks {
            rows,
            blocks,
            width: columns.checked_div(blocks).unwrap_or(0),
        };
        Ok(Sizes {
            matrices: leading.iter().product(),
            x: of(x_blocks),
            out: of(out_blocks),
            shape,
        })
    }

    /// The leading dimensions, and blocks of columns, rows and columns of a block.
    fn split(self, x: &Shape) -> Option<(&[usize], [usize; 3])> {
        match (self.columns, &**x) {
            (Columns::OutOfBlocks, [leading @ .., blocks, rows, width]) => {
                Some((leading, [*blocks, *rows, *width]))
            }
            (Columns::OutOfBlocks, _) => None,
            (_, [leading @ .., rows, columns]) => Some((leading, [1, *rows, *columns])),
            _ => None,
        }
    }

    /// What `x` must be, in words.
    fn expected(self) -> String {
        let shape = match self.columns {
            Columns::OutOfBlocks => "[.., blocks, M, width]",
            _ => "[.., M, K]",
        };
        let mut text = format!("{shape}, fewer than 2^31 rows and 2^29 columns");
        if self.order.row_multiple() > 1 {
            text += &format!(", M a multiple of {}", self.order.row_multiple());
        }
        if let Columns::IntoBlocks(width) = self.columns {
            text += &format!(", K a multiple of {width}");
        }
        text
    }

    /// Moves by the reference.
    fn on_cpu<T: Element>(
        self,
        stream: &Stream,
        x: &TensorView<'_, T>,
        out: &mut TensorViewMut<'_, T>,
        sizes: Sizes,
    ) -> Result<()> {
        // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
        let (x, out) = unsafe { (HostView::of(x), HostViewMut::of(out)) };
        stream.run_on_host(move || {
            let (x, out) = (x.read(), out.write());
            permute_rows(x, sizes.x, out, sizes.out, self.order);
            Ok(())
        })
    }

    /// Moves on the kernels.
    ///
    /// # Safety
    /// The memory is the stream's device's, of these sizes, and in the stream's order; there are elements.
    unsafe fn on_kernels<T: Element>(
        self,
        stream: &Stream,
        x: &TensorView<'_, T>,
        out: &TensorViewMut<'_, T>,
        sizes: &Sizes,
    ) -> Result<()> {
        let (from, to) = (x.as_ptr().cast::<u8>(), out.as_ptr().cast::<u8>());
        let strides = [x.row_stride(), out.row_stride()].map(|stride| stride * size_of::<T>());
        let widths = [sizes.x.width, sizes.out.width].map(|width| width * size_of::<T>());
        let bytes = [strides, widths, [from as usize, to as usize]];
        let chunk = chunk_bytes(bytes.as_flattened());
        let rows = sizes.matrices * sizes.x.rows;
        let chunks = sizes.x.blocks * widths[0] / chunk;
        let plan = matrix(rows, chunks, self.wide());
        let args = (
            from,
            to,
            rows as u32,
            sizes.x.rows as u32,
            chunks as u32,
            sizes.x.blocks as u32,
            sizes.out.blocks as u32,
            (strides[0] / chunk) as u64,
            (strides[1] / chunk) as u64,
            self.order.to_code(),
        );
        let config = LaunchConfig::new(plan.blocks, plan.threads);
        // SAFETY: the sizes were checked, and `chunk` was chosen by what the kernel asks for.
        unsafe { stream.launch(kernel(chunk), config, args) }
    }

    /// Chunks of a row that a block takes at most.
    fn wide(self) -> u32 {
        match self.columns {
            Columns::Stay => kernels::LAYOUT_THREADS,
            _ => BLOCKED_WIDTH,
        }
    }
}

/// The arguments of the kernels.
type Args = (*const u8, *mut u8, u32, u32, u32, u32, u32, u64, u64, u32);

fn kernel(chunk: usize) -> &'static Kernel<Args> {
    match chunk {
        16 => &kernels::permute_rows_v16,
        4 => &kernels::permute_rows_v4,
        _ => &kernels::permute_rows_v1,
    }
}

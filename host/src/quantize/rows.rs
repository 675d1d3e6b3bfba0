//! Which rows of a tensor exist, where only the device knows.

use std::ptr::null;

use crate::error::{Error, Result};
use crate::op::{HostView, Op};
use crate::reference::quantize::rows as reference;
use crate::tensor::TensorView;

/// Which rows exist. The others are not read, and what is written for them each operation says.
///
/// The tensors are read by the device as the operation runs, so that one captured graph serves any number of rows.
#[derive(Clone, Copy, Default)]
pub enum LiveRows<'a> {
    /// All of them.
    #[default]
    All,
    /// Rows sorted by expert, with gaps: the row `r` exists if `r < n_used` and `permutation_map[r] >= 0`. The map is
    /// not read from `n_used` on.
    Mapped {
        /// `[rows]`: the source of each row, -1 for padding.
        permutation_map: TensorView<'a, i32>,
        /// One element, not negative: how many rows are in use, padding among them counted.
        n_used: TensorView<'a, i32>,
    },
    /// Matrices of which each has its rows in front: row `r` of matrix `m` exists if `r < counts[m]`.
    Counted(TensorView<'a, i32>),
}

/// The pointers that kernels take: `n_used`, `map`, `counts`.
pub(crate) type RowPointers = (*const u32, *const i32, *const i32);

impl<'a> LiveRows<'a> {
    /// The rows that are in use, by their map.
    #[must_use]
    pub fn mapped(permutation_map: TensorView<'a, i32>, n_used: TensorView<'a, i32>) -> Self {
        Self::Mapped {
            permutation_map,
            n_used,
        }
    }

    /// Checks that the tensors are for `matrices` of `rows` rows each, and here.
    pub(crate) fn check(&self, op: Op<'_>, matrices: usize, rows: usize) -> Result<()> {
        let check = |name: &'static str, view: &TensorView<'a, i32>, count: usize| {
            if view.shape().elements() != count || !view.is_contiguous() {
                let expected = format!("{count} elements, contiguous");
                return Err(Error::shape(op.name, name, expected, *view.shape()));
            }
            op.reads(name, view)
        };
        match self {
            Self::All => Ok(()),
            Self::Mapped {
                permutation_map,
                n_used,
            } => {
                check("permutation_map", permutation_map, matrices * rows)?;
                check("n_used", n_used, 1)
            }
            Self::Counted(counts) => check("counts", counts, matrices),
        }
    }

    /// What kernels take.
    pub(crate) fn pointers(&self) -> RowPointers {
        match self {
            Self::All => (null(), null(), null()),
            Self::Mapped {
                permutation_map,
                n_used,
            } => (n_used.as_ptr().cast(), permutation_map.as_ptr(), null()),
            Self::Counted(counts) => (null(), null(), counts.as_ptr()),
        }
    }

    /// The rows for a task on the host.
    ///
    /// # Safety
    /// As [`HostView::of`], of each tensor.
    pub(crate) unsafe fn on_host(&self, rows: usize) -> HostRows {
        // SAFETY: the caller's contract.
        let view = |view: &TensorView<'a, i32>| unsafe { HostView::of(view) };
        match self {
            Self::All => HostRows::All,
            Self::Mapped {
                permutation_map,
                n_used,
            } => HostRows::Mapped(view(permutation_map), view(n_used)),
            Self::Counted(counts) => HostRows::Counted(view(counts), rows),
        }
    }
}

/// [`LiveRows`] that a task on the host keeps.
#[derive(Clone, Copy)]
pub(crate) enum HostRows {
    All,
    Mapped(HostView<i32>, HostView<i32>),
    /// The counts, and the rows of a matrix.
    Counted(HostView<i32>, usize),
}

impl HostRows {
    /// The rows, while the task runs.
    pub(crate) fn read<'a>(self) -> reference::LiveRows<'a> {
        match self {
            Self::All => reference::LiveRows::All,
            Self::Mapped(map, n_used) => reference::LiveRows::Mapped {
                map: map.read().elements,
                n_used: n_used.read().elements.first().copied().unwrap_or(0),
            },
            Self::Counted(counts, rows) => reference::LiveRows::Counted {
                counts: counts.read().elements,
                rows,
            },
        }
    }
}

//! Views: borrowed device memory, a tensor's or somebody else's.

use std::ops::Range;
use std::slice;

use super::Tensor;
use super::parts::{Parts, Place};
use crate::device::Device;
use crate::element::Element;
use crate::error::Result;
use crate::shape::Shape;

macro_rules! view {
    ($view:ident, $pointer:ty) => {
        impl<'a, T: Element> $view<'a, T> {
            /// The columns of `range` of every row: the same rows, as far apart as before.
            ///
            /// # Errors
            /// [`Error::Argument`](crate::Error::Argument) if the range is not inside the last dimension.
            pub fn columns(self, range: Range<usize>) -> Result<Self> {
                self.0
                    .columns(concat!(stringify!($view), "::columns"), range)
                    .map(Self)
            }

            /// The entries of `range` of the first dimension.
            ///
            /// # Errors
            /// [`Error::Argument`](crate::Error::Argument) if the range is not inside the first dimension.
            pub fn slice(self, range: Range<usize>) -> Result<Self> {
                self.0
                    .slice(concat!(stringify!($view), "::slice"), range)
                    .map(Self)
            }

            /// The same elements in another shape.
            ///
            /// # Errors
            /// [`Error::Argument`](crate::Error::Argument) if the number of elements is another, or the rows lie apart.
            pub fn reshape(self, shape: &[usize]) -> Result<Self> {
                self.0
                    .reshape(concat!(stringify!($view), "::reshape"), shape)
                    .map(Self)
            }

            /// The shape.
            #[must_use]
            pub fn shape(&self) -> &Shape {
                &self.0.shape
            }

            /// Elements from the start of one row to the start of the next.
            #[must_use]
            pub fn row_stride(&self) -> usize {
                self.0.row_stride
            }

            /// Whether the rows follow each other without a gap.
            #[must_use]
            pub fn is_contiguous(&self) -> bool {
                self.0.is_contiguous()
            }

            /// The device address of the first element.
            #[must_use]
            pub fn as_ptr(&self) -> $pointer {
                self.0.address as $pointer
            }

            pub(crate) fn place(&self) -> Place<'a> {
                self.0.place
            }
        }
    };
}

/// Device memory to read.
pub struct TensorView<'a, T>(pub(super) Parts<'a, T>);

impl<T> Clone for TensorView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TensorView<'_, T> {}

view!(TensorView, *const T);

impl<'a, T: Element> TensorView<'a, T> {
    /// A view of memory of `device` that is not a tensor's, `row_stride` elements from row to row.
    ///
    /// # Errors
    /// [`Error::Pointer`](crate::Error::Pointer) if the pointer is null or not aligned to the element; [`Error::Argument`](crate::Error::Argument) if the
    /// stride is less than a row.
    ///
    /// # Safety
    /// For `'a`, the memory at these rows is readable by the device, and nobody writes it while work that
    /// uses the view runs. Ordering that work after whoever wrote it is the caller's.
    pub unsafe fn from_raw(
        device: &'a Device,
        pointer: *const T,
        shape: &[usize],
        row_stride: usize,
    ) -> Result<Self> {
        let op = "TensorView::from_raw";
        Parts::foreign(op, device, pointer as usize, shape)?
            .with_row_stride(op, row_stride)
            .map(Self)
    }

    /// The elements, from the first of the first row to the last of the last.
    ///
    /// # Safety
    /// The view is of host memory: of a CPU or simulator device.
    pub(crate) unsafe fn host_elements(&self) -> &'a [T] {
        if self.0.span() == 0 {
            return &[]; // the address of nothing may be null
        }
        // SAFETY: host memory, alive for 'a, this long.
        unsafe { slice::from_raw_parts(self.as_ptr(), self.0.span()) }
    }
}

/// Device memory to write.
pub struct TensorViewMut<'a, T>(pub(super) Parts<'a, T>);

view!(TensorViewMut, *mut T);

impl<'a, T: Element> TensorViewMut<'a, T> {
    /// A view of memory of `device` that is not a tensor's, `row_stride` elements from row to row.
    ///
    /// # Errors
    /// As [`TensorView::from_raw`].
    ///
    /// # Safety
    /// For `'a`, the memory at these rows is writable by the device, and nobody else uses it while work that
    /// uses the view runs.
    pub unsafe fn from_raw(
        device: &'a Device,
        pointer: *mut T,
        shape: &[usize],
        row_stride: usize,
    ) -> Result<Self> {
        let op = "TensorViewMut::from_raw";
        Parts::foreign(op, device, pointer as usize, shape)?
            .with_row_stride(op, row_stride)
            .map(Self)
    }

    /// The elements, from the first of the first row to the last of the last.
    ///
    /// # Safety
    /// The view is of host memory: of a CPU or simulator device.
    pub(crate) unsafe fn host_elements(&mut self) -> &'a mut [T] {
        if self.0.span() == 0 {
            return &mut []; // the address of nothing may be null
        }
        // SAFETY: host memory, alive for 'a, this long, and borrowed by nobody else.
        unsafe { slice::from_raw_parts_mut(self.as_ptr(), self.0.span()) }
    }

    /// The same memory, borrowed for a shorter while.
    #[must_use]
    pub fn reborrow(&mut self) -> TensorViewMut<'_, T> {
        TensorViewMut(self.0)
    }
}

/// Something that can be read as a tensor: a [`Tensor`] or a [`TensorView`].
pub trait AsView<T> {
    /// The view.
    fn as_view(&self) -> TensorView<'_, T>;
}

impl<T: Element> AsView<T> for Tensor<T> {
    fn as_view(&self) -> TensorView<'_, T> {
        self.view()
    }
}

impl<T> AsView<T> for TensorView<'_, T> {
    fn as_view(&self) -> TensorView<'_, T> {
        *self
    }
}

/// Something that can be written as a tensor: a [`Tensor`] or a [`TensorViewMut`].
pub trait AsViewMut<T> {
    /// The view.
    fn as_view_mut(&mut self) -> TensorViewMut<'_, T>;
}

impl<T: Element> AsViewMut<T> for Tensor<T> {
    fn as_view_mut(&mut self) -> TensorViewMut<'_, T> {
        self.view_mut()
    }
}

impl<T: Element> AsViewMut<T> for TensorViewMut<'_, T> {
    fn as_view_mut(&mut self) -> TensorViewMut<'_, T> {
        self.reborrow()
    }
}

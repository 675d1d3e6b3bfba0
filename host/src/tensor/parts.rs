//! What a view is made of, and how it is cut smaller.

use std::marker::PhantomData;
use std::ops::Range;

use crate::device::{Device, Stream};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// Whose memory a view borrows.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A tensor's, which belongs to this stream.
    Owned(&'a Stream),
    /// Somebody else's, on this device.
    Foreign(&'a Device),
}

/// What both kinds of view are made of.
pub(super) struct Parts<'a, T> {
    pub(super) address: usize,
    pub(super) shape: Shape,
    pub(super) row_stride: usize,
    pub(super) place: Place<'a>,
    element: PhantomData<&'a T>,
}

impl<T> Clone for Parts<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Parts<'_, T> {}

impl<'a, T: Element> Parts<'a, T> {
    pub(super) fn new(address: usize, shape: Shape, place: Place<'a>) -> Self {
        Self {
            address,
            shape,
            row_stride: shape.columns(),
            place,
            element: PhantomData,
        }
    }

    /// A view of memory that is not a tensor's.
    pub(super) fn foreign(
        op: &'static str,
        device: &'a Device,
        address: usize,
        shape: &[usize],
    ) -> Result<Self> {
        let shape = Shape::new(shape)?;
        let aligned = address.is_multiple_of(size_of::<T>());
        if !aligned || (address == 0 && shape.elements() > 0) {
            let expected = format!("not null and a multiple of {} bytes", size_of::<T>());
            return Err(Error::Pointer {
                op,
                expected,
                found: address,
            });
        }
        Ok(Self::new(address, shape, Place::Foreign(device)))
    }

    /// Rows that lie `row_stride` apart; of a single row, or none, the stride says nothing.
    pub(super) fn with_row_stride(mut self, op: &'static str, row_stride: usize) -> Result<Self> {
        let (rows, columns) = (self.shape.rows(), self.shape.columns());
        if rows <= 1 {
            return Ok(self);
        }
        let bytes = row_stride
            .checked_mul(rows)
            .and_then(|all| all.checked_mul(size_of::<T>()));
        if row_stride < columns || bytes.is_none_or(|bytes| bytes > isize::MAX as usize) {
            let expected = format!("at least {columns}, and {rows} of them inside memory");
            return Err(Error::argument(op, "row_stride", expected, row_stride));
        }
        self.row_stride = row_stride;
        Ok(self)
    }

    /// The columns of `range` of every row.
    pub(super) fn columns(mut self, op: &'static str, range: Range<usize>) -> Result<Self> {
        check_range(op, &range, self.shape.columns())?;
        self.address += range.start * size_of::<T>();
        self.shape = self.shape.with_columns(range.len());
        Ok(self)
    }

    /// The entries of `range` of the first dimension.
    pub(super) fn slice(mut self, op: &'static str, range: Range<usize>) -> Result<Self> {
        check_range(op, &range, self.shape.first().copied().unwrap_or(0))?;
        let mut dims = self.shape.to_vec();
        let step = match dims.len() {
            1 => 1,
            _ => dims[1..dims.len() - 1].iter().product::<usize>() * self.row_stride,
        };
        dims[0] = range.len();
        self.address += range.start * step * size_of::<T>();
        self.shape = Shape::new(&dims)?;
        Ok(self)
    }

    pub(super) fn reshape(mut self, op: &'static str, shape: &[usize]) -> Result<Self> {
        if !self.is_contiguous() {
            return Err(Error::argument(
                op,
                "self",
                "contiguous",
                format!("rows {} apart", self.row_stride),
            ));
        }
        self.shape = reshaped(op, self.shape, shape)?;
        self.row_stride = self.shape.columns();
        Ok(self)
    }

    pub(super) fn is_contiguous(&self) -> bool {
        self.row_stride == self.shape.columns() || self.shape.rows() <= 1
    }

    /// Elements from the first to one past the last.
    pub(super) fn span(&self) -> usize {
        match self.shape.elements() {
            0 => 0,
            _ => (self.shape.rows() - 1) * self.row_stride + self.shape.columns(),
        }
    }
}

fn check_range(op: &'static str, range: &Range<usize>, length: usize) -> Result<()> {
    if range.start > range.end || range.end > length {
        return Err(Error::argument(
            op,
            "range",
            format!("inside 0..{length}"),
            format!("{range:?}"),
        ));
    }
    Ok(())
}

pub(super) fn reshaped(op: &'static str, from: Shape, shape: &[usize]) -> Result<Shape> {
    let to = Shape::new(shape)?;
    if to.elements() != from.elements() {
        return Err(Error::argument(
            op,
            "shape",
            format!("of {} elements, as {from} is", from.elements()),
            to,
        ));
    }
    Ok(to)
}

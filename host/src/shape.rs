//! Shapes: the lengths of a tensor's dimensions, the last one contiguous.

use std::fmt;
use std::ops::Deref;

use crate::error::{Error, Result};

/// The most dimensions of a tensor.
pub const MAX_RANK: usize = 6;

/// The lengths of a tensor's dimensions. It derefs to a slice and lives on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: u8,
}

impl Shape {
    /// The shape of these dimensions.
    ///
    /// # Errors
    /// [`Error::Argument`] if there are more than [`MAX_RANK`], or their product is not a `usize`.
    pub fn new(dims: &[usize]) -> Result<Self> {
        let fits = dims
            .iter()
            .try_fold(1usize, |product, &dim| product.checked_mul(dim.max(1)))
            .is_some();
        if dims.len() > MAX_RANK || !fits {
            let expected = format!("at most {MAX_RANK} dimensions whose product fits in memory");
            return Err(Error::argument(
                "Shape::new",
                "dims",
                expected,
                format!("{dims:?}"),
            ));
        }
        let mut shape = Self {
            dims: [0; MAX_RANK],
            rank: dims.len() as u8,
        };
        shape.dims[..dims.len()].copy_from_slice(dims);
        Ok(shape)
    }

    /// The number of elements.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.iter().product()
    }

    /// The last dimension; 1 for a scalar.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.last().copied().unwrap_or(1)
    }

    /// The product of all dimensions but the last.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.iter().rev().skip(1).product()
    }

    /// This shape with another last dimension.
    #[must_use]
    pub(crate) fn with_columns(mut self, columns: usize) -> Self {
        if self.rank > 0 {
            self.dims[self.rank as usize - 1] = columns;
        }
        self
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.dims[..self.rank as usize]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

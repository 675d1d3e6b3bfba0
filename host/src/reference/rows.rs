//! Matrices in host memory whose rows may lie apart.

use rayon::prelude::*;

/// Rows to read.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    /// From the first element of the first row on.
    pub elements: &'a [T],
    /// Elements from the start of one row to the start of the next.
    pub stride: usize,
}

impl<'a, T> Rows<'a, T> {
    /// Rows of `columns` elements without a gap.
    #[must_use]
    pub fn contiguous(elements: &'a [T], columns: usize) -> Self {
        let stride = columns;
        Self { elements, stride }
    }

    /// The first `columns` elements of a row. Rows of no columns need have no elements behind them.
    #[must_use]
    pub fn row(&self, row: usize, columns: usize) -> &'a [T] {
        let start = if columns == 0 { 0 } else { row * self.stride };
        &self.elements[start..][..columns]
    }

    /// The rows from `first` on.
    #[must_use]
    pub fn from(&self, first: usize) -> Self {
        let elements = &self.elements[self.elements.len().min(first * self.stride)..];
        Self { elements, ..*self }
    }
}

/// Rows to write.
#[derive(Debug)]
pub struct RowsMut<'a, T> {
    /// From the first element of the first row on.
    pub elements: &'a mut [T],
    /// Elements from the start of one row to the start of the next.
    pub stride: usize,
}

impl<'a, T: Send> RowsMut<'a, T> {
    /// Rows of `columns` elements without a gap.
    #[must_use]
    pub fn contiguous(elements: &'a mut [T], columns: usize) -> Self {
        let stride = columns;
        Self { elements, stride }
    }

    /// The first `columns` elements of each row, in parallel. There must be at least one column.
    pub fn par_rows(self, columns: usize) -> impl IndexedParallelIterator<Item = &'a mut [T]> {
        let rows = self.elements.par_chunks_mut(self.stride);
        rows.map(move |row| &mut row[..columns])
    }

    /// The rows from `first` on, borrowed for a shorter while.
    #[must_use]
    pub fn from(&mut self, first: usize) -> RowsMut<'_, T> {
        let start = self.elements.len().min(first * self.stride);
        let elements = &mut self.elements[start..];
        RowsMut {
            elements,
            stride: self.stride,
        }
    }
}

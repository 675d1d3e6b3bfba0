//! Tensors inside larger ones full of poison, so that a kernel that reads or writes beside its tensor is
//! seen.
//!
//! ```text
//!              left   columns   right
//!  above       xxxxxxxxxxxxxxxxxxxxxx      x  poison: 0xff in every byte
//!  first dim.  xxxx   tensor    xxxxx
//!  below       xxxxxxxxxxxxxxxxxxxxxx
//! ```

use gatewarp::{Result, Stream, Tensor, TensorView, TensorViewMut};
use proptest::prelude::{Just, Strategy, prop_oneof};

use crate::compare::{Comparison, Mismatch};
use crate::values::Pattern;

/// What is around a tensor: entries of the first dimension and of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Entries of the first dimension before the tensor's; none at rank 1.
    pub above: usize,
    /// Those after.
    pub below: usize,
    /// Columns before the tensor's.
    pub left: usize,
    /// Those after.
    pub right: usize,
    /// Whether more come after, until rows are a multiple of 16 elements.
    pub is_padded: bool,
}

impl Frame {
    /// Nothing around: a contiguous tensor.
    pub const NONE: Self = Self::new(0, 0, 0, 0);

    /// Rows of any length that begin at multiples of 16 elements, and so of 16 bytes, whatever the type: what moves packs may
    /// read the tensor, but writes poison with the last one of a row.
    pub const PADDED: Self = Self {
        below: 1,
        is_padded: true,
        ..Self::NONE
    };

    /// A frame of these widths.
    #[must_use]
    pub const fn new(above: usize, below: usize, left: usize, right: usize) -> Self {
        Self {
            above,
            below,
            left,
            right,
            is_padded: false,
        }
    }

    /// The frame of a tensor with this many columns, its widths given.
    fn around(self, columns: usize) -> Self {
        let row = self.left + columns + self.right;
        let padding = match self.is_padded {
            true => row.next_multiple_of(16) - row,
            false => 0,
        };
        Self::new(self.above, self.below, self.left, self.right + padding)
    }
}

/// No frame, frames that keep 16-byte alignment, and odd ones.
pub fn frames() -> impl Strategy<Value = Frame> {
    let widths = (0..3usize, 0..2usize, 0..4usize, 0..4usize);
    let odd = widths.prop_map(|(above, below, left, right)| Frame::new(above, below, left, right));
    prop_oneof![
        3 => Just(Frame::NONE),
        1 => Just(Frame::new(1, 1, 8, 8)),
        1 => Just(Frame::new(0, 1, 0, 16)),
        2 => Just(Frame::PADDED),
        3 => odd,
    ]
}

/// Frames of the operands of a product and of its result: any, or all of them padded, so that sizes of any kind take the
/// path that wants rows aligned.
pub fn product_frames() -> impl Strategy<Value = [Frame; 3]> {
    prop_oneof![
        2 => [frames().boxed(), frames().boxed(), frames().boxed()],
        1 => Just([Frame::PADDED; 3]),
    ]
}

/// A tensor in a frame.
pub struct Framed<T> {
    parent: Tensor<T>,
    shape: Vec<usize>,
    frame: Frame,
}

impl<T: Pattern> Framed<T> {
    /// A tensor of these elements.
    ///
    /// # Errors
    /// The library's.
    pub fn new(stream: &Stream, shape: &[usize], frame: Frame, elements: &[T]) -> Result<Self> {
        let mut this = Self::poisoned(stream, shape, frame)?;
        let mut all = vec![T::POISON; this.parent.shape().elements()];
        for (place, &element) in this.places().into_iter().zip(elements) {
            all[place] = element;
        }
        this.parent.copy_from_slice(&all)?;
        Ok(this)
    }

    /// A tensor of poison, for an operation to write to.
    ///
    /// # Errors
    /// The library's.
    pub fn poisoned(stream: &Stream, shape: &[usize], frame: Frame) -> Result<Self> {
        let frame = frame.around(shape.last().copied().unwrap_or(0));
        let mut parent_shape = shape.to_vec();
        if let [first, .., last] = &mut parent_shape[..] {
            *first += frame.above + frame.below;
            *last += frame.left + frame.right;
        } else if let [only] = &mut parent_shape[..] {
            *only += frame.left + frame.right;
        }
        let mut parent = Tensor::empty(stream, &parent_shape)?;
        parent.fill_bytes(0xff)?;
        Ok(Self {
            parent,
            shape: shape.to_vec(),
            frame,
        })
    }

    /// The tensor, to read.
    ///
    /// # Errors
    /// The library's.
    pub fn view(&self) -> Result<TensorView<'_, T>> {
        let view = self.parent.view();
        match self.shape[..] {
            [] => Ok(view),
            [only] => view.columns(self.columns(only)),
            [first, .., last] => view
                .slice(self.frame.above..self.frame.above + first)?
                .columns(self.columns(last)),
        }
    }

    /// The tensor, to write.
    ///
    /// # Errors
    /// The library's.
    pub fn view_mut(&mut self) -> Result<TensorViewMut<'_, T>> {
        let (above, shape) = (self.frame.above, self.shape.clone());
        let columns = self.columns(shape.last().copied().unwrap_or(0));
        let view = self.parent.view_mut();
        match shape[..] {
            [] => Ok(view),
            [_] => view.columns(columns),
            [first, ..] => view.slice(above..above + first)?.columns(columns),
        }
    }

    /// The tensor's elements, if the poison around it is still there.
    ///
    /// # Errors
    /// A [`Mismatch`] if it is not, or the elements cannot be read.
    pub fn elements(&self) -> std::result::Result<Vec<T>, Mismatch> {
        let all = self.all()?;
        let mut around = vec![true; all.len()];
        let places = self.places();
        for &place in &places {
            around[place] = false;
        }
        let touched = (0..all.len()).find(|&i| around[i] && !all[i].is_poison());
        match touched {
            None => Ok(places.into_iter().map(|place| all[place]).collect()),
            Some(i) => Err(Mismatch(format!(
                "written outside the tensor {:?} in {:?}: {:?} at {i}",
                self.shape, self.frame, all[i]
            ))),
        }
    }

    /// Nothing was written, neither in the tensor nor around it.
    ///
    /// # Errors
    /// A [`Mismatch`] if something was.
    pub fn untouched(&self) -> Comparison {
        match self.all()?.iter().position(|element| !element.is_poison()) {
            None => Ok(()),
            Some(i) => Err(Mismatch(format!("a refused call wrote, at element {i}"))),
        }
    }

    fn all(&self) -> std::result::Result<Vec<T>, Mismatch> {
        self.parent
            .to_vec()
            .map_err(|error| Mismatch(error.to_string()))
    }

    fn columns(&self, columns: usize) -> std::ops::Range<usize> {
        self.frame.left..self.frame.left + columns
    }

    /// Where the tensor's elements are in the parent.
    fn places(&self) -> Vec<usize> {
        let Some((&columns, leading)) = self.shape.split_last() else {
            return vec![0];
        };
        let rows: usize = leading.iter().product();
        let above = match leading {
            [] => 0,
            [_, between @ ..] => self.frame.above * between.iter().product::<usize>(),
        };
        let stride = columns + self.frame.left + self.frame.right;
        (above..above + rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| row * stride + self.frame.left + column)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use gatewarp::Device;

    use super::{Frame, Framed};

    #[test]
    fn padded_rows_are_whole_sixteens() {
        let stream = Device::cpu().stream().expect("the CPU");
        for (columns, stride) in [(1, 16), (16, 16), (17, 32)] {
            let framed = Framed::<f32>::poisoned(&stream, &[2, columns], Frame::PADDED);
            let framed = framed.expect("small");
            assert_eq!(framed.view().expect("inside").row_stride(), stride);
            framed.untouched().expect("nobody wrote");
        }
    }

    #[test]
    fn elements_come_back_and_poison_around_them_is_watched() {
        let stream = Device::cpu().stream().expect("the CPU");
        let elements: Vec<i32> = (0..12).collect();
        let mut framed =
            Framed::new(&stream, &[2, 2, 3], Frame::new(1, 2, 1, 2), &elements).expect("small");
        assert_eq!(framed.elements().expect("framed"), elements);
        assert_eq!(framed.view().expect("inside").row_stride(), 6);
        framed.untouched().expect_err("elements are there");
        let mut all = framed.all().expect("readable");
        all[0] = 7;
        framed.parent.copy_from_slice(&all).expect("as many");
        framed.elements().expect_err("element 0 is outside");
    }
}

//! Tensors: device memory with a shape.
//!
//! A [`Tensor`] owns its memory, which belongs to the stream it was made on. A [`TensorView`] or
//! [`TensorViewMut`] borrows it, or borrows foreign memory: a device pointer of another framework. Rows
//! (the last dimension) are contiguous; a view's rows may lie further apart than they are long.

mod copy;
mod parts;
mod view;

use std::marker::PhantomData;

use crate::device::{Allocation, Stream};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::shape::Shape;
pub use copy::copy_into;
pub(crate) use parts::Place;
use parts::{Parts, reshaped};
pub use view::{AsView, AsViewMut, TensorView, TensorViewMut};

/// Owned device memory with a shape, contiguous.
pub struct Tensor<T> {
    memory: Allocation,
    shape: Shape,
    element: PhantomData<T>,
}

impl<T: Element> Tensor<T> {
    /// A tensor whose elements are not written yet: on the CPU and in the simulator NaN (or -1), on a GPU
    /// whatever was there.
    ///
    /// # Errors
    /// [`Error::Driver`] or [`Error::Device`] if there is not enough memory.
    pub fn empty(stream: &Stream, shape: &[usize]) -> Result<Self> {
        let shape = Shape::new(shape)?;
        let bytes = shape.elements().checked_mul(size_of::<T>());
        let bytes = bytes
            .ok_or_else(|| Error::argument("Tensor::empty", "shape", "a size in memory", shape))?;
        Ok(Self {
            memory: Allocation::new(stream, bytes)?,
            shape,
            element: PhantomData,
        })
    }

    /// A tensor of these elements, in row-major order. Waits for the copy.
    ///
    /// # Errors
    /// [`Error::Argument`] if the shape is of another number of elements; as [`Tensor::empty`].
    pub fn from_slice(stream: &Stream, elements: &[T], shape: &[usize]) -> Result<Self> {
        let mut tensor = Self::empty(stream, shape)?;
        tensor.copy_from_slice(elements)?;
        Ok(tensor)
    }

    /// A tensor whose bytes are all zero.
    ///
    /// # Errors
    /// As [`Tensor::empty`].
    pub fn zeros(stream: &Stream, shape: &[usize]) -> Result<Self> {
        let mut tensor = Self::empty(stream, shape)?;
        tensor.fill_bytes(0)?;
        Ok(tensor)
    }

    /// Overwrites all elements. Waits for the copy.
    ///
    /// # Errors
    /// [`Error::Argument`] if the number of elements is another; [`Error::Driver`] if the copy fails.
    pub fn copy_from_slice(&mut self, elements: &[T]) -> Result<()> {
        if elements.len() != self.shape.elements() {
            let expected = format!(
                "{} elements for the shape {}",
                self.shape.elements(),
                self.shape
            );
            return Err(Error::argument(
                "Tensor::copy_from_slice",
                "elements",
                expected,
                elements.len(),
            ));
        }
        // SAFETY: as many elements as the memory holds.
        unsafe {
            self.memory
                .copy_from_host(elements.as_ptr().cast(), size_of_val(elements))
        }
    }

    /// Fills the memory with one byte, on the tensor's stream.
    ///
    /// # Errors
    /// [`Error::Driver`] if the driver refuses.
    pub fn fill_bytes(&mut self, byte: u8) -> Result<()> {
        self.memory.fill(byte)
    }

    /// The elements, in row-major order. Waits for the stream's work so far.
    ///
    /// # Errors
    /// [`Error::Driver`] with the first failure of that work.
    pub fn to_vec(&self) -> Result<Vec<T>> {
        let elements = self.shape.elements();
        let mut copy = Vec::<T>::with_capacity(elements);
        // SAFETY: the vector has room for the memory's elements, all of them are written, and any bytes are
        // elements.
        unsafe {
            self.memory
                .copy_to_host(copy.as_mut_ptr().cast(), elements * size_of::<T>())?;
            copy.set_len(elements);
        }
        Ok(copy)
    }

    /// The same memory in another shape.
    ///
    /// # Errors
    /// [`Error::Argument`] if the shape is of another number of elements.
    pub fn reshape(mut self, shape: &[usize]) -> Result<Self> {
        self.shape = reshaped("Tensor::reshape", self.shape, shape)?;
        Ok(self)
    }

    /// Lets the tensor belong to another stream of its device, which first waits for this one's work so
    /// far.
    ///
    /// # Errors
    /// [`Error::Placement`] if the stream is another device's; [`Error::Driver`] if the driver refuses.
    pub fn move_to(mut self, stream: &Stream) -> Result<Self> {
        if !stream.device().same(self.stream().device()) {
            return Err(Error::Placement {
                op: "Tensor::move_to",
                tensor: "self",
                expected: stream.device().to_string(),
                found: self.stream().device().to_string(),
            });
        }
        self.memory.move_to(stream)?;
        Ok(self)
    }

    /// The shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The stream that the memory belongs to.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        self.memory.stream()
    }

    /// A view of all of it.
    #[must_use]
    pub fn view(&self) -> TensorView<'_, T> {
        TensorView(Parts::new(
            self.memory.address(),
            self.shape,
            Place::Owned(self.stream()),
        ))
    }

    /// A view of all of it, to write to.
    #[must_use]
    pub fn view_mut(&mut self) -> TensorViewMut<'_, T> {
        TensorViewMut(Parts::new(
            self.memory.address(),
            self.shape,
            Place::Owned(self.memory.stream()),
        ))
    }
}

//! Copies within a device.

use crate::device::{Stream, copy_on_device};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{AsView, AsViewMut};

/// Copies the elements of `from` to `to`, in the stream's order. Allocates nothing.
///
/// # Shapes
/// As many elements in both, in any shape; the rows of each follow each other without a gap.
///
/// # Errors
/// [`Error::Shape`] if the numbers of elements differ or rows lie apart; [`Error::Placement`] if one is not
/// on the stream.
pub fn copy_into<T: Element>(
    stream: &Stream,
    from: &impl AsView<T>,
    to: &mut impl AsViewMut<T>,
) -> Result<()> {
    let op = Op::new("copy", stream);
    let (from, to) = (from.as_view(), to.as_view_mut());
    let elements = from.shape().elements();
    if !from.is_contiguous() {
        return Err(Error::shape(op.name, "from", "contiguous", *from.shape()));
    }
    if to.shape().elements() != elements || !to.is_contiguous() {
        let expected = format!("{elements} elements, contiguous");
        return Err(Error::shape(op.name, "to", expected, *to.shape()));
    }
    op.reads("from", &from)?;
    op.writes("to", &to)?;
    let (source, destination) = (from.as_ptr() as usize, to.as_ptr() as usize);
    // SAFETY: both hold this many bytes of the stream's device; one is borrowed to write, so the other lies
    // elsewhere.
    unsafe { copy_on_device(stream, source, destination, elements * size_of::<T>()) }
}

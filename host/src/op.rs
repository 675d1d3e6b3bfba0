//! What every operation does before it runs: checks of where its tensors are.

use std::marker::PhantomData;
use std::slice;

use crate::device::{Kind, Stream};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::reference::{Rows, RowsMut};
use crate::tensor::{Place, TensorView, TensorViewMut};

/// An operation about to run on a stream.
#[derive(Clone, Copy)]
pub(crate) struct Op<'a> {
    pub name: &'static str,
    pub stream: &'a Stream,
}

impl<'a> Op<'a> {
    pub(crate) fn new(name: &'static str, stream: &'a Stream) -> Self {
        Self { name, stream }
    }

    /// Whether the references run it, rather than the kernels.
    pub(crate) fn runs_on_cpu(self) -> bool {
        matches!(self.stream.device().kind(), Kind::Cpu)
    }

    /// Checks that a tensor to read is here.
    pub(crate) fn reads<T: Element>(
        self,
        tensor: &'static str,
        view: &TensorView<'_, T>,
    ) -> Result<()> {
        self.check_place(tensor, view.place())
    }

    /// Checks that a tensor to write is here.
    pub(crate) fn writes<T: Element>(
        self,
        tensor: &'static str,
        view: &TensorViewMut<'_, T>,
    ) -> Result<()> {
        self.check_place(tensor, view.place())
    }

    /// A tensor's memory belongs to this very stream, so that work on it is in order; foreign memory is in
    /// order by its caller's promise, but must be this device's.
    fn check_place(self, tensor: &'static str, place: Place<'_>) -> Result<()> {
        let device = match place {
            Place::Owned(stream) if stream.same(self.stream) => return Ok(()),
            Place::Owned(stream)
                if stream.device().same(self.stream.device()) && stream.device().is_cuda() =>
            {
                let name =
                    |stream: &Stream| format!("stream {:#x} of {}", stream.id(), stream.device());
                return Err(self.placement(tensor, name(self.stream), name(stream)));
            }
            Place::Owned(stream) => stream.device(),
            Place::Foreign(device) => device,
        };
        if device.same(self.stream.device()) {
            return Ok(());
        }
        Err(self.placement(tensor, self.stream.device().to_string(), device.to_string()))
    }

    fn placement(self, tensor: &'static str, expected: String, found: String) -> Error {
        Error::Placement {
            op: self.name,
            tensor,
            expected,
            found,
        }
    }
}

/// A view of host memory that a task on the host keeps.
#[derive(Clone, Copy)]
pub(crate) struct HostView<T> {
    address: usize,
    elements: usize,
    row_stride: usize,
    element: PhantomData<fn() -> T>,
}

impl<T: Element> HostView<T> {
    /// The memory of a view to read.
    ///
    /// # Safety
    /// - The view is of host memory, which stays valid until the task's last run.
    /// - Nobody writes it while the task runs.
    pub(crate) unsafe fn of(view: &TensorView<'_, T>) -> Self {
        // SAFETY: host memory by the caller's contract.
        let elements = unsafe { view.host_elements() };
        Self {
            address: elements.as_ptr() as usize,
            elements: elements.len(),
            row_stride: view.row_stride(),
            element: PhantomData,
        }
    }

    /// The rows, while the task runs.
    pub(crate) fn read<'a>(self) -> Rows<'a, T> {
        // SAFETY: valid and not written, by the contract of `of`.
        let elements = unsafe { slice::from_raw_parts(self.address as *const T, self.elements) };
        Rows {
            elements,
            stride: self.row_stride,
        }
    }
}

/// A view of host memory that a task on the host writes.
#[derive(Clone, Copy)]
pub(crate) struct HostViewMut<T>(HostView<T>);

impl<T: Element> HostViewMut<T> {
    /// The memory of a view to write.
    ///
    /// # Safety
    /// - The view is of host memory, which stays valid until the task's last run.
    /// - Nobody else uses it while the task runs, and the task asks for it once a run.
    pub(crate) unsafe fn of(view: &mut TensorViewMut<'_, T>) -> Self {
        let row_stride = view.row_stride();
        // SAFETY: host memory by the caller's contract.
        let elements = unsafe { view.host_elements() };
        Self(HostView {
            address: elements.as_mut_ptr() as usize,
            elements: elements.len(),
            row_stride,
            element: PhantomData,
        })
    }

    /// The rows, while the task runs.
    pub(crate) fn write<'a>(self) -> RowsMut<'a, T> {
        let HostView {
            address,
            elements,
            row_stride,
            ..
        } = self.0;
        // SAFETY: valid and nobody else's, by the contract of `of`.
        let elements = unsafe { slice::from_raw_parts_mut(address as *mut T, elements) };
        RowsMut {
            elements,
            stride: row_stride,
        }
    }
}

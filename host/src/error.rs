//! What can go wrong, and with what.

use crate::shape::Shape;

/// A result of this library.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation was refused or failed. Every message names the operation, what it expected and what
/// came.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor has the wrong shape.
    #[error("{op}: {tensor} must be {expected}, but is {found}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// The tensor.
        tensor: &'static str,
        /// What the operation takes.
        expected: String,
        /// The tensor's shape.
        found: Shape,
    },
    /// An option or another argument is out of its range.
    #[error("{op}: {argument} must be {expected}, but is {found}")]
    Argument {
        /// The operation.
        op: &'static str,
        /// The argument.
        argument: &'static str,
        /// What the operation takes.
        expected: String,
        /// What came.
        found: String,
    },
    /// A tensor is not where the operation runs.
    #[error("{op}: {tensor} must be on {expected}, but is on {found}")]
    Placement {
        /// The operation.
        op: &'static str,
        /// The tensor.
        tensor: &'static str,
        /// The stream's device, or the stream.
        expected: String,
        /// The tensor's.
        found: String,
    },
    /// A foreign pointer cannot be a tensor's.
    #[error("{op}: the pointer must be {expected}, but is {found:#x}")]
    Pointer {
        /// The operation.
        op: &'static str,
        /// What a pointer must be.
        expected: String,
        /// The pointer.
        found: usize,
    },
    /// There is no such device, or it cannot run this library's kernels.
    #[error("{op}: {reason}")]
    Device {
        /// The operation.
        op: &'static str,
        /// What is missing.
        reason: String,
    },
    /// The CUDA driver refused a call.
    #[error(transparent)]
    Driver(#[from] libcuda::DriverError),
    /// The simulator found a kernel doing what hardware would let pass or hang on.
    #[error(transparent)]
    Simulator(#[from] cuda_sim::Fault),
    /// A file of weights cannot be read, or does not hold what the layer needs.
    #[error("{file}: {reason}")]
    Weights {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tuner's file cannot be read or written, or a line of it is no answer.
    #[error("{}: {reason}", place(file, *line))]
    Tuning {
        /// The file.
        file: String,
        /// The line, from 1; none where all of the file is meant.
        line: Option<usize>,
        /// What is wrong with it.
        reason: String,
    },
}

/// A line of a file, or the file.
fn place(file: &str, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    }
}

impl Error {
    /// A tensor of the wrong shape.
    pub(crate) fn shape(
        op: &'static str,
        tensor: &'static str,
        expected: impl Into<String>,
        found: Shape,
    ) -> Self {
        Self::Shape {
            op,
            tensor,
            expected: expected.into(),
            found,
        }
    }

    /// An argument out of range.
    pub(crate) fn argument(
        op: &'static str,
        argument: &'static str,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Self {
        Self::Argument {
            op,
            argument,
            expected: expected.into(),
            found: found.to_string(),
        }
    }
}

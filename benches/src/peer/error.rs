//! What can go wrong with the peer.

use thiserror::Error;

use super::problem::Problem;
use super::search::VARIABLE;

/// Why the peer gave no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// No library was found in the places that were searched.
    #[error("no cuBLASLt: looked for {searched}; {VARIABLE} may name the file")]
    NotFound {
        /// The places, and what is wrong with the files that were there.
        searched: String,
    },

    /// A file was found that is no usable cuBLASLt.
    #[error("{file} cannot be used as cuBLASLt: {reason}")]
    Library {
        /// The file, or the name by which the loader found it.
        file: String,
        /// The loader's words.
        reason: String,
    },

    /// A call of the library failed.
    #[error("{call}: {status}")]
    Call {
        /// The function.
        call: &'static str,
        /// The library's text for its status.
        status: String,
    },

    /// The library has no kernel for the problem.
    #[error("cuBLASLt has no algorithm for {0}")]
    NoAlgorithm(Problem),

    /// The library's documentation rules the problem out.
    #[error("cuBLASLt does not take {problem}: {reason}")]
    Unsupported {
        /// The problem.
        problem: Problem,
        /// The rule it breaks.
        reason: &'static str,
    },

    /// An operand does not lie where the algorithm may assume it to.
    #[error(
        "{operand} at {address:#x}: cuBLASLt needs an address that is a multiple of {alignment}, and not null"
    )]
    Address {
        /// The operand.
        operand: &'static str,
        /// Its device address.
        address: u64,
        /// The alignment in bytes.
        alignment: u64,
    },
}

impl Error {
    /// Whether the peer works and merely does not solve this problem, so that the next one may be tried.
    #[must_use]
    pub fn is_unsolved(&self) -> bool {
        matches!(self, Self::NoAlgorithm(_) | Self::Unsupported { .. })
    }
}

//! The library, and what its heuristics suggest.

use std::rc::Rc;

use libloading::Library;

use super::descriptor::Session;
use super::error::Error;
use super::ffi::Api;
use super::operation::Operation;
use super::plan::Plan;
use super::problem::Problem;
use super::search;

/// Suggestions that may be asked for at once.
const MOST: usize = 256;

/// cuBLASLt, found at run time.
pub struct CublasLt {
    session: Rc<Session>,
    file: String,
}

impl CublasLt {
    /// Finds the library, see [`search`], and opens a handle on the current device.
    ///
    /// The library stays loaded until the process ends: it registers exit handlers that must not be unmapped.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Library`], or [`Error::Call`] if there is no GPU that it can use.
    pub fn load() -> Result<Self, Error> {
        let (file, library) = search::open()?;
        Self::from_library(file, library)
    }

    /// The library that came from this file.
    fn from_library(file: String, library: Library) -> Result<Self, Error> {
        let library: &'static Library = Box::leak(Box::new(library));
        // SAFETY: the functions used have had the same signatures since they were introduced, in all versions that have
        // them all.
        let api = match unsafe { Api::resolve(library) } {
            Ok(api) => api,
            Err(error) => {
                let reason = error.to_string();
                return Err(Error::Library { file, reason });
            }
        };
        Self::from_api(file, api)
    }

    /// The library with these functions.
    pub(super) fn from_api(file: String, api: Api) -> Result<Self, Error> {
        let session = Rc::new(Session::new(api)?);
        Ok(Self { session, file })
    }

    /// The file that was loaded, or the name by which the loader found it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The library's version, as in `13.0.2`.
    #[must_use]
    pub fn version(&self) -> String {
        // SAFETY: asks for nothing.
        let number = unsafe { (self.session.api.version)() };
        let (major, minor, patch) = (number / 10_000, number / 100 % 100, number % 100);
        format!("{major}.{minor}.{patch}")
    }

    /// Ways to solve a problem with at most this much scratch memory, the supposedly fastest first, for the current
    /// device: at most `most` of them, and 256.
    ///
    /// # Errors
    /// [`Error::NoAlgorithm`] and [`Error::Unsupported`] if there are none, [`Error::Call`] if the library fails.
    pub fn candidates(
        &self,
        problem: &Problem,
        workspace_bytes: usize,
        most: usize,
    ) -> Result<Vec<Plan>, Error> {
        let operation = Rc::new(Operation::new(&self.session, problem)?);
        let suggestions = operation.suggestions(workspace_bytes, most.clamp(1, MOST))?;
        let plan = |suggestion| Plan::new(Rc::clone(&operation), suggestion);
        Ok(suggestions.into_iter().map(plan).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::CublasLt;
    use crate::peer::search;

    #[test]
    fn a_library_that_is_another_is_refused_by_its_missing_function() {
        // Every Linux process has this one.
        let (file, library) = search::open_named("libc.so.6".into()).expect("the C library");
        let error = CublasLt::from_library(file, library)
            .err()
            .expect("no cuBLASLt");
        let text = error.to_string();
        assert!(
            text.starts_with("libc.so.6 cannot be used as cuBLASLt"),
            "{text}"
        );
        assert!(text.contains("cublasLtCreate"), "{text}");
    }
}

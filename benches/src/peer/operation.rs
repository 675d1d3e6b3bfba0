//! A problem as the library wants it told, and its heuristics asked.
//!
//! Names of matrices are ours; [`layout`](super::layout) says what the library calls them.

use std::rc::Rc;

use super::descriptor::{Descriptor, Session};
use super::error::Error;
use super::ffi::{self, Status, Suggestion};
use super::problem::{Problem, Types};

/// Stands for the factors until there are some: the heuristics read of an address no more than that it is there.
const PLACEHOLDER: u64 = 256;

/// A problem in the library's objects.
pub struct Operation {
    /// What is computed.
    pub problem: Problem,
    /// How.
    pub matmul: Descriptor,
    /// Our `A`.
    pub a: Descriptor,
    /// Our `B`.
    pub b: Descriptor,
    /// Our `C`.
    pub c: Descriptor,
    /// The library.
    pub session: Rc<Session>,
}

impl Operation {
    /// The objects of a problem.
    pub fn new(session: &Rc<Session>, problem: &Problem) -> Result<Self, Error> {
        problem.check()?;
        let layout = |matrix| Descriptor::layout(session, &matrix, problem.batch);
        let operation = Self {
            problem: *problem,
            matmul: Descriptor::matmul(session)?,
            a: layout(problem.a())?,
            b: layout(problem.b())?,
            c: layout(problem.c())?,
            session: Rc::clone(session),
        };
        operation.describe()?;
        Ok(operation)
    }

    /// Sets what is the same in every run.
    fn describe(&self) -> Result<(), Error> {
        let (problem, matmul) = (&self.problem, &self.matmul);
        let operation = |transposed: bool| ffi::OPERATION[usize::from(transposed)];
        matmul.set(ffi::matmul::TRANSA, operation(problem.b().transposed))?;
        matmul.set(ffi::matmul::TRANSB, operation(problem.a().transposed))?;
        if let Types::Fp8 { fast, .. } = problem.types {
            matmul.set(ffi::matmul::FAST_ACCUM, i8::from(fast))?;
        }
        if let Some(scales) = problem.b_scales() {
            matmul.set(ffi::matmul::A_SCALE_MODE, ffi::scale_mode(scales.mode))?;
        }
        if let Some(scales) = problem.a_scales() {
            matmul.set(ffi::matmul::B_SCALE_MODE, ffi::scale_mode(scales.mode))?;
        }
        self.point_at(PLACEHOLDER, PLACEHOLDER)
    }

    /// Sets where the factors are, if there are any.
    pub fn point_at(&self, a_scale: u64, b_scale: u64) -> Result<(), Error> {
        if self.problem.types.scaling().is_none() {
            return Ok(());
        }
        self.matmul.set(ffi::matmul::A_SCALE_POINTER, b_scale)?;
        self.matmul.set(ffi::matmul::B_SCALE_POINTER, a_scale)
    }

    /// What the heuristics suggest, the supposedly fastest first.
    pub fn suggestions(
        &self,
        workspace_bytes: usize,
        most: usize,
    ) -> Result<Vec<Suggestion>, Error> {
        let preference = Descriptor::preference(&self.session, workspace_bytes)?;
        let mut suggestions = vec![Suggestion::default(); most];
        let (status, found) = self.ask(&preference, &mut suggestions);
        if status == ffi::NOT_SUPPORTED {
            return Err(Error::NoAlgorithm(self.problem));
        }
        let api = &self.session.api;
        api.check("cublasLtMatmulAlgoGetHeuristic", status)?;
        suggestions.truncate(found);
        suggestions.retain(|it| it.state == ffi::SUCCESS && it.workspace_bytes <= workspace_bytes);
        if suggestions.is_empty() {
            return Err(Error::NoAlgorithm(self.problem));
        }
        Ok(suggestions)
    }

    /// Has the heuristics fill what there is room for; gives their status, and how many they filled.
    fn ask(&self, preference: &Descriptor, suggestions: &mut [Suggestion]) -> (Status, usize) {
        let (c, mut found) = (self.c.as_ptr(), 0);
        // SAFETY: all objects are alive; as many suggestions are written as there is room for, and their number.
        let status = unsafe {
            (self.session.api.heuristic)(
                self.session.handle,
                self.matmul.as_ptr(),
                self.b.as_ptr(),
                self.a.as_ptr(),
                c,
                c,
                preference.as_ptr(),
                i32::try_from(suggestions.len()).unwrap_or(i32::MAX),
                suggestions.as_mut_ptr(),
                &mut found,
            )
        };
        (status, usize::try_from(found).unwrap_or(0))
    }
}

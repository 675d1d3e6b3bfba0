//! Calls that must fail: with an error that names the operation, what it expected and what came, without a
//! panic, and without writing anything.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gatewarp::{Error, Result};

use crate::compare::{Comparison, Mismatch};

/// The call fails, does not panic, and its message holds all of `parts`.
///
/// # Errors
/// A [`Mismatch`] if it succeeds or panics, or a part is missing.
pub fn refused<R>(what: &str, parts: &[&str], call: impl FnOnce() -> Result<R>) -> Comparison {
    let error = error_of(what, call)?;
    let text = error.to_string();
    match parts.iter().find(|&&part| !text.contains(part)) {
        None => Ok(()),
        Some(part) => Err(Mismatch(format!(
            "{what}: the error does not say {part:?}: {text}"
        ))),
    }
}

/// The call's error.
///
/// # Errors
/// A [`Mismatch`] if it succeeds or panics.
pub fn error_of<R>(
    what: &str,
    call: impl FnOnce() -> Result<R>,
) -> std::result::Result<Error, Mismatch> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Err(error)) => Ok(error),
        Ok(Ok(_)) => Err(Mismatch(format!("{what}: was not refused"))),
        Err(_) => Err(Mismatch(format!("{what}: panicked"))),
    }
}

#[cfg(test)]
mod tests {
    use gatewarp::{Result, Shape};

    use super::refused;

    #[test]
    fn success_panic_and_silence_are_told_from_a_refusal() {
        let refusal = || Shape::new(&[1; 7]);
        refused("seven", &["Shape::new", "at most 6", "[1, 1, 1"], refusal).expect("it says so");
        refused("seven", &["at most 8"], refusal).expect_err("it does not say that");
        refused("one", &[], || Shape::new(&[1])).expect_err("a good shape");
        let panic = || -> Result<()> { panic!("a test's own panic") };
        refused("a panic", &[], panic).expect_err("it panicked");
    }
}

//! Running a property: first the cases that are always run, then drawn ones.

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use libtest_mimic::Failed;
use proptest::prelude::Strategy;
use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};

/// How many cases, and which.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// Cases to draw.
    pub cases: u32,
    /// What they are drawn from.
    pub seed: u64,
}

/// Milliseconds that shrinking may take.
const SHRINK_TIME: u32 = 20_000;

/// Checks `property` for the `kept` cases and for drawn ones; a failure says the smallest case that fails.
///
/// # Errors
/// The failure, its case, and the seed.
pub fn check<S: Strategy>(
    draw: Draw,
    kept: Vec<S::Value>,
    strategy: &S,
    property: impl Fn(&S::Value) -> TestCaseResult,
) -> Result<(), Failed>
where
    S::Value: Debug,
{
    for case in kept {
        let result = catch_unwind(AssertUnwindSafe(|| property(&case)));
        let result = result.unwrap_or_else(|panic| Err(failed(message(&*panic))));
        result.map_err(|error| Failed::from(format!("{error}\nkept case: {case:#?}")))?;
    }
    let config = Config {
        cases: draw.cases,
        failure_persistence: None,
        max_shrink_time: SHRINK_TIME,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&draw.seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config, rng);
    match runner.run(strategy, |case| property(&case)) {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(Failed::from(reason)),
        Err(TestError::Fail(reason, case)) => Err(Failed::from(format!(
            "{reason}\nsmallest case: {case:#?}\nGATEWARP_TEST_SEED={}",
            draw.seed
        ))),
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a message"))
}

/// A failure of the suite itself, as of a property.
#[must_use]
pub fn failed(message: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(message.into())
}

#[cfg(test)]
mod tests {
    use super::{Draw, check, failed};

    #[test]
    fn a_failure_is_shrunk_and_says_its_seed() {
        let draw = Draw {
            cases: 100,
            seed: 3,
        };
        let property = |&n: &u32| {
            if n < 17 {
                Ok(())
            } else {
                Err(failed("too large"))
            }
        };
        let error = check(draw, vec![16], &(0..1000u32), property).expect_err("some are larger");
        let text = error.message().expect("it has one").to_owned();
        assert!(
            text.contains("smallest case: 17") && text.contains("SEED=3"),
            "{text}"
        );
        let error = check(draw, vec![40], &(0..17u32), property).expect_err("a kept one is larger");
        assert!(
            error
                .message()
                .is_some_and(|text| text.contains("kept case: 40"))
        );
    }
}

//! Mixture of experts.

mod layer;
mod steps;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    layer::register(suite);
    steps::register(suite);
}

//! Mixture of experts.

mod case;
mod finalize;
mod layer;
mod permute;
mod routing;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    finalize::register(suite);
    layer::register(suite);
    permute::register(suite);
    routing::register(suite);
}

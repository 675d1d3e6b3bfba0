//! Gated activations.

mod silu_and_mul;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    silu_and_mul::register(suite);
}

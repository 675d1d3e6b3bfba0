//! Layers with their weights.

pub mod moe_layer;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    moe_layer::register(suite);
}

//! Layers with their weights.

pub mod moe_layer;
mod quantized_linear;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    moe_layer::register(suite);
    quantized_linear::register(suite);
}

//! Quantisers, and the layouts of what they give.

mod activation;
mod block;
mod fp8;
mod layout;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    activation::register(suite);
    block::register(suite);
    fp8::register(suite);
    layout::register(suite);
}

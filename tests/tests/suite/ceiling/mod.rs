//! What measures a device's limits.

mod memory;
mod wgmma;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    memory::register(suite);
    wgmma::register(suite);
}

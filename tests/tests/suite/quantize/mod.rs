//! Quantisers, and the layouts of what they give.

mod layout;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    layout::register(suite);
}

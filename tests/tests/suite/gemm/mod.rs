//! Matrix products.

mod dense;
mod grouped;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    dense::register(suite);
    grouped::register(suite);
}

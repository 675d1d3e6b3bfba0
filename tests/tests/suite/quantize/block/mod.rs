//! Block-scaled formats.

mod back;
mod case;
mod experts;
mod fused;
mod golden;
mod large;
mod ops;
mod padded;
mod plain;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    back::register(suite);
    experts::register(suite);
    fused::register(suite);
    golden::register(suite);
    large::register(suite);
    padded::register(suite);
    plain::register(suite);
}

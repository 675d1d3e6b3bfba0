//! Activations.

mod and_mul;
mod case;
mod every_value;
mod large;
mod live;
mod swiglu;
mod types;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    and_mul::register(suite);
    every_value::register(suite);
    large::register(suite);
    live::register(suite);
    swiglu::register(suite);
    types::register(suite);
}

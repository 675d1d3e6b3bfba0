//! FP8 with `f32` scales.

mod amax;
mod back;
mod case;
mod columns;
mod found;
mod fused;
mod given;
mod golden;
mod graph;
mod large;
mod ops;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    amax::register(suite);
    back::register(suite);
    columns::register(suite);
    found::register(suite);
    fused::register(suite);
    given::register(suite);
    golden::register(suite);
    graph::register(suite);
    large::register(suite);
}

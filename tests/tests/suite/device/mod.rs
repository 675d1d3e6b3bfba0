//! Streams, events, graphs and launches.

mod dependent;
mod event;
mod graph;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    dependent::register(suite);
    event::register(suite);
    graph::register(suite);
}

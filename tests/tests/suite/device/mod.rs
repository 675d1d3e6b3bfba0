//! Streams, events and graphs.

mod event;
mod graph;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    event::register(suite);
    graph::register(suite);
}

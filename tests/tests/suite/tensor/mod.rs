//! Tensors and views.

mod view;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    view::register(suite);
}

//! Matrix products.

mod batched;
mod block_scaled;
mod block_scaled_dynamic;
mod dense;
mod epilogue;
mod few;
mod fp8;
mod fp8_dynamic;
mod fp8_inputs;
mod fp8_shuffled;
mod grouped;
mod tuner;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    batched::register(suite);
    block_scaled::register(suite);
    block_scaled_dynamic::register(suite);
    dense::register(suite);
    epilogue::register(suite);
    few::register(suite);
    fp8::register(suite);
    fp8_dynamic::register(suite);
    fp8_shuffled::register(suite);
    grouped::register(suite);
    tuner::register(suite);
}

//! A scale a column, of matrices whose columns a cluster holds: they are read once.
//!
//! | file | |
//! |---|---|
//! | `stream` | strip after strip, through shared memory: where tensor copies can load rows |
//! | `plan` | a block of it, and its shared memory |
//! | `once` | a strip a cluster, into registers: where they cannot |
//! | `exchange` | the largest magnitudes over the blocks of a cluster, for both; `slots` where they are |

mod exchange;
mod once;
mod plan;
mod slots;
mod stream;

pub use once::*;
pub use plan::{MOST_STAGES, STAGE_ROWS, STREAM_BYTES, STRIP_BYTES, stream_threads};
pub use slots::{EXCHANGE_BYTES, MOST_BLOCKS};
pub use stream::*;

//! What the suite in `tests/suite/` is made of.
//!
//! | module | is |
//! |---|---|
//! | [`backend`] | the devices that the suite runs on, and what each is compared with |
//! | [`suite`] | trials, stamped on a backend |
//! | [`property`] | drawing cases, and shrinking the one that fails |
//! | [`values`] | element values: ordinary, extreme, special, tied |
//! | [`frame`] | tensors inside larger ones full of poison |
//! | [`compare`] | comparisons that say what differs, in values and hex |
//! | [`naive`] | the operations once more, as plainly as can be, in `f64` |
//! | [`refusal`] | calls that must fail, and what their errors must say |
//!
//! A test goes: draw a case, put its inputs into frames on the backend's stream, run the operation into a
//! poisoned frame, compare with what [`Context::oracle`](backend::Context::oracle) gives.

pub mod backend;
pub mod compare;
pub mod frame;
pub mod naive;
pub mod property;
pub mod refusal;
pub mod suite;
pub mod values;

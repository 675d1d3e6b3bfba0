//! Measuring gatewarp.
//!
//! | module | what |
//! |---|---|
//! | [`timing`] | device time by graphs and events, host time by the clock |
//! | [`data`] | random inputs, and more of them than the L2 cache holds |
//! | [`report`] | rows of results, for the terminal and as JSON |
//!
//! `benches/results/` holds results that were measured, with the machine they were measured on.

pub mod data;
pub mod report;
pub mod timing;

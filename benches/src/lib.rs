//! Measuring gatewarp: what `cargo xtask bench` runs.
//!
//! | module | what |
//! |---|---|
//! | [`cli`], [`plan`], [`sweep`] | from names to cases, and through them |
//! | [`shapes`] | the shapes of models, as data |
//! | [`ops`], [`case`] | the operations, each with its operands and its check |
//! | [`data`], [`sample`] | random inputs, more of them than the L2 cache holds; rows to compare |
//! | [`measure`], [`timing`], [`clock`] | device time by graphs and events, host time by the clock |
//! | [`ceiling`] | what the device can do at most, measured |
//! | [`peer`], [`contest`] | cuBLASLt, at its best |
//! | [`report`], [`plot`] | rows on the terminal, as JSON, against earlier ones, as pictures |
//!
//! `benches/results/` holds results that were measured, with the machine they were measured on.

pub mod case;
pub mod ceiling;
pub mod cli;
pub mod clock;
pub mod contest;
pub mod data;
pub mod measure;
pub mod ops;
pub mod peer;
pub mod plan;
pub mod plot;
pub mod report;
pub mod sample;
pub mod shapes;
pub mod sweep;
pub mod timing;

//! Matrix products of e4m3 by e4m3 whose weights are shuffled.

pub mod dense;

//! Matrix products of e4m3 by e4m3.

pub mod dense;

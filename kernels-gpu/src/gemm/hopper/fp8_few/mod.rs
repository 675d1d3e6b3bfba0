//! Matrix products of e4m3 by e4m3 with few rows.

pub mod dense;

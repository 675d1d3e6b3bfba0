//! Matrix products of 16-bit floats with few rows.

pub mod dense;

//! Matrix products of e4m3 whose blocks have scales, with few rows.

pub mod dense;

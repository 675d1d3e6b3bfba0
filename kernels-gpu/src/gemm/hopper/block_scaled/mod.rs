//! Matrix products of e4m3 whose blocks have scales.

pub mod dense;

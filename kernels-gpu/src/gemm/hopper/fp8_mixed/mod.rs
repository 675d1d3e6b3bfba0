//! Matrix products of e4m3 by e5m2, and of e5m2 by e4m3: gradients by weights or activations.

pub mod dense;

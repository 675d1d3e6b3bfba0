//! Matrix products of e4m3 by e5m2, and of e5m2 by e4m3: gradients by weights or activations.

/// Of e4m3 by e5m2.
pub mod e4m3_e5m2 {
    pub mod dense;
}

/// Of e5m2 by e4m3.
pub mod e5m2_e4m3 {
    pub mod dense;
}

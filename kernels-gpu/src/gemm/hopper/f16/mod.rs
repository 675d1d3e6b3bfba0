//! Matrix products of f16.

pub mod dense;

/// To `f32`.
pub mod f32 {
    pub mod dense;
}

/// With few rows.
pub mod few {
    pub mod dense;
}

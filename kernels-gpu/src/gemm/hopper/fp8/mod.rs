//! Matrix products of e4m3 by e4m3.

/// To `bf16`.
pub mod bf16 {
    pub mod dense;
}

/// To `bf16`, summed in `f32` over stages.
pub mod bf16_promoted {
    pub mod dense;
}

/// To `f16`.
pub mod f16 {
    pub mod dense;
}

/// To `f16`, summed in `f32` over stages.
pub mod f16_promoted {
    pub mod dense;
}

/// To `f32`.
pub mod f32 {
    pub mod dense;
}

/// To `f32`, summed in `f32` over stages.
pub mod f32_promoted {
    pub mod dense;
}

/// With few rows.
pub mod few {
    pub mod dense;
}

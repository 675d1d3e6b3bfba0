//! Matrix products with an [epilogue](crate::gemm::epilogue), by what is multiplied and what C is made of.

/// Products of `bf16`, to it and to `f32`.
pub mod bf16 {
    pub mod dense;
}

/// Products of `f16`, to it and to `f32`.
pub mod f16 {
    pub mod dense;
}

/// Products of e4m3 by e4m3 to `bf16`.
pub mod fp8_bf16 {
    pub mod dense;
}

/// Products of e4m3 by e4m3 to `f16`.
pub mod fp8_f16 {
    pub mod dense;
}

/// Products of e4m3 by e4m3 to `f32`.
pub mod fp8_f32 {
    pub mod dense;
}

/// Products of e4m3 by e4m3 to e4m3.
pub mod fp8_e4m3 {
    pub mod dense;
}

/// The same of blocks with scales, to `bf16`.
pub mod block_scaled_bf16 {
    pub mod dense;
}

/// The same of blocks with scales, to `f16`.
pub mod block_scaled_f16 {
    pub mod dense;
}

/// The same of blocks with scales, to `f32`.
pub mod block_scaled_f32 {
    pub mod dense;
}

/// The same of blocks with scales, to e4m3.
pub mod block_scaled_e4m3 {
    pub mod dense;
}

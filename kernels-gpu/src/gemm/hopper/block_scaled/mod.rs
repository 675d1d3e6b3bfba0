//! Matrix products of e4m3 whose blocks have scales: rows of B with scales of their own (`1x128`), or 128 rows together
//! (`128x128`). Few rows are the columns of a tile, which have scales of their own whatever those of B are.

/// To `bf16`.
pub mod bf16 {
    pub mod dense;
}

/// To `f16`.
pub mod f16 {
    pub mod dense;
}

/// To `f32`.
pub mod f32 {
    pub mod dense;
}

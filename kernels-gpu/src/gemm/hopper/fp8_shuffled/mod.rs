//! Matrix products of e4m3 by e4m3 whose weights are shuffled: B is `[k / 128, n, 128]`, and its map one of as many matrices, in
//! boxes of as many rows as those of plain weights.

/// To `bf16`.
pub mod bf16 {
    pub mod dense;
}

/// To `f16`.
pub mod f16 {
    pub mod dense;
}

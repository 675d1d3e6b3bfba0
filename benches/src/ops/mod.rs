//! The operations that are measured, each in the place where the library has it.

mod activation;
mod fused_moe;
mod gemm;
mod host;
mod peer;
mod quantize;

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::case::Spec;
use crate::shapes::Set;

/// An operation, and how sets of shapes become cases of it.
pub struct Operation {
    /// The library's name for it.
    pub name: &'static str,
    /// Its module.
    pub family: &'static str,
    /// The cases of a set at these numbers of tokens, of every element type; none where a set has no shapes
    /// for the operation.
    pub specs: fn(&Set, &[usize]) -> Vec<Spec>,
}

/// All operations, in the order they run.
pub const OPERATIONS: [&Operation; 46] = [
    &activation::SILU_AND_MUL,
    &activation::GELU_AND_MUL,
    &activation::GELU_TANH_AND_MUL,
    &activation::SWIGLU,
    &activation::SWIGLU_OAI,
    &activation::PADDED_SWIGLU,
    &activation::PADDED_SQUARED_RELU,
    &quantize::MXFP8,
    &quantize::MXFP4,
    &quantize::NVFP4,
    &quantize::SILU_MXFP8,
    &quantize::SILU_MXFP4,
    &quantize::SILU_NVFP4,
    &quantize::ANY_MXFP8,
    &quantize::ANY_MXFP4,
    &quantize::ANY_NVFP4,
    &quantize::SQUARED_RELU_MXFP8,
    &quantize::fp8::PER_TENSOR,
    &quantize::fp8::PER_TENSOR_STATIC,
    &quantize::fp8::PER_TOKEN,
    &quantize::fp8::PER_COLUMN,
    &quantize::fp8::GROUPS,
    &quantize::fp8::TILES,
    &quantize::fp8::SILU_PER_TOKEN,
    &quantize::fp8::SILU_GROUPS,
    &quantize::fp8::SILU_STATIC,
    &quantize::fp8::ANY_PER_TOKEN,
    &quantize::fp8::ANY_GROUPS,
    &quantize::fp8::ANY_STATIC,
    &quantize::fp8::DEQUANTIZE,
    &gemm::MM,
    &gemm::MM_BF16,
    &gemm::TGV_GEMM,
    &gemm::BMM_BF16,
    &gemm::MM_FP8,
    &gemm::MM_FP8_DYNAMIC,
    &gemm::BMM_FP8,
    &gemm::FP8_BLOCKSCALE_GEMM,
    &gemm::MM_EPILOGUE,
    &gemm::GROUPED_MM,
    &fused_moe::TOPK,
    &fused_moe::PERMUTE,
    &fused_moe::FINALIZE,
    &fused_moe::FUSED_MOE,
    &host::HOST,
    &peer::CUBLASLT,
];

/// The operations of these names or families; all but those of the peer alone if there are no names.
///
/// # Errors
/// An unknown name, with the known ones.
pub fn find(name: &str) -> Result<Vec<&'static Operation>> {
    let named = |operation: &&&Operation| operation.name == name || operation.family == name;
    let found: Vec<_> = OPERATIONS.iter().filter(named).copied().collect();
    if found.is_empty() {
        bail!("there is no operation {name}; there are: {}", names());
    }
    Ok(found)
}

/// What runs when nothing is named: all but the peer alone.
#[must_use]
pub fn default() -> Vec<&'static Operation> {
    let of_ours = |operation: &&&Operation| operation.family != peer::FAMILY;
    OPERATIONS.iter().filter(of_ours).copied().collect()
}

/// The names of all operations and families.
#[must_use]
pub fn names() -> String {
    let names = OPERATIONS.iter().flat_map(|it| [it.family, it.name]);
    let names: BTreeSet<_> = names.collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{default, find};

    #[test]
    fn operations_are_found_by_name_and_family() {
        assert_eq!(find("mm").expect("known").len(), 1);
        assert_eq!(find("gemm").expect("known").len(), 10);
        let error = find("nonsense").err().expect("unknown").to_string();
        assert!(error.contains("nonsense") && error.contains("silu_and_mul"));
        assert!(
            default()
                .iter()
                .all(|operation| operation.name != "cublaslt")
        );
    }
}

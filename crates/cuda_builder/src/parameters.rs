//! Aligns kernel parameters as tensor maps are.
//!
//! rustc passes nothing by value that is aligned above 16, so `#[kernel]` declares a `GridConstant` as 64-bit
//! words. A tensor map in parameter space must be 64-byte aligned (PTX ISA, "Tensor-map"); nothing else has its
//! 128 bytes.

use std::sync::LazyLock;

use regex::Regex;

static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^([ \t]*\.param) \.align 8 (\.b8 [A-Za-z0-9_$]+_param_[0-9]+\[128\])")
        .expect("a valid pattern")
});

/// The PTX with parameters of 128 bytes aligned to 64.
pub(crate) fn align_tensor_maps(ptx: &str) -> String {
    PARAMETER.replace_all(ptx, "$1 .align 64 $2").into_owned()
}

#[cfg(test)]
mod tests {
    use super::align_tensor_maps;

    #[test]
    fn parameters_of_128_bytes_are_aligned() {
        let ptx = "\t.param .align 8 .b8 k_param_0[128],\n\t.param .align 8 .b8 k_param_1[64],\n";
        let expected =
            "\t.param .align 64 .b8 k_param_0[128],\n\t.param .align 8 .b8 k_param_1[64],\n";
        assert_eq!(align_tensor_maps(ptx), expected);
    }
}

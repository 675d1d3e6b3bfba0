//! The PTX modules inside this library, and which of them a GPU runs.
//!
//! One module a kernel family and architecture. A portable module (`sm_80`) runs on every GPU from that
//! compute capability on; an architecture-specific one (`sm_90a`) on exactly that one, and is preferred
//! there.

use std::fmt;

use super::unavailable;
use crate::error::Result;

/// What a GPU can do: its generation, as `major.minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComputeCapability {
    /// The generation: 8 is Ampere and Ada, 9 Hopper.
    pub major: u32,
    /// The version within it.
    pub minor: u32,
}

impl ComputeCapability {
    /// Hopper: what the `sm_90a` modules run on.
    pub const HOPPER: Self = Self { major: 9, minor: 0 };
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A PTX module inside this library.
#[derive(Clone, Copy, Debug)]
pub struct PtxModule {
    /// The kernel family.
    pub family: &'static str,
    /// The architecture it was compiled for.
    pub compute_capability: ComputeCapability,
    /// Whether it runs on that architecture only.
    pub specific: bool,
    /// The PTX.
    pub text: &'static str,
}

impl PtxModule {
    /// The architecture's name: `sm_80`, `sm_90a`.
    #[must_use]
    pub fn architecture(&self) -> String {
        let ComputeCapability { major, minor } = self.compute_capability;
        format!("sm_{major}{minor}{}", if self.specific { "a" } else { "" })
    }

    fn runs_on(&self, gpu: ComputeCapability) -> bool {
        if self.specific {
            gpu == self.compute_capability
        } else {
            gpu >= self.compute_capability
        }
    }
}

macro_rules! families {
    ($($family:literal)*; hopper $($hopper:literal)*) => {
        &[$(
            PtxModule {
                family: $family,
                compute_capability: ComputeCapability { major: 8, minor: 0 },
                specific: false,
                text: include_str!(concat!("../../ptx/", $family, ".sm_80.ptx")),
            },
            PtxModule {
                family: $family,
                compute_capability: ComputeCapability { major: 9, minor: 0 },
                specific: true,
                text: include_str!(concat!("../../ptx/", $family, ".sm_90a.ptx")),
            },
        )* $(
            PtxModule {
                family: $hopper,
                compute_capability: ComputeCapability { major: 9, minor: 0 },
                specific: true,
                text: include_str!(concat!("../../ptx/", $hopper, ".sm_90a.ptx")),
            },
        )*]
    };
}

static MODULES: &[PtxModule] = families! {
    "activation" "ceiling" "gemm" "gemm_epilogue" "gemm_fp8" "moe"
    "quantize_block_mxfp4" "quantize_block_mxfp8" "quantize_block_nvfp4"
    "quantize_fp8_back" "quantize_fp8_group" "quantize_fp8_tensor" "quantize_fp8_token" "quantize_fp8_weights"
    "quantize_layout";
    hopper "gemm_hopper_bf16" "gemm_hopper_bf16_f32" "gemm_hopper_bf16_few"
    "gemm_hopper_f16" "gemm_hopper_f16_f32" "gemm_hopper_f16_few"
    "gemm_hopper_fp8_bf16" "gemm_hopper_fp8_f16" "gemm_hopper_fp8_f32" "gemm_hopper_fp8_few"
    "gemm_hopper_fp8_bf16_promoted" "gemm_hopper_fp8_f16_promoted" "gemm_hopper_fp8_f32_promoted"
    "gemm_hopper_fp8_mixed_e4m3_e5m2" "gemm_hopper_fp8_mixed_e5m2_e4m3"
    "gemm_hopper_fp8_shuffled_bf16" "gemm_hopper_fp8_shuffled_f16"
    "gemm_hopper_block_scaled_bf16" "gemm_hopper_block_scaled_f16" "gemm_hopper_block_scaled_f32"
    "gemm_hopper_epilogue_bf16" "gemm_hopper_epilogue_f16"
    "gemm_hopper_epilogue_fp8_bf16" "gemm_hopper_epilogue_fp8_f16" "gemm_hopper_epilogue_fp8_f32"
    "gemm_hopper_epilogue_fp8_e4m3"
    "gemm_hopper_epilogue_block_scaled_bf16" "gemm_hopper_epilogue_block_scaled_f16"
    "gemm_hopper_epilogue_block_scaled_f32" "gemm_hopper_epilogue_block_scaled_e4m3"
    "quantize_fp8_columns"
};

/// All PTX modules inside this library.
#[must_use]
pub fn modules() -> &'static [PtxModule] {
    MODULES
}

/// The best module of a family for a GPU; of `quantize::fp8` it is called `quantize_fp8`.
pub(super) fn best_for(
    modules: &'static [PtxModule],
    family: &str,
    gpu: ComputeCapability,
) -> Result<&'static PtxModule> {
    let family = family.replace("::", "_");
    let fitting = modules
        .iter()
        .filter(|module| module.family == family && module.runs_on(gpu));
    fitting
        .max_by_key(|module| (module.specific, module.compute_capability))
        .ok_or_else(|| {
            let there: Vec<_> = modules
                .iter()
                .filter(|module| module.family == family)
                .map(PtxModule::architecture)
                .collect();
            let there = there.join(", ");
            unavailable(
                "launch",
                format!("no `{family}` kernels for compute capability {gpu}; there are {there}"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{ComputeCapability, MODULES, best_for};

    fn choice(major: u32, minor: u32) -> Option<String> {
        let gpu = ComputeCapability { major, minor };
        best_for(MODULES, "activation", gpu)
            .ok()
            .map(|module| module.architecture())
    }

    #[test]
    fn hopper_gets_its_own_module_and_others_the_portable_one() {
        assert_eq!(choice(9, 0).as_deref(), Some("sm_90a"));
        assert_eq!(choice(8, 0).as_deref(), Some("sm_80"));
        assert_eq!(choice(8, 9).as_deref(), Some("sm_80"));
        assert_eq!(choice(10, 0).as_deref(), Some("sm_80"));
        assert_eq!(choice(12, 1).as_deref(), Some("sm_80"));
    }

    #[test]
    fn a_gpu_that_none_fits_gets_an_error_that_says_what_there_is() {
        let turing = ComputeCapability { major: 7, minor: 5 };
        let error = best_for(MODULES, "gemm", turing).expect_err("no kernels for Turing");
        let text = error.to_string();
        assert!(
            text.contains("7.5") && text.contains("sm_80, sm_90a"),
            "{text}"
        );
    }
}

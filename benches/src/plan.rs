//! From names to cases.

use anyhow::Result;

use crate::case::Spec;
use crate::cli::Args;
use crate::ops::{self, Operation};
use crate::shapes::{self, Set};

/// The cases that were asked for, and a line for each name that means nothing.
pub struct Plan {
    /// The cases, operation by operation.
    pub specs: Vec<Spec>,
    /// What could not be found.
    pub unknown: Vec<String>,
}

impl Plan {
    /// What the arguments ask for; `quick` shapes unless others are named.
    ///
    /// # Errors
    /// If the shapes that the program carries cannot be read.
    pub fn new(args: &Args, quick: bool) -> Result<Self> {
        let mut unknown = Vec::new();
        let operations = match &args.ops[..] {
            [] => ops::default(),
            names => found(names.iter().map(|name| ops::find(name)), &mut unknown)
                .into_iter()
                .flatten()
                .collect(),
        };
        let sets = match &args.shapes[..] {
            [] if quick => vec![shapes::quick()?],
            [] => shapes::all()?.iter().collect(),
            names => found(names.iter().map(|name| shapes::find(name)), &mut unknown),
        };
        let specs = operations.iter().flat_map(|it| specs(it, &sets, args));
        Ok(Self {
            specs: specs.collect(),
            unknown,
        })
    }
}

/// What was found; errors become lines.
fn found<T>(results: impl Iterator<Item = Result<T>>, unknown: &mut Vec<String>) -> Vec<T> {
    let mut found = Vec::new();
    for result in results {
        match result {
            Ok(it) => found.push(it),
            Err(error) => unknown.push(format!("{error:#}")),
        }
    }
    found
}

/// The cases of one operation, of the element types that were asked for.
fn specs(operation: &Operation, sets: &[&Set], args: &Args) -> Vec<Spec> {
    let mut specs = Vec::new();
    for set in sets {
        let tokens = match &args.tokens[..] {
            [] => &set.tokens[..],
            tokens => tokens,
        };
        specs.extend((operation.specs)(set, tokens));
    }
    let has_bf16 = specs.iter().any(|spec| spec.dtype == "bf16");
    specs.retain(|spec| match &args.dtype[..] {
        // The other floats are nearly as fast; they are measured when asked for.
        [] => !(has_bf16 && ["f16", "f32"].contains(&spec.dtype)),
        dtypes => dtypes.iter().any(|dtype| dtype == spec.dtype),
    });
    specs
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Plan;
    use crate::cli::Args;

    fn plan(arguments: &[&str]) -> Plan {
        let args = Args::parse_from([&["bench"], arguments].concat());
        Plan::new(&args, true).expect("the program's own shapes")
    }

    #[test]
    fn every_operation_of_the_library_has_quick_cases() {
        let plan = plan(&[]);
        for op in [
            "silu_and_mul",
            "gelu_and_mul",
            "padded_squared_relu",
            "mm",
            "mm_bf16",
            "bmm_bf16",
            "mm_fp8",
            "mm_fp8_dynamic",
            "bmm_fp8",
            "fp8_blockscale_gemm",
            "mm_epilogue",
            "grouped_mm",
            "topk",
            "permute",
            "finalize",
            "fused_moe",
            "host",
        ] {
            assert!(plan.specs.iter().any(|spec| spec.op == op), "{op}");
        }
        assert!(plan.specs.iter().all(|spec| spec.dtype != "f16"));
    }

    #[test]
    fn unknown_names_are_lines_and_the_rest_is_measured() {
        let plan = plan(&[
            "mm",
            "nonsense",
            "--shapes",
            "llama3-8b,nowhere",
            "-m",
            "16",
            "--dtype",
            "f16",
        ]);
        assert_eq!(plan.unknown.len(), 2, "{:?}", plan.unknown);
        assert!(!plan.specs.is_empty());
        assert!(
            plan.specs
                .iter()
                .all(|spec| spec.dtype == "f16" && spec.shape[0] == 16)
        );
    }
}

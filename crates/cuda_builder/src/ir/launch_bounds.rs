//! Gives kernels their launch bounds.
//!
//! rustc has no attribute for them. LLVM's NVPTX backend prints the function attributes
//! `nvvm.maxntid` and `nvvm.minctasm` as `.maxntid` and `.minnctapersm` (PTX ISA, "Performance-Tuning
//! Directives"). ptxas sizes registers by them, and without them it ignores `setmaxnreg`.

use std::collections::HashMap;

use super::Kernel;

/// Adds the launch bounds of `kernels` to their definitions in `ir`.
pub(crate) fn apply_launch_bounds(ir: &str, kernels: &[Kernel]) -> String {
    let attributes: HashMap<&str, String> = kernels
        .iter()
        .map(|kernel| (kernel.name.as_str(), attributes_of(kernel)))
        .collect();
    let mut fixed = String::with_capacity(ir.len());
    for line in ir.lines() {
        match defined_name(line).and_then(|name| attributes.get(name)) {
            Some(attributes) => push_with_attributes(&mut fixed, line, attributes),
            None => fixed.push_str(line),
        }
        fixed.push('\n');
    }
    fixed
}

fn attributes_of(kernel: &Kernel) -> String {
    let attribute = |name, value: Option<u32>| {
        value.map_or(String::new(), |value| format!(" \"{name}\"=\"{value}\""))
    };
    attribute("nvvm.maxntid", kernel.threads) + &attribute("nvvm.minctasm", kernel.blocks)
}

fn defined_name(line: &str) -> Option<&str> {
    let (_, after) = line.strip_prefix("define ")?.split_once('@')?;
    after.split_once('(').map(|(name, _)| name)
}

/// Function attributes stand after the parameters and before metadata and the body.
fn push_with_attributes(fixed: &mut String, line: &str, attributes: &str) {
    let end = line.find(" !").or_else(|| line.rfind(" {"));
    let (head, tail) = line.split_at(end.unwrap_or(line.len()));
    fixed.push_str(head);
    fixed.push_str(attributes);
    fixed.push_str(tail);
}

#[cfg(test)]
mod tests {
    use super::apply_launch_bounds;
    use crate::ir::Kernel;

    fn kernel(threads: Option<u32>, blocks: Option<u32>) -> Kernel {
        Kernel {
            name: "f".to_owned(),
            path: "k::f".to_owned(),
            threads,
            blocks,
            dependent: false,
        }
    }

    #[track_caller]
    fn becomes(kernel: Kernel, before: &str, after: &str) {
        assert_eq!(apply_launch_bounds(before, &[kernel]), format!("{after}\n"));
    }

    #[test]
    fn adds_bounds_after_the_attribute_group() {
        becomes(
            kernel(Some(384), Some(1)),
            "define ptx_kernel void @f(ptr %0) unnamed_addr #4 {",
            r#"define ptx_kernel void @f(ptr %0) unnamed_addr #4 "nvvm.maxntid"="384" "nvvm.minctasm"="1" {"#,
        );
    }

    #[test]
    fn adds_bounds_before_metadata() {
        becomes(
            kernel(Some(64), None),
            "define ptx_kernel void @f() !dbg !7 {",
            r#"define ptx_kernel void @f() "nvvm.maxntid"="64" !dbg !7 {"#,
        );
    }

    #[test]
    fn leaves_other_functions_alone() {
        for line in [
            "define void @g(ptr @f) {",
            "declare void @f()",
            "  call void @f()",
        ] {
            becomes(kernel(Some(64), Some(2)), line, line);
        }
    }
}

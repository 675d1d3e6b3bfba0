//! Guards on the PTX: what must hold of a kernel's code whatever compiler made it.
//!
//! A compiler that splits a barrier, that no longer sees an address space or that narrows a load gives
//! code that runs, and is wrong or slow. [`table`] says what each kernel must keep.

mod expectation;
mod kernel;
mod table;

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use expectation::Expectation;

/// Checks PTX modules, given by file name.
pub(crate) fn check(modules: &BTreeMap<String, String>) -> Result<()> {
    check_against(table::EXPECTATIONS, modules)
}

fn check_against(table: &[Expectation], modules: &BTreeMap<String, String>) -> Result<()> {
    let mut broken = Vec::new();
    let mut kernels = 0;
    for (file, text) in modules {
        for kernel in kernel::split(text) {
            kernels += 1;
            let found = match table.iter().find(|row| row.covers(kernel.name)) {
                Some(row) => row.broken_by(&kernel),
                None => vec!["no guard covers it: add a row to xtask/src/guards/table.rs".into()],
            };
            broken.extend(
                found
                    .iter()
                    .map(|what| format!("{file}: {}: {what}", kernel.name)),
            );
        }
    }
    if broken.is_empty() {
        println!("{kernels} kernels keep what their guards ask");
        return Ok(());
    }
    bail!("kernels break their guards:\n  {}", broken.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::{Expectation, check_against};
    use std::collections::BTreeMap;

    const TABLE: &[Expectation] = &[Expectation::of("copy_*").barriers(1)];

    fn module(kernel: &str, body: &str) -> BTreeMap<String, String> {
        let text = format!(".visible .entry {kernel}(\n)\n{{\n{body}\n}}\n");
        BTreeMap::from([("m.sm_80.ptx".to_owned(), text)])
    }

    #[test]
    fn a_kernel_that_keeps_its_guards_passes() {
        check_against(TABLE, &module("copy_f32", "\tbar.sync 0;")).unwrap();
    }

    #[test]
    fn a_broken_guard_names_file_kernel_and_fault() {
        let split = module("copy_f32", "\tbar.sync 0;\n\tbar.sync 0;");
        let error = check_against(TABLE, &split).unwrap_err().to_string();
        assert!(
            error.contains("m.sm_80.ptx: copy_f32: 2 barriers"),
            "{error}"
        );
    }

    #[test]
    fn a_kernel_without_a_guard_fails() {
        let error = check_against(TABLE, &module("other", "\tret;"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("other: no guard covers it"), "{error}");
    }
}

//! Guards on the PTX: what must hold of a kernel's code whatever compiler made it.
//!
//! A compiler that splits a barrier, that no longer sees an address space or that narrows a load gives
//! code that runs, and is wrong or slow. [`table`] says what each kernel must keep, [`dependent`] what follows from how it
//! is declared.

mod dependent;
mod expectation;
mod kernel;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use expectation::Expectation;
use kernel::Kernel;

/// Checks PTX modules, given by file name, whose kernels of these names are declared dependent.
pub(crate) fn check(
    modules: &BTreeMap<String, String>,
    dependent: &BTreeSet<String>,
) -> Result<()> {
    check_against(table::EXPECTATIONS, modules, dependent)
}

fn check_against(
    table: &[Expectation],
    modules: &BTreeMap<String, String>,
    dependent: &BTreeSet<String>,
) -> Result<()> {
    let mut broken = Vec::new();
    let mut kernels = 0;
    for (file, text) in modules {
        for kernel in kernel::split(text) {
            kernels += 1;
            let declared = dependent.contains(kernel.name);
            let found = faults(table, file, &kernel, declared);
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

/// What is wrong with a kernel of `file`, `declared` dependent or not.
fn faults(table: &[Expectation], file: &str, kernel: &Kernel<'_>, declared: bool) -> Vec<String> {
    let Some(row) = table.iter().find(|row| row.covers(kernel.name)) else {
        return vec!["no guard covers it: add a row to xtask/src/guards/table.rs".into()];
    };
    let mut broken = row.broken_by(kernel);
    broken.extend(dependent::broken_by(file, kernel, declared, row));
    broken
}

#[cfg(test)]
mod tests {
    use super::{Expectation, check_against};
    use std::collections::{BTreeMap, BTreeSet};

    const TABLE: &[Expectation] = &[Expectation::of("copy_*").barriers(1)];
    const NONE: BTreeSet<String> = BTreeSet::new();

    fn module(kernel: &str, body: &str) -> BTreeMap<String, String> {
        let text = format!(".visible .entry {kernel}(\n)\n{{\n{body}\n}}\n");
        BTreeMap::from([("m.sm_80.ptx".to_owned(), text)])
    }

    #[test]
    fn a_kernel_that_keeps_its_guards_passes() {
        check_against(TABLE, &module("copy_f32", "\tbar.sync 0;"), &NONE).unwrap();
    }

    #[test]
    fn a_broken_guard_names_file_kernel_and_fault() {
        let split = module("copy_f32", "\tbar.sync 0;\n\tbar.sync 0;");
        let error = check_against(TABLE, &split, &NONE).unwrap_err().to_string();
        assert!(
            error.contains("m.sm_80.ptx: copy_f32: 2 barriers"),
            "{error}"
        );
    }

    #[test]
    fn a_dependent_kernel_that_does_not_wait_fails() {
        let text = &module("copy_f32", "\tret;")["m.sm_80.ptx"];
        let modules = BTreeMap::from([("m.sm_90a.ptx".to_owned(), text.clone())]);
        let declared = BTreeSet::from(["copy_f32".to_owned()]);
        check_against(TABLE, &modules, &NONE).unwrap();
        let error = check_against(TABLE, &modules, &declared)
            .unwrap_err()
            .to_string();
        assert!(error.contains("copy_f32: declared dependent"), "{error}");
    }

    #[test]
    fn a_kernel_without_a_guard_fails() {
        let error = check_against(TABLE, &module("other", "\tret;"), &NONE)
            .unwrap_err()
            .to_string();
        assert!(error.contains("other: no guard covers it"), "{error}");
    }
}

//! Kernels that are launched while the grids before them end.
//!
//! The host launches a kernel so if it is declared `dependent`; one that did not wait would then read what is not there
//! yet. And a wait in any other kernel is one that nobody declared: written by hand, where the host knows nothing of it.

use super::expectation::Expectation;
use super::kernel::Kernel;

/// What a dependent kernel does before it touches memory.
pub(super) const WAIT: &str = "griddepcontrol.wait";

/// Architectures before this one have no such launches, and their kernels nothing to wait with.
const SUFFIX: &str = ".sm_90a.ptx";

/// What is wrong with a kernel of `file`, `declared` dependent or not. One whose row asks for the instruction by name may
/// wait undeclared.
pub(super) fn broken_by(
    file: &str,
    kernel: &Kernel<'_>,
    declared: bool,
    row: &Expectation,
) -> Option<String> {
    let waits = kernel.opcodes.contains(&WAIT);
    if !file.ends_with(SUFFIX) || waits == declared || row.asks_for(WAIT) {
        None
    } else if declared {
        Some(format!("declared dependent, and no `{WAIT}`"))
    } else {
        Some(format!("`{WAIT}`, and not declared dependent"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Expectation, Kernel, WAIT, broken_by};

    fn kernel(opcode: &'static str) -> Kernel<'static> {
        Kernel {
            name: "k",
            opcodes: vec![opcode, "ret"],
        }
    }

    #[test]
    fn a_kernel_waits_if_it_is_declared_to() {
        let (row, file) = (Expectation::of("k"), "m.sm_90a.ptx");
        assert_eq!(broken_by(file, &kernel(WAIT), true, &row), None);
        assert_eq!(broken_by(file, &kernel("ret"), false, &row), None);
        assert_eq!(
            broken_by(file, &kernel("ret"), true, &row).as_deref(),
            Some("declared dependent, and no `griddepcontrol.wait`")
        );
        assert_eq!(
            broken_by(file, &kernel(WAIT), false, &row).as_deref(),
            Some("`griddepcontrol.wait`, and not declared dependent")
        );
    }

    #[test]
    fn a_row_may_ask_for_a_wait_of_the_kernel_s_own() {
        let row = Expectation::of("k").instructions(&[WAIT]);
        assert_eq!(broken_by("m.sm_90a.ptx", &kernel(WAIT), false, &row), None);
    }

    #[test]
    fn before_sm_90_nothing_waits() {
        let row = Expectation::of("k");
        assert_eq!(broken_by("m.sm_80.ptx", &kernel("ret"), true, &row), None);
    }
}

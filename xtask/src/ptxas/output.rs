//! Reads what `ptxas -v` prints.
//!
//! ```text
//! ptxas info    : Compiling entry function 'silu' for 'sm_80'
//! ptxas info    : Function properties for silu
//!     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
//! ptxas info    : Used 24 registers, used 1 barriers, 4096 bytes smem
//! ```

/// What a kernel takes of a multiprocessor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resources {
    pub(super) kernel: String,
    /// Registers of a thread.
    pub(super) registers: u32,
    /// Named barriers of a block.
    pub(super) barriers: u32,
    /// Bytes of shared memory of a block, without what a launch adds.
    pub(super) shared: u32,
}

/// The lines that no kernel of ours may cause.
pub(super) fn complaints(said: &str) -> Vec<String> {
    let mut function = "?";
    let mut found = Vec::new();
    for line in said.lines() {
        if let Some((_, name)) = line.split_once("Function properties for ") {
            function = name.trim();
        }
        if is_warning(line) {
            found.push(line.trim().to_owned());
        } else if uses_local_memory(line) {
            found.push(format!("{function}: {}", line.trim()));
        }
    }
    found
}

fn is_warning(line: &str) -> bool {
    line.contains("ptxas warning")
        || line.contains("(C75")
        || line.contains("serialized")
        || line.contains("setmaxnreg ignored")
}

fn uses_local_memory(line: &str) -> bool {
    [
        "bytes stack frame",
        "bytes spill stores",
        "bytes spill loads",
    ]
    .into_iter()
    .any(|what| number_before(line, what).is_some_and(|bytes| bytes > 0))
}

/// The resources of each kernel, in the order of the module.
pub(super) fn kernels(said: &str) -> Vec<Resources> {
    let mut kernel = None;
    let mut found = Vec::new();
    for line in said.lines() {
        if let Some((_, after)) = line.split_once("Compiling entry function '") {
            kernel = after.split('\'').next();
        }
        let Some(registers) = number_before(line, "registers") else {
            continue;
        };
        if let Some(kernel) = kernel.take() {
            found.push(Resources {
                kernel: kernel.to_owned(),
                registers,
                barriers: number_before(line, "barriers").unwrap_or(0),
                shared: number_before(line, "bytes smem").unwrap_or(0),
            });
        }
    }
    found
}

/// The number that stands before ` {what}` in `line`.
fn number_before(line: &str, what: &str) -> Option<u32> {
    let (before, _) = line.split_once(what)?;
    before.split_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Resources, complaints, kernels};

    const CLEAN: &str = "ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'silu' for 'sm_80'
ptxas info    : Function properties for silu
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 24 registers, used 1 barriers, 4096 bytes smem, 400 bytes cmem[0]
ptxas info    : Compile time = 27.036 ms
ptxas info    : Function properties for helper
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Compiling entry function 'gelu' for 'sm_80'
ptxas info    : Function properties for gelu
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 132 registers, used 0 barriers
";

    #[test]
    fn reads_resources_and_finds_nothing_to_complain_of() {
        let resources = |kernel: &str, registers, barriers, shared| Resources {
            kernel: kernel.to_owned(),
            registers,
            barriers,
            shared,
        };
        let expected = [resources("silu", 24, 1, 4096), resources("gelu", 132, 0, 0)];
        assert_eq!(kernels(CLEAN), expected);
        assert_eq!(complaints(CLEAN), Vec::<String>::new());
    }

    #[test]
    fn complains_of_spills_and_stack_frames_by_name() {
        for (clean, bad) in [
            ("0 bytes stack frame", "8 bytes stack frame"),
            ("0 bytes spill stores", "16 bytes spill stores"),
            ("0 bytes spill loads", "24 bytes spill loads"),
        ] {
            let found = complaints(&CLEAN.replacen(clean, bad, 1));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].starts_with("silu: ") && found[0].contains(bad),
                "{found:?}"
            );
        }
    }

    #[test]
    fn complains_of_warnings() {
        for line in [
            "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to x",
            "ptxas info    : (C7508) setmaxnreg ignored; unable to determine register count at entry",
            "ptxas warning : Value of threads per SM is out of range",
        ] {
            assert_eq!(complaints(&format!("{CLEAN}{line}\n")), [line]);
        }
    }
}

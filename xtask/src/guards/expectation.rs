//! What a guard asks of a kernel.

use super::kernel::Kernel;

/// What the kernels of a name pattern must keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expectation {
    /// A kernel's name, where `*` stands for any text.
    kernels: &'static str,
    /// How many barriers the source has; a compiler may drop one, and must not add any.
    barriers: usize,
    /// Whether every access names its address space, and nothing is called.
    hot: bool,
    /// Whether global memory is read 16 bytes at a time.
    wide_loads: bool,
    /// Starts of opcodes that must occur.
    instructions: &'static [&'static str],
}

impl Expectation {
    /// No barriers and nothing else, of the kernels that `pattern` matches.
    pub(super) const fn of(pattern: &'static str) -> Self {
        Self {
            kernels: pattern,
            barriers: 0,
            hot: false,
            wide_loads: false,
            instructions: &[],
        }
    }

    /// At most this many block barriers.
    pub(super) const fn barriers(self, barriers: usize) -> Self {
        Self { barriers, ..self }
    }

    /// A hot kernel: no load, store or atomic without an address space, and no call, which would be one
    /// of a panic.
    pub(super) const fn hot(self) -> Self {
        Self { hot: true, ..self }
    }

    /// Global loads of 16 bytes: a kernel bound by memory.
    pub(super) const fn wide_loads(self) -> Self {
        Self {
            wide_loads: true,
            ..self
        }
    }

    /// Instructions, by the start of their opcodes.
    pub(super) const fn instructions(self, instructions: &'static [&'static str]) -> Self {
        Self {
            instructions,
            ..self
        }
    }

    /// Whether an instruction is asked for by this name.
    pub(super) fn asks_for(&self, opcode: &str) -> bool {
        self.instructions.contains(&opcode)
    }

    pub(super) fn covers(&self, kernel: &str) -> bool {
        matches(self.kernels, kernel)
    }

    /// What `kernel` does not keep.
    pub(super) fn broken_by(&self, kernel: &Kernel<'_>) -> Vec<String> {
        let mut broken = Vec::new();
        let opcodes = || kernel.opcodes.iter().copied();
        let barriers = opcodes().filter(|opcode| is_barrier(opcode)).count();
        if barriers > self.barriers {
            let written = self.barriers;
            broken.push(format!("{barriers} barriers; the source has {written}"));
        }
        if self.hot {
            let slow = opcodes().filter_map(why_slow);
            broken.extend(slow.take(1));
        }
        if self.wide_loads && !opcodes().any(is_wide_load) {
            broken.push("no 16-byte load from global memory".to_owned());
        }
        let has = |wanted: &str| opcodes().any(|opcode| opcode.starts_with(wanted));
        let missing = self.instructions.iter().filter(|wanted| !has(wanted));
        broken.extend(missing.map(|wanted| format!("no `{wanted}`")));
        broken
    }
}

/// What is wrong with an instruction in a hot kernel.
fn why_slow(opcode: &str) -> Option<String> {
    if is_generic_access(opcode) {
        Some(format!("`{opcode}` names no address space"))
    } else if opcode.starts_with("call") {
        Some("a call; what is called is a panic".to_owned())
    } else {
        None
    }
}

/// Whether `pattern`, in which `*` stands for any text, matches all of `name`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| matches(rest, &name[at..]))
        }),
    }
}

fn is_barrier(opcode: &str) -> bool {
    let mut parts = opcode.split('.');
    let barrier = matches!(parts.next(), Some("bar" | "barrier"));
    barrier && !matches!(parts.next(), Some("warp" | "cluster"))
}

fn is_generic_access(opcode: &str) -> bool {
    let mut parts = opcode.split('.');
    let access = matches!(parts.next(), Some("ld" | "st" | "atom" | "red"));
    access && !parts.any(names_space)
}

fn names_space(part: &str) -> bool {
    let space = part.split("::").next().unwrap_or(part);
    matches!(space, "global" | "shared" | "param" | "const" | "local")
}

fn is_wide_load(opcode: &str) -> bool {
    let has = |wanted: &str| opcode.split('.').any(|part| part == wanted);
    let is = |types: &[&str]| types.iter().any(|wanted| has(wanted));
    let wide = has("v4") && is(&["b32", "u32", "s32", "f32"])
        || has("v2") && is(&["b64", "u64", "s64", "f64"])
        || has("v8") && is(&["b16", "b32", "f32"])
        || has("b128");
    opcode.starts_with("ld.") && has("global") && wide
}

#[cfg(test)]
mod tests {
    use super::{Expectation, Kernel, is_barrier, is_generic_access, is_wide_load, matches};

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name) in [
            ("silu", "silu"),
            ("silu_*", "silu_bf16_v8"),
            ("*_v8", "silu_bf16_v8"),
            ("silu_*_v8", "silu_bf16_v8"),
            ("*", ""),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("silu", "silu_v8"),
            ("silu_*_v8", "silu_v8"),
            ("*_v8", "v8_x"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn barriers_are_those_of_a_block() {
        for opcode in [
            "bar.sync",
            "barrier.sync.aligned",
            "barrier.cta.sync",
            "bar.red.popc.u32",
        ] {
            assert!(is_barrier(opcode), "{opcode}");
        }
        for opcode in [
            "bar.warp.sync",
            "barrier.cluster.arrive",
            "bra",
            "mbarrier.init.b64",
        ] {
            assert!(!is_barrier(opcode), "{opcode}");
        }
    }

    #[test]
    fn generic_accesses_name_no_space() {
        for opcode in ["ld.b32", "st.v4.b32", "ld.volatile.b32", "atom.add.f32"] {
            assert!(is_generic_access(opcode), "{opcode}");
        }
        for opcode in [
            "ld.param.b64",
            "ld.shared::cta.b32",
            "red.async.shared::cluster.u32",
            "ldmatrix",
        ] {
            assert!(!is_generic_access(opcode), "{opcode}");
        }
    }

    #[test]
    fn wide_loads_are_16_bytes_from_global_memory() {
        for opcode in [
            "ld.global.v4.b32",
            "ld.global.nc.L1::no_allocate.v4.u32",
            "ld.global.v2.b64",
        ] {
            assert!(is_wide_load(opcode), "{opcode}");
        }
        for opcode in [
            "ld.global.v2.b32",
            "ld.shared.v4.b32",
            "st.global.v4.b32",
            "ld.global.b64",
        ] {
            assert!(!is_wide_load(opcode), "{opcode}");
        }
    }

    #[test]
    fn every_broken_promise_is_named() {
        let kernel = Kernel {
            name: "k",
            opcodes: vec!["bar.sync", "ld.b32"],
        };
        let row = Expectation::of("k").hot().wide_loads();
        assert_eq!(
            row.instructions(&["mma.sync"]).broken_by(&kernel),
            [
                "1 barriers; the source has 0",
                "`ld.b32` names no address space",
                "no 16-byte load from global memory",
                "no `mma.sync`",
            ]
        );
        assert!(
            Expectation::of("k")
                .barriers(1)
                .broken_by(&kernel)
                .is_empty()
        );
    }

    #[test]
    fn hot_kernels_call_nothing() {
        let kernel = Kernel {
            name: "k",
            opcodes: vec!["ld.global.b32", "call.uni"],
        };
        assert_eq!(
            Expectation::of("k").hot().broken_by(&kernel),
            ["a call; what is called is a panic"]
        );
    }
}

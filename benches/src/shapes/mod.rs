//! The shapes of models, as data: what is worth measuring, and by which name to ask for it.
//!
//! A set is a file in `benches/shapes/`; the files travel inside the program, which may run where there are
//! no sources. A set has any of these parts:
//!
//! ```toml
//! name = "llama3-8b"                          # the file's name
//! title = "Llama 3 8B"                        # as a person writes it
//! tokens = [1, 128]                           # values of M; powers of two up to 8192 if left out
//! cubes = [1024]                              # products with M = N = K
//! dense = [{ name = "o", n = 4096, k = 4096 }]
//! batched = [{ name = "q_absorb", batch = 128, n = 512, k = 128 }]
//! gated = [{ name = "ffn", d = 14336 }]       # gated activations: [M, 2 d] becomes [M, d]
//!
//! [moe]                                       # a layer of experts
//! hidden = 4096
//! intermediate = 14336
//! experts = 8
//! top_k = 2
//! routing = "softmax-renormalize"
//! activation = "swiglu"
//! ```

mod check;
mod embedded;
mod moe;
mod set;

use anyhow::{Context, Result};

pub use embedded::QUICK;
pub use moe::{Activation, Groups, Moe, Routing};
pub use set::{Batched, Dense, Gated, Set};

/// All sets but the quick one, by name.
///
/// # Errors
/// If a file that the program carries is malformed.
pub fn all() -> Result<&'static [Set]> {
    Ok(&embedded::sets()?.full)
}

/// A few small shapes of every kind, which take no time on any device.
///
/// # Errors
/// As [`all`].
pub fn quick() -> Result<&'static Set> {
    Ok(&embedded::sets()?.quick)
}

/// The set of this name.
///
/// # Errors
/// An unknown name, with the known ones; else as [`all`].
pub fn find(name: &str) -> Result<&'static Set> {
    let known: Vec<&Set> = all()?.iter().chain([quick()?]).collect();
    let found = known.iter().find(|set| set.name == name);
    found.copied().with_context(|| {
        let names: Vec<_> = known.iter().map(|set| set.name.as_str()).collect();
        let names = names.join(" ");
        format!("there is no set of shapes {name:?}; there are: {names}")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{QUICK, Set, all, find, quick};

    fn dense(set: &str, name: &str) -> [usize; 2] {
        let set = find(set).expect("a known set");
        let dense = set.dense.iter().find(|dense| dense.name == name);
        dense.map(|it| [it.n, it.k]).expect("a known product")
    }

    #[test]
    fn shapes_are_those_of_the_models() {
        assert_eq!(dense("llama3-8b", "gate_up"), [28672, 4096]);
        assert_eq!(dense("llama3-70b", "down"), [8192, 28672]);
        assert_eq!(dense("deepseek-v3", "o"), [7168, 16384]);
        assert_eq!(dense("deepseek-v3", "qkv_a"), [2112, 7168]);
        assert_eq!(dense("qwen3-235b", "o"), [4096, 8192]);
        assert_eq!(dense("gpt-oss-120b", "qkv"), [5120, 2880]);
    }

    /// Latents have 512 columns, heads 128 but for their positions.
    #[test]
    fn heads_are_those_of_latent_attention() {
        let set = find("deepseek-v3").expect("a known set");
        let batches: Vec<_> = set.batches(&[1]).collect();
        let expected = [
            ("q_absorb", [1, 512, 128, 128]),
            ("v_up", [1, 128, 512, 128]),
        ];
        assert_eq!(batches, expected.map(|(name, it)| (name.to_owned(), it)));
    }

    #[test]
    fn layers_are_those_of_the_models() {
        for (set, expected) in [
            ("mixtral-8x7b", [4096, 14336, 8, 2]),
            ("qwen3-30b", [2048, 768, 128, 8]),
            ("qwen3-235b", [4096, 1536, 128, 8]),
            ("deepseek-v3", [7168, 2048, 256, 8]),
            ("gpt-oss-120b", [2880, 2880, 128, 4]),
            ("nemotron-nano", [2688, 1856, 128, 6]),
            ("nemotron-super", [1024, 2688, 512, 22]),
        ] {
            let moe = find(set).expect("a known set").moe.as_ref();
            let moe = moe.expect("a model with experts");
            let layer = [moe.hidden, moe.intermediate, moe.experts, moe.top_k];
            assert_eq!(layer, expected, "{set}");
            assert_eq!(moe.is_gated(), !set.starts_with("nemotron"), "{set}");
        }
    }

    /// A model's parts come from different tables; here they are held against each other.
    #[test]
    fn parts_of_a_set_fit_each_other() {
        for set in all().expect("sets").iter().filter(|set| set.name != "ffn") {
            let dense = |name| set.dense.iter().find(|dense| dense.name == name);
            if let (Some(up), Some(down)) = (dense("gate_up"), dense("down")) {
                assert_eq!((up.n, up.k), (2 * down.k, down.n), "{}", set.name);
                assert!(set.gated.iter().any(|it| it.d == down.k), "{}", set.name);
            }
            let Some(moe) = &set.moe else { continue };
            let has_expert = set.gated.iter().any(|it| it.d == moe.intermediate);
            assert_eq!(has_expert, moe.is_gated(), "{}", set.name);
            let router = dense("router").map_or([moe.experts, moe.hidden], |it| [it.n, it.k]);
            assert_eq!(router, [moe.experts, moe.hidden], "{}", set.name);
        }
    }

    #[test]
    fn every_file_is_embedded() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("shapes");
        let files = fs::read_dir(&dir).expect("the shapes' directory");
        let files = files.map(|file| file.expect("an entry").path());
        let stems: BTreeSet<String> = files
            .map(|file| file.file_stem().expect("a name").display().to_string())
            .collect();
        let sets = all().expect("sets").iter();
        let names = sets.map(|set| set.name.clone());
        assert_eq!(stems, names.chain([QUICK.to_owned()]).collect());
    }

    #[test]
    fn unknown_names_give_the_known_ones() {
        let error = find("llama2").expect_err("unknown").to_string();
        assert!(error.contains("\"llama2\""), "{error}");
        for set in all().expect("sets") {
            assert!(error.contains(&set.name), "{error}");
        }
        assert_eq!(find(QUICK).expect("known"), quick().expect("known"));
    }

    #[test]
    fn squares_are_cubes_and_the_quick_set_has_every_kind() {
        let squares = find("squares").expect("known");
        let products: Vec<_> = squares.products(&squares.tokens).collect();
        assert_eq!(products.first(), Some(&("1024".to_owned(), [1024; 3])));
        assert_eq!(products.last(), Some(&("8192".to_owned(), [8192; 3])));
        assert_eq!(squares.products(&[4096]).count(), 1);

        let Set {
            dense,
            batched,
            gated,
            moe,
            ..
        } = quick().expect("known");
        assert!(!dense.is_empty() && !batched.is_empty() && !gated.is_empty() && moe.is_some());
        let work = |[m, n, k]: [usize; 3]| m * n * k;
        let products = quick().expect("known").products(&[1, 16, 128]);
        assert!(products.map(|(_, shape)| work(shape)).sum::<usize>() < 1 << 26);
    }
}

//! What a set must be like, beyond its types.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::moe::{Moe, Routing};
use super::set::Set;

/// Checks a set; the error says which part is wrong, not of which set.
pub(super) fn check(set: &Set) -> Result<()> {
    ensure!(is_name(&set.name), "{:?} is no name", set.name);
    ensure!(!set.title.trim().is_empty(), "there is no title");
    let products = [set.cubes.len(), set.dense.len(), set.batched.len()];
    let empty = products == [0; 3] && set.gated.is_empty();
    ensure!(!empty || set.moe.is_some(), "there are no shapes");
    ascending("tokens", &set.tokens)?;
    ensure!(!set.tokens.is_empty(), "there are no tokens");
    ascending("cubes", &set.cubes)?;
    for dense in &set.dense {
        let extents = [dense.n, dense.k, dense.max_tokens.unwrap_or(1)];
        ensure!(!extents.contains(&0), "dense {:?} is empty", dense.name);
    }
    for batched in &set.batched {
        let extents = [batched.batch, batched.n, batched.k];
        ensure!(!extents.contains(&0), "batched {:?} is empty", batched.name);
    }
    for gated in &set.gated {
        ensure!(gated.d > 0, "gated {:?} is empty", gated.name);
    }
    names("dense", set.dense.iter().map(|it| it.name.as_str()))?;
    names("batched", set.batched.iter().map(|it| it.name.as_str()))?;
    names("gated", set.gated.iter().map(|it| it.name.as_str()))?;
    set.moe.as_ref().map_or(Ok(()), moe)
}

/// A name is written without quotes on command lines and in file names.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(fits)
}

fn names<'a>(part: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut known = BTreeSet::new();
    for name in names {
        ensure!(is_name(name), "{name:?} in {part} is no name");
        ensure!(known.insert(name), "{part} has {name:?} twice");
    }
    Ok(())
}

fn ascending(part: &str, values: &[usize]) -> Result<()> {
    ensure!(!values.contains(&0), "{part} has a 0");
    let ascends = values.windows(2).all(|pair| pair[0] < pair[1]);
    ensure!(ascends, "{part} do not ascend");
    Ok(())
}

fn moe(moe: &Moe) -> Result<()> {
    let extents = [moe.hidden, moe.intermediate, moe.top_k];
    ensure!(!extents.contains(&0), "moe is empty");
    ensure!(
        moe.scaling.is_finite() && moe.scaling > 0.0,
        "moe scales by {}",
        moe.scaling
    );
    let (experts, top_k) = (moe.experts, moe.top_k);
    let grouped = moe.routing == Routing::SigmoidGrouped;
    ensure!(
        grouped == moe.groups.is_some(),
        "moe has groups, or routing by groups, and not both"
    );
    let choice = match moe.groups {
        None => experts,
        Some(groups) => {
            let fits =
                (1..=groups.count).contains(&groups.chosen) && experts.is_multiple_of(groups.count);
            ensure!(fits, "moe has {experts} experts, not in {groups:?}");
            experts / groups.count * groups.chosen
        }
    };
    ensure!(top_k <= choice, "moe chooses {top_k} of {choice} experts");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::shapes::Set;

    const GOOD: &str = r#"
        name = "a-1"
        title = "A"
        tokens = [1, 2]
        cubes = [64]
        dense = [{ name = "o", n = 1, k = 2 }, { name = "p", n = 1, k = 2 }]
        batched = [{ name = "q", batch = 4, n = 5, k = 6 }]
        gated = [{ name = "ffn", d = 3 }]
        [moe]
        hidden = 8
        intermediate = 4
        experts = 8
        top_k = 2
        routing = "sigmoid-grouped"
        groups = { count = 4, chosen = 2 }
        activation = "swiglu"
    "#;

    /// What is said of the good set with one thing replaced.
    fn verdict(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        let set: Set = toml::from_str(&GOOD.replacen(from, to, 1)).expect("well-formed");
        check(&set).map_or_else(|error| error.to_string(), |()| "good".to_owned())
    }

    #[test]
    fn a_good_set_is_good() {
        assert_eq!(verdict("", ""), "good");
    }

    #[test]
    fn each_fault_is_named() {
        for (from, to, said) in [
            ("a-1", "a 1", "\"a 1\" is no name"),
            ("\"A\"", "\" \"", "title"),
            ("[1, 2]", "[2, 1]", "tokens do not ascend"),
            ("[1, 2]", "[0, 1]", "tokens has a 0"),
            ("[1, 2]", "[]", "no tokens"),
            ("[64]", "[64, 64]", "cubes do not ascend"),
            ("n = 1", "n = 0", "dense \"o\" is empty"),
            ("k = 2", "k = 2, max_tokens = 0", "dense \"o\" is empty"),
            ("\"p\"", "\"o\"", "dense has \"o\" twice"),
            ("batch = 4", "batch = 0", "batched \"q\" is empty"),
            ("d = 3", "d = 0", "gated \"ffn\" is empty"),
            ("hidden = 8", "hidden = 0", "moe is empty"),
            ("top_k = 2", "top_k = 5", "chooses 5 of 4"),
            ("sigmoid-grouped", "sigmoid-renormalize", "not both"),
            ("chosen = 2", "chosen = 5", "not in"),
            ("count = 4", "count = 3", "not in"),
            ("top_k = 2", "top_k = 2\nscaling = nan", "scales by NaN"),
        ] {
            let verdict = verdict(from, to);
            assert!(verdict.contains(said), "{to}: {verdict}");
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        for (from, to) in [
            ("title", "titel"),
            ("k = 2", "k = 2, m = 1"),
            ("hidden", "hiden"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert!(toml::from_str::<Set>(&text).is_err(), "{to}");
        }
    }
}

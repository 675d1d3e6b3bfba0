//! What an H200 gave: a digest of each case's output.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::{env, str};

use anyhow::Context;
use conformance::{Case, Compare};

const RECORDED: &str = include_str!("../../recorded/h200.txt");

/// That `output` is what an H200 gave. Approximations are compared on a GPU alone.
pub fn check(case: &Case, output: &[u32]) -> Result<(), String> {
    if case.compare != Compare::Bits {
        return Ok(());
    }
    match digests().get(case.name) {
        Some(digest) if *digest == self::digest(output) => Ok(()),
        Some(_) => Err("the output is not what an H200 gave".to_owned()),
        None => Err("no H200 has run this case; record it with GATEWARP_RECORD".to_owned()),
    }
}

/// Keeps what a GPU gave, if asked to.
pub fn record(case: &Case, output: &[u32]) -> anyhow::Result<()> {
    let Some(file) = env::var_os("GATEWARP_RECORD") else {
        return Ok(());
    };
    if case.compare != Compare::Bits {
        return Ok(());
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    let line = format!("{} {}\n", case.name, digest(output));
    file.write_all(line.as_bytes()).context("cannot record")
}

fn digests() -> BTreeMap<&'static str, String> {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs
        .map(|(name, digest)| (name, digest.to_owned()))
        .collect()
}

/// FNV-1a over the output's bytes.
fn digest(output: &[u32]) -> String {
    let bytes = output.iter().flat_map(|word| word.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

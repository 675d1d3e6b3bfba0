//! The command line: which operations, which shapes, where, and what becomes of the rows.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use gatewarp::Device;

use crate::timing::Effort;

/// Measures the library's operations over the shapes of models.
///
/// Without a GPU the CPU references are measured.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask bench", version)]
pub struct Args {
    /// Operations or families of them; all if none is named (see --list).
    pub ops: Vec<String>,
    /// Sets of shapes; all on a GPU, else the quick one.
    #[arg(long, value_delimiter = ',', value_name = "SET")]
    pub shapes: Vec<String>,
    /// Rows or tokens, instead of each set's own.
    #[arg(long, short = 'm', value_delimiter = ',', value_name = "M")]
    pub tokens: Vec<usize>,
    /// Element types; the first of each operation unless named.
    #[arg(long, value_delimiter = ',')]
    pub dtype: Vec<String>,
    /// best, cpu, cuda or cuda:N.
    #[arg(long, default_value = "best")]
    pub device: String,
    /// Measure a peer in turn.
    #[arg(long, value_name = "PEER")]
    pub compare: Option<Peer>,
    /// Write the rows to this file, as they come.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw pictures of the rows into this directory.
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
    /// Report on the rows in this file, and measure nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub from: Option<PathBuf>,
    /// Say what moved since the rows in this file.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// A few small shapes, briefly.
    #[arg(long)]
    pub quick: bool,
    /// Seconds that a compute-bound call runs for its sustained time; 4 unless quick.
    #[arg(long, value_name = "SECONDS")]
    pub sustained: Option<f64>,
    /// List operations and sets of shapes, and measure nothing.
    #[arg(long)]
    pub list: bool,
    /// The commit that is measured.
    #[arg(long, hide = true, default_value = "unknown")]
    pub commit: String,
}

/// Whom to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// NVIDIA's library of matrix products.
    Cublaslt,
}

impl Args {
    /// The device that was asked for.
    ///
    /// # Errors
    /// The library's, if it is not there; a name that is none.
    pub fn device(&self) -> Result<Device> {
        let cuda =
            |ordinal| Device::cuda(ordinal).with_context(|| format!("--device {}", self.device));
        match self.device.as_str() {
            "best" => Ok(Device::best()),
            "cpu" => Ok(Device::cpu()),
            "cuda" => cuda(0),
            "simulator" => bail!("--device simulator: its time says nothing about a kernel's"),
            other => {
                let ordinal = other.strip_prefix("cuda:").and_then(|n| n.parse().ok());
                cuda(ordinal.with_context(|| {
                    format!("--device {other}: there are best, cpu, cuda and cuda:N")
                })?)
            }
        }
    }

    /// How long and how often.
    #[must_use]
    pub fn effort(&self) -> Effort {
        let sustained = self.sustained.unwrap_or(if self.quick { 0.0 } else { 4.0 });
        let (rounds, replay) = if self.quick { (5, 2) } else { (20, 5) };
        Effort {
            rounds,
            replay: Duration::from_millis(replay),
            idle: Duration::from_millis(20),
            sustained: Duration::try_from_secs_f64(sustained).unwrap_or(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Args;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn lists_are_split_and_devices_are_named() {
        let args = Args::parse_from(["bench", "mm", "--shapes", "a,b", "-m", "1,16", "--quick"]);
        assert_eq!(
            (args.ops.len(), args.shapes.len(), args.tokens.len()),
            (1, 2, 2)
        );
        assert!(args.effort().sustained.is_zero());
        for (device, message) in [("simulator", "nothing"), ("gpu", "cuda:N")] {
            let args = Args::parse_from(["bench", "--device", device]);
            let error = args.device().expect_err(device).to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}

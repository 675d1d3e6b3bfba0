//! `dist/xtask run-bundle`: runs a bundle on a machine that may have no Rust.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::manifest::{Kind, Manifest};

/// Tells tests that a missing GPU is a failure and no reason to skip.
const REQUIRE_CUDA: &str = "GATEWARP_REQUIRE_CUDA";

/// The example that a bundle runs: the library's main job.
const EXAMPLE: &str = "moe_layer";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to run: best, cpu, cuda or simulator. With `cuda`, tests that find no GPU fail.
    #[arg(long, default_value = "best")]
    device: String,
    /// The most seconds that one executable may run.
    #[arg(long, default_value_t = 300)]
    timeout: u64,
    /// The bundle; the directory of this program unless given.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only tests whose names contain one of these; the example is left out then.
    filters: Vec<String>,
}

/// How an executable ended.
enum Outcome {
    Ended(ExitStatus),
    TimedOut,
}

impl Outcome {
    fn is_success(&self) -> bool {
        matches!(self, Self::Ended(status) if status.success())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(status) if status.success() => f.write_str("ok"),
            Self::Ended(status) => write!(f, "FAILED ({status})"),
            Self::TimedOut => f.write_str("TIMED OUT"),
        }
    }
}

/// Runs every test executable, then the example, and prints a summary.
pub(crate) fn run(args: &Args) -> Result<()> {
    let dir = directory(args)?;
    let limit = Duration::from_secs(args.timeout);
    let mut results = Vec::new();
    for (name, mut command) in commands(&dir, &Manifest::read(&dir)?, args) {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = run_for(&mut command, limit)?;
        results.push((name, outcome, start.elapsed()));
    }
    ensure!(
        !results.is_empty(),
        "{} holds nothing to run",
        dir.display()
    );
    println!("\n== summary");
    let mut failed = 0;
    for (name, outcome, time) in &results {
        println!("{name:48} {:7.1} s  {outcome}", time.as_secs_f64());
        failed += usize::from(!outcome.is_success());
    }
    ensure!(failed == 0, "{failed} of {} failed", results.len());
    Ok(())
}

fn directory(args: &Args) -> Result<PathBuf> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => {
            let this = env::current_exe().context("this program has no path")?;
            this.parent()
                .context("this program is nowhere")?
                .to_path_buf()
        }
    };
    let found = dir.canonicalize();
    found.with_context(|| format!("there is no directory {}", dir.display()))
}

/// What to run, by name.
fn commands(dir: &Path, manifest: &Manifest, args: &Args) -> Vec<(String, Command)> {
    let mut commands = Vec::new();
    for test in manifest.of_kind(Kind::Test) {
        let mut command = Command::new(dir.join(&test.file));
        command.current_dir(dir).args(&args.filters);
        if args.device == "cuda" {
            command.env(REQUIRE_CUDA, "1");
        }
        commands.push((test.file.clone(), command));
    }
    let examples = manifest.of_kind(Kind::Example);
    let wanted = |name: &str| name == EXAMPLE && args.filters.is_empty();
    for example in examples.filter(|example| wanted(&example.name)) {
        let mut command = Command::new(dir.join(&example.file));
        command
            .current_dir(dir)
            .args(["--device", &args.device, "--json"]);
        commands.push((example.file.clone(), command));
    }
    commands
}

fn run_for(command: &mut Command, limit: Duration) -> Result<Outcome> {
    let start = Instant::now();
    let child = command.spawn();
    let mut child =
        child.with_context(|| format!("cannot run {}", command.get_program().display()))?;
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a program")? {
            return Ok(Outcome::Ended(status));
        }
        if start.elapsed() >= limit {
            stop(&mut child)?;
            return Ok(Outcome::TimedOut);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn stop(child: &mut Child) -> Result<()> {
    child.kill().context("cannot stop a program")?;
    child.wait().context("cannot wait for a program")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Outcome, run_for};
    use std::process::Command;
    use std::time::Duration;

    fn shell(script: &str, limit: Duration) -> Outcome {
        run_for(Command::new("sh").args(["-c", script]), limit).unwrap()
    }

    #[test]
    fn ends_are_told_apart() {
        let plenty = Duration::from_secs(60);
        assert!(shell("exit 0", plenty).is_success());
        assert_eq!(shell("exit 0", plenty).to_string(), "ok");
        assert!(!shell("exit 3", plenty).is_success());
        assert!(shell("exit 3", plenty).to_string().starts_with("FAILED"));
        let stopped = shell("exec sleep 60", Duration::from_millis(50));
        assert_eq!(stopped.to_string(), "TIMED OUT");
        assert!(!stopped.is_success());
    }
}

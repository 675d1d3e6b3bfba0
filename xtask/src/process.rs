//! Runs other programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fmt};

use anyhow::{Context, Result, ensure};

/// A command as a person would type it.
struct Shown<'a>(&'a Command);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.get_program().display())?;
        for argument in self.0.get_args() {
            write!(f, " {}", argument.display())?;
        }
        Ok(())
    }
}

/// Shows `command` and runs it; it fails if the command does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", Shown(command));
    let status = command.status();
    let status = status.with_context(|| format!("cannot run `{}`", Shown(command)))?;
    ensure!(status.success(), "`{}` failed ({status})", Shown(command));
    Ok(())
}

/// Runs `command` with its standard output caught, whatever status it ends with.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    let output = command.output();
    output.with_context(|| format!("cannot run `{}`", Shown(command)))
}

/// What `command` prints on standard output, if it runs and succeeds.
pub(crate) fn stdout_of(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// The file that `name` runs, if there is one.
pub(crate) fn find_program(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name.as_ref()))
        .find(|file| file.is_file())
}

/// The cargo that runs this, else the one on the path, to be run in `dir`.
pub(crate) fn cargo(dir: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(dir);
    cargo
}

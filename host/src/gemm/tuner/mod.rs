//! Measured choices of plans for Hopper's engine, for those who want the last percent.
//!
//! [`hopper_plan`](crate::heuristics::hopper_gemm::hopper_plan) estimates which tile computes a product fastest. A [`Tuner`]
//! runs all of them, and remembers.

mod measure;
mod problem;
mod scratch;
mod table;
mod tune;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

pub use problem::GemmProblem;
use table::{Answer, Table};
pub use tune::Tuned;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::heuristics::hopper_gemm::HopperPlan;

/// Which plan is fastest for a product, as measured on a GPU. Cheap to clone; clones share their answers, as do threads.
///
/// Operations ask the tuner of the stream that they are called with, [`Stream::with_tuner`](crate::Stream::with_tuner); a
/// stream without one costs nothing. Tuning is explicit: a call without an answer runs by the library's own choice, and is
/// not measured. Answers belong to a kind of GPU (by its name), types and sizes. Those that cannot be followed, of a tile that
/// has no kernel for the types or no longer exists, or of more blocks than share such a K, are ignored.
///
/// ```
/// use gatewarp::activation::ActivationType;
/// use gatewarp::gemm::{Tuner, mm};
/// use gatewarp::{Device, Error, Tensor, bf16};
///
/// # let path = std::env::temp_dir().join(format!("gatewarp-doc-{}.jsonl", std::process::id()));
/// let tuner = Tuner::open(&path)?;
/// let stream = Device::best().stream()?.with_tuner(&tuner);
/// match tuner.tune_mm::<bf16, bf16>(&stream, [1, 16, 4096, 4096], ActivationType::Identity) {
///     Ok(tuned) => println!("{:?} takes {} s", tuned.plan, tuned.seconds),
///     Err(Error::Device { reason, .. }) => println!("{reason}"), // not a Hopper GPU
///     Err(error) => return Err(error),
/// }
/// let a = Tensor::<bf16>::zeros(&stream, &[16, 4096])?;
/// let b = Tensor::<bf16>::zeros(&stream, &[4096, 4096])?;
/// let c: Tensor<bf16> = mm(&stream, &a, &b)?; // by the answer, if there is one
/// # assert!(c.to_vec()?.iter().all(|c| c.to_f32() == 0.0));
/// # let _ = std::fs::remove_file(path);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Tuner(Arc<Inner>);

struct Inner {
    path: Option<PathBuf>,
    answers: RwLock<Table>,
    /// Held while the file is written.
    saving: Mutex<()>,
}

impl Tuner {
    /// A tuner whose answers are in a file, which each `tune_..` writes. It need not exist yet.
    ///
    /// It is text, a line for each answer; two files can be put one behind the other. Processes that tune at the same time
    /// want a file each: the file is what the last one wrote.
    ///
    /// # Errors
    /// [`Error::Tuning`] if the file is there and cannot be read, or with the first line that is no answer.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let answers = match fs::read_to_string(path) {
            Ok(text) => Table::parse(&text)
                .map_err(|(line, reason)| tuning_error(path, Some(line), reason))?,
            Err(error) if error.kind() == ErrorKind::NotFound => Table::default(),
            Err(error) => return Err(tuning_error(path, None, error)),
        };
        Ok(Self::new(Some(path.to_owned()), answers))
    }

    /// A tuner whose answers end with it.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(None, Table::default())
    }

    fn new(path: Option<PathBuf>, answers: Table) -> Self {
        Self(Arc::new(Inner {
            path,
            answers: RwLock::new(answers),
            saving: Mutex::new(()),
        }))
    }

    /// The plan for a problem on a device, if there is an answer, whether or not it can be followed.
    #[must_use]
    pub fn find(&self, device: &Device, problem: &GemmProblem) -> Option<HopperPlan> {
        let answers = self
            .0
            .answers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        answers.find(device.label(), problem)?.plan()
    }

    /// Gives an answer without measuring, in place of one that is there. [`save`](Self::save) writes it.
    pub fn insert(&self, device: &Device, problem: GemmProblem, plan: HopperPlan) {
        self.answer(device, problem, Answer::new(plan, None));
    }

    fn answer(&self, device: &Device, problem: GemmProblem, answer: Answer) {
        let mut answers = self
            .0
            .answers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        answers.insert(device.label(), problem, answer);
    }

    /// How many answers there are, of all GPUs.
    #[must_use]
    pub fn len(&self) -> usize {
        let answers = self
            .0
            .answers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        answers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the file, if there is one: all of it, or nothing.
    ///
    /// # Errors
    /// [`Error::Tuning`] if it cannot be written.
    pub fn save(&self) -> Result<()> {
        let Some(path) = &self.0.path else {
            return Ok(());
        };
        let _alone = self.0.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = self
            .0
            .answers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let text = answers
            .to_text()
            .map_err(|error| tuning_error(path, None, error))?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", std::process::id()));
        let part = path.with_file_name(name);
        let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
        written.map_err(|error| tuning_error(path, None, error))
    }
}

impl std::fmt::Debug for Tuner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, answers) = (&self.0.path, self.len());
        f.debug_struct("Tuner")
            .field("path", path)
            .field("answers", &answers)
            .finish()
    }
}

fn tuning_error(path: &Path, line: Option<usize>, reason: impl ToString) -> Error {
    Error::Tuning {
        file: path.display().to_string(),
        line,
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests;

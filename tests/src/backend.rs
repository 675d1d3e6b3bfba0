//! The devices that the suite runs on.
//!
//! | backend | is compared with |
//! |---|---|
//! | `cpu` | the naive twins |
//! | `simulator` | the CPU device |
//! | `cuda` | the CPU device |

use std::env;
use std::fmt::Debug;

use gatewarp::device::SimOptions;
use gatewarp::{Device, Result, Stream};
use libtest_mimic::Failed;
use proptest::prelude::Strategy;
use proptest::test_runner::TestCaseResult;

use crate::property::{Draw, check};

/// Which backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The references.
    Cpu,
    /// The kernels on the CPU.
    Simulator,
    /// The kernels on a GPU.
    Cuda,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Simulator, Self::Cuda];

    /// The name that trials have in front of theirs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Simulator => "simulator",
            Self::Cuda => "cuda",
        }
    }

    /// A device of this kind.
    ///
    /// # Errors
    /// The library's, where there is no GPU.
    pub fn device(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::cpu()),
            Self::Simulator => Ok(Device::simulator(SimOptions::default())),
            Self::Cuda => Device::cuda(0),
        }
    }

    /// Cases drawn for each that a trial asks for.
    fn case_factor(self) -> u32 {
        match self {
            Self::Cpu | Self::Cuda => 24,
            Self::Simulator => 8,
        }
    }
}

/// What a trial runs with.
pub struct Context {
    /// Which backend.
    pub kind: Kind,
    /// A stream of its device, this trial's own.
    pub stream: Stream,
    /// A stream of the CPU device.
    pub cpu: Stream,
    seed: u64,
}

impl Context {
    /// A context for the trial of this name.
    ///
    /// # Errors
    /// The library's.
    pub fn new(kind: Kind, device: &Device, trial: &str) -> Result<Self> {
        Ok(Self {
            kind,
            stream: device.stream()?,
            cpu: Device::cpu().stream()?,
            seed: number("GATEWARP_TEST_SEED").unwrap_or_else(|| hash(trial)),
        })
    }

    /// What an operation should give: the naive twin's result for the CPU, the CPU's for other devices.
    ///
    /// # Errors
    /// The library's.
    pub fn oracle<R>(
        &self,
        library: impl FnOnce(&Stream) -> Result<R>,
        naive: impl FnOnce() -> R,
    ) -> Result<R> {
        match self.kind {
            Kind::Cpu => Ok(naive()),
            Kind::Simulator | Kind::Cuda => library(&self.cpu),
        }
    }

    /// Checks a property for the `kept` cases and for drawn ones: `cases`, times what the
    /// backend is fast enough for, times `GATEWARP_TEST_CASES`.
    ///
    /// # Errors
    /// The failure and its smallest case.
    pub fn check<S: Strategy>(
        &self,
        cases: u32,
        kept: Vec<S::Value>,
        strategy: &S,
        property: impl Fn(&S::Value) -> TestCaseResult,
    ) -> std::result::Result<(), Failed>
    where
        S::Value: Debug,
    {
        let factor = number("GATEWARP_TEST_CASES").unwrap_or(1) as u32;
        let draw = Draw {
            cases: cases * self.kind.case_factor() * factor,
            seed: self.seed,
        };
        check(draw, kept, strategy, property)
    }

    /// A size: `small`, but `large` on a GPU.
    #[must_use]
    pub fn size(&self, small: usize, large: usize) -> usize {
        match self.kind {
            Kind::Cpu | Kind::Simulator => small,
            Kind::Cuda => large,
        }
    }

    /// The given cases on a GPU, none elsewhere: shapes of real models, too slow for the CPU.
    #[must_use]
    pub fn real<C>(&self, cases: Vec<C>) -> Vec<C> {
        match self.kind {
            Kind::Cuda => cases,
            Kind::Cpu | Kind::Simulator => Vec::new(),
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// FNV-1a: a seed of its own for each trial, the same every time.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

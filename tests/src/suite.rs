//! Trials, stamped on a backend.

use std::env;
use std::sync::Arc;

use gatewarp::Device;
use libtest_mimic::{Failed, Trial};

use crate::backend::{Context, Kind};

/// What a trial comes to.
pub type Outcome = Result<(), Failed>;

/// A trial's body.
pub type Body = fn(&Context) -> Outcome;

/// The trials of one backend.
pub struct Suite {
    kind: Kind,
    device: Arc<Result<Device, String>>,
    trials: Vec<Trial>,
}

impl Suite {
    /// No trials yet. Where the backend has no device, its trials are ignored, and a line says so.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let device = kind.device().map_err(|error| error.to_string());
        if let Err(error) = &device {
            println!("{}: skipped, {error}", kind.name());
        }
        let mut this = Self {
            kind,
            device: Arc::new(device),
            trials: Vec::new(),
        };
        this.require_device();
        this
    }

    /// Adds a trial.
    pub fn trial(&mut self, name: &str, body: Body) {
        let name = format!("{}::{name}", self.kind.name());
        let (kind, device, seeded) = (self.kind, self.device.clone(), name.clone());
        let run = move || match &*device {
            Ok(device) => body(&Context::new(kind, device, &seeded)?),
            Err(error) => Err(Failed::from(error)),
        };
        let ignored = self.device.is_err();
        self.trials
            .push(Trial::test(name, run).with_ignored_flag(ignored));
    }

    /// The trials.
    #[must_use]
    pub fn into_trials(self) -> Vec<Trial> {
        self.trials
    }

    /// With `GATEWARP_REQUIRE_CUDA=1`, a machine without a GPU fails one trial.
    fn require_device(&mut self) {
        let required = env::var("GATEWARP_REQUIRE_CUDA").is_ok_and(|value| value == "1");
        if let (true, Err(error)) = (required, &*self.device) {
            let error = error.clone();
            let name = format!("{}::device", self.kind.name());
            self.trials
                .push(Trial::test(name, move || Err(Failed::from(error))));
        }
    }
}

//! Measures one case: builds it, verifies it, times it, alone or in turn with the peer.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::case::{Bench, Case, Spec};
use crate::ceiling::{Bound, Ceilings};
use crate::clock::ClockMeter;
use crate::contest::{self, Rival};
use crate::report::Row;
use crate::timing::{self, Effort, Replay, Timing};

/// What all cases of a sweep share.
pub struct Meter<'a> {
    /// What building a case takes.
    pub bench: Bench<'a>,
    /// What the device can do at most, if it was measured.
    pub ceilings: Option<Ceilings>,
    /// The clock.
    pub clock: ClockMeter,
    /// How long and how often.
    pub effort: Effort,
    /// Where it runs.
    pub device: String,
    /// What is measured.
    pub commit: String,
}

/// Times of a case and of the peer.
struct Times {
    ours: Timing,
    peer: Option<Timing>,
    sustained: Option<f64>,
    peer_sustained: Option<f64>,
}

impl Meter<'_> {
    /// The row of a case.
    ///
    /// # Errors
    /// What is wrong with its result; the library's or the peer's.
    pub fn measure(&self, spec: &Spec) -> Result<Row> {
        let mut case = (spec.build)(&self.bench)?;
        if self.bench.stream.device().is_cuda() {
            let verified = case.verify(self.bench.stream);
            verified.context("not timed, its result is wrong")?;
        }
        let (times, clock) = self.clock.during(|| self.time(spec, case.as_mut()));
        let mut row = self.row(spec, &times?);
        row.clock = clock;
        Ok(row)
    }

    fn time(&self, spec: &Spec, case: &mut dyn Case) -> Result<Times> {
        if spec.host {
            return self.time_host(case);
        }
        let stream = self.bench.stream;
        let effort = self.effort_of(spec);
        let ours = Replay::capture(stream, case.rotation(), effort.replay, |call| {
            Ok(case.run(stream, call)?)
        })?;
        let peer = match (self.bench.peer, &spec.problem) {
            (Some(peer), Some(problem)) => Rival::best(peer, problem, stream, case, &effort)?,
            _ => None,
        };
        let contenders: Vec<&Replay> = [Some(&ours), peer.as_ref().map(|it| &it.replay)]
            .into_iter()
            .flatten()
            .collect();
        let timings = timing::in_turn(stream, &contenders, &effort)?;
        let sustained = |replay: &Replay| match effort.sustained {
            Duration::ZERO => Ok(None),
            time => replay.sustained(stream, time).map(Some),
        };
        Ok(Times {
            ours: timings[0],
            peer: timings.get(1).copied(),
            sustained: sustained(&ours)?,
            peer_sustained: peer.as_ref().map_or(Ok(None), |it| sustained(&it.replay))?,
        })
    }

    fn time_host(&self, case: &mut dyn Case) -> Result<Times> {
        let stream = self.bench.stream;
        let ours = timing::host(stream, self.effort.rounds, |call| {
            Ok(case.run(stream, call)?)
        })?;
        Ok(Times {
            ours,
            peer: None,
            sustained: None,
            peer_sustained: None,
        })
    }

    /// Only what heats the device needs pauses and a sustained time.
    fn effort_of(&self, spec: &Spec) -> Effort {
        let bound = self.ceilings.as_ref().map(|it| it.bound(&spec.work));
        match bound {
            Some(Bound::Compute) => self.effort,
            _ => Effort {
                idle: Duration::ZERO,
                sustained: Duration::ZERO,
                ..self.effort
            },
        }
    }

    fn row(&self, spec: &Spec, times: &Times) -> Row {
        let (seconds, bytes) = (times.ours.median, spec.work.bytes() as f64);
        let us = |seconds: f64| seconds * 1e6;
        let peer = times.peer.as_ref().map(|timing| timing.median);
        let least = self.ceilings.as_ref().map(|it| it.seconds(&spec.work));
        Row {
            op: spec.op.to_owned(),
            family: spec.family.to_owned(),
            dtype: spec.dtype.to_owned(),
            set: spec.set.clone(),
            shape: spec.shape.clone(),
            us: us(seconds),
            us_min: us(times.ours.min),
            us_max: us(times.ours.max),
            us_sustained: times.sustained.map(us),
            gbps: (bytes > 0.0).then(|| bytes / seconds / 1e9),
            tflops: (spec.work.flops > 0.0).then(|| spec.work.flops / seconds / 1e12),
            roofline: least
                .filter(|&least| least > 0.0)
                .map(|least| least / seconds),
            peer: peer.map(|_| contest::NAME.to_owned()),
            peer_us: peer.map(us),
            peer_us_sustained: times.peer_sustained.map(us),
            ratio: peer.map(|peer| peer / seconds),
            device: self.device.clone(),
            clock: None,
            commit: self.commit.clone(),
        }
    }
}

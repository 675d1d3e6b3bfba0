//! How time is taken.
//!
//! Device time: a graph of many calls, each on other buffers than the last, so that the caches are cold and
//! no launch overhead is in between; events around its replay; the median of many replays. Contenders are
//! replayed in turn (A B A B), so that a drift of the clock meets both. A compute-bound call heats the device
//! until its clock falls: it is timed in bursts after idling, and once more when it has run for seconds.
//! Host time: the clock around calls that do not wait.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gatewarp::{Event, Graph, Stream};

/// Calls between two synchronisations when host time is taken: less than the driver's queue of 1024 launches
/// holds, at up to seven a call.
const UNSYNCHRONISED_CALLS: usize = 100;

/// Calls in a graph at most.
const MOST_CALLS: usize = 2048;

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Replays of each contender.
    pub rounds: usize,
    /// How long a replay should take, about.
    pub replay: Duration,
    /// How long a device idles before a replay that would heat it.
    pub idle: Duration,
    /// How long a compute-bound call runs for its sustained time; not at all if zero.
    pub sustained: Duration,
}

/// Seconds of one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// The median.
    pub median: f64,
    /// The shortest.
    pub min: f64,
    /// The longest.
    pub max: f64,
}

impl Timing {
    /// Of at least one sample.
    fn of(mut seconds: Vec<f64>) -> Result<Self> {
        ensure!(!seconds.is_empty(), "nothing was timed");
        seconds.sort_by(f64::total_cmp);
        Ok(Self {
            median: seconds[seconds.len() / 2],
            min: seconds[0],
            max: seconds[seconds.len() - 1],
        })
    }
}

/// Captured calls, to be replayed.
pub struct Replay {
    graph: Graph,
    calls: usize,
}

impl Replay {
    /// Captures `work(i)` for as many `i` as take about `replay`, in whole rotations.
    ///
    /// # Errors
    /// What `work`, the capture or the replay returns.
    pub fn capture(
        stream: &Stream,
        rotation: usize,
        replay: Duration,
        mut work: impl FnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        // Kernels load at their first launch.
        work(0)?;
        let trial = Self::of_calls(stream, rotation, &mut work)?;
        let once = trial.seconds(stream)?.min(trial.seconds(stream)?);
        let wanted = replay.as_secs_f64() / once.max(1e-9);
        let rotations = (wanted / rotation as f64).round() as usize;
        let calls = rotation * rotations.clamp(1, MOST_CALLS.div_ceil(rotation));
        Self::of_calls(stream, calls, &mut work)
    }

    fn of_calls(
        stream: &Stream,
        calls: usize,
        mut work: impl FnMut(usize) -> Result<()>,
    ) -> Result<Self> {
        let mut failure = None;
        let graph = stream.capture(|_| {
            failure = (0..calls).try_for_each(&mut work).err();
            Ok(())
        })?;
        failure.map_or(Ok(Self { graph, calls }), Err)
    }

    /// Seconds of one call, in one replay.
    fn seconds(&self, stream: &Stream) -> Result<f64> {
        let start = Event::record(stream)?;
        self.launch(stream)?;
        let taken = Event::record(stream)?.seconds_since(&start)?;
        Ok(taken / self.calls as f64)
    }

    fn launch(&self, stream: &Stream) -> Result<()> {
        // SAFETY: what the calls use lives as long as the case that was captured, and nothing else runs.
        Ok(unsafe { self.graph.launch(stream) }?)
    }

    /// Seconds of one call when it has run for `time`: of the last of many replays.
    ///
    /// # Errors
    /// The library's.
    pub fn sustained(&self, stream: &Stream, time: Duration) -> Result<f64> {
        let (start, mut last) = (Instant::now(), Vec::new());
        while start.elapsed() < time {
            let seconds = self.seconds(stream)?;
            if 2 * start.elapsed() > time {
                last.push(seconds);
            }
        }
        Ok(Timing::of(last)?.median)
    }
}

/// Device time of each contender, replayed in turn.
///
/// # Errors
/// The library's.
pub fn in_turn(stream: &Stream, contenders: &[&Replay], effort: &Effort) -> Result<Vec<Timing>> {
    let mut seconds = vec![Vec::with_capacity(effort.rounds); contenders.len()];
    for round in 0..=effort.rounds {
        for (contender, seconds) in contenders.iter().zip(&mut seconds) {
            thread::sleep(effort.idle);
            let taken = contender.seconds(stream)?;
            // The first round warms up.
            if round > 0 {
                seconds.push(taken);
            }
        }
    }
    seconds.into_iter().map(Timing::of).collect()
}

/// Host time of `work`: how long the caller is held up, with an idle device behind it.
///
/// # Errors
/// What `work` returns.
pub fn host(
    stream: &Stream,
    rounds: usize,
    mut work: impl FnMut(usize) -> Result<()>,
) -> Result<Timing> {
    let mut seconds = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        stream.synchronize()?;
        let start = Instant::now();
        (0..UNSYNCHRONISED_CALLS).try_for_each(&mut work)?;
        seconds.push(start.elapsed().as_secs_f64() / UNSYNCHRONISED_CALLS as f64);
    }
    stream.synchronize()?;
    Timing::of(seconds)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use gatewarp::Device;

    use super::{Effort, Replay, Timing, in_turn};

    const EFFORT: Effort = Effort {
        rounds: 3,
        replay: Duration::from_millis(1),
        idle: Duration::ZERO,
        sustained: Duration::ZERO,
    };

    #[test]
    fn timings_are_median_and_extremes() {
        let timing = Timing::of(vec![3.0, 1.0, 2.0]).expect("samples");
        let expected = Timing {
            median: 2.0,
            min: 1.0,
            max: 3.0,
        };
        assert_eq!(timing, expected);
        assert!(Timing::of(Vec::new()).is_err());
    }

    #[test]
    fn captures_are_whole_rotations() {
        let stream = Device::cpu().stream().expect("the CPU");
        let calls = RefCell::new(Vec::new());
        let replay = Replay::capture(&stream, 7, EFFORT.replay, |i| {
            calls.borrow_mut().push(i);
            Ok(())
        });
        let replay = replay.expect("nothing fails");
        assert!(replay.calls.is_multiple_of(7) && replay.calls >= 7);
        assert_eq!(calls.borrow().last(), Some(&(replay.calls - 1)));
        let timings = in_turn(&stream, &[&replay, &replay], &EFFORT).expect("nothing fails");
        assert_eq!(timings.len(), 2);
    }
}

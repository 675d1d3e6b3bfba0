//! How time is taken.
//!
//! Device time: a graph of many calls, each on other buffers than the last, so that the caches are cold and
//! no launch overhead is in between; events around its replay; the median of many replays. Host time: the
//! clock around calls that do not wait.

use std::time::Instant;

use gatewarp::{Event, Result, Stream};

/// Replays of the graph that are timed.
const REPLAYS: usize = 20;

/// Calls between two synchronisations when host time is taken: less than the driver's queue of 1024 launches
/// holds, at up to seven a call.
const UNSYNCHRONISED_CALLS: usize = 100;

/// Seconds of one call.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The median.
    pub median: f64,
    /// The shortest.
    pub min: f64,
    /// The longest.
    pub max: f64,
}

impl Timing {
    fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self {
            median: seconds[seconds.len() / 2],
            min: seconds[0],
            max: seconds[seconds.len() - 1],
        }
    }
}

/// Device time of `work(i)`, captured for `i` in `0..calls` and replayed as one.
///
/// # Errors
/// What `work`, the capture or the replay returns.
pub fn device(
    stream: &Stream,
    calls: usize,
    mut work: impl FnMut(usize) -> Result<()>,
) -> Result<Timing> {
    // Kernels load at their first launch.
    work(0)?;
    let graph = stream.capture(|_| (0..calls).try_for_each(&mut work))?;
    let mut seconds = Vec::with_capacity(REPLAYS);
    for replay in 0..=REPLAYS {
        let start = Event::record(stream)?;
        // SAFETY: `work` still holds all that it used, and nothing else runs.
        unsafe { graph.launch(stream) }?;
        let taken = Event::record(stream)?.seconds_since(&start)?;
        if replay > 0 {
            seconds.push(taken / calls as f64);
        }
    }
    Ok(Timing::of(seconds))
}

/// Host time of `work`: how long the caller is held up, with an idle device behind it.
///
/// # Errors
/// What `work` returns.
pub fn host(stream: &Stream, mut work: impl FnMut() -> Result<()>) -> Result<Timing> {
    let mut seconds = Vec::with_capacity(REPLAYS);
    for _ in 0..REPLAYS {
        stream.synchronize()?;
        let start = Instant::now();
        for _ in 0..UNSYNCHRONISED_CALLS {
            work()?;
        }
        seconds.push(start.elapsed().as_secs_f64() / UNSYNCHRONISED_CALLS as f64);
    }
    Ok(Timing::of(seconds))
}

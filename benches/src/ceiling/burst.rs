//! Timing in bursts: a few milliseconds of work, then a pause, so that neither heat nor the power limit lowers
//! the clock.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use gatewarp::{Event, Stream};

/// Bursts that are timed.
const REPEATS: usize = 20;

/// The pause before each.
const IDLE: Duration = Duration::from_millis(20);

/// Seconds of one of `calls` calls back to back: the median of [`REPEATS`] bursts.
///
/// The time from the first event to the first call, some microseconds, is counted; a burst is to be long enough.
pub(super) fn seconds(
    stream: &Stream,
    calls: usize,
    mut call: impl FnMut() -> gatewarp::Result<()>,
) -> Result<f64> {
    // Kernels load at their first launch.
    call()?;
    stream.synchronize()?;
    let mut taken = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        thread::sleep(IDLE);
        let start = Event::record(stream)?;
        (0..calls).try_for_each(|_| call())?;
        taken.push(Event::record(stream)?.seconds_since(&start)?);
    }
    Ok(median(taken) / calls as f64)
}

/// The middle one of at least one sample.
pub(super) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use gatewarp::Device;

    use super::{REPEATS, median, seconds};

    #[test]
    fn a_burst_is_divided_among_its_calls() {
        let stream = Device::cpu().stream().expect("the CPU");
        let mut calls = 0;
        let taken = seconds(&stream, 2, || {
            calls += 1;
            thread::sleep(Duration::from_millis(2));
            Ok(())
        });
        assert_eq!(calls, 1 + 2 * REPEATS);
        let taken = taken.expect("nothing fails");
        assert!((2e-3..1.0).contains(&taken), "{taken}");
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}

//! Measuring plans: each runs in a graph of its own, over operands that the L2 cache does not hold together.

use super::{GemmProblem, Tuner};
use crate::device::{Event, Graph, Stream};
use crate::error::Result;
use crate::heuristics::hopper_gemm::HopperPlan;

/// The most calls of a measurement, and so the most sets of operands that it goes through.
pub(super) const MOST_CALLS: usize = 64;

/// Seconds that one measurement should take.
const SPAN: f64 = 4e-4;

/// Measurements of each plan, of which the median counts.
const ROUNDS: usize = 7;

/// Seconds of a call by each plan.
pub(super) fn measure(
    stream: &Stream,
    problem: GemmProblem,
    plans: &[HopperPlan],
    run: &mut impl FnMut(&Stream, usize) -> Result<()>,
) -> Result<Vec<f64>> {
    let runs: Result<Vec<_>> = plans
        .iter()
        .map(|plan| PlanRun::new(stream, problem, *plan, run))
        .collect();
    let mut runs = runs?;
    for _ in 0..ROUNDS {
        // All in turn, so that clocks that change meet each.
        runs.iter_mut().try_for_each(|run| run.measure(stream))?;
    }
    Ok(runs.into_iter().map(PlanRun::median).collect())
}

/// Calls by one plan.
struct PlanRun {
    graph: Graph,
    calls: usize,
    /// Seconds of a call.
    seconds: Vec<f64>,
}

impl PlanRun {
    fn new(
        stream: &Stream,
        problem: GemmProblem,
        plan: HopperPlan,
        run: &mut impl FnMut(&Stream, usize) -> Result<()>,
    ) -> Result<Self> {
        let only = Tuner::in_memory();
        only.insert(stream.device(), problem, plan);
        let stream = stream.with_tuner(&only);
        // The first loads the kernel, which a capture could not.
        run(&stream, 0)?;
        let start = Event::record(&stream)?;
        run(&stream, 1)?;
        let seconds = Event::record(&stream)?.seconds_since(&start)?;
        let calls = ((SPAN / seconds.max(1e-6)) as usize).clamp(2, MOST_CALLS);
        let graph = stream.capture(|stream| (0..calls).try_for_each(|call| run(stream, call)))?;
        Ok(Self {
            graph,
            calls,
            seconds: Vec::new(),
        })
    }

    fn measure(&mut self, stream: &Stream) -> Result<()> {
        let start = Event::record(stream)?;
        // SAFETY: the operands live while plans are measured, and nobody else uses them.
        unsafe { self.graph.launch(stream)? };
        let seconds = Event::record(stream)?.seconds_since(&start)?;
        self.seconds.push(seconds / self.calls as f64);
        Ok(())
    }

    fn median(mut self) -> f64 {
        self.seconds.sort_by(f64::total_cmp);
        self.seconds[self.seconds.len() / 2]
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::{MOST_CALLS, PlanRun, measure};
    use crate::device::{Device, Stream};
    use crate::gemm::tuner::GemmProblem;
    use crate::heuristics::hopper_gemm::Sums;
    use crate::heuristics::hopper_gemm::{HopperPlan, HopperTile};

    const fn plan(split: usize) -> HopperPlan {
        HopperPlan {
            split,
            ..HopperPlan::of(HopperTile::Few16)
        }
    }

    const PLANS: [HopperPlan; 2] = [plan(1), plan(2)];

    #[test]
    fn each_plan_runs_by_itself_over_all_operands() {
        let stream = Device::cpu().stream().expect("the CPU");
        let problem = GemmProblem::new::<bf16, bf16, bf16>(Sums::TensorCores, [1, 8, 16, 16]);
        let mut calls = Vec::new();
        let mut run = |stream: &Stream, set: usize| {
            let tuner = stream.tuner().expect("that of the plan");
            calls.push((tuner.find(stream.device(), &problem), set));
            Ok(())
        };
        let seconds = measure(&stream, problem, &PLANS, &mut run).expect("nothing fails");
        assert_eq!(seconds.len(), 2);
        for plan in PLANS {
            assert!(calls.contains(&(Some(plan), MOST_CALLS - 1)));
        }
    }

    #[test]
    fn the_median_counts() {
        let stream = Device::cpu().stream().expect("the CPU");
        let graph = stream.capture(|_| Ok(())).expect("an empty graph");
        let seconds = vec![9.0, 1.0, 2.0];
        let run = PlanRun {
            graph,
            calls: 1,
            seconds,
        };
        assert_eq!(run.median(), 2.0);
    }
}

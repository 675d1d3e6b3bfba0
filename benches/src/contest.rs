//! The peer's best: all that its heuristics suggest for a problem, timed.

use anyhow::{Context, Result, anyhow};
use gatewarp::{Stream, Tensor};

use crate::case::Case;
use crate::peer::{CublasLt, Operands, Plan, Problem};
use crate::timing::{self, Effort, Replay};

/// The peer's name.
pub const NAME: &str = "cublaslt";

/// Suggestions that are tried.
const SUGGESTIONS: usize = 16;

/// Scratch memory that the peer may ask for: what NVIDIA recommends for Hopper.
pub const WORKSPACE: usize = 32 << 20;

/// Replays of each suggestion.
const TRIALS: usize = 3;

/// The peer's fastest way on a case's operands, captured.
pub struct Rival {
    /// To be replayed.
    pub replay: Replay,
    /// What the replay uses.
    _plan: Plan,
    _workspace: Tensor<u8>,
}

impl Rival {
    /// The fastest of what the heuristics suggest, verified; none if the peer does not solve the problem.
    ///
    /// # Errors
    /// What is wrong with its result; the peer's; the library's.
    pub fn best(
        peer: &CublasLt,
        problem: &Problem,
        stream: &Stream,
        case: &mut dyn Case,
        effort: &Effort,
    ) -> Result<Option<Self>> {
        let plans = match peer.candidates(problem, WORKSPACE, SUGGESTIONS) {
            Err(error) if error.is_unsolved() => return Ok(None),
            plans => plans?,
        };
        let mut workspace = Tensor::empty(stream, &[WORKSPACE])?;
        let (replay, plan) = fastest(plans, stream, case, &mut workspace, effort)?;
        let address = workspace.view_mut().as_ptr();
        let verified = case.verify_peer(stream, &mut |operands| {
            run(&plan, stream, &operands.with_workspace(address))
        });
        verified.context("the peer's result is wrong")?;
        Ok(Some(Self {
            replay,
            _plan: plan,
            _workspace: workspace,
        }))
    }
}

/// The plan that takes the least time, captured.
fn fastest(
    plans: Vec<Plan>,
    stream: &Stream,
    case: &mut dyn Case,
    workspace: &mut Tensor<u8>,
    effort: &Effort,
) -> Result<(Replay, Plan)> {
    let trial = Effort {
        rounds: TRIALS,
        ..*effort
    };
    let mut best: Option<(f64, Replay, Plan)> = None;
    for plan in plans {
        let replay = capture(&plan, stream, case, workspace, effort)?;
        let taken = timing::in_turn(stream, &[&replay], &trial)?[0].median;
        if best.as_ref().is_none_or(|(least, ..)| taken < *least) {
            best = Some((taken, replay, plan));
        }
    }
    let (_, replay, plan) = best.context("the peer suggests nothing")?;
    Ok((replay, plan))
}

fn capture(
    plan: &Plan,
    stream: &Stream,
    case: &mut dyn Case,
    workspace: &mut Tensor<u8>,
    effort: &Effort,
) -> Result<Replay> {
    let workspace = workspace.view_mut().as_ptr();
    Replay::capture(stream, case.rotation(), effort.replay, |call| {
        let operands = case.operands(call).context("no operands for the peer")?;
        run(plan, stream, &operands.with_workspace(workspace))
    })
}

/// One product of the peer on a stream.
///
/// # Errors
/// The peer's; that the stream is no GPU's.
pub fn run(plan: &Plan, stream: &Stream, operands: &Operands) -> Result<()> {
    let handle = stream.as_raw().ok_or_else(|| anyhow!("no GPU"))?;
    // SAFETY: the stream is alive, and its device current since the operands were made; they are a case's, of the
    // problem's sizes, or the workspace of the size that was offered, and nothing else runs.
    Ok(unsafe { plan.run(operands, handle) }?)
}

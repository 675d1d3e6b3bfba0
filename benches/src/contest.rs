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

/// Scratch memory that they may ask for: what NVIDIA recommends for Hopper.
const WORKSPACE: usize = 32 << 20;

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
    /// The fastest of what the heuristics suggest.
    ///
    /// # Errors
    /// The peer's, if it does not solve the problem; the library's.
    pub fn best(
        peer: &CublasLt,
        problem: &Problem,
        stream: &Stream,
        case: &mut dyn Case,
        effort: &Effort,
    ) -> Result<Self> {
        let mut workspace = Tensor::empty(stream, &[WORKSPACE])?;
        let mut best: Option<(f64, Replay, Plan)> = None;
        for plan in peer.candidates(problem, WORKSPACE, SUGGESTIONS)? {
            let replay = capture(&plan, stream, case, &mut workspace, effort)?;
            let trial = Effort {
                rounds: TRIALS,
                ..*effort
            };
            let taken = timing::in_turn(stream, &[&replay], &trial)?[0].median;
            if best.as_ref().is_none_or(|(least, ..)| taken < *least) {
                best = Some((taken, replay, plan));
            }
        }
        let (_, replay, plan) = best.context("the peer suggests nothing")?;
        Ok(Self {
            replay,
            _plan: plan,
            _workspace: workspace,
        })
    }
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

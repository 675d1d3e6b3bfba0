//! Top-k routing.

use cuda_std::launch::Kernel;
use half::{bf16, f16};

use super::router::Logits;
use crate::device::{LaunchConfig, Stream};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::kernels::moe as kernels;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// How a token's experts are chosen, and what they weigh. The names are FlashInfer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoutingMethodType {
    /// By logit; weights are the softmax over all experts, so those of the chosen sum to less than 1.
    Default,
    /// By logit; weights are the softmax over the chosen experts.
    #[default]
    Renormalize,
    /// In turn, whatever the logits: choice `j` of token `t` is expert `(t k + j) mod E`, weight `1 / k`.
    /// FlashInfer has no such method; its documentation's examples ask for one.
    RoundRobin,
}

/// The arguments of a top-k kernel.
type Args<L> = (*const L, *mut f32, *mut i32, u32, u32, u32);

/// A type that router logits can have: `f32`, `bf16`, `f16`.
pub trait RoutingLogits: Float + sealed::Kernels {}

pub(crate) mod sealed {
    use super::{Args, Logits};
    use crate::tensor::TensorView;
    use cuda_std::launch::Kernel;

    /// The kernels of a logits type.
    pub trait Kernels: Sized + 'static {
        /// Weights by the softmax over all experts.
        const DEFAULT: &'static Kernel<Args<Self>>;
        /// Weights by the softmax over the chosen ones.
        const RENORMALIZE: &'static Kernel<Args<Self>>;
        /// The logits, their type told at run time.
        fn wrap(logits: TensorView<'_, Self>) -> Logits<'_>;
    }
}

macro_rules! routing_logits {
    ($type:ty: $variant:ident, $default:ident, $renormalize:ident) => {
        impl RoutingLogits for $type {}

        impl sealed::Kernels for $type {
            const DEFAULT: &'static Kernel<Args<Self>> = &kernels::$default;
            const RENORMALIZE: &'static Kernel<Args<Self>> = &kernels::$renormalize;

            fn wrap(logits: TensorView<'_, Self>) -> Logits<'_> {
                Logits::$variant(logits)
            }
        }
    };
}

routing_logits!(f32: F32, topk_default_f32, topk_renormalize_f32);
routing_logits!(bf16: Bf16, topk_default_bf16, topk_renormalize_bf16);
routing_logits!(f16: F16, topk_default_f16, topk_renormalize_f16);

/// The `top_k` experts of each token and their weights, best first: `(weights, ids)`.
///
/// # Shapes
/// `logits [tokens, experts]`, contiguous; the results are `[tokens, top_k]`.
///
/// # Errors
/// [`Error::Argument`] if `top_k` is 0 or more than the experts; [`Error::Shape`] if `logits` is not a
/// contiguous matrix; [`Error::Placement`] if it is not on the stream.
///
/// # Numerics
/// Logits are compared exactly, ties go to the smaller id, and NaN ranks after everything, with weight 0;
/// so a token's ids are distinct and in range for any logits. Weights are computed in `f32`. FlashInfer's
/// `Default` compares the rounded probabilities instead, and so may tie where logits differ.
pub fn topk<L: RoutingLogits>(
    stream: &Stream,
    logits: &impl AsView<L>,
    method: RoutingMethodType,
    top_k: usize,
) -> Result<(Tensor<f32>, Tensor<i32>)> {
    let logits = logits.as_view();
    let [tokens, _] = shapes(&logits, top_k)?;
    let mut weights = Tensor::empty(stream, &[tokens, top_k])?;
    let mut ids = Tensor::empty(stream, &[tokens, top_k])?;
    topk_into(stream, &logits, method, &mut weights, &mut ids)?;
    Ok((weights, ids))
}

/// [`topk`] into `weights` and `ids`, both `[tokens, top_k]` and contiguous. Allocates nothing.
///
/// # Errors
/// As [`topk`]; [`Error::Shape`] if the results have other shapes.
pub fn topk_into<L: RoutingLogits>(
    stream: &Stream,
    logits: &impl AsView<L>,
    method: RoutingMethodType,
    weights: &mut impl AsViewMut<f32>,
    ids: &mut impl AsViewMut<i32>,
) -> Result<()> {
    let op = Op::new("topk", stream);
    let (logits, mut weights, mut ids) =
        (logits.as_view(), weights.as_view_mut(), ids.as_view_mut());
    let top_k = weights.shape().columns();
    let [tokens, experts] = shapes(&logits, top_k)?;
    let expected = [tokens, top_k];
    if **weights.shape() != expected || !weights.is_contiguous() {
        let expected = format!("[{tokens}, top_k], contiguous");
        return Err(Error::shape(op.name, "weights", expected, *weights.shape()));
    }
    if **ids.shape() != expected || !ids.is_contiguous() {
        let expected = format!("{expected:?}, contiguous");
        return Err(Error::shape(op.name, "ids", expected, *ids.shape()));
    }
    op.reads("logits", &logits)?;
    op.writes("weights", &weights)?;
    op.writes("ids", &ids)?;
    let shape = [tokens, experts, top_k];
    if op.runs_on_cpu() {
        return topk_on_cpu(stream, method, &logits, &mut weights, &mut ids, shape);
    }
    let (logits, weights, ids) = (logits.as_ptr(), weights.as_ptr(), ids.as_ptr());
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { topk_rows(stream, method, logits, weights, ids, shape) }
}

/// Routes by the reference.
fn topk_on_cpu<L: RoutingLogits>(
    stream: &Stream,
    method: RoutingMethodType,
    logits: &TensorView<'_, L>,
    weights: &mut TensorViewMut<'_, f32>,
    ids: &mut TensorViewMut<'_, i32>,
    [_, experts, top_k]: [usize; 3],
) -> Result<()> {
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (logits, weights, ids) = unsafe {
        (
            HostView::of(logits),
            HostViewMut::of(weights),
            HostViewMut::of(ids),
        )
    };
    stream.run_on_host(move || {
        let (weights, ids) = (weights.write().elements, ids.write().elements);
        reference::fused_moe::topk(method, logits.read().elements, experts, weights, ids, top_k);
        Ok(())
    })
}

/// Routes on the kernels.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(super) unsafe fn topk_rows<L: RoutingLogits>(
    stream: &Stream,
    method: RoutingMethodType,
    logits: *const L,
    weights: *mut f32,
    ids: *mut i32,
    [tokens, experts, top_k]: [usize; 3],
) -> Result<()> {
    if tokens == 0 {
        return Ok(());
    }
    let kernel = match method {
        RoutingMethodType::Default => L::DEFAULT,
        RoutingMethodType::Renormalize => L::RENORMALIZE,
        RoutingMethodType::RoundRobin => {
            let choices = tokens * top_k;
            let config = LaunchConfig::new(choices.div_ceil(256) as u32, 256);
            let args = (weights, ids, choices as u32, experts as u32, top_k as u32);
            // SAFETY: the caller's contract.
            return unsafe { stream.launch(&kernels::round_robin, config, args) };
        }
    };
    let blocks = (tokens as u32).div_ceil(kernels::ROUTING_TOKENS);
    let config = LaunchConfig::new(blocks, kernels::ROUTING_THREADS);
    // SAFETY: the caller's contract.
    unsafe {
        stream.launch(
            kernel,
            config,
            (
                logits,
                weights,
                ids,
                tokens as u32,
                experts as u32,
                top_k as u32,
            ),
        )
    }
}

/// `[tokens, experts]`, if there are `top_k` experts to choose.
fn shapes<L: RoutingLogits>(logits: &TensorView<'_, L>, top_k: usize) -> Result<[usize; 2]> {
    let &[tokens, experts] = &**logits.shape() else {
        return Err(Error::shape(
            "topk",
            "logits",
            "[tokens, experts]",
            *logits.shape(),
        ));
    };
    if !logits.is_contiguous() {
        return Err(Error::shape(
            "topk",
            "logits",
            "contiguous",
            *logits.shape(),
        ));
    }
    check_top_k("topk", tokens, experts, top_k)?;
    Ok([tokens, experts])
}

/// Experts that a layer may have at most: launches count them in 31 bits and choices with them.
const MAX_EXPERTS: usize = 1 << 16;

/// Checks that each token has `top_k` different experts, and that choices can be counted.
pub(super) fn check_top_k(
    op: &'static str,
    tokens: usize,
    experts: usize,
    top_k: usize,
) -> Result<()> {
    if top_k == 0 || top_k > experts {
        return Err(Error::argument(
            op,
            "top_k",
            format!("1 to {experts}, the number of experts"),
            top_k,
        ));
    }
    if experts > MAX_EXPERTS {
        return Err(Error::argument(
            op,
            "experts",
            format!("at most {MAX_EXPERTS}"),
            experts,
        ));
    }
    if tokens
        .checked_mul(top_k)
        .is_none_or(|choices| choices > 1 << 30)
    {
        return Err(Error::argument(
            op,
            "tokens * top_k",
            "at most 2^30",
            format!("{tokens} * {top_k}"),
        ));
    }
    Ok(())
}

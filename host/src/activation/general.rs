//! `activation`: any of the table.

use super::activation_type::ActivationType;
use super::call::{Call, Operand, halves};
use super::element::GatedElement;
use super::experts::ExpertParameters;
use crate::device::Stream;
use crate::error::Result;
use crate::fused_moe::GateUpOrder;
use crate::op::Op;
use crate::quantize::LiveRows;
use crate::tensor::{AsView, AsViewMut, Tensor};

const NAME: &str = "activation";

/// Which activation, of what.
#[derive(Clone, Copy)]
pub struct ActivationOptions<'a> {
    /// The activation.
    pub activation_type: ActivationType,
    /// Which half of a row is the gate; of no meaning where nothing is gated.
    pub order: GateUpOrder,
    /// Parameters that each expert has its own of.
    pub experts: Option<ExpertParameters<'a>>,
    /// Which rows exist; the others are neither read nor written.
    pub rows: LiveRows<'a>,
}

impl From<ActivationType> for ActivationOptions<'_> {
    /// Gate first, as FlashInfer's activations have it, the same parameters everywhere, all rows.
    fn from(activation_type: ActivationType) -> Self {
        Self {
            activation_type,
            order: GateUpOrder::GateFirst,
            experts: None,
            rows: LiveRows::All,
        }
    }
}

/// Any [`ActivationType`]: `act(gate) * up` of the halves of each row, or `act(x)`.
///
/// ```
/// use gatewarp::activation::{ActivationType, activation};
/// use gatewarp::{Device, Tensor};
///
/// let stream = Device::best().stream()?;
/// let x = Tensor::from_slice(&stream, &[3.0f32, -2.0], &[1, 2])?;
/// let squared = activation(&stream, &x, &ActivationType::Relu2.into())?;
/// assert_eq!(squared.to_vec()?, [9.0, 0.0]);
/// # Ok::<(), gatewarp::Error>(())
/// ```
///
/// # Shapes
/// `x [.., 2d]` of any rank from 1 up to `[.., d]` if [`is_gated`](ActivationType::is_gated), else any shape to the
/// same; the rows of `x` as far apart as they like. With [`LiveRows::Counted`], the matrices that are counted in are
/// those of the last two dimensions.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the last dimension of a gated activation is odd, or a tensor of the
/// options has another shape than documented there; [`Error::Argument`](crate::Error::Argument) if a parameter is not
/// in its range, or experts have one that the activation does not take;
/// [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// Computed in `f32` and rounded once, to nearest even. On a GPU within 1 ulp of a 16-bit result; exponentials and
/// quotients are approximate to 2 ulp of `f32` each, and what is below about 2^-119 may become zero.
pub fn activation<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &ActivationOptions<'_>,
) -> Result<Tensor<T>> {
    let x = x.as_view();
    let shape = match options.activation_type.is_gated() {
        true => *halves(Op::new(NAME, stream), x)?[0].view.shape(),
        false => *x.shape(),
    };
    let mut out = Tensor::empty(stream, &shape)?;
    activation_into(stream, &x, options, &mut out)?;
    Ok(out)
}

/// [`activation`] into `out`, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`activation`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape.
pub fn activation_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &ActivationOptions<'_>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    run(Op::new(NAME, stream), x, options, out)
}

/// [`activation_into`] under the name of an operation.
pub(super) fn run<T: GatedElement>(
    op: Op<'_>,
    x: &impl AsView<T>,
    options: &ActivationOptions<'_>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let x = x.as_view();
    let (gate, up) = match options.activation_type.is_gated() {
        false => (Operand { name: "x", view: x }, None),
        true => {
            let [first, second] = halves(op, x)?;
            match options.order {
                GateUpOrder::GateFirst => (first, Some(second)),
                GateUpOrder::UpFirst => (second, Some(first)),
            }
        }
    };
    let call = Call {
        experts: options.experts,
        live: options.rows,
        ..Call::new(op, options.activation_type, gate, up)
    };
    call.run(&mut out.as_view_mut())
}

//! What every activation has in common: an operation, its checked operands, and where it runs.

use super::activation_type::ActivationType;
use super::element::{Function, GatedElement};
use super::experts::{Checked, ExpertParameters};
use super::launch::{ActivationRows, Experts, General, function_rows, general_rows};
use super::on_cpu;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::quantize::LiveRows;
use crate::shape::Shape;
use crate::tensor::{TensorView, TensorViewMut};

/// An activation about to run.
pub(super) struct Call<'a, T> {
    pub op: Op<'a>,
    /// `[.., d]`.
    pub gate: Operand<'a, T>,
    /// `[.., d]`, what is gated.
    pub up: Option<Operand<'a, T>>,
    pub gate_bias: Option<TensorView<'a, T>>,
    pub up_bias: Option<TensorView<'a, T>>,
    pub activation: ActivationType,
    pub experts: Option<ExpertParameters<'a>>,
    pub live: LiveRows<'a>,
}

/// A tensor that is read, and what messages call it.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a, T> {
    pub name: &'static str,
    pub view: TensorView<'a, T>,
}

/// The halves of `x`'s rows; the first is the gate.
pub(super) fn halves<'a, T: GatedElement>(
    op: Op<'_>,
    x: TensorView<'a, T>,
) -> Result<[Operand<'a, T>; 2]> {
    let shape = x.shape();
    let d = shape.columns() / 2;
    if shape.is_empty() || shape.columns() != 2 * d || !fits(shape.rows(), d) {
        let expected = "[.., 2d], fewer than 2^31 rows, d less than 2^31";
        return Err(Error::shape(op.name, "x", expected, *shape));
    }
    let half = |range| x.columns(range).map(|view| Operand { name: "x", view });
    Ok([half(0..d)?, half(d..2 * d)?])
}

/// Whether kernels can count rows and columns.
fn fits(rows: usize, columns: usize) -> bool {
    rows <= i32::MAX as usize && columns <= i32::MAX as usize
}

/// The matrices of a shape, and the rows of each.
fn matrices(shape: &Shape) -> (usize, usize) {
    match **shape {
        [ref leading @ .., rows, _] => (leading.iter().product(), rows),
        _ => (1, 1),
    }
}

impl<'a, T: GatedElement> Call<'a, T> {
    /// `act(gate) * up`, or `act(gate)` without `up`.
    pub(super) fn new(
        op: Op<'a>,
        activation: ActivationType,
        gate: Operand<'a, T>,
        up: Option<Operand<'a, T>>,
    ) -> Self {
        Self {
            op,
            gate,
            up,
            gate_bias: None,
            up_bias: None,
            activation,
            experts: None,
            live: LiveRows::All,
        }
    }

    /// Checks everything, and runs.
    pub(super) fn run(self, out: &mut TensorViewMut<'_, T>) -> Result<()> {
        let experts = self.check(out)?;
        if self.gate.view.shape().elements() == 0 {
            return Ok(());
        }
        if self.op.runs_on_cpu() {
            return on_cpu::run(&self, experts.as_ref(), out);
        }
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe { self.on_kernels(experts.as_ref(), out) }
    }

    /// Checks everything; the parameters of experts, checked.
    fn check(&self, out: &TensorViewMut<'_, T>) -> Result<Option<Checked<'a>>> {
        let (op, gate) = (self.op, &self.gate);
        let shape = *gate.view.shape();
        if !fits(shape.rows(), shape.columns()) {
            let expected = "fewer than 2^31 rows and columns";
            return Err(Error::shape(op.name, gate.name, expected, shape));
        }
        op.reads(gate.name, &gate.view)?;
        if let Some(up) = &self.up {
            self.same_shape(up.name, up.view.shape())?;
            op.reads(up.name, &up.view)?;
        }
        self.same_shape("out", out.shape())?;
        op.writes("out", out)?;
        self.check_bias("gate_bias", &self.gate_bias)?;
        self.check_bias("up_bias", &self.up_bias)?;
        self.activation.check(op.name)?;
        let (matrices, rows) = matrices(&shape);
        self.live.check(op, matrices, rows)?;
        let experts = self.experts;
        experts
            .map(|experts| experts.check(op, self.activation, shape.rows()))
            .transpose()
    }

    fn same_shape(&self, name: &'static str, found: &Shape) -> Result<()> {
        let expected = self.gate.view.shape();
        if found == expected {
            return Ok(());
        }
        let expected = expected.to_string();
        Err(Error::shape(self.op.name, name, expected, *found))
    }

    fn check_bias(&self, name: &'static str, bias: &Option<TensorView<'_, T>>) -> Result<()> {
        let Some(bias) = bias else { return Ok(()) };
        let d = self.gate.view.shape().columns();
        if **bias.shape() != [d] {
            let expected = format!("[{d}]");
            return Err(Error::shape(self.op.name, name, expected, *bias.shape()));
        }
        self.op.reads(name, bias)
    }

    /// The kernels of the activation itself, if it has some and they do for this call.
    fn function(&self) -> Option<Function> {
        let plain = self.gate_bias.is_none() && self.up_bias.is_none() && self.experts.is_none();
        match self.activation {
            ActivationType::Swiglu if plain => Some(Function::Silu),
            ActivationType::Geglu if plain => Some(Function::Gelu),
            ActivationType::GegluTanh if plain => Some(Function::GeluTanh),
            ActivationType::Relu2 if plain => Some(Function::SquaredRelu),
            _ => None,
        }
    }

    /// # Safety
    /// Everything was checked, and the memory is in the stream's order.
    unsafe fn on_kernels(
        &self,
        experts: Option<&Checked<'_>>,
        out: &TensorViewMut<'_, T>,
    ) -> Result<()> {
        let rows = self.rows(experts, out);
        if let Some(function) = self.function() {
            // SAFETY: the caller's contract.
            return unsafe { function_rows(self.op.stream, &rows, function) };
        }
        let address = |bias: &Option<TensorView<'_, T>>| {
            bias.as_ref().map_or(std::ptr::null(), TensorView::as_ptr)
        };
        let general = General {
            gate_bias: address(&self.gate_bias),
            up_bias: address(&self.up_bias),
            number: self.activation.number(),
            parameters: self.activation.parameters(),
            experts: experts.map_or(Experts::NONE, Checked::pointers),
        };
        // SAFETY: the caller's contract.
        unsafe { general_rows(self.op.stream, &rows, &general) }
    }

    /// The rows, as kernels take them.
    fn rows(&self, experts: Option<&Checked<'_>>, out: &TensorViewMut<'_, T>) -> ActivationRows<T> {
        let (gate, up) = (&self.gate.view, self.up.as_ref().map(|up| &up.view));
        let mut live = self.live.pointers();
        if let (Some(experts), true) = (experts, live.0.is_null()) {
            live.0 = experts.n_used();
        }
        ActivationRows {
            gate: gate.as_ptr(),
            up: up.map_or(std::ptr::null(), TensorView::as_ptr),
            out: out.as_ptr(),
            rows: gate.shape().rows(),
            d: gate.shape().columns(),
            gate_stride: gate.row_stride(),
            up_stride: up.map_or(0, TensorView::row_stride),
            out_stride: out.row_stride(),
            live,
            rows_per_group: matrices(gate.shape()).1.max(1),
        }
    }
}

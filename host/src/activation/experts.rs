//! Parameters of activations that each expert has its own of.

use std::ptr::null;

use super::activation_type::ActivationType;
use super::launch;
use crate::error::{Error, Result};
use crate::op::{HostView, Op};
use crate::tensor::TensorView;

/// Whose rows are whose.
#[derive(Clone, Copy)]
pub enum ExpertRows<'a> {
    /// `[experts + 1]`, ascending: where the rows of each expert begin, and where those of the last end. The device
    /// reads it as the operation runs; rows from the last offset on do not exist, unless
    /// [`LiveRows::Mapped`](crate::quantize::LiveRows::Mapped) says how many are in use.
    Offsets(TensorView<'a, i32>),
    /// As many rows for each expert.
    Each(usize),
}

/// Parameters of experts, each `[experts]`. One that is missing is the same for all: the activation's own.
///
/// FlashInfer's `swiglu_alpha`, `swiglu_beta`, `swiglu_limit`, `situ_beta` and `situ_linear_beta`.
#[derive(Clone, Copy)]
pub struct ExpertParameters<'a> {
    /// Whose rows are whose.
    pub rows: ExpertRows<'a>,
    /// Of [`ActivationType::SwigluBias`].
    pub alpha: Option<TensorView<'a, f32>>,
    /// Of [`ActivationType::SwigluBias`].
    pub beta: Option<TensorView<'a, f32>>,
    /// Of [`ActivationType::SwigluBias`] and [`ActivationType::SwigluStep`].
    pub limit: Option<TensorView<'a, f32>>,
    /// Of [`ActivationType::Situ`].
    pub situ_beta: Option<TensorView<'a, f32>>,
    /// Of [`ActivationType::Situ`].
    pub situ_linear_beta: Option<TensorView<'a, f32>>,
}

impl ExpertRows<'_> {
    /// How many experts `rows` rows are of.
    fn check(&self, op: Op<'_>, rows: usize) -> Result<usize> {
        let (count, whole) = match self {
            Self::Offsets(offsets) => {
                let count = offsets.shape().elements().saturating_sub(1);
                vector(op, "offsets", offsets, count + 1)?;
                (count, count > 0)
            }
            Self::Each(each) => {
                let count = rows.checked_div(*each).unwrap_or(0);
                (count, count * each == rows && (count > 0 || rows == 0))
            }
        };
        if whole && count <= i32::MAX as usize {
            return Ok(count);
        }
        let expected = "offsets of one expert or more, or a divisor of the number of rows";
        let found = format!("{count} experts for {rows} rows");
        Err(Error::argument(op.name, "experts.rows", expected, found))
    }
}

impl<'a> ExpertParameters<'a> {
    /// No parameters yet.
    #[must_use]
    pub fn new(rows: ExpertRows<'a>) -> Self {
        Self {
            rows,
            alpha: None,
            beta: None,
            limit: None,
            situ_beta: None,
            situ_linear_beta: None,
        }
    }

    /// Checks the parameters for `rows` rows of an activation that takes them.
    pub(super) fn check(
        &self,
        op: Op<'_>,
        activation: ActivationType,
        rows: usize,
    ) -> Result<Checked<'a>> {
        let parameters = self.of(op, activation)?;
        let count = self.rows.check(op, rows)?;
        for (name, parameter) in NAMES.into_iter().zip(self.all()) {
            if let Some(parameter) = parameter {
                vector(op, name, &parameter, count)?;
            }
        }
        Ok(Checked {
            parameters,
            rows: self.rows,
            count,
        })
    }

    fn all(&self) -> [Option<TensorView<'a, f32>>; 5] {
        [
            self.alpha,
            self.beta,
            self.limit,
            self.situ_beta,
            self.situ_linear_beta,
        ]
    }

    /// The parameters in the kernels' order; one that the activation does not take is refused rather than dropped.
    fn of(&self, op: Op<'_>, activation: ActivationType) -> Result<Parameters<'a>> {
        let taken: &[usize] = match activation {
            ActivationType::SwigluBias { .. } => &[0, 1, 2],
            ActivationType::SwigluStep { .. } => &[2],
            ActivationType::Situ { .. } => &[3, 4],
            _ => &[],
        };
        let all = self.all();
        let stray = (0..all.len()).find(|i| all[*i].is_some() && !taken.contains(i));
        if let Some(stray) = stray {
            let expected = format!("missing, since {activation:?} takes none");
            return Err(Error::argument(op.name, NAMES[stray], expected, "there"));
        }
        let mut parameters = [None; 3];
        for (parameter, &i) in parameters.iter_mut().zip(taken) {
            *parameter = all[i];
        }
        Ok(parameters)
    }
}

const NAMES: [&str; 5] = [
    "experts.alpha",
    "experts.beta",
    "experts.limit",
    "experts.situ_beta",
    "experts.situ_linear_beta",
];

type Parameters<'a> = [Option<TensorView<'a, f32>>; 3];

/// Checks that a tensor is a vector of `count`, and here.
fn vector<E: crate::element::Element>(
    op: Op<'_>,
    name: &'static str,
    view: &TensorView<'_, E>,
    count: usize,
) -> Result<()> {
    if **view.shape() != [count] || !view.is_contiguous() {
        let expected = format!("[{count}]");
        return Err(Error::shape(op.name, name, expected, *view.shape()));
    }
    op.reads(name, view)
}

/// Parameters that were checked, in the kernels' order.
pub(super) struct Checked<'a> {
    parameters: Parameters<'a>,
    rows: ExpertRows<'a>,
    count: usize,
}

impl Checked<'_> {
    /// What kernels take.
    pub(super) fn pointers(&self) -> launch::Experts {
        let pointer =
            |view: &Option<TensorView<'_, f32>>| view.map_or(null(), |view| view.as_ptr());
        let (offsets, rows_per_expert) = match self.rows {
            ExpertRows::Offsets(offsets) => (offsets.as_ptr(), 1),
            ExpertRows::Each(rows) => (null(), rows.max(1)),
        };
        launch::Experts {
            parameters: self.parameters.each_ref().map(pointer),
            offsets,
            count: self.count,
            rows_per_expert,
        }
    }

    /// Where the device holds how many rows there are.
    pub(super) fn n_used(&self) -> *const u32 {
        match self.rows {
            ExpertRows::Offsets(offsets) => offsets.as_ptr().wrapping_add(self.count).cast(),
            ExpertRows::Each(_) => null(),
        }
    }

    /// The parameters for a task on the host.
    ///
    /// # Safety
    /// As [`HostView::of`], of each tensor.
    pub(super) unsafe fn on_host(&self) -> HostExperts {
        let (offsets, each) = match self.rows {
            // SAFETY: the caller's contract.
            ExpertRows::Offsets(offsets) => (Some(unsafe { HostView::of(&offsets) }), 1),
            ExpertRows::Each(each) => (None, each.max(1)),
        };
        HostExperts {
            // SAFETY: the caller's contract.
            parameters: (self.parameters).map(|it| it.map(|view| unsafe { HostView::of(&view) })),
            offsets,
            each,
            count: self.count,
        }
    }
}

/// Parameters that a task on the host keeps.
#[derive(Clone, Copy)]
pub(super) struct HostExperts {
    parameters: [Option<HostView<f32>>; 3],
    offsets: Option<HostView<i32>>,
    each: usize,
    count: usize,
}

impl HostExperts {
    /// The activation of a row.
    pub(super) fn activation(&self, activation: ActivationType, row: usize) -> ActivationType {
        let expert = match self.offsets {
            None => row / self.each,
            Some(offsets) => {
                let begins = &offsets.read().elements[1..self.count];
                begins.partition_point(|&begin| begin as i64 <= row as i64)
            }
        };
        let mut parameters = activation.parameters();
        for (parameter, of_experts) in parameters.iter_mut().zip(&self.parameters) {
            if let Some(of_experts) = of_experts {
                *parameter = of_experts.read().elements[expert.min(self.count - 1)];
            }
        }
        activation.with_parameters(parameters)
    }

    /// Whether the offsets reach a row.
    pub(super) fn reach(&self, row: usize) -> bool {
        let end = self.offsets.map(|it| it.read().elements[self.count]);
        // Read as the kernels read it: without a sign.
        end.is_none_or(|end| row < end as u32 as usize)
    }
}

//! Where everything between the steps of a layer lies in its workspace.

use super::experts::{Experts, MoeElement};
use crate::error::{Error, Result};

/// Alignment of each part, and of the workspace.
pub(super) const ALIGNMENT: usize = 256;

/// Byte offsets of the parts, and the size of all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workspace {
    /// `f32 [choices]`.
    pub weights: usize,
    /// `i32 [choices]`.
    pub ids: usize,
    /// `u32 [experts]`.
    pub counts: usize,
    /// `i32 [experts + 1]`.
    pub offsets: usize,
    /// `i32 [choices]`.
    pub row_token: usize,
    /// `i32 [choices]`.
    pub choice_row: usize,
    /// `T [choices, 2 * intermediate]`, and later `T [choices, hidden]`, the results.
    pub projections: usize,
    /// `T [choices, intermediate]`.
    pub activated: usize,
    /// All of it.
    pub bytes: usize,
}

/// What the sizes depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extents {
    pub choices: usize,
    pub experts: usize,
    pub hidden: usize,
    pub intermediate: usize,
    pub element_bytes: usize,
}

impl Extents {
    /// Those of a layer over so many tokens.
    pub(super) fn of<T: MoeElement>(tokens: usize, experts: &Experts<'_, T>, top_k: usize) -> Self {
        Self {
            choices: tokens * top_k,
            experts: experts.experts,
            hidden: experts.hidden,
            intermediate: experts.intermediate,
            element_bytes: size_of::<T>(),
        }
    }
}

impl Workspace {
    /// The parts, one after the other.
    pub(super) fn new(extents: Extents) -> Result<Self> {
        let Extents {
            choices,
            experts,
            hidden,
            intermediate,
            element_bytes,
        } = extents;
        let mut parts = Parts { bytes: Some(0) };
        let widest = hidden.max(2 * intermediate);
        let mut this = Self {
            weights: parts.add(&[choices, 4]),
            ids: parts.add(&[choices, 4]),
            counts: parts.add(&[experts, 4]),
            offsets: parts.add(&[experts + 1, 4]),
            row_token: parts.add(&[choices, 4]),
            choice_row: parts.add(&[choices, 4]),
            projections: parts.add(&[choices, widest, element_bytes]),
            activated: parts.add(&[choices, intermediate, element_bytes]),
            bytes: 0,
        };
        let too_large = || {
            Error::argument(
                "fused_moe",
                "tokens",
                "so many that the workspace fits in memory",
                choices,
            )
        };
        this.bytes = parts.bytes.ok_or_else(too_large)?;
        Ok(this)
    }
}

/// Parts laid out so far; `None` once they do not fit in an address.
struct Parts {
    bytes: Option<usize>,
}

impl Parts {
    /// Where a part of the product of these bytes starts.
    fn add(&mut self, factors: &[usize]) -> usize {
        let start = self.bytes.unwrap_or(0);
        let size = factors
            .iter()
            .try_fold(1usize, |product, &factor| product.checked_mul(factor));
        let end = size.and_then(|size| {
            self.bytes?
                .checked_add(size)?
                .checked_next_multiple_of(ALIGNMENT)
        });
        self.bytes = end;
        start
    }
}

#[cfg(test)]
mod tests {
    use super::{ALIGNMENT, Extents, Workspace};

    #[test]
    fn parts_do_not_overlap_and_are_aligned() {
        let extents = Extents {
            choices: 6,
            experts: 5,
            hidden: 10,
            intermediate: 3,
            element_bytes: 2,
        };
        let w = Workspace::new(extents).expect("small");
        let starts = [
            w.weights,
            w.ids,
            w.counts,
            w.offsets,
            w.row_token,
            w.choice_row,
            w.projections,
            w.activated,
            w.bytes,
        ];
        let sizes = [24, 24, 20, 24, 24, 24, 120, 36];
        for (pair, size) in starts.windows(2).zip(sizes) {
            assert!(
                pair[0] + size <= pair[1] && pair[1].is_multiple_of(ALIGNMENT),
                "{starts:?}"
            );
        }
    }

    #[test]
    fn a_size_beyond_memory_is_an_error() {
        let extents = Extents {
            choices: usize::MAX / 4,
            experts: 1,
            hidden: 1 << 20,
            intermediate: 1,
            element_bytes: 2,
        };
        assert!(Workspace::new(extents).is_err());
    }
}

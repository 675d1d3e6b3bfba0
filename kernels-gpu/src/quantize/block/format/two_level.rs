//! NVFP4, whose blocks have a scale within that of many rows.

use super::{BlockFormat, Scale};
use crate::octet::Octet;
use crate::quantize::block::code::{e2m1_codes, e2m1_values};
use crate::quantize::fp8_code::{e4m3, of_e4m3};
use crate::quantize::quotient::reciprocal;

/// Blocks of 16 e2m1 by an e4m3, and rows by an `f32`.
///
/// With the rows' scale `g`, the block's is `e4m3(g * (amax * r))` where `r` is a sixth rounded to `f32`, or, if it is to
/// be `exact`, `e4m3(amax * (g * r))`; elements are multiplied by `1 / (scale * (1 / g))`. All of it is
/// correctly rounded, but subnormals count as zero where they are divided by, and reciprocals of zero are the largest finite
/// number.
#[derive(Clone, Copy)]
pub(in crate::quantize::block) struct Nvfp4 {
    /// The rows' scales.
    pub global: *const f32,
    /// Consecutive rows that share one.
    pub rows_per_global: u32,
    /// Which of the two products.
    pub exact: bool,
}

/// What the blocks of a row of [`Nvfp4`] share: their scales are of `outer * (amax * inner)`.
#[derive(Clone, Copy)]
pub(in crate::quantize::block) struct Nvfp4Row {
    outer: f32,
    inner: f32,
    global: f32,
    reciprocal: f32,
}

impl BlockFormat for Nvfp4 {
    const OCTETS: u32 = 2;
    type Codes = [u32; 1];
    type Row = Nvfp4Row;

    #[inline(always)]
    unsafe fn row(&self, row: u32) -> Nvfp4Row {
        const SIXTH: f32 = 1.0 / 6.0;
        let group = row.checked_div(self.rows_per_global).unwrap_or(0);
        // SAFETY: every row has a scale.
        let global = unsafe { *self.global.add(group as usize) };
        let (outer, inner) = if self.exact {
            (1.0, global * SIXTH)
        } else {
            (global, SIXTH)
        };
        Nvfp4Row {
            outer,
            inner,
            global,
            reciprocal: reciprocal(global),
        }
    }

    #[inline(always)]
    fn scale(row: Nvfp4Row, amax: f32) -> Scale {
        let code = e4m3(row.outer * (amax * row.inner));
        Scale {
            code,
            multiplier: reciprocal(of_e4m3(code) * row.reciprocal),
        }
    }

    #[inline(always)]
    fn unscale(row: Nvfp4Row, code: u8) -> f32 {
        of_e4m3(code) / row.global
    }

    #[inline(always)]
    fn encode(octet: &Octet, multiplier: f32) -> [u32; 1] {
        e2m1_codes(octet, multiplier)
    }

    #[inline(always)]
    fn decode(codes: [u32; 1]) -> Octet {
        e2m1_values(codes)
    }
}

//! The MX formats, whose scales are powers of two.

use super::{BlockFormat, Scale};
use crate::octet::Octet;
use crate::quantize::block::code::{e2m1_codes, e2m1_values};
use crate::quantize::fp8_code::Fp8Format;

/// Bits of an infinite `f32`.
const INFINITY: u32 = 0x7f80_0000;

/// Mantissa bits of an `f32`.
const MANTISSA: u32 = 23;

/// Bits of 2^-127, the least of an e8m0 and no normal `f32`.
const LEAST: u32 = 1 << (MANTISSA - 1);

/// The power of two of an e8m0 that is not NaN.
#[inline(always)]
fn power(code: u32) -> f32 {
    f32::from_bits((code << MANTISSA).max(LEAST))
}

/// The value of an e8m0.
#[inline(always)]
fn value(code: u8) -> f32 {
    if code == u8::MAX {
        f32::from_bits(0x7fff_ffff)
    } else {
        power(code.into())
    }
}

/// Blocks of 32 e4m3 by a power of two.
///
/// The scale is the least power of two from 2^-126 on that is not below `amax / 448`, rounded to `f32`. That is
/// 1.75 * 2^8, so a mantissa above 1.75 takes one power more, and a division is not needed.
#[derive(Clone, Copy)]
pub(in crate::quantize::block) struct Mxfp8;

/// The largest `amax`, in units of 2^-149, of which a 448th rounds to zero.
const MXFP8_ZERO: u32 = 224;

impl BlockFormat for Mxfp8 {
    const OCTETS: u32 = 4;
    type Codes = [u32; 2];
    type Row = ();

    #[inline(always)]
    unsafe fn row(&self, _row: u32) {}

    #[inline(always)]
    fn scale((): (), amax: f32) -> Scale {
        let bits = amax.to_bits();
        // The mantissa 1.75 is 0x60_0000; whatever is above carries into the exponent.
        let exponent = ((bits + 0x1f_ffff) >> MANTISSA) as i32 - 8;
        let finite = exponent.max(1) as u32;
        let code = if bits >= INFINITY { 0xff } else { finite };
        let code = if bits <= MXFP8_ZERO { 0 } else { code };
        // 1 / scale, and 0 where the scale is zero or infinite.
        let multiplier = (254u32 << MANTISSA).wrapping_sub(finite << MANTISSA);
        let is_number = bits.wrapping_sub(MXFP8_ZERO + 1) < INFINITY - (MXFP8_ZERO + 1);
        Scale {
            code: code as u8,
            multiplier: f32::from_bits(if is_number { multiplier } else { 0 }),
        }
    }

    #[inline(always)]
    fn unscale((): (), code: u8) -> f32 {
        value(code)
    }

    #[inline(always)]
    fn encode(octet: &Octet, multiplier: f32) -> [u32; 2] {
        Fp8Format::E4m3.encode(octet, multiplier)
    }

    #[inline(always)]
    fn decode(codes: [u32; 2]) -> Octet {
        Fp8Format::E4m3.decode(codes)
    }
}

/// Blocks of 32 e2m1 by a power of two.
///
/// The scale is the least e8m0 that is not below `amax / 6`, or the largest one. Six is 1.5 * 2^2, so a mantissa above
/// 1.5 takes one power more.
#[derive(Clone, Copy)]
pub(in crate::quantize::block) struct Mxfp4;

impl BlockFormat for Mxfp4 {
    const OCTETS: u32 = 4;
    type Codes = [u32; 1];
    type Row = ();

    #[inline(always)]
    unsafe fn row(&self, _row: u32) {}

    #[inline(always)]
    fn scale((): (), amax: f32) -> Scale {
        let bits = amax.to_bits();
        // The mantissa 1.5 is 0x40_0000; whatever is above carries into the exponent.
        let exponent = ((bits + 0x3f_ffff) >> MANTISSA) as i32 - 2;
        let code = if bits >= INFINITY {
            254
        } else {
            exponent.max(0) as u32
        };
        Scale {
            code: code as u8,
            multiplier: power(254 - code),
        }
    }

    #[inline(always)]
    fn unscale((): (), code: u8) -> f32 {
        value(code)
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

#[cfg(test)]
mod tests {
    use super::{BlockFormat, Mxfp4, Mxfp8, value};

    /// Every magnitude of a `bf16`, and its neighbours among `f32`.
    fn magnitudes() -> impl Iterator<Item = f32> {
        (0..0x7f80u32).flat_map(|upper| {
            let value = f32::from_bits(upper << 16);
            [value.next_down().max(0.0), value, value.next_up()]
        })
    }

    /// The division that `Mxfp8::scale` goes without.
    #[test]
    fn the_scale_of_mxfp8_is_the_quotient_s() {
        for amax in magnitudes() {
            let power = ((amax / 448.0).to_bits() + 0x7f_ffff) & super::INFINITY;
            let scale = Mxfp8::scale((), amax);
            assert_eq!(u32::from(scale.code), power >> 23, "{amax:e}");
            let multiplier = if power == 0 {
                0.0
            } else {
                1.0 / f32::from_bits(power)
            };
            assert_eq!(scale.multiplier, multiplier, "{amax:e}");
        }
    }

    #[test]
    fn the_scale_of_mxfp4_holds_the_block_and_its_half_does_not() {
        for amax in magnitudes() {
            let scale = Mxfp4::scale((), amax);
            let largest = 6.0 * f64::from(value(scale.code));
            assert!(f64::from(amax) <= largest, "{amax:e}");
            assert!(
                scale.code == 0 || f64::from(amax) > largest / 2.0,
                "{amax:e}"
            );
            let product = f64::from(scale.multiplier) * f64::from(value(scale.code));
            assert_eq!(product, 1.0, "{amax:e}");
        }
    }

    #[test]
    fn infinity_has_the_largest_scale() {
        assert_eq!(Mxfp8::scale((), f32::INFINITY).code, 0xff);
        assert_eq!(Mxfp8::scale((), f32::INFINITY).multiplier, 0.0);
        assert_eq!(Mxfp4::scale((), f32::INFINITY).code, 0xfe);
        assert_eq!(Mxfp4::scale((), f32::MAX).code, 0xfd);
    }
}

//! The elements' codes, from numbers and back, exactly as `formats` has them, in fewer instructions.

use cuda_std::bits::funnel_left;

use crate::octet::{OCTET, Octet};

/// Two e4m3, the first in the low byte.
#[inline(always)]
pub(super) fn e4m3_pair(low: f32, high: f32) -> u16 {
    pairs::encode(low, high)
}

/// The value of an e4m3.
#[inline(always)]
pub(super) fn e4m3_value(code: u8) -> f32 {
    pairs::decode(code.into())[0]
}

/// The e4m3 of an octet, the first in the lowest byte of the first word.
#[inline(always)]
pub(super) fn e4m3_codes(octet: &Octet) -> [u32; 2] {
    let word = |i: usize| {
        let (low, high) = (
            e4m3_pair(octet[i], octet[i + 1]),
            e4m3_pair(octet[i + 2], octet[i + 3]),
        );
        u32::from(low) | u32::from(high) << 16
    };
    [word(0), word(4)]
}

/// The values of eight e4m3.
#[inline(always)]
pub(super) fn e4m3_values(codes: [u32; 2]) -> Octet {
    let mut octet = [0.0; OCTET];
    let mut i = 0;
    while i < OCTET {
        [octet[i], octet[i + 1]] = pairs::decode((codes[i / 4] >> (i % 4 * 8)) as u16);
        i += 2;
    }
    octet
}

/// By the instructions of compute capability 8.9, or as the simulator has them.
#[cfg(not(target_arch = "nvptx64"))]
mod pairs {
    use cuda_std::cvt;

    pub(super) fn encode(low: f32, high: f32) -> u16 {
        cvt::f32x2_to_e4m3x2(low, high)
    }

    pub(super) fn decode(codes: u16) -> [f32; 2] {
        let pair = cvt::e4m3x2_to_f16x2(codes);
        [pair as u16, (pair >> 16) as u16].map(cvt::f16_to_f32)
    }
}

/// By the instructions of compute capability 8.9 where it is certain that they are there.
#[cfg(target_arch = "nvptx64")]
mod pairs {
    #[cfg(cuda_arch = "sm_90a")]
    #[inline(always)]
    pub(super) fn encode(low: f32, high: f32) -> u16 {
        cuda_std::cvt::f32x2_to_e4m3x2(low, high)
    }

    #[cfg(cuda_arch = "sm_90a")]
    #[inline(always)]
    pub(super) fn decode(codes: u16) -> [f32; 2] {
        use cuda_std::cvt::{e4m3x2_to_f16x2, f16_to_f32};
        let pair = e4m3x2_to_f16x2(codes);
        [f16_to_f32(pair as u16), f16_to_f32((pair >> 16) as u16)]
    }

    #[cfg(not(cuda_arch = "sm_90a"))]
    #[inline(always)]
    pub(super) fn encode(low: f32, high: f32) -> u16 {
        let code = |value| u16::from(formats::E4m3::from_f32(value).to_bits());
        code(low) | code(high) << 8
    }

    #[cfg(not(cuda_arch = "sm_90a"))]
    #[inline(always)]
    pub(super) fn decode(codes: u16) -> [f32; 2] {
        let value = |code: u16| formats::E4m3::from_bits(code as u8).to_f32();
        [value(codes & 0xff), value(codes >> 8)]
    }
}

/// The bits of 2^24: what [`e2m1_magnitude`] has more than the code.
const BASE: u32 = 0x4b80_0000;

/// What eight [`BASE`]s leave in a word of eight nibbles, wherever they are shifted to.
const BASES: u32 = {
    let (mut sum, mut i) = (0u32, 0);
    while i < OCTET {
        sum = (sum << 4).wrapping_add(BASE);
        i += 1;
    }
    sum
};

/// The e2m1 of `value * scale` for each value of an octet, the first in the lowest nibble.
#[inline(always)]
pub(super) fn e2m1_codes(octet: &Octet, scale: f32) -> [u32; 1] {
    let mut codes = 0u32;
    let mut i = OCTET;
    while i > 0 {
        i -= 1;
        let value = product(octet[i], scale);
        // Four places up, the sign in the last of them; then the magnitude's code in the other three.
        codes = funnel_left(value.to_bits(), codes, 1) << 3;
        codes = codes.wrapping_add(e2m1_magnitude(value.abs()));
    }
    [codes.wrapping_sub(BASES)]
}

/// `a * b`; a NaN is positive, as PTX has it.
#[cfg(target_arch = "nvptx64")]
#[inline(always)]
fn product(a: f32, b: f32) -> f32 {
    a * b
}

/// `a * b`; a NaN is positive, as PTX has it, and as the simulator's `fma` does.
#[cfg(not(target_arch = "nvptx64"))]
fn product(a: f32, b: f32) -> f32 {
    cuda_std::float::fma(a, b, -0.0)
}

/// [`BASE`] plus the code of a magnitude, 0 to 7.
///
/// The code as a function of the magnitude is three lines, each flatter than the one before, hence the least of
/// them everywhere: `2 a` up to 2, `a + 2` up to 4, `a / 2 + 4` above. Rounding keeps their order, so each is rounded
/// on its own, by one addition: to a power of two whose last bit is worth 1/2, 1 or 2. Ties go to even codes as they
/// should. As bits, sums are in their own order too; the least of these and 7 is the answer for infinity, and for NaN.
#[inline(always)]
fn e2m1_magnitude(a: f32) -> u32 {
    const BINADE: u32 = 1 << 23;
    let low = (a + 4_194_304.0).to_bits().wrapping_add(2 * BINADE);
    let middle = (a + 8_388_610.0).to_bits().wrapping_add(BINADE);
    let high = (a + 16_777_224.0).to_bits();
    low.min(middle.min(high)).min(BASE + 7)
}

/// The values of eight e2m1.
#[inline(always)]
pub(super) fn e2m1_values([codes]: [u32; 1]) -> Octet {
    let mut octet = [0.0; OCTET];
    let mut i = 0;
    while i < OCTET {
        let code = codes >> (4 * i);
        // Exponent and mantissa in their places of an `f32`, whose bias is larger by 126.
        let bits = (code & 7) << 22 | (code & 8) << 28;
        octet[i] = f32::from_bits(bits) * f32::from_bits((127 + 126) << 23);
        i += 1;
    }
    octet
}

#[cfg(test)]
mod tests {
    use formats::{E2m1, E4m3};

    use super::{e2m1_codes, e2m1_values, e4m3_codes, e4m3_values};

    fn bits(values: [f32; 8]) -> [u32; 8] {
        values.map(f32::to_bits)
    }

    /// All magnitudes that may round one way or the other, their neighbours, and the ends of the range.
    fn landmarks() -> Vec<f32> {
        let mut values = vec![
            0.0,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
            f32::MAX,
            f32::INFINITY,
        ];
        for quarters in 0..40u16 {
            let value = f32::from(quarters) / 4.0;
            values.extend([value.next_down(), value, value.next_up()]);
        }
        values
    }

    #[test]
    fn e2m1_is_the_format_s() {
        for value in landmarks() {
            for value in [value, -value] {
                let [code] = e2m1_codes(&[value; 8], 1.0);
                let expected = u32::from(E2m1::from_f32(value).to_bits());
                assert_eq!(code, expected * 0x1111_1111, "{value:e}");
            }
        }
        for nan in [f32::NAN, -f32::NAN] {
            assert_eq!(e2m1_codes(&[nan; 8], 0.0), [0x7777_7777]);
        }
    }

    /// Every `bf16`, scaled by what is no power of two.
    #[test]
    fn e2m1_of_products_is_the_format_s() {
        for scale in [1.0f32, 1.0 / 3.0, 0.7e-3, f32::MAX] {
            for upper in 0..=u16::MAX {
                let value = f32::from_bits(u32::from(upper) << 16);
                let expected = u32::from(E2m1::from_f32(value * scale).to_bits());
                let octet = [value, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -7.0];
                assert_eq!(
                    e2m1_codes(&octet, scale)[0] & 0xf,
                    expected,
                    "{value:e} {scale:e}"
                );
            }
        }
    }

    #[test]
    fn nibbles_are_in_order() {
        let octet = [0.0, -0.5, 1.0, -1.5, 2.0, -3.0, 4.0, -6.0];
        assert_eq!(e2m1_codes(&octet, 1.0), [0xf6d4_b290]);
        assert_eq!(bits(e2m1_values([0xf6d4_b290])), bits(octet));
        assert_eq!(e2m1_values([8])[0].to_bits(), (-0.0f32).to_bits());
    }

    #[test]
    fn e4m3_is_the_format_s() {
        for value in landmarks() {
            let expected = u32::from(E4m3::from_f32(value).to_bits());
            assert_eq!(e4m3_codes(&[value; 8]), [expected * 0x0101_0101; 2]);
        }
        for code in 0..=u8::MAX {
            let value = e4m3_values([u32::from(code) << 24, 0])[3];
            let expected = E4m3::from_bits(code).to_f32();
            assert!(value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan());
        }
    }
}

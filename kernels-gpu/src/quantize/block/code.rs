//! e2m1 codes of octets, from numbers and back, exactly as `formats` has them, in fewer instructions.

use cuda_std::bits::prmt;
use cuda_std::float::fma;

use crate::octet::{OCTET, Octet};

/// 2^24: below it the last bit of an `f32` is worth 1, above it 2.
const KINK: f32 = (1u32 << 24) as f32;

/// The bits that stand for the code 0: those of [`KINK`] stand for 4.
const ZERO: u32 = KINK.to_bits() - 4;

/// What eight of [`ZERO`] leave in a word of eight nibbles, wherever they are shifted to.
const ZEROS: u32 = {
    let (mut sum, mut i) = (0u32, 0);
    while i < OCTET {
        sum = (sum << 4).wrapping_add(ZERO);
        i += 1;
    }
    sum
};

/// The e2m1 of `value * scale` for each value of an octet, the first in the lowest nibble.
#[inline(always)]
pub(super) fn e2m1_codes(octet: &Octet, scale: f32) -> [u32; 1] {
    let products = octet.map(|value| product(value, scale));
    let mut codes = 0u32;
    let mut i = OCTET;
    while i > 0 {
        i -= 1;
        codes = (codes << 4).wrapping_add(e2m1_magnitude(products[i].abs()));
    }
    [codes.wrapping_sub(ZEROS) | signs(&products)]
}

/// The signs of an octet in the upper bits of eight nibbles.
#[inline(always)]
fn signs(octet: &Octet) -> u32 {
    // Of each pair the sign of the first in one byte, of the second in the next.
    const SIGNS: u32 = 0xfb;
    const LOW_HALVES: u32 = 0x5410;
    let of_every_second = |i: usize| {
        let pair = |i: usize| prmt(octet[i].to_bits(), octet[i + 2].to_bits(), SIGNS);
        prmt(pair(i), pair(i + 4), LOW_HALVES)
    };
    of_every_second(0) & 0x0808_0808 | of_every_second(1) & 0x8080_8080
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
    fma(a, b, -0.0)
}

/// [`ZERO`] plus the code of a magnitude, 0 to 7.
///
/// The code as a function of the magnitude is three lines, each half as steep as the one before, hence the least of them
/// everywhere: `2 a` up to 2, `a + 2` up to 4, `a / 2 + 4` above. The bits of an `f32` are such lines too: half as steep above a
/// power of two as below. So the first two are one sum, which passes [`KINK`] where `a` is 2, and the third another,
/// which begins there. A sum is rounded once, to its last bit, and ties go to even codes as they should. The least of both and
/// the code 7 is the answer for infinity as well, and for NaN.
#[inline(always)]
fn e2m1_magnitude(a: f32) -> u32 {
    let lower = fma(a, 2.0, KINK - 4.0).to_bits();
    let upper = (a + KINK).to_bits();
    lower.min(upper).min(ZERO + 7)
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
    use formats::E2m1;

    use super::{e2m1_codes, e2m1_values};

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
}

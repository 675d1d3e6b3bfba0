//! The packed pair of E2m1.

use formats::{E2m1, E2m1x2};
use half::{bf16, f16};

#[test]
fn every_byte_is_its_two_nibbles() {
    for bits in 0..=u8::MAX {
        let pair = E2m1x2::from_bits(bits);
        let [low, high] = pair.elements();
        assert_eq!((low.to_bits(), high.to_bits()), (bits % 16, bits / 16));
        assert_eq!(pair.to_bits(), bits);
        assert_eq!(E2m1x2::new([low, high]), pair);
        assert_eq!(pair.to_f32(), [low.to_f32(), high.to_f32()]);
    }
}

#[test]
fn every_byte_survives_conversion() {
    for pair in (0..=u8::MAX).map(E2m1x2::from_bits) {
        assert_eq!(E2m1x2::from_f32(pair.to_f32()), pair);
        assert_eq!(E2m1x2::from_bf16(pair.to_bf16()), pair);
        assert_eq!(E2m1x2::from_f16(pair.to_f16()), pair);
    }
}

#[test]
fn each_half_rounds_on_its_own() {
    assert_eq!(E2m1x2::from_f32([2.5, -5.0]).to_bits(), 0xe4);
    assert_eq!(
        E2m1x2::from_f32([f32::NEG_INFINITY, f32::NAN]).to_bits(),
        0x7f
    );
    assert_eq!(
        E2m1x2::from_bf16([bf16::from_f32(-0.0), bf16::ONE]).to_bits(),
        0x28
    );
    assert_eq!(E2m1x2::from_f16([f16::MAX, f16::MIN]).to_bits(), 0xf7);
}

#[test]
fn bits_above_the_nibble_are_ignored() {
    assert_eq!(E2m1::from_bits(0xf2).to_bits(), 0x2);
}

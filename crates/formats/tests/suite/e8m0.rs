//! E8m0 against a search of its powers of two.

use formats::E8m0;
use half::{bf16, f16};
use proptest::prelude::*;

use crate::inputs::{all_exponents, all_u16, boundaries};
use crate::oracle::e8m0_code;

fn check(value: f32) {
    let (up, down) = (E8m0::from_f32(value), E8m0::from_f32_toward_zero(value));
    assert_eq!(up.to_bits(), e8m0_code(value, true), "{value:?} up");
    assert_eq!(down.to_bits(), e8m0_code(value, false), "{value:?} down");
}

#[test]
fn every_code_is_its_power_of_two() {
    for code in 0..=254u8 {
        let (scale, power) = (E8m0::from_bits(code), 2f64.powi(i32::from(code) - 127));
        assert_eq!(f64::from(scale.to_f32()), power);
        assert_eq!(scale.to_bf16().to_f64(), power);
        assert!(!scale.is_nan());
        assert_eq!(E8m0::from_f32(scale.to_f32()).to_bits(), code);
        assert_eq!(E8m0::from_f32_toward_zero(scale.to_f32()).to_bits(), code);
        assert_eq!(E8m0::from_bf16(scale.to_bf16()).to_bits(), code);
        assert_eq!(f64::from(scale.recip().to_f32()), 1.0 / power);
    }
}

#[test]
fn code_255_is_nan() {
    let nan = E8m0::from_bits(255);
    assert!(nan.is_nan() && nan.to_f32().is_nan() && nan.to_bf16().is_nan());
    assert!(nan.recip().is_nan());
    assert_ne!(nan, nan);
    assert_eq!(E8m0::from_f32(-f32::NAN).to_bits(), 255);
    assert_eq!(E8m0::from_f32_toward_zero(f32::NAN).to_bits(), 255);
}

#[test]
fn constants_and_formatting() {
    assert_eq!(E8m0::ONE.to_f32(), 1.0);
    assert_eq!(f64::from(E8m0::MIN.to_f32()), 2f64.powi(-127));
    assert_eq!(f64::from(E8m0::MAX.to_f32()), 2f64.powi(127));
    assert_eq!(E8m0::NAN.to_bits(), 255);
    assert!(E8m0::MIN < E8m0::ONE && E8m0::ONE < E8m0::MAX);
    assert_eq!(format!("{:?}", E8m0::from_f32(8.0)), "E8m0(8.0 = 0x82)");
}

#[test]
fn the_ends_of_the_range_saturate() {
    for (value, code) in [
        (0.0, 0),
        (-0.0, 0),
        (f32::MAX, 254),
        (f32::INFINITY, 254),
        (-3.0, 129),
    ] {
        assert_eq!(E8m0::from_f32(value).to_bits(), code, "{value}");
    }
    assert_eq!(E8m0::from_f32_toward_zero(f32::INFINITY), E8m0::MAX);
    assert_eq!(E8m0::from_f32_toward_zero(0.0), E8m0::MIN);
}

#[test]
fn every_bf16_rounds_as_the_oracle() {
    for value in all_u16().map(bf16::from_bits) {
        assert_eq!(
            E8m0::from_bf16(value).to_bits(),
            e8m0_code(value.to_f32(), true),
            "{value:?}"
        );
    }
}

#[test]
fn every_f16_rounds_as_the_oracle() {
    for value in all_u16().map(f16::from_bits) {
        assert_eq!(
            E8m0::from_f16(value).to_bits(),
            e8m0_code(value.to_f32(), true),
            "{value:?}"
        );
    }
}

#[test]
fn telling_f32_round_as_the_oracle() {
    let powers: Vec<f64> = (-127..=126).map(|exponent| 2f64.powi(exponent)).collect();
    all_exponents().chain(boundaries(&powers)).for_each(check);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_f32_rounds_as_the_oracle(bits: u32) {
        check(f32::from_bits(bits));
    }
}

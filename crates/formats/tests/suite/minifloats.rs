//! E4m3, E5m2 and E2m1, one suite stamped on each.

use core::fmt::Debug;

use formats::{E2m1, E4m3, E5m2, Minifloat};
use half::{bf16, f16};
use proptest::prelude::*;

use crate::inputs::{all_exponents, all_u16, boundaries};
use crate::oracle::{self, Definition, Rounder};

/// Fails with the input and both codes unless they agree.
fn check<F: Minifloat>(rounder: &Rounder, input: impl Debug, value: f32, actual: F) {
    let (actual, expected) = (actual.to_bits(), rounder.code(value));
    assert_eq!(
        actual, expected,
        "{input:?} gave {actual:#04x}, not {expected:#04x}"
    );
}

/// Whether `actual` is exactly `expected`, sign of zero included; NaNs are all alike.
fn same(actual: f64, expected: f64) -> bool {
    match expected.is_nan() {
        true => actual.is_nan(),
        false => actual.to_bits() == expected.to_bits(),
    }
}

fn values_are_as_defined<F: Minifloat>(definition: Definition) {
    assert_eq!(1 << F::BITS, 2 * u32::from(definition.sign_bit()));
    for code in 0..=u8::MAX >> (8 - F::BITS) {
        let (value, expected) = (F::from_bits(code), definition.value(code));
        assert_eq!(value.to_bits(), code);
        assert_eq!(value.is_nan(), expected.is_nan());
        assert!(
            same(f64::from(value.to_f32()), expected),
            "{value:?} is not {expected}"
        );
        assert!(
            same(value.to_bf16().to_f64(), expected),
            "{value:?} as bf16"
        );
        assert!(same(value.to_f16().to_f64(), expected), "{value:?} as f16");
    }
}

fn finite_codes_survive_a_round_trip<F: Minifloat>(definition: Definition) {
    for code in 0..=u8::MAX >> (8 - F::BITS) {
        let value = F::from_bits(code);
        if definition.value(code).is_finite() {
            assert_eq!(F::from_f32(value.to_f32()).to_bits(), code);
            assert_eq!(F::from_bf16(value.to_bf16()).to_bits(), code);
            assert_eq!(F::from_f16(value.to_f16()).to_bits(), code);
        }
    }
}

fn every_bf16_rounds_as_the_oracle<F: Minifloat>(definition: Definition) {
    let rounder = Rounder::new(definition);
    for value in all_u16().map(bf16::from_bits) {
        check(&rounder, value, value.to_f32(), F::from_bf16(value));
    }
}

fn every_f16_rounds_as_the_oracle<F: Minifloat>(definition: Definition) {
    let rounder = Rounder::new(definition);
    for value in all_u16().map(f16::from_bits) {
        check(&rounder, value, value.to_f32(), F::from_f16(value));
    }
}

fn telling_f32_round_as_the_oracle<F: Minifloat>(definition: Definition) {
    let edges = boundaries(&definition.magnitudes());
    let rounder = Rounder::new(definition);
    for value in all_exponents().chain(edges) {
        check(&rounder, value, value, F::from_f32(value));
    }
}

fn any_f32_rounds_as_the_oracle<F: Minifloat>(definition: Definition) {
    let rounder = Rounder::new(definition);
    // Uniform bits seldom land in a format's range; the second strategy always does.
    let in_range = (any::<bool>(), 100u32..145, 0u32..1 << 23).prop_map(|(sign, exponent, low)| {
        f32::from_bits(u32::from(sign) << 31 | exponent << 23 | low)
    });
    let inputs = prop_oneof![any::<u32>().prop_map(f32::from_bits), in_range];
    proptest!(ProptestConfig::with_cases(20_000), |(value in inputs)| {
        check(&rounder, value, value, F::from_f32(value));
    });
}

fn codes_compare_like_their_values<F: Minifloat>(definition: Definition) {
    let codes = || 0..=u8::MAX >> (8 - F::BITS);
    for (a, b) in codes().flat_map(|a| codes().map(move |b| (a, b))) {
        let expected = definition.value(a).partial_cmp(&definition.value(b));
        assert_eq!(
            F::from_bits(a).partial_cmp(&F::from_bits(b)),
            expected,
            "{a:#04x} {b:#04x}"
        );
        assert_eq!(
            F::from_bits(a) == F::from_bits(b),
            definition.value(a) == definition.value(b)
        );
    }
}

fn negation_and_default<F: Minifloat>(definition: Definition) {
    assert_eq!(F::default().to_bits(), 0);
    for code in 0..=u8::MAX >> (8 - F::BITS) {
        assert_eq!(
            (-F::from_bits(code)).to_bits(),
            code ^ definition.sign_bit()
        );
    }
}

/// A module of tests for each format.
macro_rules! suite {
    ($module:ident, $format:ty, $definition:expr, $($test:ident)*) => {
        mod $module {
            use super::*;

            $(#[test]
            fn $test() {
                super::$test::<$format>($definition);
            })*
        }
    };
    ($module:ident, $format:ty, $definition:expr) => {
        suite!($module, $format, $definition,
            values_are_as_defined
            finite_codes_survive_a_round_trip
            every_bf16_rounds_as_the_oracle
            every_f16_rounds_as_the_oracle
            telling_f32_round_as_the_oracle
            any_f32_rounds_as_the_oracle
            codes_compare_like_their_values
            negation_and_default);
    };
}

suite!(e4m3, E4m3, oracle::E4M3);
suite!(e5m2, E5m2, oracle::E5M2);
suite!(e2m1, E2m1, oracle::E2M1);

#[test]
fn constants_of_e4m3() {
    assert_eq!(E4m3::ZERO.to_f32(), 0.0);
    assert_eq!(E4m3::ONE.to_f32(), 1.0);
    assert_eq!(E4m3::MAX.to_f32(), 448.0);
    assert_eq!(E4m3::MIN.to_f32(), -448.0);
    assert_eq!(E4m3::MIN_POSITIVE.to_f32(), 2f32.powi(-6));
    assert_eq!(E4m3::MIN_SUBNORMAL.to_f32(), 2f32.powi(-9));
    assert!(E4m3::NAN.is_nan() && (-E4m3::NAN).is_nan());
}

#[test]
fn constants_of_e5m2() {
    assert_eq!(E5m2::ZERO.to_f32(), 0.0);
    assert_eq!(E5m2::ONE.to_f32(), 1.0);
    assert_eq!(E5m2::MAX.to_f32(), 57344.0);
    assert_eq!(E5m2::MIN.to_f32(), -57344.0);
    assert_eq!(E5m2::MIN_POSITIVE.to_f32(), 2f32.powi(-14));
    assert_eq!(E5m2::MIN_SUBNORMAL.to_f32(), 2f32.powi(-16));
    assert_eq!(E5m2::INFINITY.to_f32(), f32::INFINITY);
    assert_eq!(E5m2::NEG_INFINITY.to_f32(), f32::NEG_INFINITY);
    assert!(E5m2::NAN.is_nan() && !E5m2::NAN.is_infinite());
    assert!(E5m2::INFINITY.is_infinite() && E5m2::NEG_INFINITY.is_infinite());
    assert!(!E5m2::MAX.is_infinite());
}

#[test]
fn e2m1_is_the_eight_values_and_their_negatives() {
    let values = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
    for (code, value) in (0..).zip(values) {
        assert_eq!(E2m1::from_bits(code).to_f32(), value);
        assert_eq!(E2m1::from_bits(code | 8).to_f32(), -value);
    }
    assert_eq!(
        (E2m1::ZERO, E2m1::ONE),
        (E2m1::from_bits(0), E2m1::from_bits(2))
    );
    assert_eq!((E2m1::MAX.to_f32(), E2m1::MIN.to_f32()), (6.0, -6.0));
    assert_eq!(
        (E2m1::MIN_POSITIVE.to_f32(), E2m1::MIN_SUBNORMAL.to_f32()),
        (1.0, 0.5)
    );
}

#[test]
fn e2m1_ties_go_to_the_even_code() {
    let ties = [
        (0.25, 0.0),
        (0.75, 1.0),
        (1.25, 1.0),
        (1.75, 2.0),
        (2.5, 2.0),
        (3.5, 4.0),
        (5.0, 4.0),
    ];
    for (tie, value) in ties {
        assert_eq!(E2m1::from_f32(tie).to_f32(), value);
        assert_eq!(E2m1::from_f32(-tie).to_f32(), -value);
    }
}

#[test]
fn nan_becomes_what_the_instruction_gives() {
    for nan in [f32::NAN, -f32::NAN, f32::from_bits(0xff80_0001)] {
        assert_eq!(E4m3::from_f32(nan).to_bits(), 0x7f);
        assert_eq!(E5m2::from_f32(nan).to_bits(), 0x7f);
        assert_eq!(E2m1::from_f32(nan).to_bits(), 0x7);
    }
}

#[test]
fn infinities_saturate() {
    assert_eq!(E4m3::from_f32(f32::INFINITY), E4m3::MAX);
    assert_eq!(E5m2::from_f32(f32::NEG_INFINITY), E5m2::MIN);
    assert_eq!(E2m1::from_f32(f32::NEG_INFINITY), E2m1::MIN);
}

#[test]
fn signs_and_formatting() {
    let value = E4m3::from_f32(-1.5);
    assert!(value.is_sign_negative() && !value.abs().is_sign_negative());
    assert_eq!(f32::from(value.abs()), 1.5);
    assert_eq!(format!("{value} {value:?}"), "-1.5 E4m3(-1.5 = 0xbc)");
    assert_eq!(format!("{:?}", E2m1::MAX), "E2m1(6.0 = 0x07)");
}

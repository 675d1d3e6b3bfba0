//! Element values for tests, drawn from a seed so that a failing case is small to print.

use gatewarp::element::{Element, Float};
use gatewarp::formats::{E2m1x2, E4m3, E5m2, E8m0};
use gatewarp::{bf16, f16};
use proptest::prelude::{Just, Strategy, prop_oneof};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// An element whose bits tests look at.
pub trait Pattern: Element {
    /// The element whose bytes are all `0xff`: a NaN, -1 or 255.
    const POISON: Self;
    /// The bits.
    fn bits(self) -> u32;
    /// Whether this is [`Pattern::POISON`], bit by bit.
    fn is_poison(self) -> bool {
        self.bits() == Self::POISON.bits()
    }
}

/// A floating-point element, with what tests need to know of its format.
pub trait Value: Float + Pattern {
    /// From 1 to the next larger value.
    const EPSILON: f64;
    /// Zero, the smallest positive, the smallest normal, one and the largest finite value.
    const LANDMARKS: [Self; 5];
    /// The nearest value, ties to even.
    fn from_f64(value: f64) -> Self;
    /// The value, exactly.
    fn to_f64(self) -> f64 {
        f64::from(self.to_f32())
    }
    /// A place on the number line: neighbours differ by 1, both zeros are 0.
    fn place(self) -> i64 {
        let sign = 1u32 << (8 * size_of::<Self>() - 1);
        let magnitude = i64::from(self.bits() & (sign - 1));
        if self.bits() & sign == 0 {
            magnitude
        } else {
            -magnitude
        }
    }
}

macro_rules! patterns {
    ($($type:ty: $poison:expr, |$value:ident| $bits:expr;)*) => { $(
        impl Pattern for $type {
            const POISON: Self = $poison;
            fn bits(self) -> u32 {
                let $value = self;
                $bits
            }
        }
    )* };
}

patterns! {
    bf16: bf16::from_bits(u16::MAX), |value| u32::from(value.to_bits());
    f16: f16::from_bits(u16::MAX), |value| u32::from(value.to_bits());
    f32: f32::from_bits(u32::MAX), |value| value.to_bits();
    i32: -1, |value| value as u32;
    u8: u8::MAX, |value| u32::from(value);
    E4m3: E4m3::from_bits(u8::MAX), |value| u32::from(value.to_bits());
    E5m2: E5m2::from_bits(u8::MAX), |value| u32::from(value.to_bits());
    E2m1x2: E2m1x2::from_bits(u8::MAX), |value| u32::from(value.to_bits());
    E8m0: E8m0::from_bits(u8::MAX), |value| u32::from(value.to_bits());
}

macro_rules! values {
    ($($type:ty: $tiny:expr, $epsilon:expr, $convert:expr;)*) => { $(
        impl Value for $type {
            const EPSILON: f64 = $epsilon;
            const LANDMARKS: [Self; 5] = {
                let one = $convert(1.0);
                [$convert(0.0), $tiny, <$type>::MIN_POSITIVE, one, <$type>::MAX]
            };
            fn from_f64(value: f64) -> Self {
                Self::from_f64(value)
            }
        }
    )* };
}

values! {
    bf16: bf16::from_bits(1), 1.0 / 128.0, bf16::from_f64_const;
    f16: f16::from_bits(1), 1.0 / 1024.0, f16::from_f64_const;
}

macro_rules! codes {
    ($($type:ty: $epsilon:expr;)*) => { $(
        impl Value for $type {
            const EPSILON: f64 = $epsilon;
            const LANDMARKS: [Self; 5] = [
                <$type>::ZERO,
                <$type>::MIN_SUBNORMAL,
                <$type>::MIN_POSITIVE,
                <$type>::ONE,
                <$type>::MAX,
            ];
            /// By way of `f32`.
            fn from_f64(value: f64) -> Self {
                <$type>::from_f32(value as f32)
            }
        }
    )* };
}

codes! {
    E4m3: 1.0 / 8.0;
    E5m2: 1.0 / 4.0;
}

impl Value for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const LANDMARKS: [Self; 5] = [0.0, f32::from_bits(1), Self::MIN_POSITIVE, 1.0, Self::MAX];
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

/// A kind of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Of variance 1, mean 0.
    Ordinary,
    /// Whole numbers from -3 to 3: their sums of products are exact, in any order.
    Whole,
    /// [`Values::Whole`], one in 32 of them NaN or infinite.
    WholeAndNot,
    /// Of any magnitude that the format has, subnormal to its largest.
    Wide,
    /// Half of them NaN, infinite, zero of either sign, or a landmark of the format.
    Special,
    /// Of few different values, zeros of both signs among them.
    Tied,
    /// NaN, all of them.
    Nan,
}

impl Values {
    /// `count` values; the same for the same seed.
    #[must_use]
    pub fn draw<T: Value>(self, count: usize, seed: u64) -> Vec<T> {
        let mut rng = SmallRng::seed_from_u64(seed);
        (0..count).map(|_| self.one(&mut rng)).collect()
    }

    fn one<T: Value>(self, rng: &mut SmallRng) -> T {
        match self {
            Self::Ordinary => T::from_f32(rng.random_range(-1.75..1.75)),
            Self::Whole => T::from_f32(rng.random_range(-3i8..=3).into()),
            Self::WholeAndNot if rng.random_ratio(1, 32) => {
                T::from_f32([f32::NAN, f32::INFINITY, f32::NEG_INFINITY][rng.random_range(0..3)])
            }
            Self::WholeAndNot => Self::Whole.one(rng),
            Self::Wide => wide(rng),
            Self::Special if rng.random() => special(rng),
            Self::Special => Self::Ordinary.one(rng),
            Self::Tied => T::from_f32([-1.0, -0.0, 0.0, 0.5, 2.0][rng.random_range(0..5)]),
            Self::Nan => T::from_f32(f32::NAN),
        }
    }
}

/// Any finite magnitude, as likely as its exponent.
fn wide<T: Value>(rng: &mut SmallRng) -> T {
    let [_, tiny, .., max] = T::LANDMARKS.map(|value| value.to_f64().log2());
    let magnitude = rng.random_range(tiny..max).exp2();
    T::from_f64(if rng.random() { magnitude } else { -magnitude })
}

fn special<T: Value>(rng: &mut SmallRng) -> T {
    let sign = if rng.random() { 1.0 } else { -1.0 };
    T::from_f64(match rng.random_range(0..7) {
        0 => f64::NAN,
        1 => sign * f64::INFINITY,
        landmark => sign * T::LANDMARKS[landmark - 2].to_f64(),
    })
}

/// Every kind of values, NaN alone the rarest.
pub fn any_values() -> impl Strategy<Value = Values> {
    prop_oneof![
        4 => Just(Values::Ordinary),
        2 => Just(Values::Wide),
        3 => Just(Values::Special),
        2 => Just(Values::Tied),
        1 => Just(Values::Nan),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Value, Values};
    use gatewarp::{bf16, f16};

    #[test]
    fn neighbours_are_one_place_apart() {
        let one = f16::from_f32(1.0);
        assert_eq!(
            f16::from_f64(1.0 + <f16 as Value>::EPSILON).place() - one.place(),
            1
        );
        assert_eq!(bf16::from_f32(-0.0).place(), bf16::from_f32(0.0).place());
        assert_eq!(f32::from_bits(1).place() - (-f32::from_bits(1)).place(), 2);
        assert_eq!(f32::INFINITY.place() - f32::MAX.place(), 1);
    }

    #[test]
    fn kinds_hold_what_they_say() {
        let special = Values::Special.draw::<bf16>(1000, 1);
        assert!(special.iter().any(|v| v.is_nan()));
        assert!(special.iter().any(|v| v.is_infinite()));
        assert!(special.iter().any(|v| v.to_bits() == 1));
        let wide = Values::Wide.draw::<f16>(1000, 1);
        assert!(wide.iter().any(|v| v.to_f64().abs() < 1e-5));
        assert!(wide.iter().any(|v| v.to_f64().abs() > 1e4));
        assert!(wide.iter().all(|v| v.is_finite()));
    }
}

//! What the trials of activations have in common: shapes, values, and how far off a result may be.

use gatewarp::activation::ActivationType;
use gatewarp_tests::compare::Bound;
use gatewarp_tests::frame::{Frame, frames};
use gatewarp_tests::naive;
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

#[derive(Clone, Debug)]
pub struct Case {
    pub leading: Vec<usize>,
    pub d: usize,
    pub x: Frame,
    pub up: Frame,
    pub out: Frame,
    pub values: Values,
    pub seed: u64,
}

impl Case {
    pub fn plain(leading: &[usize], d: usize) -> Self {
        Self {
            leading: leading.to_vec(),
            d,
            x: Frame::NONE,
            up: Frame::NONE,
            out: Frame::NONE,
            values: Values::Ordinary,
            seed: 1,
        }
    }

    /// A shape of these leading dimensions.
    pub fn shape(&self, columns: usize) -> Vec<usize> {
        [&self.leading[..], &[columns]].concat()
    }

    /// Rows of `2d`: gates and ups of an activation.
    pub fn halves<T: Value>(&self, activation: ActivationType) -> Vec<T> {
        let count = self.shape(2 * self.d).iter().product();
        let mut x = self.values.draw(count, self.seed);
        for row in x.chunks_mut((2 * self.d).max(1)) {
            let (gates, ups) = row.split_at_mut(self.d);
            tame(activation, gates, ups);
        }
        x
    }

    /// Gates and ups of an activation, in tensors of their own.
    pub fn pair<T: Value>(&self, activation: ActivationType) -> (Vec<T>, Vec<T>) {
        let count = self.shape(self.d).iter().product();
        let draw = |seed| self.values.draw(count, seed);
        let (gate, mut up) = (draw(self.seed), draw(self.seed.wrapping_add(1)));
        tame(activation, &gate, &mut up);
        (gate, up)
    }
}

/// Shapes that are always tried.
pub fn kept() -> Vec<Case> {
    vec![
        Case::plain(&[0], 4),
        Case::plain(&[3], 0),
        Case::plain(&[2, 0], 4),
        Case::plain(&[], 1),
        Case::plain(&[], 3),
        Case::plain(&[7], 3420),
        Case::plain(&[37], 8),
    ]
}

pub fn cases() -> impl Strategy<Value = Case> {
    let d = prop_oneof![
        4 => 0..40usize,
        2 => (1..9usize).prop_map(|packs| 8 * packs),
        1 => 1020..1030usize,
        1 => Just(3420),
    ];
    let frames = (frames(), frames(), frames());
    let case = (vec(0..5usize, 0..=3), d, frames, any_values(), any::<u64>());
    case.prop_map(|(leading, d, (x, up, out), values, seed)| Case {
        leading,
        d,
        x,
        up,
        out,
        values,
        seed,
    })
}

/// Results of an activation below this are zero on a GPU, which flushes what comes near subnormals.
const FLUSHED: f64 = 1.0 / (1u128 << 118) as f64;

/// Takes away infinite `ups` whose product hangs on whether the activation was flushed.
pub fn tame<T: Value>(activation: ActivationType, gates: &[T], ups: &mut [T]) {
    for (gate, up) in gates.iter().zip(ups) {
        let value = naive::activation(activation, gate.to_f64(), 1.0).abs();
        if value > 0.0 && value < FLUSHED && up.to_f64().is_infinite() {
            *up = T::from_f32(1.0);
        }
    }
}

/// Several approximations of `f32` at 2 ulp each, and an exponent of which the error of the result is a multiple: the
/// gate, or its square in GELU. Then one rounding to `T`.
pub fn bound<T: Value>(activation: ActivationType, gate: f64, up: f64) -> Bound {
    let exact = matches!(
        activation,
        ActivationType::Relu | ActivationType::Relu2 | ActivationType::Identity
    );
    if exact {
        return Bound::EQUAL;
    }
    let absolute = if up.is_finite() {
        (up.abs() + 4.0) * FLUSHED
    } else {
        0.0
    };
    let size = gate.abs().min(100.0);
    let ulps = match (size_of::<T>(), activation) {
        (2, _) => 1,
        (_, ActivationType::Swiglu | ActivationType::Silu) => 8 + 2 * size as u32,
        (_, ActivationType::Gelu | ActivationType::Geglu) => 12 + 2 * (size * size) as u32,
        // The exponent is of the third power.
        (_, ActivationType::GegluTanh) => 12 + (size * (4.0 + size * size / 4.0)) as u32,
        _ => 24 + 4 * size as u32,
    };
    Bound { ulps, absolute }
}

//! The inputs of FP8 products, drawn and by definition. Scales are powers of two, so that sums of whole numbers stay exact.

use gatewarp::gemm::{Accumulation, MmFp8Options};
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::frame::{Frame, product_frames};
use gatewarp_tests::naive;
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};

/// How many scales there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scales {
    None,
    One,
    Each,
}

impl Scales {
    /// Powers of two.
    fn draw(self, each: usize, seed: u64) -> Option<Vec<f32>> {
        let count = match self {
            Self::None => return None,
            Self::One => 1,
            Self::Each => each,
        };
        let exponents: Vec<f32> = Values::Whole.draw(count, seed);
        Some(exponents.into_iter().map(f32::exp2).collect())
    }
}

/// A product.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Matrices, of a batch.
    pub batch: Option<usize>,
    pub shape: [usize; 3],
    /// Of A, B and C.
    pub frames: [Frame; 3],
    values: Values,
    scales: [Scales; 2],
    alpha_and_bias: bool,
    pub accumulation: Accumulation,
    seed: u64,
}

impl Case {
    /// With all options, promoted.
    pub fn plain(shape: [usize; 3], values: Values) -> Self {
        Self {
            batch: None,
            shape,
            frames: [Frame::NONE; 3],
            values,
            scales: [Scales::Each; 2],
            alpha_and_bias: true,
            accumulation: Accumulation::Promoted,
            seed: 1,
        }
    }

    /// The same, summed in the tensor cores.
    pub fn fast(self) -> Self {
        let accumulation = Accumulation::Fast;
        Self {
            accumulation,
            ..self
        }
    }

    /// The same in rows that begin at multiples of 16 bytes.
    pub fn padded(self) -> Self {
        let frames = [Frame::PADDED; 3];
        Self { frames, ..self }
    }

    /// The same with a factor and a bias.
    pub fn with_bias(self) -> Self {
        let alpha_and_bias = true;
        Self {
            alpha_and_bias,
            ..self
        }
    }

    /// A batch of the same.
    pub fn of(self, batch: usize) -> Self {
        let batch = Some(batch);
        Self { batch, ..self }
    }

    /// One product, of sizes and frames that shuffled weights are multiplied in.
    pub fn shuffled(self) -> Self {
        let [m, n, k] = self.shape;
        let aligned =
            |frame: Frame| match frame.left.is_multiple_of(16) && frame.right.is_multiple_of(16) {
                true => frame,
                false => Frame::NONE,
            };
        Self {
            batch: None,
            shape: [m, n.next_multiple_of(32), k.next_multiple_of(128)],
            frames: self.frames.map(aligned),
            ..self
        }
    }

    /// The shapes of A, B and C.
    pub fn shapes(&self) -> [Vec<usize>; 3] {
        let [m, n, k] = self.shape;
        [[m, k], [n, k], [m, n]].map(|shape| self.batch.into_iter().chain(shape).collect())
    }

    fn matrices(&self) -> usize {
        self.batch.unwrap_or(1)
    }
}

/// Everything that goes in, but the frames.
pub struct Inputs<A, B, O> {
    pub a: Vec<A>,
    pub b: Vec<B>,
    scales: [Option<Vec<f32>>; 2],
    alpha: Option<Vec<f32>>,
    bias: Option<Vec<O>>,
}

impl<A: Value, B: Value, O: Value> Inputs<A, B, O> {
    /// The case's.
    pub fn of(case: &Case) -> Self {
        let (batch, [m, n, k], seed) = (case.matrices(), case.shape, case.seed);
        let [a_scales, b_scales] = case.scales;
        let asked = case.alpha_and_bias;
        Self {
            a: codes(case.values, batch * m * k, seed),
            b: codes(case.values, batch * n * k, seed ^ 1),
            scales: [
                a_scales.draw(batch * m, seed ^ 2),
                b_scales.draw(batch * n, seed ^ 3),
            ],
            alpha: asked.then(|| vec![0.5]),
            bias: asked.then(|| Values::Whole.draw(n, seed ^ 4)),
        }
    }

    /// The definition.
    pub fn naive(&self, case: &Case) -> Vec<f64> {
        let (batch, [m, n, k]) = (case.matrices(), case.shape);
        let factor = |scales: &Option<Vec<f32>>, i: usize| match scales.as_deref() {
            None => 1.0,
            Some([one]) => f64::from(*one),
            Some(each) => f64::from(each[i]),
        };
        let mut c = naive::bmm(&self.a, &self.b, [batch, m, n, k]);
        for (i, c) in c.iter_mut().enumerate() {
            let (row, column) = (i / n, i / (m * n) * n + i % n);
            let scales = factor(&self.scales[0], row) * factor(&self.scales[1], column);
            let bias = self.bias.as_ref().map_or(0.0, |bias| bias[i % n].to_f64());
            *c = factor(&self.alpha, 0) * scales * *c + bias;
        }
        c
    }
}

/// Values, but NaN for what is infinite: in FP8 that is the largest value, and sums of it are not exact.
fn codes<C: Value>(values: Values, count: usize, seed: u64) -> Vec<C> {
    let floats: Vec<f32> = values.draw(count, seed);
    let code = |value: f32| C::from_f32(if value.is_infinite() { f32::NAN } else { value });
    floats.into_iter().map(code).collect()
}

/// Vectors on a device.
pub struct Vectors<O> {
    scales: [Option<Tensor<f32>>; 2],
    alpha: Option<Tensor<f32>>,
    bias: Option<Tensor<O>>,
}

impl<O: Value> Vectors<O> {
    /// These inputs'.
    pub fn of<A, B>(stream: &Stream, inputs: &Inputs<A, B, O>) -> Result<Self> {
        let floats = |vector: &Option<Vec<f32>>| vector_on(stream, vector.as_deref());
        let [a, b] = &inputs.scales;
        Ok(Self {
            scales: [floats(a)?, floats(b)?],
            alpha: floats(&inputs.alpha)?,
            bias: vector_on(stream, inputs.bias.as_deref())?,
        })
    }

    /// What the operation takes.
    pub fn options(&self, accumulation: Accumulation) -> MmFp8Options<'_, O> {
        let [a, b] = &self.scales;
        MmFp8Options {
            alpha: self.alpha.as_ref().map(Tensor::view),
            a_scale: a.as_ref().map(Tensor::view),
            b_scale: b.as_ref().map(Tensor::view),
            bias: self.bias.as_ref().map(Tensor::view),
            accumulation,
            // It is: uploaded, and never written again. Both ways give the same.
            constant_b: self.bias.is_none(),
            ..MmFp8Options::default()
        }
    }
}

fn vector_on<T: Value>(stream: &Stream, vector: Option<&[T]>) -> Result<Option<Tensor<T>>> {
    let tensor = |vector: &[T]| Tensor::from_slice(stream, vector, &[vector.len()]);
    vector.map(tensor).transpose()
}

/// Shapes that tensor copies can move, and others.
pub fn cases(values: impl Strategy<Value = Values>) -> impl Strategy<Value = Case> {
    let any_length = || prop_oneof![4 => 0..20usize, 1 => 30..36usize, 1 => 126..131usize];
    let sixteens = |most: usize| (0..most).prop_map(|count| 16 * count);
    let any_shape = (any_length(), any_length(), any_length());
    let aligned = || prop_oneof![Just(Frame::NONE), Just(Frame::new(1, 1, 16, 16))];
    let aligned_frames = [aligned().boxed(), aligned().boxed(), aligned().boxed()];
    let shapes = prop_oneof![
        1 => (any_shape, product_frames()),
        2 => ((any_length(), sixteens(10), sixteens(20)), aligned_frames),
    ];
    let batch = prop_oneof![2 => Just(None), 1 => (0..4usize).prop_map(Some)];
    let scale = || prop_oneof![Just(Scales::None), Just(Scales::One), Just(Scales::Each)];
    let accumulation = prop_oneof![Just(Accumulation::Fast), Just(Accumulation::Promoted)];
    let options = (scale(), scale(), any::<bool>(), accumulation);
    let case = (batch, shapes, values, options, any::<u64>());
    case.prop_map(|(batch, ((m, n, k), frames), values, options, seed)| Case {
        batch,
        shape: [m, n, k],
        frames,
        values,
        scales: [options.0, options.1],
        alpha_and_bias: options.2,
        accumulation: options.3,
        seed,
    })
}

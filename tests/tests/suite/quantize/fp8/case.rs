//! Cases: matrices of any size, by any recipe, with rows that exist or do not.

use gatewarp::quantize::{
    ChannelAxis, Fp8Options, Fp8Scaling, LiveRows, ScaleMajor, ScaleRounding,
};
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::frame::{Frame, frames};
use gatewarp_tests::naive::{Fp8, mn_major};
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::ops::Bytes;

/// Which operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// `fp8_quantize_per_tensor`.
    Tensor,
    /// `fp8_quantize_per_token`.
    Token,
    /// `fp8_quantize_per_channel`.
    Channel(ChannelAxis),
    /// `fp8_quantize_1x128`, in the case's order.
    Group,
    /// `fp8_quantize_128x128`.
    Tile,
}

/// Which rows exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// All.
    All,
    /// Those of a map, before a number.
    Mapped,
    /// The first ones of each matrix.
    Counted,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The operation.
    pub recipe: Recipe,
    /// e5m2 instead of e4m3.
    pub e5m2: bool,
    /// The order of the scales of groups.
    pub major: ScaleMajor,
    /// How scales are rounded.
    pub rounding: ScaleRounding,
    /// Matrices.
    pub matrices: usize,
    /// Rows of each.
    pub rows: usize,
    /// Elements of a row.
    pub columns: usize,
    /// Which rows exist.
    pub live: Live,
    /// What is around the elements.
    pub x: Frame,
    /// What is around the codes.
    pub data: Frame,
    /// The elements.
    pub values: Values,
    /// What they, and the rows, are drawn from.
    pub seed: u64,
}

/// Which rows exist: the tensors.
pub struct Beside {
    map: Vec<i32>,
    n_used: i32,
    counts: Vec<i32>,
}

/// The same on a device.
pub struct OnDevice {
    map: Tensor<i32>,
    n_used: Tensor<i32>,
    counts: Tensor<i32>,
}

impl Case {
    /// A case of one matrix, all rows and ordinary values.
    pub fn plain(recipe: Recipe, rows: usize, columns: usize) -> Self {
        Self {
            recipe,
            e5m2: false,
            major: ScaleMajor::Mn,
            rounding: ScaleRounding::Nearest,
            matrices: 1,
            rows,
            columns,
            live: Live::All,
            x: Frame::NONE,
            data: Frame::NONE,
            values: Values::Ordinary,
            seed: 1,
        }
    }

    /// What is always run.
    pub fn kept(recipe: Recipe) -> Vec<Self> {
        let sizes = [
            (0, 0),
            (0, 24),
            (3, 0),
            (1, 1),
            (2, 17000),
            (3, 1031),
            (130, 136),
        ];
        let mut kept: Vec<_> = sizes
            .iter()
            .map(|&(rows, columns)| Self::plain(recipe, rows, columns))
            .collect();
        if recipe.chooses_rows() {
            kept.push(Self {
                matrices: 3,
                live: Live::Counted,
                ..Self::plain(recipe, 5, 264)
            });
        }
        kept
    }

    /// Rows of all matrices.
    pub fn all_rows(&self) -> usize {
        self.matrices * self.rows
    }

    /// `[matrices, rows, columns]`.
    pub fn shape(&self, columns: usize) -> [usize; 3] {
        [self.matrices, self.rows, columns]
    }

    /// `width` elements for each one.
    pub fn elements<T: Value>(&self, width: usize) -> Vec<T> {
        let count = self.all_rows() * self.columns * width;
        self.values.draw(count, self.seed)
    }

    /// Who shares a scale.
    pub fn scaling(&self) -> Fp8Scaling {
        match self.recipe {
            Recipe::Tensor => Fp8Scaling::Tensor,
            Recipe::Token | Recipe::Channel(ChannelAxis::Rows) => Fp8Scaling::Rows,
            Recipe::Channel(ChannelAxis::Columns) => Fp8Scaling::Columns,
            Recipe::Group => Fp8Scaling::Groups1x128(self.major),
            Recipe::Tile => Fp8Scaling::Tiles128x128,
        }
    }

    /// What the naive twin takes.
    pub fn twin(&self) -> Fp8 {
        let (rows, columns) = match self.scaling() {
            Fp8Scaling::Tensor => (None, None),
            Fp8Scaling::Rows => (Some(1), None),
            Fp8Scaling::Columns => (None, Some(1)),
            Fp8Scaling::Groups1x128(_) => (Some(1), Some(128)),
            Fp8Scaling::Tiles128x128 => (Some(128), Some(128)),
        };
        Fp8 {
            e5m2: self.e5m2,
            power_of_two: self.rounding == ScaleRounding::PowerOfTwo,
            rows,
            columns,
        }
    }

    /// The matrices that scales are of, each `[rows, columns]`.
    pub fn scaled_matrices(&self) -> (usize, [usize; 2]) {
        match self.recipe {
            Recipe::Tensor => (1, [self.all_rows(), self.columns]),
            _ => (self.matrices, [self.rows, self.columns]),
        }
    }

    /// The scales of the parts of a matrix in the case's order.
    pub fn lay_out(&self, scales: Vec<f64>) -> Vec<f64> {
        let (_, shape) = self.scaled_matrices();
        match self.scaling() {
            Fp8Scaling::Groups1x128(ScaleMajor::Mn) => mn_major(&scales, self.twin().parts(shape)),
            _ => scales,
        }
    }

    /// How many scales there are.
    pub fn scale_count(&self) -> usize {
        let (matrices, shape) = self.scaled_matrices();
        let [down, across] = self.twin().parts(shape);
        matrices * self.lay_out(vec![0.0; down * across]).len()
    }

    /// Which rows exist.
    pub fn beside(&self) -> Beside {
        let mut rng = SmallRng::seed_from_u64(self.seed ^ 0x5bd1);
        let rows = self.all_rows();
        Beside {
            map: (0..rows).map(|_| rng.random_range(-2..4)).collect(),
            n_used: rng.random_range(0..=rows as i32 + 1),
            counts: (0..self.matrices)
                .map(|_| rng.random_range(-1..=self.rows as i32 + 1))
                .collect(),
        }
    }

    /// Whether a row, counted through all matrices, exists.
    pub fn exists(&self, beside: &Beside, row: usize) -> bool {
        match self.live {
            Live::All => true,
            Live::Mapped => (row as i32) < beside.n_used && beside.map[row] >= 0,
            Live::Counted => ((row % self.rows) as i32) < beside.counts[row / self.rows],
        }
    }

    /// What the naive twin makes of elements: poison where nothing is written.
    pub fn naive(&self, x: &[f64], beside: &Beside) -> Bytes {
        let (matrices, shape) = self.scaled_matrices();
        let (mut data, mut scales) = (Vec::new(), Vec::new());
        for matrix in 0..matrices {
            let count = shape[0] * shape[1];
            let exists = |row| self.exists(beside, matrix * shape[0] + row);
            let x = &x[matrix * count..][..count];
            let (codes, of_parts) = self.twin().quantize(x, shape, exists);
            data.extend(codes.iter().map(|code| code.unwrap_or(0xff)));
            scales.extend(self.lay_out(of_parts).iter().map(|&scale| scale as f32));
        }
        Bytes { data, scales }
    }
}

impl Recipe {
    /// Whether rows may be absent.
    pub fn chooses_rows(self) -> bool {
        matches!(self, Self::Tensor | Self::Token | Self::Group)
    }
}

impl Beside {
    /// The tensors on a stream.
    pub fn on(&self, stream: &Stream) -> Result<OnDevice> {
        Ok(OnDevice {
            map: Tensor::from_slice(stream, &self.map, &[self.map.len()])?,
            n_used: Tensor::from_slice(stream, &[self.n_used], &[])?,
            counts: Tensor::from_slice(stream, &self.counts, &[self.counts.len()])?,
        })
    }
}

impl OnDevice {
    /// The rows of a case.
    pub fn rows(&self, case: &Case) -> LiveRows<'_> {
        match case.live {
            Live::All => LiveRows::All,
            Live::Mapped => LiveRows::mapped(self.map.view(), self.n_used.view()),
            Live::Counted => LiveRows::Counted(self.counts.view()),
        }
    }

    /// The options of a case.
    pub fn options(&self, case: &Case) -> Fp8Options<'_> {
        Fp8Options {
            rows: self.rows(case),
            rounding: case.rounding,
        }
    }
}

/// Cases of one recipe.
pub fn cases(recipe: Recipe) -> impl Strategy<Value = Case> {
    let live = match recipe.chooses_rows() {
        true => {
            prop_oneof![2 => Just(Live::All), 1 => Just(Live::Mapped), 1 => Just(Live::Counted)]
                .boxed()
        }
        false => Just(Live::All).boxed(),
    };
    let columns = prop_oneof![
        3 => 0..40usize,
        4 => (0..60usize).prop_map(|octets| 8 * octets),
        1 => 120..140usize,
        1 => (125..132usize).prop_map(|octets| 8 * octets),
    ];
    let rows = prop_oneof![8 => 0..6usize, 1 => 125..131usize];
    let kind = (any::<bool>(), any::<bool>(), any::<bool>());
    let sizes = (1..4usize, rows, columns);
    let frames = (frames(), frames());
    let case = (kind, sizes, live, frames, any_values(), any::<u64>());
    case.prop_map(
        move |((e5m2, mn, power), (matrices, rows, columns), live, (x, data), values, seed)| Case {
            recipe,
            e5m2,
            major: if mn { ScaleMajor::Mn } else { ScaleMajor::K },
            rounding: match power {
                true => ScaleRounding::PowerOfTwo,
                false => ScaleRounding::Nearest,
            },
            // A large matrix is alone.
            matrices: if rows > 6 { 1 } else { matrices },
            rows,
            columns: if rows > 6 { columns.min(140) } else { columns },
            live,
            x,
            data,
            values,
            seed,
        },
    )
}

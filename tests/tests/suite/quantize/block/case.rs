//! Cases: matrices of any size, in any layout, with rows that exist or do not.

use gatewarp::formats::ScaleLayout;
use gatewarp::quantize::{BlockOptions, LiveRows};
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::frame::{Frame, frames};
use gatewarp_tests::naive::{BlockFormat, lay_out};
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::ops::{Bytes, Room};

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
    /// The format.
    pub format: BlockFormat,
    /// Where scales go.
    pub layout: ScaleLayout,
    /// Matrices.
    pub matrices: usize,
    /// Rows of each.
    pub rows: usize,
    /// Blocks of a row.
    pub blocks: usize,
    /// Which rows exist.
    pub live: Live,
    /// What is around the elements.
    pub x: Frame,
    /// What is around the codes.
    pub data: Frame,
    /// The elements.
    pub values: Values,
    /// What they, the global scales and the rows are drawn from.
    pub seed: u64,
}

/// The tensors of a case that are beside the elements.
pub struct Beside {
    /// The global scales, one or one a matrix.
    pub global: Vec<f32>,
    /// The source of each row.
    pub map: Vec<i32>,
    /// Rows in use.
    pub n_used: i32,
    /// Rows of each matrix that exist.
    pub counts: Vec<i32>,
}

/// The same on a device.
pub struct OnDevice {
    /// The global scales.
    pub global: Tensor<f32>,
    map: Tensor<i32>,
    n_used: Tensor<i32>,
    counts: Tensor<i32>,
}

impl Case {
    /// A case of all rows, in 128x4 tiles, of ordinary values.
    pub fn plain(format: BlockFormat, rows: usize, blocks: usize) -> Self {
        Self {
            format,
            layout: ScaleLayout::Swizzled128x4,
            matrices: 1,
            rows,
            blocks,
            live: Live::All,
            x: Frame::NONE,
            data: Frame::NONE,
            values: Values::Ordinary,
            seed: 1,
        }
    }

    /// Elements of a quantised row.
    pub fn columns(&self) -> usize {
        self.blocks * self.format.block()
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
        let count = self.all_rows() * self.columns() * width;
        self.values.draw(count, self.seed)
    }

    /// What is beside the elements.
    pub fn beside(&self) -> Beside {
        let mut rng = SmallRng::seed_from_u64(self.seed ^ 0x5bd1);
        let rows = self.all_rows();
        // Now one for all, now one a matrix; mostly of a usual magnitude.
        let globals = if rng.random() { 1 } else { self.matrices };
        let global = (0..globals).map(|_| match rng.random_range(0..4) {
            0 => 1.0,
            1 => 2688.0,
            2 => rng.random_range(-40.0f32..40.0).exp2(),
            _ => rng.random_range(0.1..5000.0),
        });
        Beside {
            global: global.collect(),
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

    /// Room for the codes and scales.
    pub fn room<'a>(&self, shape: &'a [usize; 3]) -> Room<'a> {
        let scales = lay_out(
            self.layout,
            &vec![0; self.rows * self.blocks],
            self.rows,
            self.blocks,
        );
        Room {
            data: shape,
            frame: self.data,
            scales: self.matrices * scales.len(),
        }
    }

    /// The shape of the codes.
    pub fn data_shape(&self) -> [usize; 3] {
        self.shape(self.columns() / self.format.per_byte())
    }

    /// What the naive twin makes of elements: poison and zeros for rows that do not exist.
    pub fn naive(&self, x: &[f64], beside: &Beside) -> Bytes {
        let (columns, matrices) = (self.columns(), self.matrices);
        let (mut data, mut scales) = (Vec::new(), Vec::new());
        for matrix in 0..matrices {
            let mut linear = Vec::new();
            for place in 0..self.rows {
                let row = matrix * self.rows + place;
                let global = beside.global[row * beside.global.len() / self.all_rows()];
                let x = &x[row * columns..][..columns];
                let (codes, of_row) = self.format.quantize_row(x, f64::from(global));
                let exists = self.exists(beside, row);
                data.extend(codes.iter().map(|&code| if exists { code } else { 0xff }));
                linear.extend(of_row.iter().map(|&code| if exists { code } else { 0 }));
            }
            scales.extend(lay_out(self.layout, &linear, self.rows, self.blocks));
        }
        Bytes { data, scales }
    }
}

impl Beside {
    /// The tensors on a stream.
    pub fn on(&self, stream: &Stream) -> Result<OnDevice> {
        Ok(OnDevice {
            global: Tensor::from_slice(stream, &self.global, &[self.global.len()])?,
            map: Tensor::from_slice(stream, &self.map, &[self.map.len()])?,
            n_used: Tensor::from_slice(stream, &[self.n_used], &[])?,
            counts: Tensor::from_slice(stream, &self.counts, &[self.counts.len()])?,
        })
    }
}

impl OnDevice {
    /// The options of a case.
    pub fn options(&self, case: &Case) -> BlockOptions<'_> {
        BlockOptions {
            matrices: case.matrices,
            rows: match case.live {
                Live::All => LiveRows::All,
                Live::Mapped => LiveRows::mapped(self.map.view(), self.n_used.view()),
                Live::Counted => LiveRows::Counted(self.counts.view()),
            },
            ..BlockOptions::with_layout(case.layout)
        }
    }
}

/// Cases of one format.
pub fn cases(format: BlockFormat) -> impl Strategy<Value = Case> {
    let layout = prop_oneof![
        Just(ScaleLayout::Swizzled128x4),
        Just(ScaleLayout::Swizzled8x4),
        Just(ScaleLayout::Linear),
    ];
    let live = prop_oneof![2 => Just(Live::All), 1 => Just(Live::Mapped), 1 => Just(Live::Counted)];
    let blocks = prop_oneof![6 => 0..7usize, 2 => 7..24usize, 1 => 60..72usize];
    let rows = prop_oneof![8 => 0..6usize, 1 => 125..131usize];
    let sizes = (1..4usize, rows, blocks);
    let case = (
        layout,
        sizes,
        live,
        frames(),
        frames(),
        any_values(),
        any::<u64>(),
    );
    case.prop_map(
        move |(layout, (matrices, rows, blocks), live, x, data, values, seed)| Case {
            format,
            layout,
            // A large matrix is alone.
            matrices: if rows > 6 { 1 } else { matrices },
            rows,
            blocks: if rows > 6 { blocks.min(6) } else { blocks },
            live,
            x,
            data,
            values,
            seed,
        },
    )
}

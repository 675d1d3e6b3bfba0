//! Block scales into tiles and back: padding is zero, whatever was there.

use gatewarp::formats::ScaleLayout;
use gatewarp::quantize::layout::{
    block_scale_deinterleave, block_scale_deinterleave_into, block_scale_interleave,
    block_scale_interleave_into, shuffle_matrix_sf_a, shuffle_matrix_sf_a_into,
    unshuffle_matrix_sf_a, unshuffle_matrix_sf_a_into,
};
use gatewarp::tensor::{AsView, AsViewMut};
use gatewarp::{Result, Stream, Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Pattern;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;

use super::random;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("quantize::layout::scales_u8", |context| {
        matches(context, 0u8)
    });
    suite.trial("quantize::layout::scales_bf16", |context| {
        matches(context, bf16::ZERO)
    });
    suite.trial("quantize::layout::scales_f32", |context| {
        matches(context, 0f32)
    });
}

/// Which operation.
#[derive(Clone, Copy, Debug)]
enum Op {
    Interleave(ScaleLayout),
    Shuffle(usize),
}

impl Op {
    fn run<T: Pattern>(self, stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
        match self {
            Self::Interleave(layout) => block_scale_interleave(stream, x, layout),
            Self::Shuffle(tile) => shuffle_matrix_sf_a(stream, x, tile, 16),
        }
    }

    fn run_into<T: Pattern>(
        self,
        stream: &Stream,
        x: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        match self {
            Self::Interleave(layout) => block_scale_interleave_into(stream, x, layout, out),
            Self::Shuffle(tile) => shuffle_matrix_sf_a_into(stream, x, tile, 32, out),
        }
    }

    fn undo<T: Pattern>(
        self,
        stream: &Stream,
        sf: &impl AsView<T>,
        shape: &[usize],
    ) -> Result<Tensor<T>> {
        match self {
            Self::Interleave(layout) => block_scale_deinterleave(stream, sf, shape, layout),
            Self::Shuffle(tile) => unshuffle_matrix_sf_a(stream, sf, shape, tile, 16),
        }
    }

    fn undo_into<T: Pattern>(
        self,
        stream: &Stream,
        sf: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        match self {
            Self::Interleave(layout) => block_scale_deinterleave_into(stream, sf, layout, out),
            Self::Shuffle(tile) => unshuffle_matrix_sf_a_into(stream, sf, tile, 32, out),
        }
    }

    fn naive<T: Copy>(self, x: &[T], sizes: [usize; 3], zero: T) -> Vec<T> {
        match self {
            Self::Interleave(layout) => naive::interleave(x, sizes, layout, zero),
            Self::Shuffle(tile) => {
                let shuffled = naive::shuffle_rows(x, sizes[1], sizes[2], tile);
                naive::interleave(&shuffled, sizes, ScaleLayout::Swizzled128x4, zero)
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Case {
    op: Op,
    leading: Vec<usize>,
    rows: usize,
    columns: usize,
    x: Frame,
    out: Frame,
    seed: u64,
}

impl Case {
    fn plain(op: Op, leading: &[usize], rows: usize, columns: usize) -> Self {
        Self {
            op,
            leading: leading.to_vec(),
            rows,
            columns,
            x: Frame::NONE,
            out: Frame::NONE,
            seed: 1,
        }
    }

    fn shape(&self) -> Vec<usize> {
        [&self.leading[..], &[self.rows, self.columns]].concat()
    }
}

const WIDE: Op = Op::Interleave(ScaleLayout::Swizzled128x4);
const NARROW: Op = Op::Interleave(ScaleLayout::Swizzled8x4);
const LINEAR: Op = Op::Interleave(ScaleLayout::Linear);

fn cases() -> impl Strategy<Value = Case> {
    let op = select(vec![
        WIDE,
        WIDE,
        NARROW,
        LINEAR,
        Op::Shuffle(128),
        Op::Shuffle(64),
    ]);
    let rows = prop_oneof![2 => 0..20usize, 1 => 120..140usize, 1 => Just(256)];
    let columns = prop_oneof![3 => 0..20usize, 1 => Just(16), 1 => Just(48)];
    let case = (
        op,
        vec(0..3usize, 0..=2),
        rows,
        columns,
        frames(),
        0..6usize,
        any::<u64>(),
    );
    case.prop_map(|(op, leading, rows, columns, x, left, seed)| Case {
        op,
        leading,
        rows: match op {
            Op::Shuffle(_) => rows / 64 * 128,
            Op::Interleave(_) => rows,
        },
        columns,
        x,
        // Tiles are a run of elements: around them, but not between them, may be others.
        out: Frame::new(0, 0, left, 2),
        seed,
    })
}

fn matches<T: Pattern>(context: &Context, zero: T) -> Outcome {
    let mut kept = vec![
        Case::plain(WIDE, &[], 0, 4),
        Case::plain(WIDE, &[], 5, 0),
        Case::plain(WIDE, &[0], 5, 4),
        Case::plain(WIDE, &[2], 1, 1),
        Case::plain(NARROW, &[3], 9, 5),
        Case::plain(WIDE, &[2], 130, 32),
        Case::plain(Op::Shuffle(128), &[2], 128, 16),
    ];
    kept.extend(context.real(vec![
        Case::plain(Op::Shuffle(128), &[8], 4096, 448),
        Case::plain(WIDE, &[3], 2880, 180),
        Case::plain(NARROW, &[], 1000, 256),
    ]));
    context.check(3, kept, &cases(), |case| matches_case(context, case, zero))
}

fn matches_case<T: Pattern>(context: &Context, case: &Case, zero: T) -> TestCaseResult {
    let (op, stream, shape) = (case.op, &context.stream, case.shape());
    let x = random::<T>(shape.iter().product(), case.seed);
    let library = |stream: &Stream| {
        op.run(stream, &Tensor::from_slice(stream, &x, &shape)?)?
            .to_vec()
    };
    let sizes = [case.leading.iter().product(), case.rows, case.columns];
    let want = context.oracle(library, || op.naive(&x, sizes, zero))?;

    let framed = Framed::new(stream, &shape, case.x, &x)?;
    let mut out = Framed::poisoned(stream, &[want.len()], case.out)?;
    op.run_into(stream, &framed.view()?, &mut out.view_mut()?)?;
    bits("out", &out.elements()?, &want)?;

    let mut back = Framed::poisoned(stream, &shape, case.x)?;
    op.undo_into(stream, &out.view()?, &mut back.view_mut()?)?;
    bits("back", &back.elements()?, &x)?;
    let there = op.run(stream, &framed.view()?)?;
    let back = op.undo(stream, &there, &shape)?;
    bits("there and back, allocated", &back.to_vec()?, &x)?;
    Ok(())
}

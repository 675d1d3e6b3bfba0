//! Row permutations: every order, any leading dimensions, any frame, elements of every size.

use gatewarp::formats::RowOrder;
use gatewarp::quantize::layout::{
    permute_rows, permute_rows_into, reorder_rows_for_gated_act_gemm,
    reorder_rows_for_gated_act_gemm_into, restore_rows_for_gated_act_gemm,
    restore_rows_for_gated_act_gemm_into, shuffle_matrix_a, shuffle_matrix_a_into,
    unshuffle_matrix_a, unshuffle_matrix_a_into,
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
    suite.trial("quantize::layout::rows_u8", matches::<u8>);
    suite.trial("quantize::layout::rows_bf16", matches::<bf16>);
    suite.trial("quantize::layout::rows_f32", matches::<f32>);
}

/// Which operation.
#[derive(Clone, Copy, Debug)]
enum Op {
    Reorder,
    Shuffle(usize),
    /// A shuffle of reordered rows.
    Both(usize),
}

impl Op {
    /// What it takes rows in multiples of.
    fn multiple(self) -> usize {
        match self {
            Self::Reorder => 2,
            Self::Shuffle(tile) | Self::Both(tile) if tile % 128 == 0 => 32,
            _ => 16,
        }
    }

    fn order(tile: usize) -> RowOrder {
        RowOrder::for_epilogue_tile(tile).of_halves_in_turn()
    }

    fn run<T: Pattern>(self, stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
        match self {
            Self::Reorder => reorder_rows_for_gated_act_gemm(stream, x),
            Self::Shuffle(tile) => shuffle_matrix_a(stream, x, tile),
            Self::Both(tile) => permute_rows(stream, x, Self::order(tile)),
        }
    }

    fn run_into<T: Pattern>(
        self,
        stream: &Stream,
        x: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        match self {
            Self::Reorder => reorder_rows_for_gated_act_gemm_into(stream, x, out),
            Self::Shuffle(tile) => shuffle_matrix_a_into(stream, x, tile, out),
            Self::Both(tile) => permute_rows_into(stream, x, Self::order(tile), out),
        }
    }

    fn undo<T: Pattern>(self, stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
        match self {
            Self::Reorder => restore_rows_for_gated_act_gemm(stream, x),
            Self::Shuffle(tile) => unshuffle_matrix_a(stream, x, tile),
            Self::Both(tile) => permute_rows(stream, x, Self::order(tile).inverse()),
        }
    }

    fn undo_into<T: Pattern>(
        self,
        stream: &Stream,
        x: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        match self {
            Self::Reorder => restore_rows_for_gated_act_gemm_into(stream, x, out),
            Self::Shuffle(tile) => unshuffle_matrix_a_into(stream, x, tile, out),
            Self::Both(tile) => permute_rows_into(stream, x, Self::order(tile).inverse(), out),
        }
    }

    fn naive<T: Copy>(self, x: &[T], rows: usize, columns: usize) -> Vec<T> {
        match self {
            Self::Reorder => naive::reorder_rows(x, rows, columns),
            Self::Shuffle(tile) => naive::shuffle_rows(x, rows, columns, tile),
            Self::Both(tile) => {
                let reordered = naive::reorder_rows(x, rows, columns);
                naive::shuffle_rows(&reordered, rows, columns, tile)
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

fn cases() -> impl Strategy<Value = Case> {
    let op = select(vec![
        Op::Reorder,
        Op::Shuffle(128),
        Op::Shuffle(64),
        Op::Both(256),
        Op::Both(16),
    ]);
    let columns = prop_oneof![
        3 => 0..40usize,
        2 => (1..9usize).prop_map(|chunks| 16 * chunks),
        1 => Just(1030),
    ];
    let case = (
        op,
        vec(0..4usize, 0..=2),
        0..5usize,
        columns,
        frames(),
        frames(),
        any::<u64>(),
    );
    case.prop_map(|(op, leading, groups, columns, x, out, seed)| Case {
        op,
        leading,
        rows: groups * op.multiple(),
        columns,
        x,
        out,
        seed,
    })
}

fn matches<T: Pattern>(context: &Context) -> Outcome {
    let mut kept = vec![
        Case::plain(Op::Reorder, &[], 0, 8),
        Case::plain(Op::Shuffle(128), &[2], 32, 0),
        Case::plain(Op::Shuffle(128), &[0], 64, 16),
        Case::plain(Op::Both(128), &[3], 96, 48),
        Case::plain(Op::Reorder, &[], 6, 1),
    ];
    kept.extend(context.real(vec![
        Case::plain(Op::Both(128), &[4], 4096, 2048),
        Case::plain(Op::Shuffle(64), &[], 2880, 2881),
    ]));
    context.check(6, kept, &cases(), |case| matches_case::<T>(context, case))
}

fn matches_case<T: Pattern>(context: &Context, case: &Case) -> TestCaseResult {
    let (op, stream, shape) = (case.op, &context.stream, case.shape());
    let x = random::<T>(shape.iter().product(), case.seed);
    let library = |stream: &Stream| {
        op.run(stream, &Tensor::from_slice(stream, &x, &shape)?)?
            .to_vec()
    };
    let want = context.oracle(library, || op.naive(&x, case.rows, case.columns))?;

    let framed = Framed::new(stream, &shape, case.x, &x)?;
    let mut out = Framed::poisoned(stream, &shape, case.out)?;
    op.run_into(stream, &framed.view()?, &mut out.view_mut()?)?;
    bits("out", &out.elements()?, &want)?;

    let mut back = Framed::poisoned(stream, &shape, case.x)?;
    op.undo_into(stream, &out.view()?, &mut back.view_mut()?)?;
    bits("back", &back.elements()?, &x)?;
    let back = op.undo(stream, &op.run(stream, &framed.view()?)?)?;
    bits("there and back, allocated", &back.to_vec()?, &x)?;
    Ok(())
}

//! Columns in blocks, and weights of low-latency products.

use gatewarp::quantize::layout::{
    convert_from_block_layout, convert_from_block_layout_into, convert_to_block_layout,
    convert_to_block_layout_into, prepare_low_latency_gemm_weights,
    prepare_low_latency_gemm_weights_into, restore_low_latency_gemm_weights,
    restore_low_latency_gemm_weights_into,
};
use gatewarp::{Stream, Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive;
use gatewarp_tests::property::failed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Pattern;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;

use super::random;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("quantize::layout::blocks_u8", matches::<u8>);
    suite.trial("quantize::layout::blocks_bf16", matches::<bf16>);
    suite.trial("quantize::layout::blocks_f32", matches::<f32>);
    suite.trial("quantize::layout::low_latency_weights", low_latency);
}

#[derive(Clone, Debug)]
struct Case {
    leading: Vec<usize>,
    blocks: usize,
    rows: usize,
    width: usize,
    x: Frame,
    out: Frame,
    seed: u64,
}

impl Case {
    fn plain(leading: &[usize], blocks: usize, rows: usize, width: usize) -> Self {
        Self {
            leading: leading.to_vec(),
            blocks,
            rows,
            width,
            x: Frame::NONE,
            out: Frame::NONE,
            seed: 1,
        }
    }

    fn columns(&self) -> usize {
        self.blocks * self.width
    }

    fn shape(&self) -> Vec<usize> {
        [&self.leading[..], &[self.rows, self.columns()]].concat()
    }

    fn blocked(&self) -> Vec<usize> {
        [&self.leading[..], &[self.blocks, self.rows, self.width]].concat()
    }
}

fn cases(rows: usize, width: impl Strategy<Value = usize>) -> impl Strategy<Value = Case> {
    let case = (
        vec(0..4usize, 0..=2),
        0..5usize,
        0..6usize,
        width,
        frames(),
        frames(),
        any::<u64>(),
    );
    case.prop_map(move |(leading, blocks, groups, width, x, out, seed)| Case {
        leading,
        blocks,
        rows: groups * rows,
        width,
        x,
        out,
        seed,
    })
}

fn matches<T: Pattern>(context: &Context) -> Outcome {
    let mut kept = vec![
        Case::plain(&[], 0, 3, 8),
        Case::plain(&[2], 3, 0, 16),
        Case::plain(&[0], 3, 5, 16),
        Case::plain(&[], 1, 5, 16),
        Case::plain(&[3], 9, 70, 64),
    ];
    kept.extend(context.real(vec![Case::plain(&[3], 56, 1025, 128)]));
    let width = prop_oneof![3 => 1..20usize, 2 => Just(64), 1 => Just(128)];
    context.check(6, kept, &cases(3, width), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: Pattern>(context: &Context, case: &Case) -> TestCaseResult {
    let (stream, shape, width) = (&context.stream, case.shape(), case.width);
    let x = random::<T>(shape.iter().product(), case.seed);
    let library = |stream: &Stream| {
        let x = Tensor::from_slice(stream, &x, &shape)?;
        convert_to_block_layout(stream, &x, width)?.to_vec()
    };
    let naive = || naive::to_blocks(&x, case.rows, case.columns(), width);
    let want = context.oracle(library, naive)?;

    let framed = Framed::new(stream, &shape, case.x, &x)?;
    let mut out = Framed::poisoned(stream, &case.blocked(), case.out)?;
    convert_to_block_layout_into(stream, &framed.view()?, width, &mut out.view_mut()?)?;
    bits("out", &out.elements()?, &want)?;

    let mut back = Framed::poisoned(stream, &shape, case.x)?;
    convert_from_block_layout_into(stream, &out.view()?, &mut back.view_mut()?)?;
    bits("back", &back.elements()?, &x)?;
    let back = convert_from_block_layout(stream, &out.view()?)?;
    bits("back, allocated", &back.to_vec()?, &x)?;
    if **back.shape() != shape[..] {
        return Err(failed(format!("the shape is {}", back.shape())));
    }
    Ok(())
}

fn low_latency(context: &Context) -> Outcome {
    let kept = vec![Case::plain(&[2], 3, 64, 128)];
    context.check(4, kept, &cases(32, Just(128)), |case| {
        low_latency_case(context, case)
    })
}

fn low_latency_case(context: &Context, case: &Case) -> TestCaseResult {
    let (stream, shape) = (&context.stream, case.shape());
    let w = random::<u8>(shape.iter().product(), case.seed);
    let library = |stream: &Stream| {
        let w = Tensor::from_slice(stream, &w, &shape)?;
        prepare_low_latency_gemm_weights(stream, &w)?.to_vec()
    };
    let naive = || {
        let shuffled = naive::shuffle_rows(&w, case.rows, case.columns(), 128);
        naive::to_blocks(&shuffled, case.rows, case.columns(), 128)
    };
    let want = context.oracle(library, naive)?;

    let framed = Framed::new(stream, &shape, case.x, &w)?;
    let mut out = Framed::poisoned(stream, &case.blocked(), case.out)?;
    prepare_low_latency_gemm_weights_into(stream, &framed.view()?, &mut out.view_mut()?)?;
    bits("out", &out.elements()?, &want)?;

    let mut back = Framed::poisoned(stream, &shape, case.x)?;
    restore_low_latency_gemm_weights_into(stream, &out.view()?, &mut back.view_mut()?)?;
    bits("back", &back.elements()?, &w)?;
    let back = restore_low_latency_gemm_weights(stream, &out.view()?)?;
    bits("back, allocated", &back.to_vec()?, &w)?;
    Ok(())
}

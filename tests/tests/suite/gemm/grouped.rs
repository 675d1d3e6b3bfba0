//! `grouped_mm`: groups of any sizes, and offsets that make no sense.

use gatewarp::gemm::{GemmElement, grouped_mm, grouped_mm_into};
use gatewarp::{Result, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, Similarity, close, similar, widen};
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::naive;
use gatewarp_tests::property::failed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("grouped_mm::exact::bf16", exact::<bf16>);
    suite.trial("grouped_mm::exact::f16", exact::<f16>);
    suite.trial("grouped_mm::malformed_offsets_are_safe", malformed);
    suite.trial("grouped_mm::rounded::bf16", rounded::<bf16>);
    suite.trial("grouped_mm::rounded::f16", rounded::<f16>);
}

#[derive(Clone, Debug)]
struct Case {
    shape: [usize; 3],
    offsets: Vec<i32>,
    a: Frame,
    c: Frame,
    values: Values,
    seed: u64,
}

impl Case {
    fn plain(shape: [usize; 3], offsets: &[i32]) -> Self {
        Self {
            shape,
            offsets: offsets.to_vec(),
            a: Frame::NONE,
            c: Frame::NONE,
            values: Values::Whole,
            seed: 1,
        }
    }

    fn groups(&self) -> usize {
        self.offsets.len() - 1
    }

    /// A and B.
    fn operands<T: Value>(&self) -> [Vec<T>; 2] {
        let [rows, n, k] = self.shape;
        [
            self.values.draw(rows * k, self.seed),
            self.values.draw(self.groups() * n * k, self.seed ^ 1),
        ]
    }

    /// Whether a row is in more than one group: nothing says whose product it then is.
    fn overlaps(&self) -> bool {
        let within = |row: i32| {
            let groups = self.offsets.windows(2);
            groups
                .filter(|ends| ends[0] <= row && row < ends[1])
                .count()
        };
        (0..self.shape[0] as i32).any(|row| within(row) > 1)
    }
}

/// Ends of groups that follow each other, and any ends at all.
fn offsets(rows: usize, well_formed: bool) -> impl Strategy<Value = Vec<i32>> {
    let ends = if well_formed {
        0..=rows as i32
    } else {
        -5..=rows as i32 + 9
    };
    vec(ends, 1..7).prop_map(move |mut ends| {
        if well_formed {
            ends.sort_unstable();
        }
        ends
    })
}

fn cases(well_formed: bool) -> impl Strategy<Value = Case> {
    let rows = prop_oneof![4 => 0..20usize, 1 => 60..70usize, 1 => 130..140usize];
    let shape = (
        rows,
        0..40usize,
        prop_oneof![0..20usize, (0..6usize).prop_map(|p| 8 * p)],
    );
    shape.prop_flat_map(move |(rows, n, k)| {
        let offsets = offsets(rows, well_formed);
        (offsets, frames(), frames(), any::<u64>()).prop_map(move |(offsets, a, c, seed)| Case {
            shape: [rows, n, k],
            offsets,
            a,
            c,
            values: Values::Whole,
            seed,
        })
    })
}

fn exact<T: GemmElement + Value>(context: &Context) -> Outcome {
    let framed = Frame::new(0, 0, 3, 2);
    let kept = vec![
        Case::plain([0, 8, 8], &[0, 0, 0]),
        Case::plain([8, 0, 8], &[0, 4, 8]),
        Case::plain([8, 8, 8], &[0]),
        Case::plain([40, 8, 8], &[0, 0, 40, 40]),
        Case::plain([8, 8, 8], &[2, 5]),
        Case {
            a: framed,
            ..Case::plain([8, 4, 0], &[0, 3, 8])
        },
    ];
    context.check(6, kept, &cases(true), |case| exact_case::<T>(context, case))
}

fn malformed(context: &Context) -> Outcome {
    let kept = vec![
        Case::plain([8, 8, 8], &[-4, 3, 99]),
        Case::plain([8, 8, 8], &[6, 2, 4]),
        Case::plain([8, 8, 8], &[i32::MIN, i32::MAX]),
        Case::plain([8, 8, 8], &[i32::MAX, i32::MIN, 3]),
        Case::plain([40, 8, 8], &[0, 40, 0, 40, 0, 40]),
    ];
    context.check(10, kept, &cases(false), |case| {
        exact_case::<bf16>(context, case)
    })
}

/// Rows in no group stay as they were, those in one are exact.
fn exact_case<T: GemmElement + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let [_, n, _] = case.shape;
    let [a, b] = case.operands::<T>();
    let naive = naive::grouped_mm(&a, &b, &case.offsets, case.shape);
    let got = framed(context, case, &a, &b)?;
    for (i, element) in got.iter().enumerate() {
        if naive[i / n].is_none() && !element.is_poison() {
            return Err(failed(format!(
                "row {} is in no group, and was written",
                i / n
            )));
        }
    }
    if case.overlaps() {
        return Ok(());
    }
    // A row that is not written holds poison, which is a NaN.
    let library = |stream: &Stream| Ok(widen(&contiguous(stream, case, &a, &b)?));
    let rows = || {
        naive
            .iter()
            .flat_map(|row| row.clone().unwrap_or(vec![f64::NAN; n]))
    };
    let want = context.oracle(library, || rows().collect())?;
    Ok(close("c", &got, &want, |_| Bound::EQUAL)?)
}

fn rounded<T: GemmElement + Value>(context: &Context) -> Outcome {
    let ordinary = |shape, offsets: &[i32]| Case {
        values: Values::Ordinary,
        ..Case::plain(shape, offsets)
    };
    let mut kept = vec![ordinary([30, 40, 56], &[0, 3, 3, 20, 30])];
    let real = [0, 3, 4, 4, 21, 22, 40, 41, 48];
    kept.extend(context.real(vec![ordinary([48, 4096, 11008], &real)]));
    context.check(0, kept, &cases(true), |case| {
        let [a, b] = case.operands::<T>();
        let naive = || {
            let rows = naive::grouped_mm(&a, &b, &case.offsets, case.shape);
            rows.into_iter().flatten().flatten().collect()
        };
        let library = |stream: &Stream| Ok(widen(&contiguous(stream, case, &a, &b)?));
        let want = context.oracle(library, naive)?;
        let got = framed(context, case, &a, &b)?;
        let allowed = Similarity::rounded::<T>(1);
        Ok(similar("c", &got, &want, case.shape[1], allowed)?)
    })
}

/// The backend's product, in frames.
fn framed<T: GemmElement + Value>(
    context: &Context,
    case: &Case,
    a: &[T],
    b: &[T],
) -> std::result::Result<Vec<T>, proptest::test_runner::TestCaseError> {
    let ([rows, n, k], stream) = (case.shape, &context.stream);
    let a = Framed::new(stream, &[rows, k], case.a, a)?;
    let b = Tensor::from_slice(stream, b, &[case.groups(), n, k])?;
    let offsets = Tensor::from_slice(stream, &case.offsets, &[case.offsets.len()])?;
    let mut c = Framed::<T>::poisoned(stream, &[rows, n], case.c)?;
    grouped_mm_into(stream, &a.view()?, &b, &offsets, &mut c.view_mut()?)?;
    Ok(c.elements()?)
}

/// Another device's product, contiguous, by the form that allocates.
fn contiguous<T: GemmElement>(stream: &Stream, case: &Case, a: &[T], b: &[T]) -> Result<Vec<T>> {
    let [rows, n, k] = case.shape;
    let a = Tensor::from_slice(stream, a, &[rows, k])?;
    let b = Tensor::from_slice(stream, b, &[case.groups(), n, k])?;
    let offsets = Tensor::from_slice(stream, &case.offsets, &[case.offsets.len()])?;
    grouped_mm(stream, &a, &b, &offsets)?.to_vec()
}

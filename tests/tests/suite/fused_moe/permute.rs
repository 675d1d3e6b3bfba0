//! `permute`: ids of every kind, capacities, and rows that do not exist.

use gatewarp::fused_moe::{Permutation, permute, permute_into};
use gatewarp::{Stream, Tensor};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::naive::{self, Permuted};
use gatewarp_tests::property::failed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Pattern;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("permute::matches", matches);
    suite.trial("permute::allocating_form", allocating_form);
}

#[derive(Clone, Copy, Debug)]
struct Case {
    tokens: usize,
    top_k: usize,
    experts: usize,
    capacity: Option<usize>,
    /// Whether ids may be no expert's.
    strays: bool,
    seed: u64,
}

impl Case {
    fn ids(&self) -> Vec<i32> {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let experts = self.experts as i32;
        let strays = [-1, experts, i32::MAX, i32::MIN];
        let count = self.tokens * self.top_k;
        let mut id = || match self.strays && rng.random_ratio(1, 4) {
            true => strays[rng.random_range(0..4)],
            false => rng.random_range(0..experts),
        };
        (0..count).map(|_| id()).collect()
    }
}

/// No limit, and limits that cut nothing, something, everything.
pub fn capacities() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(0)),
        1 => Just(Some(1)),
        1 => (2..9usize).prop_map(Some),
        1 => Just(Some(usize::MAX)),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let experts = prop_oneof![3 => 1..9usize, 1 => 30..40usize];
    let tokens = prop_oneof![4 => 0..20usize, 1 => 120..140usize, 1 => 250..260usize];
    let shape = experts.prop_flat_map(|experts| (Just(experts), 1..=experts.min(4)));
    let case = (tokens, shape, capacities(), any::<bool>(), any::<u64>());
    case.prop_map(|(tokens, (experts, top_k), capacity, strays, seed)| Case {
        tokens,
        top_k,
        experts,
        capacity,
        strays,
        seed,
    })
}

fn matches(context: &Context) -> Outcome {
    let of = |[tokens, top_k, experts]: [usize; 3], capacity| Case {
        tokens,
        top_k,
        experts,
        capacity,
        strays: true,
        seed: 1,
    };
    let kept = vec![
        of([0, 2, 4], None),
        of([1, 1, 1], None),
        of([257, 1, 1], None),
        of([300, 2, 3], Some(70)),
        of([20, 3, 300], None),
    ];
    context.check(12, kept, &cases(), |case| matches_case(context, case))
}

fn matches_case(context: &Context, case: &Case) -> TestCaseResult {
    let ids = case.ids();
    let library = |stream: &Stream| {
        let ids = Tensor::from_slice(stream, &ids, &[case.tokens, case.top_k])?;
        contents(&permute(stream, &ids, case.experts, case.capacity)?)
    };
    let naive = || naive::permute(&ids, case.top_k, case.experts, case.capacity);
    let want = context.oracle(library, naive)?;

    let stream = &context.stream;
    let ids = Tensor::from_slice(stream, &ids, &[case.tokens, case.top_k])?;
    let mut permutation = Permutation::empty(stream, case.tokens, case.top_k, case.experts)?;
    permutation.offsets.fill_bytes(0xff)?;
    permutation.row_token.fill_bytes(0xff)?;
    permutation.choice_row.fill_bytes(0xff)?;
    permute_into(stream, &ids, case.capacity, &mut permutation)?;
    let got = contents(&permutation)?;
    bits("offsets", &got.offsets, &want.offsets)?;
    bits("row_token", &got.row_token, &want.row_token)?;
    bits("choice_row", &got.choice_row, &want.choice_row)?;
    let all = permutation.row_token.to_vec()?;
    let (_, others) = all.split_at(got.row_token.len());
    if others.iter().any(|token| !token.is_poison()) {
        return Err(failed(format!(
            "rows beyond the last were written: {all:?}"
        )));
    }
    Ok(())
}

/// What there is of a permutation.
fn contents(permutation: &Permutation) -> gatewarp::Result<Permuted> {
    let offsets = permutation.offsets.to_vec()?;
    let mut row_token = permutation.row_token.to_vec()?;
    let rows = offsets.last().copied().unwrap_or(0);
    row_token.truncate(rows.max(0) as usize);
    let choice_row = permutation.choice_row.to_vec()?;
    Ok(Permuted {
        offsets,
        row_token,
        choice_row,
    })
}

fn allocating_form(context: &Context) -> Outcome {
    let ids = Tensor::from_slice(&context.stream, &[2, 0, 2, -1, 0, 2], &[3, 2])?;
    let got = contents(&permute(&context.stream, &ids, 3, Some(2))?)?;
    bits("offsets", &got.offsets, &[0, 2, 2, 4])?;
    bits("row_token", &got.row_token, &[0, 2, 0, 1])?;
    bits("choice_row", &got.choice_row, &[2, 0, 3, -1, 1, -1])?;
    Ok(())
}

//! Warp collectives against one-line expectations, with partial masks.

use cuda_sim::device::{self, Redux, Shuffle};
use cuda_sim::{FaultKind, LaunchConfig};
use proptest::prelude::*;

use crate::support::{FULL, collect, faults, seeded, thread, values};

const WARP: u32 = 32;

fn one_warp() -> LaunchConfig {
    LaunchConfig::new(1, WARP)
}

/// What each lane of `mask` gets from `kernel`; the others do not take part.
fn masked(seed: u64, mask: u32, kernel: impl Fn(u32) -> u32 + Sync) -> Vec<u32> {
    let results = collect(&seeded(seed), one_warp(), || {
        let lane = device::lane_id();
        // The lanes that stay out wait for the others, as no mask may name a lane that left.
        let result = if mask >> lane & 1 == 1 {
            kernel(lane)
        } else {
            0
        };
        device::warp_sync(FULL);
        result
    });
    results.unwrap_or_else(|fault| panic!("{fault}"))
}

fn lanes(mask: u32) -> impl Iterator<Item = u32> {
    (0..WARP).filter(move |lane| mask >> lane & 1 == 1)
}

/// CUDA's `__shfl_*_sync` by its description: the lane to read, or none outside of the segment.
fn shuffle_source(mode: Shuffle, lane: u32, width: u32) -> Option<u32> {
    let (segment, within) = (lane / width * width, lane % width);
    match mode {
        Shuffle::Idx(from) => Some(segment + from % width),
        Shuffle::Up(delta) => (delta <= within).then(|| lane - delta),
        Shuffle::Down(delta) => (within + delta < width).then(|| lane + delta),
        Shuffle::Xor(bits) => Some(lane ^ bits).filter(|from| *from < segment + width),
    }
}

fn any_shuffle() -> impl Strategy<Value = Shuffle> {
    (0..4, 0..WARP).prop_map(|(mode, operand)| match mode {
        0 => Shuffle::Idx(operand),
        1 => Shuffle::Up(operand),
        2 => Shuffle::Down(operand),
        _ => Shuffle::Xor(operand),
    })
}

fn any_mask() -> impl Strategy<Value = u32> {
    prop_oneof![Just(FULL), 1..=FULL, (0..WARP).prop_map(|lane| 1 << lane)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn shuffles(seed: u64, mask in any_mask(), mode in any_shuffle(), log_width in 0u32..6) {
        let width = 1 << log_width;
        let got = masked(seed, mask, |lane| {
            let (value, in_range) = device::shuffle(mask, 1000 + lane, mode, width);
            value << 1 | u32::from(in_range)
        });
        for lane in lanes(mask) {
            let expected = match shuffle_source(mode, lane, width) {
                None => (1000 + lane) << 1,
                Some(from) if mask >> from & 1 == 1 => (1000 + from) << 1 | 1,
                Some(_) => FULL << 1 | 1,
            };
            prop_assert_eq!(got[lane as usize], expected, "lane {}", lane);
        }
    }

    #[test]
    fn votes(seed: u64, mask in any_mask(), predicates: u32) {
        let holds = |lane: u32| predicates >> lane & 1 == 1;
        let ballots = masked(seed, mask, |lane| device::vote_ballot(mask, holds(lane)));
        let any = masked(seed, mask, |lane| device::vote_any(mask, holds(lane)).into());
        let all = masked(seed, mask, |lane| device::vote_all(mask, holds(lane)).into());
        for lane in lanes(mask).map(|lane| lane as usize) {
            prop_assert_eq!(ballots[lane], predicates & mask);
            prop_assert_eq!(any[lane], u32::from(predicates & mask != 0));
            prop_assert_eq!(all[lane], u32::from(predicates & mask == mask));
        }
    }

    #[test]
    fn matches(seed: u64, mask in any_mask(), values in prop::array::uniform32(0u32..3)) {
        let value = |lane: u32| values[lane as usize];
        let any = masked(seed, mask, |lane| device::match_any(mask, value(lane)));
        let all = masked(seed, mask, |lane| {
            let (set, equal) = device::match_all(mask, value(lane));
            assert_eq!(equal, set != 0);
            set
        });
        let everywhere = masked(seed, mask, |_| device::match_all(mask, 7).0);
        let uniform = lanes(mask).all(|lane| value(lane) == value(mask.trailing_zeros()));
        for lane in lanes(mask) {
            let equal = lanes(mask).filter(|other| value(*other) == value(lane));
            prop_assert_eq!(any[lane as usize], equal.map(|other| 1 << other).sum::<u32>());
            prop_assert_eq!(all[lane as usize], if uniform { mask } else { 0 });
            prop_assert_eq!(everywhere[lane as usize], mask);
        }
    }

    #[test]
    fn reductions(seed: u64, mask in any_mask(), values: [u32; 32]) {
        type Combine = fn(u32, u32) -> u32;
        let cases: [(Redux, Combine); 8] = [
            (Redux::AddU32, u32::wrapping_add),
            (Redux::MinU32, u32::min),
            (Redux::MaxU32, u32::max),
            (Redux::MinI32, |a, b| i32::min(a as i32, b as i32) as u32),
            (Redux::MaxI32, |a, b| i32::max(a as i32, b as i32) as u32),
            (Redux::And, |a, b| a & b),
            (Redux::Or, |a, b| a | b),
            (Redux::Xor, |a, b| a ^ b),
        ];
        for (op, combine) in cases {
            let got = masked(seed, mask, |lane| device::redux(mask, op, values[lane as usize]));
            let expected = lanes(mask).map(|lane| values[lane as usize]).reduce(combine);
            for lane in lanes(mask) {
                prop_assert_eq!(Some(got[lane as usize]), expected, "{:?}", op);
            }
        }
    }

    #[test]
    fn elections(seed: u64, mask in any_mask()) {
        let once = masked(seed, mask, |_| device::elect(mask).into());
        let again = masked(seed, mask, |_| device::elect(mask).into());
        prop_assert_eq!(once.iter().sum::<u32>(), 1);
        prop_assert_eq!(once, again);
    }
}

#[test]
fn the_elected_lane_depends_on_the_seed() {
    let leader = |seed| masked(seed, FULL, |_| device::elect(FULL).into());
    assert!((1..20).any(|seed| leader(seed) != leader(0)));
}

#[test]
fn warps_do_not_meet() {
    let sums = values(LaunchConfig::new(2, 96), || {
        device::redux(FULL, Redux::AddU32, thread())
    });
    for (warp, sums) in sums.chunks(32).enumerate() {
        let first = 32 * (warp as u32 % 3);
        assert_eq!(sums, [(first..first + 32).sum::<u32>(); 32]);
    }
}

#[test]
fn disjoint_masks_and_nested_groups_meet_apart() {
    let results = values(one_warp(), || {
        let lane = device::lane_id();
        let half = if lane < 16 { 0xffff } else { 0xffff_0000 };
        let inner = if lane < 16 {
            device::redux(half, Redux::AddU32, 1)
        } else {
            device::redux(half, Redux::MaxU32, lane)
        };
        device::redux(FULL, Redux::AddU32, inner)
    });
    assert_eq!(results, [16 * 16 + 16 * 31; 32]);
}

#[test]
fn active_mask_finds_who_took_the_branch() {
    let masks = values(one_warp(), || match device::lane_id() {
        0..8 => device::active_mask(),
        8..24 => device::active_mask(),
        _ => 0,
    });
    assert_eq!(masks[..8], [0xff; 8]);
    assert_eq!(masks[8..24], [0xff_ff00; 16]);
}

#[test]
fn shuffle_widths_are_powers_of_two() {
    for width in [0, 3, 33, 64] {
        faults(FaultKind::InvalidOperand, one_warp(), || {
            device::shuffle(FULL, 0, Shuffle::Xor(1), width);
        });
    }
}

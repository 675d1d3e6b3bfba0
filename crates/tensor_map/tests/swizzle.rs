//! The permutation against the pictures of PTX ISA, "Tensors: Swizzling Modes".

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use tensor_map::Swizzle;

/// The chunk at which each chunk of a line lies, for each line of a period.
fn lines(swizzle: Swizzle) -> Vec<Vec<u32>> {
    let chunk = |line: u32, chunk: u32| (swizzle.apply(128 * line + 16 * chunk) - 128 * line) / 16;
    (0..swizzle.period() / 128)
        .map(|line| (0..8).map(|place| chunk(line, place)).collect())
        .collect()
}

#[test]
fn the_patterns_are_those_of_the_pictures() {
    assert_eq!(
        lines(Swizzle::Bytes32),
        [[0, 1, 2, 3, 4, 5, 6, 7], [1, 0, 3, 2, 5, 4, 7, 6]]
    );
    assert_eq!(
        lines(Swizzle::Bytes64),
        [
            [0, 1, 2, 3, 4, 5, 6, 7],
            [1, 0, 3, 2, 5, 4, 7, 6],
            [2, 3, 0, 1, 6, 7, 4, 5],
            [3, 2, 1, 0, 7, 6, 5, 4],
        ]
    );
    assert_eq!(
        lines(Swizzle::Bytes128),
        [
            [0, 1, 2, 3, 4, 5, 6, 7],
            [1, 0, 3, 2, 5, 4, 7, 6],
            [2, 3, 0, 1, 6, 7, 4, 5],
            [3, 2, 1, 0, 7, 6, 5, 4],
            [4, 5, 6, 7, 0, 1, 2, 3],
            [5, 4, 7, 6, 1, 0, 3, 2],
            [6, 7, 4, 5, 2, 3, 0, 1],
            [7, 6, 5, 4, 3, 2, 1, 0],
        ]
    );
    assert_eq!(lines(Swizzle::None), Vec::<Vec<u32>>::new());
}

fn swizzles() -> impl Strategy<Value = Swizzle> {
    prop_oneof![
        Just(Swizzle::None),
        Just(Swizzle::Bytes32),
        Just(Swizzle::Bytes64),
        Just(Swizzle::Bytes128),
    ]
}

proptest! {
    #[test]
    fn swizzling_is_its_own_inverse_and_stays_in_the_span(swizzle in swizzles(), address in any::<u32>()) {
        let moved = swizzle.apply(address);
        prop_assert_eq!(swizzle.apply(moved), address);
        let span = swizzle.span().unwrap_or(16);
        prop_assert_eq!(moved / span, address / span);
        prop_assert_eq!(moved % 16, address % 16);
    }

    #[test]
    fn the_pattern_repeats_every_period(swizzle in swizzles(), address in 0_u32..1 << 24) {
        let period = swizzle.period();
        prop_assert_eq!(swizzle.apply(address + period), swizzle.apply(address) + period);
        prop_assert!(period.is_multiple_of(16));
    }
}

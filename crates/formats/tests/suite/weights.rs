//! The orders of rows and the blocks of columns, against their definitions.

use formats::{ColumnBlocks, RowOrder};
use proptest::prelude::*;

const ORDERS: [RowOrder; 6] = [
    RowOrder::IDENTITY,
    RowOrder::HALVES_IN_TURN,
    RowOrder::SHUFFLE_16,
    RowOrder::SHUFFLE_32,
    RowOrder::SHUFFLE_16.of_halves_in_turn(),
    RowOrder::SHUFFLE_32.of_halves_in_turn(),
];

/// The sources of all rows.
fn sources(order: RowOrder, rows: usize) -> Vec<usize> {
    (0..rows).map(|row| order.source(rows, row)).collect()
}

#[test]
fn halves_in_turn() {
    let order = RowOrder::HALVES_IN_TURN;
    assert_eq!(sources(order, 8), [0, 4, 1, 5, 2, 6, 3, 7]);
    assert_eq!(sources(order, 2), [0, 1]);
}

#[test]
fn shuffles() {
    let of_16 = [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15];
    assert_eq!(sources(RowOrder::SHUFFLE_16, 16), of_16);
    let of_32 = sources(RowOrder::SHUFFLE_32, 32);
    assert_eq!(of_32[..10], [0, 4, 8, 12, 16, 20, 24, 28, 1, 5]);
    assert_eq!(of_32[24..], [3, 7, 11, 15, 19, 23, 27, 31]);
}

/// Where the row of index `i` of a group goes, as FlashInfer's tables have it.
#[test]
fn shuffles_send_rows_where_flashinfer_does() {
    for row in 0..96 {
        let target = row / 32 * 32 + row % 4 * 8 + row % 32 / 4;
        assert_eq!(RowOrder::SHUFFLE_32.source(96, target), row);
        let target = row / 16 * 16 + row % 2 * 8 + row % 16 / 2;
        assert_eq!(RowOrder::SHUFFLE_16.source(96, target), row);
    }
}

#[test]
fn both_steps_are_one_after_the_other() {
    for shuffle in [RowOrder::SHUFFLE_16, RowOrder::SHUFFLE_32] {
        let both = shuffle.of_halves_in_turn();
        for row in 0..64 {
            let reordered = RowOrder::HALVES_IN_TURN.source(64, shuffle.source(64, row));
            assert_eq!(both.source(64, row), reordered);
        }
    }
}

#[test]
fn the_epilogue_says_which_shuffle() {
    for (tile, order) in [
        (128, RowOrder::SHUFFLE_32),
        (256, RowOrder::SHUFFLE_32),
        (64, RowOrder::SHUFFLE_16),
        (192, RowOrder::SHUFFLE_16),
    ] {
        assert_eq!(RowOrder::for_epilogue_tile(tile), order);
    }
    let multiples = ORDERS.map(RowOrder::row_multiple);
    assert_eq!(multiples, [1, 2, 16, 32, 16, 32]);
}

#[test]
fn codes_tell_orders_apart() {
    let mut codes = Vec::new();
    for order in ORDERS
        .into_iter()
        .flat_map(|order| [order, order.inverse()])
    {
        assert_eq!(RowOrder::from_code(order.to_code()), order);
        codes.push(order.to_code());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 12);
}

proptest! {
    #[test]
    fn orders_are_permutations_that_inverses_undo(
        order in proptest::sample::select(&ORDERS),
        groups in 0usize..20,
    ) {
        let rows = groups * order.row_multiple();
        let mut seen = vec![false; rows];
        for row in 0..rows {
            let source = order.source(rows, row);
            prop_assert!(!seen[source]);
            seen[source] = true;
            prop_assert_eq!(order.inverse().source(rows, source), row);
        }
    }

    #[test]
    fn orders_of_many_rows_invert(
        order in proptest::sample::select(&ORDERS),
        groups in 1usize..1 << 40,
        row in 0usize..1 << 40,
    ) {
        let rows = groups * 32;
        let row = row % rows;
        prop_assert_eq!(order.inverse().source(rows, order.source(rows, row)), row);
    }

    #[test]
    fn blocks_are_the_tensor_of_four_dimensions(
        rows in 1usize..6,
        blocks in 1usize..5,
        width in 1usize..6,
    ) {
        let stored = ColumnBlocks { rows, blocks, width };
        let mut element = 0;
        for (matrix, block) in (0..3).flat_map(|m| (0..blocks).map(move |b| (m, b))) {
            for (row, j) in (0..rows).flat_map(|r| (0..width).map(move |j| (r, j))) {
                let column = block * width + j;
                let place = stored.place(matrix, row, column);
                prop_assert_eq!(place, (element / width, element % width));
                prop_assert_eq!(stored.position(place.0, place.1), (matrix, row, column));
                element += 1;
            }
        }
    }

    #[test]
    fn large_blocks_invert(
        sizes in (1usize..1 << 20, 1usize..1 << 10, 1usize..1 << 10),
        matrix in 0usize..1 << 10,
        row: u32,
        column: u32,
    ) {
        let (rows, blocks, width) = sizes;
        let stored = ColumnBlocks { rows, blocks, width };
        let (row, column) = (row as usize % rows, column as usize % (blocks * width));
        let (stack_row, within) = stored.place(matrix, row, column);
        prop_assert_eq!(stored.position(stack_row, within), (matrix, row, column));
    }
}

//! The scale layouts against the formulas as FlashInfer's kernels state them.

use formats::{ScaleGrid, ScaleLayout};
use proptest::prelude::*;

const LAYOUTS: [ScaleLayout; 3] = [
    ScaleLayout::Swizzled128x4,
    ScaleLayout::Swizzled8x4,
    ScaleLayout::Linear,
];

/// The offset of SF(m, kv) among Kv columns, written as in the source.
fn formula(layout: ScaleLayout, columns: usize, m: usize, kv: usize) -> usize {
    match layout {
        ScaleLayout::Swizzled128x4 => {
            (m / 128) * columns.div_ceil(4) * 512
                + (kv / 4) * 512
                + (m % 32) * 16
                + ((m % 128) / 32) * 4
                + (kv % 4)
        }
        ScaleLayout::Swizzled8x4 => {
            (m / 8) * columns.div_ceil(4) * 32 + (kv / 4) * 32 + (m % 8) * 4 + (kv % 4)
        }
        ScaleLayout::Linear => m * columns + kv,
    }
}

/// Bytes of the buffer, by the table of the layouts.
fn bytes(layout: ScaleLayout, rows: usize, columns: usize) -> usize {
    match layout {
        ScaleLayout::Swizzled128x4 => rows.div_ceil(128) * 128 * columns.div_ceil(4) * 4,
        ScaleLayout::Swizzled8x4 => rows.div_ceil(8) * 8 * columns.div_ceil(4) * 4,
        ScaleLayout::Linear => rows * columns,
    }
}

/// Which bytes hold a scale, by writing every scale once.
fn written(grid: &ScaleGrid) -> Vec<Option<(usize, usize)>> {
    let mut buffer = vec![None; grid.bytes()];
    for row in 0..grid.rows() {
        for column in 0..grid.columns() {
            let offset = grid.offset(row, column).expect("inside the matrix");
            assert_eq!(offset, formula(grid.layout(), grid.columns(), row, column));
            assert_eq!(
                buffer[offset].replace((row, column)),
                None,
                "two scales at {offset}"
            );
        }
    }
    buffer
}

/// Offsets are distinct, positions invert them, and what is left is the padding.
fn check_grid(layout: ScaleLayout, rows: usize, columns: usize) {
    let grid = ScaleGrid::new(layout, rows, columns).expect("a small matrix");
    assert_eq!(grid.bytes(), bytes(layout, rows, columns));
    assert_eq!(grid.bytes(), grid.padded_rows() * grid.padded_columns());
    for (offset, entry) in written(&grid).into_iter().enumerate() {
        assert_eq!(grid.position(offset), entry, "at {offset}");
        assert_eq!(grid.is_padding(offset), entry.is_none(), "at {offset}");
        let (row, column) = layout.position(columns, offset);
        assert!(row < grid.padded_rows() && column < grid.padded_columns());
        assert_eq!(
            layout.offset(columns, row, column),
            offset,
            "padding has a place too"
        );
    }
    assert_eq!(grid.position(grid.bytes()), None);
    assert!(!grid.is_padding(grid.bytes()));
    assert_eq!(grid.offset(rows, 0), None);
    assert_eq!(grid.offset(0, columns), None);
}

proptest! {
    #[test]
    fn layouts_are_bijections(
        layout in proptest::sample::select(&LAYOUTS),
        rows in 0usize..600,
        columns in 0usize..40,
    ) {
        check_grid(layout, rows, columns);
    }

    #[test]
    fn offsets_beyond_32_bits_invert(
        layout in proptest::sample::select(&LAYOUTS),
        columns in 1usize..1 << 20,
        row in 0usize..1 << 40,
        column in 0usize..1 << 20,
    ) {
        let column = column % columns;
        let offset = layout.offset(columns, row, column);
        prop_assert_eq!(offset, formula(layout, columns, row, column));
        prop_assert_eq!(layout.position(columns, offset), (row, column));
    }
}

#[test]
fn edges_of_tiles() {
    for layout in LAYOUTS {
        for rows in [0, 1, 7, 8, 9, 31, 32, 33, 127, 128, 129, 256] {
            for columns in [0, 1, 3, 4, 5, 8] {
                check_grid(layout, rows, columns);
            }
        }
    }
}

/// The view `[row tiles, column tiles, 32, 4, 4]` that PyTorch code permutes.
#[test]
fn the_128x4_layout_is_a_permuted_view() {
    let (columns, mut offset) = (8, 0);
    for (row_tile, column_tile) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for (line, group, byte) in
            (0..32).flat_map(|l| (0..4).flat_map(move |g| (0..4).map(move |b| (l, g, b))))
        {
            let (row, column) = (row_tile * 128 + group * 32 + line, column_tile * 4 + byte);
            assert_eq!(
                ScaleLayout::Swizzled128x4.position(columns, offset),
                (row, column)
            );
            offset += 1;
        }
    }
}

#[test]
fn sizes_that_overflow_are_refused() {
    for layout in LAYOUTS {
        assert_eq!(ScaleGrid::new(layout, usize::MAX / 2, 8), None);
    }
    assert_eq!(
        ScaleGrid::new(ScaleLayout::Swizzled128x4, usize::MAX, 1),
        None
    );
    assert_eq!(
        ScaleGrid::new(ScaleLayout::Swizzled8x4, 1, usize::MAX),
        None
    );
}

#[test]
fn the_numbers_are_flashinfers() {
    assert_eq!(LAYOUTS.map(|layout| layout as u8), [0, 1, 2]);
    assert_eq!([0, 1, 2].map(ScaleLayout::from_number), LAYOUTS);
}

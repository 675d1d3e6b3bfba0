//! The walk of a tile against a twin that asks about each element alone.

mod common;

use proptest::collection::vec;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use tensor_map::simulated::{decode, encode};
use tensor_map::{DecodedTensor, Piece, Swizzle, TensorMapType, TileError, TiledTensor};

fn decoded(tensor: &TiledTensor<'_>) -> DecodedTensor {
    decode(&encode(tensor).expect("encoded")).expect("decoded")
}

/// A bf16 matrix of 20 rows and 24 columns in rows of 32, moved in tiles of 3 rows and 16 columns.
fn matrix() -> DecodedTensor {
    decoded(&TiledTensor::new(
        0x1000,
        TensorMapType::Bf16,
        &[24, 20],
        &[64],
        &[16, 3],
    ))
}

fn pieces(tensor: &DecodedTensor, coordinates: &[i32]) -> Vec<(u32, u32, Option<u64>)> {
    let walk = tensor.load_tile(coordinates).expect("a tile");
    walk.map(|piece| (piece.offset, piece.bytes, piece.global))
        .collect()
}

#[test]
fn a_tile_within_the_tensor_is_walked_in_chunks() {
    assert_eq!(
        pieces(&matrix(), &[8, 2]),
        [
            (0, 16, Some(0x1090)),
            (16, 16, Some(0x10a0)),
            (32, 16, Some(0x10d0)),
            (48, 16, Some(0x10e0)),
            (64, 16, Some(0x1110)),
            (80, 16, Some(0x1120)),
        ]
    );
}

#[test]
fn chunks_are_split_where_the_tensor_begins_and_ends() {
    let (start, end) = (pieces(&matrix(), &[-3, -2]), pieces(&matrix(), &[13, 19]));
    let outside = [
        (0, 16, None),
        (16, 16, None),
        (32, 16, None),
        (48, 16, None),
    ];
    assert_eq!(start[..4], outside);
    assert_eq!(
        start[4..],
        [
            (64, 6, None),
            (70, 10, Some(0x1000)),
            (80, 16, Some(0x100a))
        ]
    );
    assert_eq!(
        end[..3],
        [(0, 16, Some(0x14da)), (16, 6, Some(0x14ea)), (22, 10, None)]
    );
    assert!(end[3..].iter().all(|piece| piece.2.is_none()));
}

#[test]
fn a_swizzled_row_keeps_its_span() {
    let tensor = decoded(&TiledTensor {
        swizzle: Swizzle::Bytes128,
        ..TiledTensor::new(0, TensorMapType::U8, &[64, 8], &[64], &[16, 2])
    });
    assert_eq!(
        pieces(&tensor, &[0, 0]),
        [(0, 16, Some(0)), (128, 16, Some(64))]
    );
    assert_eq!(
        (tensor.transaction_bytes(), tensor.shared_bytes()),
        (32, 256)
    );
}

#[test]
fn element_strides_skip_rows_and_no_columns() {
    let tensor = decoded(&TiledTensor {
        element_strides: Some(&[2, 3]),
        ..TiledTensor::new(0, TensorMapType::U8, &[16, 9], &[16], &[16, 7])
    });
    assert_eq!(
        pieces(&tensor, &[0, 1]),
        [(0, 16, Some(16)), (16, 16, Some(64)), (32, 16, Some(112))]
    );
}

#[test]
fn extreme_coordinates_lie_outside() {
    for coordinate in [i32::MIN, i32::MAX] {
        let walk = pieces(&matrix(), &[coordinate, coordinate]);
        assert!(walk.iter().all(|piece| piece.2.is_none()));
        assert_eq!(walk.iter().map(|piece| piece.1).sum::<u32>(), 96);
    }
}

#[test]
fn wrong_coordinates_are_refused() {
    let (rank, count) = (2, 1);
    let error = matrix().load_tile(&[0]).expect_err("refused");
    assert_eq!(error, TileError::Rank { rank, count });
    let (dimension, coordinate) = (1, -1);
    let error = matrix().store_tile(&[0, -1]).expect_err("refused");
    assert_eq!(
        error,
        TileError::NegativeStart {
            dimension,
            coordinate
        }
    );
    assert_eq!(matrix().store_tile(&[16, 19]).expect("a tile").count(), 6);
}

#[test]
fn a_store_writes_the_chunk_that_a_row_ends_in_whole() {
    for dtype in [TensorMapType::U8, TensorMapType::Bf16, TensorMapType::U32] {
        let size = dtype.size();
        // The second row of two, of all elements of 48 bytes but one.
        let (width, box_width) = (48 / size - 1, 64 / size as u32);
        let tensor = decoded(&TiledTensor::new(
            0,
            dtype,
            &[width, 2],
            &[64],
            &[box_width, 2],
        ));
        let start = [16 / size as i32, 1];
        let stored: Vec<_> = tensor.store_tile(&start).expect("a tile").collect();
        let whole = |offset, global| Piece {
            offset,
            bytes: 16,
            global,
        };
        assert_eq!(
            stored[..4],
            [
                whole(0, Some(80)),
                whole(16, Some(96)),
                whole(32, None),
                whole(48, None)
            ]
        );
        assert!(stored[4..].iter().all(|piece| piece.global.is_none()));
        let last = 16 - size as u32;
        assert_eq!(
            pieces(&tensor, &start)[1..3],
            [(16, last, Some(96)), (16 + last, size as u32, None)]
        );
    }
}

#[test]
fn nothing_is_stored_of_a_row_that_the_tile_begins_behind() {
    let tensor = decoded(&TiledTensor::new(
        0,
        TensorMapType::U8,
        &[20, 1],
        &[32],
        &[32, 1],
    ));
    let stored = tensor.store_tile(&[32, 0]).expect("a tile");
    assert!(stored.into_iter().all(|piece| piece.global.is_none()));
}

/// Of each element of a tile, its offset in shared memory and its address.
fn naive(tensor: &TiledTensor<'_>, coordinates: &[i32]) -> Vec<(u32, Option<u64>)> {
    let step = |d: usize| {
        tensor
            .element_strides
            .filter(|_| d > 0)
            .map_or(1, |steps| steps[d])
    };
    let extents: Vec<u32> = (0..tensor.shape.len())
        .map(|d| tensor.tile[d].div_ceil(step(d)))
        .collect();
    let size = tensor.dtype.size() as u32;
    let pitch = tensor.swizzle.span().unwrap_or(extents[0] * size);
    let mut elements = Vec::new();
    for index in 0..extents.iter().product::<u32>() {
        let (mut rest, mut address) = (index, Some(tensor.address));
        for d in 0..extents.len() {
            let at = i128::from(coordinates[d]) + i128::from(rest % extents[d] * step(d));
            rest /= extents[d];
            let stride = if d == 0 {
                u64::from(size)
            } else {
                tensor.strides[d - 1]
            };
            let inside = (0..i128::from(tensor.shape[d])).contains(&at);
            address = address
                .filter(|_| inside)
                .map(|address| address + at as u64 * stride);
        }
        elements.push((
            index / extents[0] * pitch + index % extents[0] * size,
            address,
        ));
    }
    elements
}

/// The same of the pieces, taken apart.
fn elements(size: u32, pieces: &[Piece]) -> Vec<(u32, Option<u64>)> {
    let of_piece = |piece: &Piece| {
        let Piece {
            offset,
            bytes,
            global,
        } = *piece;
        (0..bytes)
            .step_by(size as usize)
            .map(move |at| (offset + at, global.map(|address| address + u64::from(at))))
    };
    pieces.iter().flat_map(of_piece).collect()
}

proptest! {
    #[test]
    fn the_walk_is_that_of_each_element(owned in common::tensors(), start in vec(-25_i32..25, 5)) {
        let tensor = owned.tensor();
        let start = &start[..tensor.shape.len()];
        let decoded = decoded(&tensor);
        let pieces: Vec<Piece> = decoded.load_tile(start).expect("a tile").collect();
        let size = tensor.dtype.size() as u32;
        prop_assert_eq!(elements(size, &pieces), naive(&tensor, start));
        for piece in &pieces {
            prop_assert!(piece.offset % 16 + piece.bytes <= 16, "{piece:?} is in one chunk");
            prop_assert!(piece.offset + piece.bytes <= decoded.shared_bytes());
        }
        let bytes: u32 = pieces.iter().map(|piece| piece.bytes).sum();
        prop_assert_eq!(bytes, decoded.transaction_bytes());
    }
}

//! Which plans are chosen on an H200.

use super::HopperTile::{
    Few16, Few64, T64x48, T64x80, T64x128, T64x256, T128x80, T128x96, T128x112, T128x128, T128x144,
    T128x160, T128x176, T128x192, T128x224, T128x256, T256x128, Turns128x128,
};
use super::{Clusters, HopperPlan, HopperShape, HopperTile, Sums, hopper_plan, hopper_plans};

/// An H200's, as its driver counts them.
fn h200() -> Clusters {
    Clusters::new(|size| [132, 66, 39, 30, 22, 17, 15, 15][size - 1])
}

/// The plan of a product of 16-bit floats on an H200.
fn plan([matrices, m, n, k]: [usize; 4]) -> HopperPlan {
    let shape = HopperShape {
        matrices,
        m,
        n,
        k_bytes: 2 * k,
        sums: Sums::TensorCores,
        epilogue: false,
    };
    let plan = hopper_plan(HopperTile::ALL.into_iter(), shape, h200());
    plan.expect("there are tiles")
}

fn tile_of(shape: [usize; 4]) -> (HopperTile, usize) {
    let HopperPlan { tile, split, .. } = plan(shape);
    (tile, split)
}

#[test]
fn large_products_take_large_tiles() {
    for shape in [
        [1, 8192, 8192, 8192],
        [64, 1024, 1024, 4096],
        [1, 4096, 4096, 14336],
    ] {
        let (tile, split) = tile_of(shape);
        let large = [T128x224, T128x256].contains(&tile);
        assert!(large && split == 1, "{shape:?}: {tile:?}, {split}");
    }
    assert_eq!(tile_of([1, 1024, 6144, 4096]), (T128x192, 1));
    assert_eq!(tile_of([1, 1024, 2112, 7168]), (T128x144, 1));
    assert_eq!(tile_of([1, 512, 4096, 4096]), (Turns128x128, 1));
    assert_eq!(tile_of([1, 1024, 1536, 7168]), (T128x96, 1));
}

#[test]
fn few_tiles_share_operands_and_k() {
    let HopperPlan { rows, split, .. } = plan([1, 256, 4096, 7168]);
    assert!(rows == 2 || split == 2, "{rows}, {split}");
    // 34 tiles of 128 x 128.
    let HopperPlan { split, .. } = plan([1, 256, 2112, 7168]);
    assert!(split == 3 || split == 4, "{split}");
}

#[test]
fn short_k_hides_the_store() {
    assert_eq!(tile_of([1, 4096, 32768, 512]), (Turns128x128, 1));
}

#[test]
fn consumers_in_turns_hide_an_epilogue() {
    let of = |epilogue| {
        let shape = HopperShape {
            matrices: 1,
            m: 4096,
            n: 6144,
            k_bytes: 4096,
            sums: Sums::TensorCores,
            epilogue,
        };
        let tiles = [T64x48, T128x128, Turns128x128, T64x256, T128x192, T128x256];
        hopper_plan(tiles.into_iter(), shape, h200()).expect("there are tiles")
    };
    assert_eq!(of(false).tile, T128x256);
    assert!(of(true).tile.takes_turns(), "{:?}", of(true));
}

#[test]
fn high_tiles_have_neighbours_beside() {
    let shape = HopperShape {
        matrices: 1,
        m: 4096,
        n: 4096,
        k_bytes: 7168,
        sums: Sums::Promoted,
        epilogue: false,
    };
    let promoted = [Few64, T128x128, T256x128].into_iter();
    let plan = hopper_plan(promoted, shape, h200()).expect("there are tiles");
    assert_eq!(
        (plan.tile, plan.rows, plan.columns, plan.split),
        (T256x128, 1, 2, 1)
    );
    let beside = |tile| {
        hopper_plans([tile].into_iter(), shape).any(|plan| plan.rows == 1 && plan.columns > 1)
    };
    assert!(beside(T256x128) && beside(T128x112) && !beside(T128x128));
}

#[test]
fn neighbours_are_powers_of_two() {
    let all = HopperTile::ALL.into_iter().flat_map(HopperTile::neighbours);
    for neighbours in all {
        assert!(
            neighbours.iter().all(|count| count.is_power_of_two()),
            "{neighbours:?}"
        );
    }
}

#[test]
fn neighbours_load_whole_swizzles() {
    let shape = HopperShape {
        matrices: 1,
        m: 4096,
        n: 4096,
        k_bytes: 4096,
        sums: Sums::TensorCores,
        epilogue: false,
    };
    let below = |tile| {
        let plans = hopper_plans([tile].into_iter(), shape);
        plans.map(|plan| plan.rows).max()
    };
    // A fourth of 80 columns is no multiple of 8.
    assert_eq!((below(T128x80), below(T128x96)), (Some(2), Some(4)));
}

#[test]
fn few_tiles_have_neighbours_below_and_beside() {
    let HopperPlan {
        tile,
        rows,
        columns,
        split,
    } = plan([1, 1024, 576, 7168]);
    assert_eq!((tile, rows, columns, split), (T128x96, 2, 2, 2));
    // 128 tiles: clusters of four would be more than run at the same time.
    let HopperPlan {
        tile,
        rows,
        columns,
        ..
    } = plan([1, 1024, 1280, 8192]);
    assert_eq!((tile, rows, columns), (T128x80, 1, 2));
}

#[test]
fn columns_with_scales_of_their_own_take_tiles_that_fill_the_device() {
    let of = |sums, [m, n, k]: [usize; 3]| {
        let shape = HopperShape {
            matrices: 1,
            m,
            n,
            k_bytes: k,
            sums,
            epilogue: false,
        };
        let tiles = [T64x80, T64x128, T128x128, T128x160, T256x128].into_iter();
        hopper_plan(tiles, shape, h200()).map(|plan| plan.tile)
    };
    // 2 by 64 tiles of 128 x 160: one wave.
    assert_eq!(of(Sums::Scaled1x128, [256, 10240, 8192]), Some(T128x160));
    // Scales of 128 columns are added up faster by tiles that lie within.
    assert_eq!(of(Sums::Scaled128x128, [1024, 10240, 8192]), Some(T128x128));
    assert_eq!(of(Sums::Scaled1x128, [16, 10240, 8192]), Some(T64x80));
}

#[test]
fn no_more_clusters_than_help() {
    let clusters = |tile, [m, n]: [usize; 2]| {
        let shape = HopperShape {
            matrices: 1,
            m,
            n,
            k_bytes: 4096,
            sums: Sums::TensorCores,
            epilogue: false,
        };
        HopperPlan::of(tile).clusters(shape, h200())
    };
    assert_eq!(clusters(T128x256, [4096, 28672]), 128);
    assert_eq!(clusters(T128x256, [256, 36864]), 96);
    assert_eq!(clusters(T64x256, [64, 36864]), 132);
    assert_eq!(clusters(T128x256, [128, 4096]), 16);
    assert_eq!(clusters(Few16, [16, 36864]), 132);
    assert_eq!(clusters(Few16, [0, 0]), 1);
}

#[test]
fn tiles_fill_the_device() {
    // 12 columns of tiles by 32 rows: three waves of 132. Of 192 columns as many waves take longer.
    assert_eq!(tile_of([1, 4096, 2112, 7168]), (T128x176, 1));
    // 32 by 8: two waves.
    assert_eq!(tile_of([1, 1024, 7168, 2048]), (T128x224, 1));
    // 64 by 2: one.
    assert_eq!(tile_of([1, 256, 7168, 16384]), (T128x112, 1));
}

#[test]
fn few_rows_take_a_tile_that_holds_them() {
    for m in [1, 16, 17, 64] {
        let (tile, split) = tile_of([1, m, 4096, 14336]);
        let (rows, _) = tile.extent();
        assert!(
            (m..=64).contains(&rows) && split > 1,
            "{m} rows: {tile:?}, {split}"
        );
    }
}

#[test]
fn many_rows_take_a_tile_of_few_only_if_there_is_no_other() {
    let shape = HopperShape {
        matrices: 1,
        m: 4096,
        n: 256,
        k_bytes: 14336,
        sums: Sums::TensorCores,
        epilogue: false,
    };
    let cost = |tile| HopperPlan::of(tile).cost(shape, h200());
    // By the estimate it were faster.
    assert!(cost(Few64) < cost(T128x128));
    let of = |tiles: &[HopperTile]| {
        let plan = hopper_plan(tiles.iter().copied(), shape, h200());
        plan.map(|plan| plan.tile)
    };
    assert_eq!(of(&[Few64, T128x128]), Some(T128x128));
    assert_eq!(of(&[Few64]), Some(Few64));
    // It can be measured all the same.
    assert!(hopper_plans([Few64].into_iter(), shape).next().is_some());
}

#[test]
fn few_rows_leave_few_multiprocessors_idle() {
    for m in [1, 16, 64] {
        // 128 columns of tiles.
        assert_eq!(tile_of([1, m, 6144, 4096]), (T64x48, 1));
        // 112, 224 or 256, in whole waves or nearly.
        let (tile, split) = tile_of([1, m, 28672, 8192]);
        let tiles = 28672_usize.div_ceil(tile.extent().1);
        let idle = tiles.next_multiple_of(132) - tiles;
        assert!(
            split == 1 && 5 * idle < tiles,
            "{m} rows: {tile:?}, {split}"
        );
    }
}

#[test]
fn blocks_share_k_until_the_device_is_full() {
    for [m, n] in [[16, 1024], [64, 576], [256, 576]] {
        let HopperPlan { tile, split, .. } = plan([1, m, n, 7168]);
        let (rows, columns) = tile.extent();
        let blocks = m.div_ceil(rows) * n.div_ceil(columns) * split;
        assert!((64..=132).contains(&blocks), "{m} x {n}: {tile:?}, {split}");
    }
}

#[test]
fn short_k_is_not_shared() {
    for k in [0, 64] {
        let (tile, split) = tile_of([1, 16, 1024, k]);
        assert!(tile.extent().0 <= 64 && split == 1, "{tile:?}, {split}");
    }
}

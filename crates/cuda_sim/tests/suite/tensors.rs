//! Tensor copies: tiles come and go as the map says, and each way to get them wrong.

use cuda_sim::device::{self, ReduceOp, TensorMap};
use cuda_sim::{FaultKind, LaunchConfig};
use tensor_map::{Swizzle, TensorMapType, TiledTensor, simulated};

use crate::support::{Words, faults, load, passes, store, thread, values, word};

/// Words of a row of the tensor, and its rows.
const WIDTH: u64 = 48;
const HEIGHT: u64 = 20;
/// The tile: 32 words are 128 bytes.
const TILE: [u32; 2] = [32, 8];
const TILE_BYTES: u32 = 4 * 32 * 8;
/// Where the tile is, in words: after the barrier, at a multiple of 1024 bytes.
const AT: u32 = 256;

#[repr(align(64))]
struct Source([u32; (WIDTH * HEIGHT) as usize]);

static SOURCE: Source = {
    let mut words = [0; (WIDTH * HEIGHT) as usize];
    let mut i = 0;
    while i < words.len() {
        words[i] = i as u32 + 1;
        i += 1;
    }
    Source(words)
};

fn config() -> LaunchConfig {
    LaunchConfig::new(1, 256).with_shared(4096)
}

fn map_of(address: *const u8, swizzle: Swizzle) -> TensorMap {
    let tensor = TiledTensor {
        swizzle,
        ..TiledTensor::new(
            address.addr() as u64,
            TensorMapType::U32,
            &[WIDTH, HEIGHT],
            &[4 * WIDTH],
            &TILE,
        )
    };
    simulated::encode(&tensor).expect("the tensor keeps the rules")
}

fn source_map(swizzle: Swizzle) -> TensorMap {
    map_of(SOURCE.0.as_ptr().cast(), swizzle)
}

fn init() {
    if thread() == 0 {
        device::mbarrier_init(word(0), 1);
        device::fence_mbarrier_init();
    }
    device::barrier_sync(0, None);
}

fn wait() {
    while !device::mbarrier_try_wait_parity(word(0), 0) {}
}

fn fetch(map: &TensorMap, coordinates: &[i32], to: u32) {
    if thread() == 0 {
        device::mbarrier_arrive_expect_tx(word(0), TILE_BYTES);
        // SAFETY: the map's tensor is a static.
        unsafe { device::tensor_load(word(to), map, coordinates, word(0), None) };
    }
}

/// The tensor's element, or the fill.
fn element(x: i32, y: i32) -> u32 {
    let inside = (0..WIDTH as i32).contains(&x) && (0..HEIGHT as i32).contains(&y);
    if inside {
        (y * WIDTH as i32 + x) as u32 + 1
    } else {
        0
    }
}

#[test]
fn a_tile_is_filled_outside_of_the_tensor() {
    for [x, y] in [[0, 0], [8, 4], [-4, -3], [40, 17], [100, 100]] {
        let map = source_map(Swizzle::None);
        let read = values(config(), || {
            init();
            fetch(&map, &[x, y], AT);
            wait();
            load(AT + thread())
        });
        for (i, value) in (0..).zip(read) {
            assert_eq!(value, element(x + i % 32, y + i / 32), "({x}, {y}) {i}");
        }
    }
}

#[test]
fn swizzling_permutes_by_the_address() {
    let map = source_map(Swizzle::Bytes128);
    // In the middle of the pattern: 128 bytes behind a multiple of 1024.
    for at in [AT, AT + 32] {
        let read = values(config(), || {
            init();
            fetch(&map, &[0, 0], at);
            wait();
            let row = thread() / 32 + (at - AT) / 32;
            load(at + (thread() ^ (row % 8 * 4)))
        });
        for (i, value) in (0..).zip(read) {
            assert_eq!(value, element(i % 32, i / 32), "{i}");
        }
    }
}

/// Fills the tile, stores it by `put`, and waits.
fn send(fence: bool, put: impl Fn()) {
    store(AT + thread(), 1000 + thread());
    if fence {
        device::fence_proxy_async();
    }
    device::barrier_sync(0, None);
    if thread() == 0 {
        put();
        device::bulk_commit_group();
        device::bulk_wait_group(0, false);
    }
}

#[test]
fn a_store_leaves_out_what_is_outside() {
    let target = Words::aligned((WIDTH * HEIGHT) as usize);
    let map = map_of(target.address(), Swizzle::None);
    passes(config(), || {
        send(true, || {
            // SAFETY: the map's tensor is `target`.
            unsafe { device::tensor_store(&map, &[40, 17], word(AT)) };
        });
    });
    for (i, value) in (0..).zip(target.into_vec()) {
        let (x, y) = (i % WIDTH as u32, i / WIDTH as u32);
        let expected = if x >= 40 && y >= 17 {
            1000 + (y - 17) * 32 + (x - 40)
        } else {
            0
        };
        assert_eq!(value, expected, "({x}, {y})");
    }
}

/// A tensor of all columns but three, whose rows end a word into a unit of 16 bytes.
fn narrow_map(target: &Words) -> TensorMap {
    let address = target.address().addr() as u64;
    let shape = [WIDTH - 3, HEIGHT];
    let tensor = TiledTensor::new(address, TensorMapType::U32, &shape, &[4 * WIDTH], &TILE);
    simulated::encode(&tensor).expect("the tensor keeps the rules")
}

#[test]
fn a_store_writes_the_unit_that_a_row_ends_in_whole() {
    // A reduction adds each seed once.
    for times in [1, 8] {
        let target = Words::aligned((WIDTH * HEIGHT) as usize);
        let map = narrow_map(&target);
        passes(config(), || {
            send(true, || match times {
                // SAFETY: the map's tensor is in `target`, as are the units that its rows end in.
                1 => unsafe { device::tensor_store(&map, &[40, 17], word(AT)) },
                // SAFETY: as above.
                _ => unsafe { device::tensor_reduce(&map, &[40, 17], word(AT), ReduceOp::Add) },
            });
        });
        for (i, value) in (0..).zip(target.into_vec()) {
            let (x, y) = (i % WIDTH as u32, i / WIDTH as u32);
            // Of the tensor's are 40 to 44; 45 to 47 are the rest of a unit.
            let expected = if x >= 40 && y >= 17 {
                times * (1000 + (y - 17) * 32 + (x - 40))
            } else {
                0
            };
            assert_eq!(value, expected, "({x}, {y})");
        }
    }
}

#[test]
fn a_store_beside_a_row_of_whole_units_leaves_what_follows() {
    let target = Words::aligned((WIDTH * HEIGHT) as usize);
    let address = target.address().addr() as u64;
    let shape = [WIDTH - 4, HEIGHT];
    let tensor = TiledTensor::new(address, TensorMapType::U32, &shape, &[4 * WIDTH], &TILE);
    let map = simulated::encode(&tensor).expect("the tensor keeps the rules");
    passes(config(), || {
        send(true, || {
            // SAFETY: the map's tensor is in `target`.
            unsafe { device::tensor_store(&map, &[40, 17], word(AT)) };
        });
    });
    let words = target.into_vec();
    let row = &words[17 * WIDTH as usize..][..WIDTH as usize];
    assert_eq!(row[40..], [1000, 1001, 1002, 1003, 0, 0, 0, 0]);
}

#[test]
fn a_reduction_adds() {
    let target = Words::aligned((WIDTH * HEIGHT) as usize);
    let map = map_of(target.address(), Swizzle::None);
    passes(config(), || {
        send(true, || {
            // SAFETY: the map's tensor is `target`.
            unsafe { device::tensor_reduce(&map, &[0, 0], word(AT), ReduceOp::Add) };
        });
    });
    // Each seed added once.
    assert_eq!(target.into_vec()[1], 8 * 1001);
}

#[test]
fn a_store_of_plain_stores_needs_a_fence() {
    let target = Words::aligned((WIDTH * HEIGHT) as usize);
    let map = map_of(target.address(), Swizzle::None);
    faults(FaultKind::MissingProxyFence, config(), || {
        send(false, || {
            // SAFETY: the map's tensor is `target`.
            unsafe { device::tensor_store(&map, &[0, 0], word(AT)) };
        });
    });
}

#[test]
fn coordinates_are_as_many_as_dimensions() {
    let map = source_map(Swizzle::None);
    faults(FaultKind::InvalidTensor, config(), || {
        init();
        fetch(&map, &[0, 0, 0], AT);
    });
}

#[test]
fn a_tile_that_begins_between_multiples_of_16_bytes() {
    let map = source_map(Swizzle::None);
    passes(config(), || {
        init();
        fetch(&map, &[4, 1], AT);
        wait();
    });
    faults(FaultKind::InvalidTensor, config(), || {
        init();
        fetch(&map, &[5, 1], AT);
    });
}

#[test]
fn a_map_that_is_none() {
    let map = TensorMap::from_bytes([7; 128]);
    faults(FaultKind::InvalidTensor, config(), || {
        init();
        fetch(&map, &[0, 0], AT);
    });
}

#[test]
fn a_tile_that_is_not_aligned() {
    let map = source_map(Swizzle::Bytes128);
    faults(FaultKind::Misaligned, config(), || {
        init();
        fetch(&map, &[0, 0], AT + 4);
    });
}

#[test]
fn a_tile_that_does_not_fit() {
    let map = source_map(Swizzle::None);
    faults(FaultKind::OutOfRange, config(), || {
        init();
        fetch(&map, &[0, 0], 1024 - 32);
    });
}

#[test]
fn fewer_bytes_than_the_tile_has() {
    let map = source_map(Swizzle::None);
    let fetch_two = |bytes: u32| {
        let map = &map;
        move || {
            init();
            if thread() == 0 {
                device::mbarrier_arrive_expect_tx(word(0), bytes);
                for tile in 0..2 {
                    let to = word(AT + 256 * tile);
                    // SAFETY: the map's tensor is a static.
                    unsafe { device::tensor_load(to, map, &[0, 0], word(0), None) };
                }
            }
            wait();
        }
    };
    passes(config(), fetch_two(2 * TILE_BYTES));
    faults(FaultKind::TransactionCount, config(), fetch_two(TILE_BYTES));
}

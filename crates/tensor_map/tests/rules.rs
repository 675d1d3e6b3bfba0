//! Every rule of a description, broken alone.

use tensor_map::{BrokenRule, Interleave, OutOfBounds, Swizzle, TensorMapType, TiledTensor};

/// A bf16 matrix of 4096 rows and 1024 columns, moved in tiles of 128 rows and 64 columns.
fn matrix() -> TiledTensor<'static> {
    TiledTensor {
        swizzle: Swizzle::Bytes128,
        ..TiledTensor::new(
            0x7f00_0000_0000,
            TensorMapType::Bf16,
            &[1024, 4096],
            &[2048],
            &[64, 128],
        )
    }
}

/// Slices of 32 bytes of channels.
fn interleaved() -> TiledTensor<'static> {
    TiledTensor {
        interleave: Interleave::Bytes32,
        swizzle: Swizzle::Bytes32,
        ..TiledTensor::new(
            0x1000,
            TensorMapType::Bf16,
            &[32, 32, 8],
            &[1024, 32768],
            &[9, 4, 4],
        )
    }
}

fn expect(cases: &[(TiledTensor<'_>, &str)]) {
    for (tensor, expected) in cases {
        let problem = tensor.check().expect_err(expected).to_string();
        assert!(problem.ends_with(expected), "{problem:?} for {expected:?}");
    }
}

#[test]
fn good_tensors_break_no_rule() {
    let good = matrix();
    let tensors = [
        good,
        interleaved(),
        TiledTensor {
            element_strides: Some(&[8, 1]),
            ..good
        },
        TiledTensor {
            shape: &[1, 1 << 32],
            strides: &[(1 << 40) - 16],
            ..good
        },
        TiledTensor {
            shape: &[1024],
            strides: &[],
            tile: &[64],
            ..good
        },
        TiledTensor {
            swizzle: Swizzle::None,
            tile: &[256, 256],
            ..good
        },
    ];
    for tensor in tensors {
        assert_eq!(tensor.check(), Ok(()), "{tensor:?}");
    }
}

#[test]
fn counts_agree_with_the_rank() {
    let good = matrix();
    expect(&[
        (
            TiledTensor { shape: &[], ..good },
            "1 to 5 dimensions, not 0",
        ),
        (
            TiledTensor {
                shape: &[1; 6],
                ..good
            },
            "1 to 5 dimensions, not 6",
        ),
        (
            TiledTensor {
                interleave: Interleave::Bytes16,
                ..good
            },
            "3 to 5 dimensions, not 2",
        ),
        (
            TiledTensor {
                strides: &[],
                ..good
            },
            "2 dimensions need 1 strides, not 0",
        ),
        (
            TiledTensor {
                tile: &[64],
                ..good
            },
            "a tile of 2 dimensions is needed, not of 1",
        ),
        (
            TiledTensor {
                element_strides: Some(&[1]),
                ..good
            },
            "2 dimensions need as many element strides, not 1",
        ),
    ]);
}

#[test]
fn global_memory_is_aligned_and_within_limits() {
    let good = matrix();
    expect(&[
        (
            TiledTensor { address: 8, ..good },
            "a multiple of 16, not 0x8",
        ),
        (
            TiledTensor {
                address: 16,
                ..interleaved()
            },
            "a multiple of 32, not 0x10",
        ),
        (
            TiledTensor {
                shape: &[0, 4096],
                ..good
            },
            "dimension 0 has 1 to 2^32 elements, not 0",
        ),
        (
            TiledTensor {
                shape: &[1024, (1 << 32) + 1],
                ..good
            },
            "dimension 1 has 1 to 2^32 elements, not 4294967297",
        ),
        (
            TiledTensor {
                strides: &[2040],
                ..good
            },
            "16 bytes below 2^40, not 2040",
        ),
        (
            TiledTensor {
                strides: &[1 << 40],
                ..good
            },
            "below 2^40, not 1099511627776",
        ),
        (
            TiledTensor {
                strides: &[1024, 32784],
                ..interleaved()
            },
            "dimension 2 is a multiple of 32 bytes below 2^40, not 32784",
        ),
    ]);
}

#[test]
fn tiles_are_within_limits() {
    let good = matrix();
    expect(&[
        (
            TiledTensor {
                tile: &[64, 257],
                ..good
            },
            "1 to 256 elements, not 257",
        ),
        (
            TiledTensor {
                tile: &[64, 0],
                ..good
            },
            "1 to 256 elements, not 0",
        ),
        (
            TiledTensor {
                element_strides: Some(&[1, 0]),
                ..good
            },
            "the element stride of dimension 1 is 1 to 8, not 0",
        ),
        (
            TiledTensor {
                element_strides: Some(&[9, 1]),
                ..good
            },
            "the element stride of dimension 0 is 1 to 8, not 9",
        ),
        (
            TiledTensor {
                tile: &[4, 128],
                ..good
            },
            "a multiple of 16 bytes, not 8",
        ),
        (
            TiledTensor {
                tile: &[128, 64],
                ..good
            },
            "fits the swizzle's 128 bytes, but has 256",
        ),
    ]);
}

#[test]
fn modes_go_together() {
    let swizzled = TiledTensor {
        swizzle: Swizzle::Bytes64,
        ..interleaved()
    };
    expect(&[(
        swizzled,
        "slices of 32 bytes go with a swizzle of 32 bytes, not with Bytes64",
    )]);
    let floats = TiledTensor {
        out_of_bounds: OutOfBounds::NanAsZero,
        ..matrix()
    };
    assert_eq!(floats.check(), Ok(()));
    let integers = TiledTensor {
        dtype: TensorMapType::U16,
        ..floats
    };
    let dtype = TensorMapType::U16;
    assert_eq!(integers.check(), Err(BrokenRule::NanFill { dtype }));
}

//! The documented rules of `cuTensorMapEncodeTiled`, checked here because the driver answers
//! `CUDA_ERROR_INVALID_VALUE` to all of them alike.

use super::{Interleave, OutOfBounds, Swizzle, TensorMapType, TiledTensor};

/// The most dimensions a tensor map has.
pub(super) const MAX_RANK: usize = 5;
const MAX_EXTENT: u64 = 1 << 32;
const MAX_STRIDE: u64 = 1 << 40;
const MAX_TILE: u32 = 256;

/// The first rule that `tensor` breaks, said in words.
pub(super) fn check(tensor: &TiledTensor<'_>) -> Result<(), String> {
    rank(tensor)?;
    address(tensor)?;
    shape(tensor.shape)?;
    strides(tensor)?;
    tile(tensor)?;
    fill(tensor)
}

fn require(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

fn rank(tensor: &TiledTensor<'_>) -> Result<(), String> {
    let rank = tensor.shape.len();
    let least = if tensor.interleave == Interleave::None {
        1
    } else {
        3
    };
    require((least..=MAX_RANK).contains(&rank), || {
        format!("a shape has {least} to {MAX_RANK} dimensions, not {rank}")
    })?;
    require(tensor.strides.len() == rank - 1, || {
        let count = tensor.strides.len();
        format!("{rank} dimensions need {} strides, not {count}", rank - 1)
    })?;
    require(tensor.tile.len() == rank, || {
        let count = tensor.tile.len();
        format!("a tile of {rank} dimensions is needed, not of {count}")
    })
}

/// What the address and the strides are a multiple of.
fn granule(tensor: &TiledTensor<'_>) -> u64 {
    if tensor.interleave == Interleave::Bytes32 {
        32
    } else {
        16
    }
}

fn address(tensor: &TiledTensor<'_>) -> Result<(), String> {
    let (address, granule) = (tensor.address, granule(tensor));
    require(address.is_multiple_of(granule), || {
        format!("the address is a multiple of {granule}, not {address:#x}")
    })
}

fn shape(shape: &[u64]) -> Result<(), String> {
    for (dimension, &extent) in shape.iter().enumerate() {
        require((1..=MAX_EXTENT).contains(&extent), || {
            format!("dimension {dimension} has 1 to 2^32 elements, not {extent}")
        })?;
    }
    Ok(())
}

fn strides(tensor: &TiledTensor<'_>) -> Result<(), String> {
    let granule = granule(tensor);
    for (index, &stride) in tensor.strides.iter().enumerate() {
        let dimension = index + 1;
        require(
            stride.is_multiple_of(granule) && stride < MAX_STRIDE,
            || {
                format!(
                    "the stride of dimension {dimension} is a multiple of {granule} bytes below 2^40, \
                 not {stride}"
                )
            },
        )?;
    }
    Ok(())
}

fn tile(tensor: &TiledTensor<'_>) -> Result<(), String> {
    for (dimension, &extent) in tensor.tile.iter().enumerate() {
        require((1..=MAX_TILE).contains(&extent), || {
            format!("dimension {dimension} of a tile has 1 to {MAX_TILE} elements, not {extent}")
        })?;
    }
    if tensor.interleave != Interleave::None {
        return Ok(());
    }
    let row = u64::from(tensor.tile[0]) * tensor.dtype.size();
    require(row.is_multiple_of(16), || {
        format!("a row of the tile is a multiple of 16 bytes, not {row}")
    })?;
    let span = span(tensor.swizzle);
    require(row <= span, || {
        format!("a row of the tile fits the swizzle's {span} bytes, but has {row}")
    })
}

/// The bytes that a row of a swizzled tile may have.
fn span(swizzle: Swizzle) -> u64 {
    match swizzle {
        Swizzle::None => u64::MAX,
        Swizzle::Bytes32 => 32,
        Swizzle::Bytes64 => 64,
        Swizzle::Bytes128 => 128,
    }
}

fn fill(tensor: &TiledTensor<'_>) -> Result<(), String> {
    use TensorMapType::{I32, I64, U8, U16, U32, U64};
    let integer = matches!(tensor.dtype, U8 | U16 | U32 | I32 | U64 | I64);
    require(
        !(integer && tensor.out_of_bounds == OutOfBounds::NanAsZero),
        || {
            format!(
                "elements of type {:?} cannot be filled with NaN",
                tensor.dtype
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Interleave, OutOfBounds, Swizzle, TensorMapType, TiledTensor};
    use super::check;

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

    #[test]
    fn a_good_tensor_breaks_no_rule() {
        assert_eq!(check(&matrix()), Ok(()));
    }

    #[test]
    fn every_rule_is_told_in_its_own_words() {
        let good = matrix();
        let cases = [
            (
                TiledTensor { shape: &[], ..good },
                "1 to 5 dimensions, not 0",
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
                TiledTensor { address: 8, ..good },
                "a multiple of 16, not 0x8",
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
                    strides: &[2040],
                    ..good
                },
                "below 2^40, not 2040",
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
                    tile: &[64, 257],
                    ..good
                },
                "1 to 256 elements, not 257",
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
        ];
        for (tensor, expected) in cases {
            let problem = check(&tensor).expect_err(expected);
            assert!(problem.ends_with(expected), "{problem:?} for {expected:?}");
        }
    }

    #[test]
    fn only_floats_are_filled_with_nan() {
        let floats = TiledTensor {
            out_of_bounds: OutOfBounds::NanAsZero,
            ..matrix()
        };
        assert_eq!(check(&floats), Ok(()));
        let integers = TiledTensor {
            dtype: TensorMapType::U16,
            ..floats
        };
        assert!(check(&integers).unwrap_err().contains("U16"));
    }
}

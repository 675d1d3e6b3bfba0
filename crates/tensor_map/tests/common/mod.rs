//! Descriptions that keep the rules, drawn at random.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::strategy::Just;
use tensor_map::{L2Promotion, OutOfBounds, Swizzle, TensorMapType, TiledTensor};

/// A description that owns its numbers.
#[derive(Debug, Clone)]
pub struct Owned {
    address: u64,
    dtype: TensorMapType,
    shape: Vec<u64>,
    strides: Vec<u64>,
    tile: Vec<u32>,
    element_strides: Option<Vec<u32>>,
    swizzle: Swizzle,
    nan: bool,
}

impl Owned {
    /// The description.
    pub fn tensor(&self) -> TiledTensor<'_> {
        TiledTensor {
            element_strides: self.element_strides.as_deref(),
            swizzle: self.swizzle,
            l2_promotion: L2Promotion::Bytes256,
            out_of_bounds: match self.nan && self.dtype.is_float() {
                true => OutOfBounds::NanAsZero,
                false => OutOfBounds::Zero,
            },
            ..TiledTensor::new(
                self.address,
                self.dtype,
                &self.shape,
                &self.strides,
                &self.tile,
            )
        }
    }
}

/// Small tensors, as small as or smaller than their tiles too.
pub fn tensors() -> impl Strategy<Value = Owned> {
    let modes = (types(), swizzles(), any::<bool>(), 0..1_u64 << 40);
    let strided = proptest::option::of(vec(1_u32..=8, 5));
    let sizes = (
        vec(1_u64..20, 1..=5),
        vec(0_u64..9, 4),
        vec(1_u32..6, 5),
        strided,
    );
    (modes, sizes).prop_map(
        |((dtype, swizzle, nan, place), (shape, strides, tile, steps))| {
            let rank = shape.len();
            let chunks = tile[0].min(swizzle.span().unwrap_or(u32::MAX) / 16);
            let row = chunks * 16 / dtype.size() as u32;
            let tile = core::iter::once(row).chain(tile[1..rank].iter().copied());
            Owned {
                address: place * 16,
                dtype,
                strides: strides[..rank - 1]
                    .iter()
                    .map(|stride| stride * 48)
                    .collect(),
                tile: tile.collect(),
                element_strides: steps.map(|steps| steps[..rank].to_vec()),
                shape,
                swizzle,
                nan,
            }
        },
    )
}

fn types() -> impl Strategy<Value = TensorMapType> {
    prop_oneof![
        Just(TensorMapType::U8),
        Just(TensorMapType::Bf16),
        Just(TensorMapType::Tf32),
        Just(TensorMapType::F64),
    ]
}

fn swizzles() -> impl Strategy<Value = Swizzle> {
    prop_oneof![
        Just(Swizzle::None),
        Just(Swizzle::Bytes32),
        Just(Swizzle::Bytes64),
        Just(Swizzle::Bytes128),
    ]
}

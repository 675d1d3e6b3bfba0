//! The cases of tensor copies.

use cuda_std::launch::LaunchConfig;
use tensor_map::{OutOfBounds, Swizzle, TensorMapType};

use super::{
    HEADER, tensor_add_2d, tensor_and_2d, tensor_dec_2d, tensor_inc_2d, tensor_load_1d,
    tensor_load_2d, tensor_load_3d, tensor_load_4d, tensor_load_5d, tensor_load_hint,
    tensor_load_multicast, tensor_max_2d, tensor_min_2d, tensor_or_2d, tensor_store_1d,
    tensor_store_2d, tensor_store_3d, tensor_store_4d, tensor_store_5d, tensor_xor_2d,
};
use crate::{Case, MicroKernel, Tensor, random_words};

/// A tile to copy.
struct Tile {
    name: &'static str,
    kernel: &'static MicroKernel,
    tensor: Tensor,
    coordinates: &'static [i32],
    /// The tile's place, in words behind a multiple of 1024 bytes.
    place: u32,
}

impl Tile {
    /// The bytes of a tile and those of shared memory that it lies in.
    fn bytes(&self) -> (u32, u32) {
        let steps = self.tensor.element_strides.iter();
        let extents = self.tensor.tile.iter().zip(steps).skip(1);
        let rows: u32 = extents
            .map(|(extent, step)| extent.div_ceil(*step))
            .product();
        let row = self.tensor.tile[0] * self.tensor.dtype.size() as u32;
        (rows * row, rows * self.tensor.swizzle.span().unwrap_or(row))
    }

    fn header(&self) -> Vec<u32> {
        let (bytes, shared) = self.bytes();
        let mut header = vec![0; HEADER as usize];
        for (word, coordinate) in header.iter_mut().zip(self.coordinates) {
            *word = *coordinate as u32;
        }
        header[5] = shared.div_ceil(4);
        header[6] = bytes;
        header[7] = self.place;
        header
    }

    fn tensor_words(&self) -> usize {
        let dimensions = self.tensor.shape.iter().zip(&self.tensor.strides);
        let outer = self.tensor.shape[self.tensor.strides.len()];
        let stride = self.tensor.strides.last();
        let bytes = match stride {
            Some(stride) => outer * stride,
            None => outer * self.tensor.dtype.size(),
        };
        debug_assert_eq!(dimensions.count(), self.tensor.strides.len());
        (bytes as usize).div_ceil(4)
    }

    fn load(self) -> Case {
        let mut input = self.header();
        input.extend(random_words(self.tensor_words(), 3));
        let words = self.bytes().1.div_ceil(4) as usize;
        self.case(input, words)
    }

    fn store(mut self) -> Case {
        let mut input = self.header();
        input.extend(random_words(self.bytes().1 as usize / 4, 5));
        self.tensor.is_output = true;
        let words = self.tensor_words();
        self.case(input, words)
    }

    fn case(self, input: Vec<u32>, output: usize) -> Case {
        let config = LaunchConfig::new(1, 128).with_shared(1024 + 4 * self.place + self.bytes().1);
        Case::new(self.name, self.kernel, config)
            .input(input)
            .output(output)
            .tensor(self.tensor)
    }
}

/// The cases of this module.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = ranks();
    cases.extend(swizzles());
    cases.extend(outside());
    cases.extend(conversions());
    cases.extend(stores());
    cases.extend(partial_units());
    cases.extend(reductions());
    cases
}

fn tile(
    name: &'static str,
    kernel: &'static MicroKernel,
    tensor: Tensor,
    coordinates: &'static [i32],
) -> Tile {
    Tile {
        name,
        kernel,
        tensor,
        coordinates,
        place: 0,
    }
}

const U32: TensorMapType = TensorMapType::U32;

fn ranks() -> Vec<Case> {
    let mut skipping = Tensor::dense(U32, &[16, 24, 9], &[8, 7, 5]);
    skipping.element_strides = vec![1, 3, 2];
    vec![
        tile(
            "tensor_load_1d",
            &tensor_load_1d,
            Tensor::dense(U32, &[200], &[64]),
            &[24],
        )
        .load(),
        tile(
            "tensor_load_2d",
            &tensor_load_2d,
            Tensor::dense(U32, &[48, 20], &[32, 8]),
            &[8, 4],
        )
        .load(),
        tile(
            "tensor_load_3d",
            &tensor_load_3d,
            Tensor::dense(U32, &[20, 9, 7], &[8, 4, 3]),
            &[4, 5, 2],
        )
        .load(),
        tile(
            "tensor_load_4d",
            &tensor_load_4d,
            Tensor::dense(U32, &[12, 5, 4, 6], &[8, 2, 3, 2]),
            &[8, 1, 1, 3],
        )
        .load(),
        tile(
            "tensor_load_5d",
            &tensor_load_5d,
            Tensor::dense(U32, &[8, 3, 4, 3, 5], &[4, 2, 2, 2, 2]),
            &[4, 1, 2, 0, 3],
        )
        .load(),
        tile(
            "tensor_load_hint",
            &tensor_load_hint,
            Tensor::dense(U32, &[48, 20], &[32, 8]),
            &[8, 4],
        )
        .load(),
        multicast(),
        tile(
            "tensor_load_element_strides",
            &tensor_load_3d,
            skipping,
            &[4, 2, 1],
        )
        .load(),
    ]
}

/// Two tiles of 1024 bytes in each of two blocks.
fn multicast() -> Case {
    let tensor = Tensor::dense(U32, &[48, 20], &[32, 8]);
    let case = tile(
        "tensor_load_multicast",
        &tensor_load_multicast,
        tensor,
        &[8, 3],
    )
    .load();
    let config = LaunchConfig::new(2, 128).with_cluster(2).with_shared(4096);
    Case { config, ..case }.output(1024)
}

fn swizzled(dtype: TensorMapType, inner: u32, swizzle: Swizzle) -> Tensor {
    let mut tensor = Tensor::dense(dtype, &[256, 40], &[inner, 24]);
    tensor.swizzle = swizzle;
    tensor
}

fn swizzles() -> Vec<Case> {
    let bf16 = TensorMapType::Bf16;
    let case = |name, inner, swizzle, place| Tile {
        place,
        ..tile(
            name,
            &tensor_load_2d,
            swizzled(bf16, inner, swizzle),
            &[16, 3],
        )
    };
    vec![
        case("tensor_swizzle_32", 16, Swizzle::Bytes32, 0).load(),
        case("tensor_swizzle_64", 32, Swizzle::Bytes64, 0).load(),
        case("tensor_swizzle_128", 64, Swizzle::Bytes128, 0).load(),
        // In the middle of the pattern.
        case("tensor_swizzle_128_offset", 64, Swizzle::Bytes128, 32).load(),
        case("tensor_swizzle_64_offset", 32, Swizzle::Bytes64, 96).load(),
        // Rows shorter than the span.
        case("tensor_swizzle_128_short", 16, Swizzle::Bytes128, 0).load(),
        case("tensor_swizzle_64_short", 24, Swizzle::Bytes64, 0).load(),
    ]
}

fn outside() -> Vec<Case> {
    let zero = |dtype| Tensor::dense(dtype, &[48, 20], &[32, 8]);
    let nan = |dtype| Tensor {
        out_of_bounds: OutOfBounds::NanAsZero,
        ..zero(dtype)
    };
    let case = |name, tensor, coordinates| tile(name, &tensor_load_2d, tensor, coordinates).load();
    vec![
        case("tensor_before", zero(U32), &[-8, -3]),
        case("tensor_behind", zero(U32), &[40, 17]),
        case("tensor_far_outside", zero(U32), &[1000, -1000]),
        case("tensor_bytes_before", zero(TensorMapType::U8), &[-16, -1]),
        case("tensor_bytes_behind", zero(TensorMapType::U8), &[32, 15]),
        case("tensor_nan_f32", nan(TensorMapType::F32), &[-8, 15]),
        case("tensor_nan_f16", nan(TensorMapType::F16), &[-8, 15]),
        case("tensor_nan_bf16", nan(TensorMapType::Bf16), &[40, -2]),
        case("tensor_nan_f64", nan(TensorMapType::F64), &[38, -2]),
        case("tensor_nan_tf32", nan(TensorMapType::Tf32), &[40, -2]),
    ]
}

fn conversions() -> Vec<Case> {
    let case = |name, dtype| {
        let tensor = Tensor::dense(dtype, &[48, 20], &[32, 8]);
        let mut case = tile(name, &tensor_load_2d, tensor, &[0, 0]).load();
        // Subnormals, zeros, infinities, NaNs and ties of the first row.
        let special = [
            0x0000_0001,
            0x8000_1fff,
            0x0040_1000,
            0x7f80_0000,
            0xff80_0000,
            0x7f80_0001,
            0xffc0_1234,
            0x3f80_1000,
            0x3f80_3000,
            0x3f80_1001,
            0x7f7f_ffff,
            0x8000_0000,
        ];
        case.input[HEADER as usize..][..special.len()].copy_from_slice(&special);
        case
    };
    vec![
        case("tensor_tf32", TensorMapType::Tf32),
        case("tensor_tf32_ftz", TensorMapType::Tf32Ftz),
        case("tensor_f32_ftz", TensorMapType::F32Ftz),
    ]
}

fn stores() -> Vec<Case> {
    let case = |name, kernel, tensor, coordinates| tile(name, kernel, tensor, coordinates).store();
    let mut skipping = Tensor::dense(U32, &[16, 24], &[8, 7]);
    skipping.element_strides = vec![1, 3];
    vec![
        case(
            "tensor_store_1d",
            &tensor_store_1d,
            Tensor::dense(U32, &[200], &[64]),
            &[152],
        ),
        case(
            "tensor_store_2d",
            &tensor_store_2d,
            Tensor::dense(U32, &[48, 20], &[32, 8]),
            &[40, 17],
        ),
        case(
            "tensor_store_bytes",
            &tensor_store_2d,
            Tensor::dense(TensorMapType::U8, &[48, 20], &[32, 8]),
            &[32, 17],
        ),
        case(
            "tensor_store_3d",
            &tensor_store_3d,
            Tensor::dense(U32, &[20, 9, 7], &[8, 4, 3]),
            &[16, 6, 2],
        ),
        case(
            "tensor_store_4d",
            &tensor_store_4d,
            Tensor::dense(U32, &[12, 5, 4, 6], &[8, 2, 3, 2]),
            &[8, 1, 1, 3],
        ),
        case(
            "tensor_store_5d",
            &tensor_store_5d,
            Tensor::dense(U32, &[8, 3, 4, 3, 5], &[4, 2, 2, 2, 2]),
            &[4, 1, 2, 0, 4],
        ),
        case(
            "tensor_store_element_strides",
            &tensor_store_2d,
            skipping,
            &[4, 5],
        ),
        case(
            "tensor_store_swizzle_128",
            &tensor_store_2d,
            swizzled(TensorMapType::Bf16, 64, Swizzle::Bytes128),
            &[16, 3],
        ),
        case(
            "tensor_store_swizzle_64_short",
            &tensor_store_2d,
            swizzled(TensorMapType::Bf16, 24, Swizzle::Bytes64),
            &[16, 3],
        ),
    ]
}

/// Rows that end within a unit of 16 bytes, which is written whole.
fn partial_units() -> Vec<Case> {
    let case = |name, kernel, dtype, elements| {
        let mut tensor = Tensor::dense(dtype, &[48, 20], &[32, 8]);
        tensor.shape[0] = elements;
        tile(name, kernel, tensor, &[32, 15]).store()
    };
    vec![
        case(
            "tensor_store_partial_u8",
            &tensor_store_2d,
            TensorMapType::U8,
            35,
        ),
        case(
            "tensor_store_partial_bf16",
            &tensor_store_2d,
            TensorMapType::Bf16,
            45,
        ),
        case("tensor_store_partial_u32", &tensor_store_2d, U32, 37),
        case("tensor_add_partial_u32", &tensor_add_2d, U32, 37),
    ]
}

fn reductions() -> Vec<Case> {
    let case = |name, kernel, dtype| {
        tile(
            name,
            kernel,
            Tensor::dense(dtype, &[48, 20], &[32, 8]),
            &[24, 14],
        )
        .store()
    };
    vec![
        case("tensor_add_u32", &tensor_add_2d, U32),
        case("tensor_add_i32", &tensor_add_2d, TensorMapType::I32),
        case("tensor_add_u64", &tensor_add_2d, TensorMapType::U64),
        case("tensor_add_f16", &tensor_add_2d, TensorMapType::F16),
        case("tensor_add_bf16", &tensor_add_2d, TensorMapType::Bf16),
        case("tensor_add_f32", &tensor_add_2d, TensorMapType::F32),
        case("tensor_add_f64", &tensor_add_2d, TensorMapType::F64),
        case("tensor_min_i32", &tensor_min_2d, TensorMapType::I32),
        case("tensor_max_i64", &tensor_max_2d, TensorMapType::I64),
        case("tensor_min_f16", &tensor_min_2d, TensorMapType::F16),
        case("tensor_max_bf16", &tensor_max_2d, TensorMapType::Bf16),
        case("tensor_inc_u32", &tensor_inc_2d, U32),
        case("tensor_dec_u32", &tensor_dec_2d, U32),
        case("tensor_and_u32", &tensor_and_2d, U32),
        case("tensor_or_u32", &tensor_or_2d, U32),
        case("tensor_xor_u32", &tensor_xor_2d, U32),
    ]
}

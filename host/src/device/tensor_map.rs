//! Tensor maps of matrices, which Hopper's tensor copies take.

use ::tensor_map::{L2Promotion, Swizzle, TensorMap, TensorMapType, TiledTensor, simulated};
use cuda_std::grid_constant::GridConstant;
use formats::{E4m3, E5m2};
use half::{bf16, f16};

use super::{Kind, Stream};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::tensor::{TensorView, TensorViewMut};

/// Bytes of a box's rows: what the widest swizzle spans.
const ROW_BYTES: usize = 128;

/// Tensor copies want addresses and strides to be multiples of this, and write in units of it.
pub(crate) const ALIGNMENT: usize = 16;

/// An element that tensor copies move.
pub trait Tiled: Element {
    /// What the copies call it.
    const TYPE: TensorMapType;
}

macro_rules! tiled {
    ($($type:ty: $map:ident;)*) => { $(
        impl Tiled for $type {
            const TYPE: TensorMapType = TensorMapType::$map;
        }
    )* };
}

tiled! {
    bf16: Bf16;
    f16: F16;
    f32: F32;
    E4m3: U8;
    E5m2: U8;
}

/// Matrices on a device, one below the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrices<T> {
    /// The first element.
    pub address: *const T,
    /// How many.
    pub matrices: usize,
    /// Rows of each.
    pub rows: usize,
    /// Elements of a row.
    pub columns: usize,
    /// Elements from row to row.
    pub stride: usize,
}

impl<T: Tiled> Matrices<T> {
    /// The matrices of a view of this shape.
    pub fn of(view: &TensorView<'_, T>, shape: [usize; 3]) -> Self {
        Self::new(view.as_ptr(), shape, view.row_stride())
    }

    /// The matrices of a view of this shape, to be written.
    pub fn of_mut(view: &TensorViewMut<'_, T>, shape: [usize; 3]) -> Self {
        Self::new(view.as_ptr().cast_const(), shape, view.row_stride())
    }

    /// A single row may as well be followed by another where tensor copies want it.
    fn new(address: *const T, [matrices, rows, columns]: [usize; 3], stride: usize) -> Self {
        let stride = match matrices * rows {
            0 | 1 => stride.next_multiple_of(ALIGNMENT / size_of::<T>()),
            _ => stride,
        };
        Self {
            address,
            matrices,
            rows,
            columns,
            stride,
        }
    }

    /// `count` of them from `first` on.
    pub fn slice(&self, first: usize, count: usize) -> Self {
        let elements = first * self.rows * self.stride;
        Self {
            address: self.address.wrapping_add(elements),
            matrices: count,
            ..*self
        }
    }

    /// Whether tensor copies can read them: they begin at a multiple of 16 bytes, and so do their rows.
    pub fn is_readable(&self) -> bool {
        let stride = self.stride * size_of::<T>();
        self.address.addr().is_multiple_of(ALIGNMENT) && stride.is_multiple_of(ALIGNMENT)
    }

    /// Whether tensor copies can write them, and nothing else: rows are units of 16 bytes too, as the unit that a row ends
    /// in is written whole.
    pub fn is_writable(&self) -> bool {
        let row = self.columns * size_of::<T>();
        self.is_readable() && row.is_multiple_of(ALIGNMENT)
    }

    /// The map of them, `[matrices, rows, columns]`, for the device of `stream`, in boxes of `box_rows` rows by 128 bytes,
    /// swizzled by 128 bytes.
    ///
    /// # Errors
    /// [`Error::Driver`] if the driver is too old; [`Error::Device`] for matrices that are not readable, or empty.
    pub fn map(&self, stream: &Stream, box_rows: u32) -> Result<GridConstant<TensorMap>> {
        self.map_in_boxes(stream, [box_rows, (ROW_BYTES / size_of::<T>()) as u32])
    }

    /// The same in boxes of so many rows and columns, swizzled by 128 bytes if so many columns take as many, else not.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    pub fn map_in_boxes(
        &self,
        stream: &Stream,
        [box_rows, box_columns]: [u32; 2],
    ) -> Result<GridConstant<TensorMap>> {
        let shape = [self.columns, self.rows, self.matrices].map(|length| length as u64);
        let row = self.stride * size_of::<T>();
        let strides = [row as u64, (self.rows * row) as u64];
        let tile = [box_columns, box_rows, 1];
        let swizzle = match box_columns as usize * size_of::<T>() == ROW_BYTES {
            true => Swizzle::Bytes128,
            false => Swizzle::None,
        };
        let tensor = TiledTensor {
            swizzle,
            l2_promotion: L2Promotion::Bytes256,
            ..TiledTensor::new(self.address.addr() as u64, T::TYPE, &shape, &strides, &tile)
        };
        let map = match stream.device().kind() {
            Kind::Cuda(_) => libcuda::encode_tensor_map(&tensor)?,
            _ => simulated::encode(&tensor).map_err(|rule| Error::Device {
                op: "tensor map",
                reason: rule.to_string(),
            })?,
        };
        // SAFETY: a map is 128 bytes that the device reads as they are.
        Ok(unsafe { GridConstant::new(map) })
    }
}

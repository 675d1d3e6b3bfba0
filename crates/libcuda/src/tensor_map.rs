//! Tensor maps as the driver encodes them: `cuTensorMapEncodeTiled` (CUDA 12.0; CUDA Driver API, "Tensor
//! Map Object Management").
//!
//! Encoding is done on the host and reads no device memory.

use core::ptr;

use ::tensor_map::{MAX_RANK, TensorMap, TiledTensor};

use crate::error::{DriverError, call};

/// What the driver reads for [`TiledTensor::element_strides`] where they are not given.
const ONES: [u32; MAX_RANK] = [1; MAX_RANK];

/// Encodes the descriptor of a tiled tensor for a GPU.
///
/// # Errors
/// [`DriverError::Argument`] where the tensor breaks a rule that the driver documents;
/// [`DriverError::MissingSymbol`] with a driver before CUDA 12.0; [`DriverError::Call`] if the driver
/// refuses for another reason.
pub fn encode_tensor_map(tensor: &TiledTensor<'_>) -> Result<TensorMap, DriverError> {
    tensor
        .check()
        .map_err(|rule| DriverError::argument("cuTensorMapEncodeTiled", rule.to_string()))?;
    let mut map = TensorMap::from_bytes([0; 128]);
    // SAFETY: `map` is 64-byte aligned and may be written; `check` saw that the arrays have as many
    // entries as `shape` (`strides` one less), and `ONES` has no fewer; the address is not read.
    unsafe {
        call!(cuTensorMapEncodeTiled(
            &mut map,
            tensor.dtype,
            tensor.shape.len() as u32,
            ptr::without_provenance_mut(tensor.address as usize),
            tensor.shape.as_ptr(),
            tensor.strides.as_ptr(),
            tensor.tile.as_ptr(),
            tensor.element_strides.unwrap_or(&ONES).as_ptr(),
            tensor.interleave,
            tensor.swizzle,
            tensor.l2_promotion,
            tensor.out_of_bounds,
        ))
    }?;
    Ok(map)
}

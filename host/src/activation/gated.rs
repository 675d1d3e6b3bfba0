//! Launching a gated activation over rows, as the public operations and the MoE layer do.

use cuda_std::launch::Kernel;
use half::{bf16, f16};

use crate::device::{LaunchConfig, Stream};
use crate::element::Float;
use crate::error::Result;
use crate::heuristics::activation::{rows, vector_width};
use crate::kernels::activation as kernels;

/// The arguments of a gated activation kernel.
type Args<T> = (*const T, *mut T, u32, u64, u64, u32, u32, *const u32);

/// An element type that there are activation kernels for: `bf16`, `f16`, `f32`.
pub trait GatedElement: Float + sealed::Kernels {}

pub(crate) mod sealed {
    use super::Args;
    use cuda_std::launch::Kernel;

    /// The kernels of an element type.
    pub trait Kernels: Sized + 'static {
        /// `silu_and_mul` for threads that move `width` elements at once.
        fn silu_and_mul(width: usize) -> &'static Kernel<Args<Self>>;
    }
}

macro_rules! gated_element {
    ($type:ty: $v1:ident $(, $width:literal $kernel:ident)*) => {
        impl GatedElement for $type {}

        impl sealed::Kernels for $type {
            fn silu_and_mul(width: usize) -> &'static Kernel<Args<Self>> {
                match width {
                    $($width => &kernels::$kernel,)*
                    _ => &kernels::$v1,
                }
            }
        }
    };
}

gated_element!(bf16: silu_and_mul_bf16_v1, 8 silu_and_mul_bf16_v8, 4 silu_and_mul_bf16_v4, 2 silu_and_mul_bf16_v2);
gated_element!(f16: silu_and_mul_f16_v1, 8 silu_and_mul_f16_v8, 4 silu_and_mul_f16_v4, 2 silu_and_mul_f16_v2);
gated_element!(f32: silu_and_mul_f32_v1, 4 silu_and_mul_f32_v4, 2 silu_and_mul_f32_v2);

/// Rows of gates and ups, and where their results go; strides and offsets in elements.
pub(crate) struct GatedRows<T> {
    pub x: *const T,
    pub out: *mut T,
    pub rows: usize,
    pub d: usize,
    pub x_stride: usize,
    pub out_stride: usize,
    pub gate: usize,
    pub up: usize,
    /// If not null, where the device holds how many of the rows exist.
    pub n_used: *const u32,
}

/// `out = silu(gate) * up` on the kernels. The caller has checked that `d` fits a `u32`.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(crate) unsafe fn silu_and_mul_rows<T: GatedElement>(
    stream: &Stream,
    it: &GatedRows<T>,
) -> Result<()> {
    if it.rows == 0 || it.d == 0 {
        return Ok(());
    }
    let width = vector_width(
        size_of::<T>(),
        &[it.d, it.x_stride, it.out_stride, it.gate, it.up],
        &[it.x as usize, it.out as usize],
    );
    let plan = rows(it.rows, it.d / width, stream.device().multiprocessors());
    let config = LaunchConfig::new((it.rows as u32, plan.chunks), plan.threads);
    let (d, gate, up) = (it.d as u32, it.gate as u32, it.up as u32);
    let args = (
        it.x,
        it.out,
        d,
        it.x_stride as u64,
        it.out_stride as u64,
        gate,
        up,
        it.n_used,
    );
    // SAFETY: the shapes are the caller's promise, alignment and divisibility are what `width` was chosen by.
    unsafe { stream.launch(T::silu_and_mul(width), config, args) }
}

//! Kernel arguments that stay where the launch put them: `__grid_constant__` of CUDA C++.

use core::ops::Deref;

/// A value that a kernel takes by value and reads in place, in parameter space: what is too large for
/// registers and the same for all threads, tensor maps above all.
///
/// ```ignore
/// #[kernel]
/// pub unsafe fn copy(map: GridConstant<TensorMap>, ..) {
///     tma::load(&raw const *map, ..);
/// }
/// ```
///
/// A value of 128 bytes is aligned as a tensor map, to 64; others as 64-bit words.
#[derive(Clone, Copy)]
pub struct GridConstant<T>(
    #[cfg(not(target_arch = "nvptx64"))] T,
    #[cfg(target_arch = "nvptx64")] *const T,
);

#[cfg(not(target_arch = "nvptx64"))]
impl<T> GridConstant<T> {
    /// The argument for a launch.
    ///
    /// # Safety
    /// Any bytes that the host has in `value` are a `T` on the device: it is plain, and holds no host
    /// addresses.
    #[must_use]
    pub const unsafe fn new(value: T) -> Self {
        const { assert!(size_of::<T>().is_multiple_of(8), "declared as 64-bit words") };
        Self(value)
    }
}

#[cfg(target_arch = "nvptx64")]
impl<T> GridConstant<T> {
    /// The parameter at this address.
    ///
    /// # Safety
    /// It is a parameter of the running kernel, and a `T`.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn from_parameter(address: *const T) -> Self {
        Self(address)
    }
}

impl<T> Deref for GridConstant<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        on! {
            // SAFETY: a parameter of the running kernel, which nobody writes.
            gpu => unsafe { &*self.0 },
            sim => &self.0,
        }
    }
}

/// How the device declares a parameter of `N` words; `cuda_builder` aligns those of 128 bytes.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Words<const N: usize>([u64; N]);

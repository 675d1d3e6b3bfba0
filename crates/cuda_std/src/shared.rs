//! Dynamic shared memory: the block's scratch, addressed by 32-bit shared-window addresses.
//!
//! A kernel describes its scratch as a `const` layout of named byte offsets and reaches each part as a
//! [`Shared`] pointer. On the device a load through one is a plain load that LLVM knows to be in the
//! shared window (`ld.shared`); in the simulator it is checked for bounds, alignment and unwritten bytes.

use core::marker::PhantomData;

#[cfg(target_arch = "nvptx64")]
unsafe extern "C" {
    // Defined in LLVM IR by cuda_builder's prelude: Rust has no address spaces.
    safe fn __cuda_std_dynamic_shared_base() -> u32;
    safe fn __cuda_std_shared_to_generic(address: u32) -> *mut u8;
}

/// A pointer into the block's shared memory.
pub struct Shared<T> {
    address: u32,
    element: PhantomData<*mut T>,
}

impl<T> Clone for Shared<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

/// The start of the block's dynamic shared memory, 1024-byte aligned.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn dynamic_shared_mem<T>() -> Shared<T> {
    Shared::from_address(on! {
        gpu => __cuda_std_dynamic_shared_base(),
        sim => cuda_sim::device::dynamic_shared_base(),
    })
}

impl<T> Shared<T> {
    /// The pointer to a shared-window address.
    #[inline(always)]
    #[must_use]
    pub const fn from_address(address: u32) -> Self {
        Self {
            address,
            element: PhantomData,
        }
    }

    /// The shared-window address, as the asynchronous and matrix instructions take it.
    #[inline(always)]
    #[must_use]
    pub const fn address(self) -> u32 {
        self.address
    }

    /// The pointer `count` elements further on.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // `add` as on raw pointers
    pub const fn add(self, count: u32) -> Self {
        Self::from_address(self.address + count * size_of::<T>() as u32)
    }

    /// The pointer `bytes` further on, to elements of another type.
    #[inline(always)]
    #[must_use]
    pub const fn byte_add<U>(self, bytes: u32) -> Shared<U> {
        Shared::from_address(self.address + bytes)
    }
}

impl<T: Copy> Shared<T> {
    /// Loads the element.
    ///
    /// # Safety
    /// - The element lies inside the block's dynamic shared memory and is aligned to its size.
    /// - No other thread writes it without a barrier in between.
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub unsafe fn read(self) -> T {
        on! {
            // SAFETY: in bounds, aligned and unraced by the caller's contract.
            gpu => unsafe { (__cuda_std_shared_to_generic(self.address) as *const T).read() },
            // SAFETY: any bytes are a `T`: what was written there is what is read.
            sim => unsafe { cuda_sim::device::shared_load(self.address) },
        }
    }

    /// Stores the element.
    ///
    /// # Safety
    /// - The element lies inside the block's dynamic shared memory and is aligned to its size.
    /// - No other thread reads or writes it without a barrier in between.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn write(self, value: T) {
        on! {
            // SAFETY: in bounds, aligned and unraced by the caller's contract.
            gpu => unsafe { (__cuda_std_shared_to_generic(self.address) as *mut T).write(value) },
            // SAFETY: the bytes are in bounds; the simulator checks it.
            sim => unsafe { cuda_sim::device::shared_store(self.address, value) },
        }
    }
}

//! Host only: kernels as typed handles.
//!
//! `#[kernel]` makes a `static` [`Kernel`] of each kernel. Its type holds the argument list, so a launch
//! with any other list does not compile:
//!
//! ```compile_fail
//! # use cuda_std::launch::{Kernel, LaunchBounds};
//! # unsafe fn thread(_: (*const f32, u32)) {}
//! # static K: Kernel<(*const f32, u32)> = Kernel::new("k", "m", LaunchBounds { max_threads: 32, min_blocks: 1 }, thread);
//! let x = [0.0f32];
//! // SAFETY: never runs.
//! unsafe { K.run_thread((1u32, x.as_ptr())) }; // the order is (pointer, length)
//! ```
//!
//! ```
//! # use cuda_std::launch::{Kernel, LaunchBounds};
//! # unsafe fn thread(_: (*const f32, u32)) {}
//! # static K: Kernel<(*const f32, u32)> = Kernel::new("k", "m", LaunchBounds { max_threads: 32, min_blocks: 1 }, thread);
//! let x = [0.0f32];
//! // SAFETY: this kernel reads nothing.
//! unsafe { K.run_thread((x.as_ptr(), 1u32)) };
//! ```

use core::ffi::c_void;

pub use cuda_sim::{Dim3, LaunchConfig};

use crate::grid_constant::GridConstant;

/// The launch bounds that a kernel was compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaunchBounds {
    /// The most threads a block may have (`.maxntid`).
    pub max_threads: u32,
    /// Blocks that fit on one multiprocessor at once (`.minnctapersm`).
    pub min_blocks: u32,
}

/// Registers of a multiprocessor (CUDA C++ Programming Guide, "Technical Specifications per Compute
/// Capability").
const REGISTERS: u32 = 65536;

impl LaunchBounds {
    /// The registers that a thread may have at launch: as many as let `min_blocks` blocks of `max_threads`
    /// threads share a multiprocessor, in units of 8, and at most 255.
    ///
    /// A kernel that uses [`registers`](crate::registers) is launched with exactly as many, as ptxas
    /// assigns them. The warps of all these blocks get registers four at a time, one on each quarter of the
    /// multiprocessor.
    ///
    /// ```
    /// # use cuda_std::launch::LaunchBounds;
    /// let bounds = LaunchBounds { max_threads: 384, min_blocks: 1 };
    /// assert_eq!(bounds.registers(), 168);
    /// ```
    #[must_use]
    pub const fn registers(self) -> u32 {
        let warps = (self.max_threads as u64).div_ceil(32) * self.min_blocks as u64;
        let threads = 32 * warps.next_multiple_of(4);
        if threads == 0 {
            return 255;
        }
        let registers = (REGISTERS as u64 / threads) as u32 / 8 * 8;
        if registers > 255 { 255 } else { registers }
    }
}

/// A kernel: its name in PTX, the module it lives in, and its body for the simulator.
pub struct Kernel<Args> {
    name: &'static str,
    module: &'static str,
    bounds: LaunchBounds,
    dependent: bool,
    thread: unsafe fn(Args),
}

impl<Args: KernelArgs> Kernel<Args> {
    /// Made by `#[kernel]`; nothing else has a reason to.
    #[must_use]
    pub const fn new(
        name: &'static str,
        module: &'static str,
        bounds: LaunchBounds,
        thread: unsafe fn(Args),
    ) -> Self {
        Self {
            name,
            module,
            bounds,
            dependent: false,
            thread,
        }
    }

    /// The same kernel, which calls [`pdl::begin`](crate::pdl::begin) before it touches memory that other grids write. Made by
    /// `#[kernel(.., dependent)]`.
    #[must_use]
    pub const fn dependent(self) -> Self {
        Self {
            dependent: true,
            ..self
        }
    }

    /// Whether the kernel may be launched while the grids before it end, since it waits for them.
    #[must_use]
    pub const fn is_dependent(&self) -> bool {
        self.dependent
    }

    /// The name of the PTX entry point.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The kernel family: the directory of the device crate that holds the kernel's file, as a path of
    /// modules (`activation`, `quantize::fp8`). There is one PTX module a family.
    #[must_use]
    pub fn family(&self) -> &'static str {
        let modules = self
            .module
            .split_once("::")
            .map_or("", |(_, modules)| modules);
        match modules.rsplit_once("::") {
            Some((directory, _file)) => directory,
            None if modules.is_empty() => self.module,
            None => modules,
        }
    }

    /// The launch bounds that the kernel was compiled for.
    #[must_use]
    pub const fn bounds(&self) -> LaunchBounds {
        self.bounds
    }

    /// Runs the body of one simulated thread.
    ///
    /// # Safety
    /// The kernel's own contract, for the calling thread's place in the grid.
    pub unsafe fn run_thread(&self, args: Args) {
        // SAFETY: the caller's contract.
        unsafe { (self.thread)(args) }
    }
}

/// What a kernel takes by value: raw pointers and scalars.
///
/// # Safety
/// The type has the same size and layout on the device, and no padding matters.
pub unsafe trait KernelArg: Copy + 'static {}

// SAFETY: addresses are 64 bits wide on both sides.
unsafe impl<T: 'static> KernelArg for *const T {}
// SAFETY: as above.
unsafe impl<T: 'static> KernelArg for *mut T {}

// SAFETY: declared on the device with the size it has here, and plain by `GridConstant`'s own contract.
unsafe impl<T: Copy + 'static> KernelArg for GridConstant<T> {}

macro_rules! scalars {
    ($($type:ty)*) => { $(
        // SAFETY: a plain scalar, of one layout everywhere.
        unsafe impl KernelArg for $type {}
    )* };
}
scalars!(u8 u16 u32 u64 i8 i16 i32 i64 f32 f64);

/// A tuple of kernel arguments.
pub trait KernelArgs: Copy + 'static {
    /// Calls `launch` with a pointer to each argument, in order, as `cuLaunchKernel` takes them.
    fn with_pointers<R>(&mut self, launch: impl FnOnce(&[*mut c_void]) -> R) -> R;
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => { $(
        impl<$($name: KernelArg),*> KernelArgs for ($($name,)*) {
            #[allow(non_snake_case)]
            fn with_pointers<R>(&mut self, launch: impl FnOnce(&[*mut c_void]) -> R) -> R {
                let ($($name,)*) = self;
                launch(&[$(core::ptr::from_mut($name).cast::<c_void>()),*])
            }
        }
    )* };
}
tuples! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
    (A B C D E F G H I J K L M) (A B C D E F G H I J K L M N) (A B C D E F G H I J K L M N O)
    (A B C D E F G H I J K L M N O P) (A B C D E F G H I J K L M N O P Q)
    (A B C D E F G H I J K L M N O P Q S) (A B C D E F G H I J K L M N O P Q S T) (A B C D E F G H I J K L M N O P Q S T U)
    (A B C D E F G H I J K L M N O P Q S T U V) (A B C D E F G H I J K L M N O P Q S T U V W X Y)
}

#[cfg(test)]
mod tests {
    use super::LaunchBounds;

    #[test]
    fn registers_at_launch() {
        let registers = |max_threads, min_blocks| {
            LaunchBounds {
                max_threads,
                min_blocks,
            }
            .registers()
        };
        assert_eq!(registers(384, 1), 168);
        assert_eq!(registers(256, 1), 255);
        assert_eq!(registers(512, 1), 128);
        assert_eq!(registers(128, 3), 168);
        assert_eq!(registers(1024, 1), 64);
        // What ptxas 13.0 assigned under these bounds.
        assert_eq!(registers(160, 2), 168);
        assert_eq!(registers(224, 2), 128);
        assert_eq!(registers(33, 6), 168);
        assert_eq!(registers(40, 10), 96);
        assert_eq!(registers(65, 5), 128);
        assert_eq!(registers(u32::MAX, u32::MAX), 0);
        assert_eq!(registers(0, 0), 255);
    }
}

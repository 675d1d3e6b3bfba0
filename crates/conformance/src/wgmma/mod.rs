//! `wgmma`: every N, every pair of types, every layout of the operands.
//!
//! The input begins with a header of [`HEADER`] words; offsets and strides are in bytes:
//!
//! | words | hold |
//! |---|---|
//! | 0..5 | A: its place in shared memory, leading offset, stride, swizzle (as in a descriptor), and what a step along K adds |
//! | 5..10 | B: the same |
//! | 10 | steps along K |
//! | 11 | words of shared memory that follow the header in the input |
//! | 12 | whether the first step adds to the accumulator, not only the others |
//!
//! Then come these words of shared memory, 4 words of A a thread for products with A in registers, and the
//! accumulator's registers, thread by thread.

use cuda_std::tma::TensorMap;
use cuda_std::wgmma::{
    Accumulator, Descriptor, InFlight, KMajor, Major, MnMajor, Product, Reads, Swizzle,
    commit_group, fence, wait_group,
};
use cuda_std::{cvt::Tf32, kernel, thread};
use formats::{E4m3, E5m2};
use half::{bf16, f16};

use crate::words::{fill_shared, get, set, shared, tid};

/// Words before the contents of shared memory.
pub const HEADER: u32 = 16;

/// `each!(i < R => { .. })`: the block once for each register, by a constant.
macro_rules! each {
    ($i:ident < $n:expr => $body:block) => {
        each!(@ $i $n, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $i:ident $n:expr, $body:block, $($k:literal)*) => { $(
        if 8 * $k < $n {
            cuda_std::unroll!(low < 8 => {
                if 8 * $k + low < $n {
                    let $i: usize = 8 * $k + low;
                    $body
                }
            });
        }
    )* };
}

/// The descriptor that header words `at..at + 4` describe, `step` steps along K on.
///
/// # Safety
/// The input has a header.
#[inline(always)]
#[track_caller]
unsafe fn descriptor<M: Major>(input: *const u32, at: u32, step: u32) -> Descriptor<M> {
    // SAFETY: the caller's contract.
    let word = |i: u32| unsafe { get(input, at + i) };
    let swizzle = match word(3) {
        0 => Swizzle::None,
        1 => Swizzle::Bytes128,
        2 => Swizzle::Bytes64,
        _ => Swizzle::Bytes32,
    };
    let tile = shared(0).address() + word(0);
    Descriptor::new(tile, word(1), word(2), swizzle).advance(step * word(4))
}

/// Fills shared memory and the accumulator, multiplies by `multiply(accumulator, step, adds)` and dumps the
/// result.
///
/// # Safety
/// The contract of the kernels that use it.
#[inline(always)]
#[track_caller]
unsafe fn run<const R: usize>(
    input: *const u32,
    output: *mut u32,
    multiply: impl Fn(&mut Accumulator<R>, u32, bool),
) where
    for<'a> &'a mut Accumulator<R>: InFlight,
{
    // SAFETY: the kernels' contract; fence and barrier lie between the fill and the products.
    unsafe {
        let (steps, words, adds) = (get(input, 10), get(input, 11), get(input, 12) != 0);
        fill_shared(0, words, |index| get(input, HEADER + index));
        cuda_std::fence::proxy_async_shared();
        thread::sync_threads();
        let registers = input.add((HEADER + words + 512) as usize + R * tid() as usize);
        let mut d = Accumulator::<R>::zero();
        each!(i < R => { d.set(i, f32::from_bits(*registers.add(i))) });
        let mut step = 0;
        loop {
            fence();
            multiply(&mut d, step, adds || step > 0);
            commit_group();
            wait_group::<0>(&mut d);
            step += 1;
            if step >= steps {
                break;
            }
        }
        each!(i < R => { set(output, R as u32 * tid() + i as u32, d.get(i).to_bits()) });
    }
}

/// Both operands in shared memory.
///
/// # Safety
/// The contract of the kernels that use it.
#[inline(always)]
#[track_caller]
unsafe fn from_shared<A: Reads<MA>, B: Reads<MB>, MA: Major, MB: Major, const R: usize>(
    input: *const u32,
    output: *mut u32,
) where
    Accumulator<R>: Product<A, B>,
    for<'a> &'a mut Accumulator<R>: InFlight,
{
    // SAFETY: the kernels' contract.
    unsafe {
        run::<R>(input, output, |d, step, adds| {
            let a = descriptor::<MA>(input, 0, step);
            let b = descriptor::<MB>(input, 5, step);
            d.mma::<A, B, MA, MB>(a, b, adds);
        });
    }
}

/// A in registers; one step.
///
/// # Safety
/// The contract of the kernels that use it.
#[inline(always)]
#[track_caller]
unsafe fn from_registers<A, B: Reads<MB>, MB: Major, const R: usize>(
    input: *const u32,
    output: *mut u32,
) where
    Accumulator<R>: Product<A, B>,
    for<'a> &'a mut Accumulator<R>: InFlight,
{
    // SAFETY: the kernels' contract.
    unsafe {
        let first = HEADER + get(input, 11) + 4 * tid();
        let a = [0, 1, 2, 3].map(|i| get(input, first + i));
        run::<R>(input, output, |d, step, adds| {
            let b = descriptor::<MB>(input, 5, step);
            d.mma_rs::<A, B, MB>(a, b, adds);
        });
    }
}

macro_rules! products {
    ($($name:ident, $function:ident::<$($parameter:ty),*>, $registers:literal;)*) => { $(
        /// A product, and what it is added to.
        ///
        /// # Safety
        /// A launch of 128 threads with the shared memory that the header describes; the input is as the
        /// module says, the output has a word for each register of each thread.
        #[kernel(launch_bounds(128))]
        pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
            let _ = map;
            // SAFETY: the kernel's contract.
            unsafe { $function::<$($parameter,)* $registers>(input, output) }
        }
    )* };
}

products! {
    wgmma_f16, from_shared::<f16, f16, KMajor, KMajor>, 32;
    wgmma_bf16, from_shared::<bf16, bf16, KMajor, KMajor>, 32;
    wgmma_tf32, from_shared::<Tf32, Tf32, KMajor, KMajor>, 32;
    wgmma_e4m3, from_shared::<E4m3, E4m3, KMajor, KMajor>, 32;
    wgmma_e4m3_e5m2, from_shared::<E4m3, E5m2, KMajor, KMajor>, 32;
    wgmma_e5m2_e4m3, from_shared::<E5m2, E4m3, KMajor, KMajor>, 32;
    wgmma_e5m2, from_shared::<E5m2, E5m2, KMajor, KMajor>, 32;
    wgmma_f16_m_major, from_shared::<f16, f16, MnMajor, KMajor>, 32;
    wgmma_f16_n_major, from_shared::<f16, f16, KMajor, MnMajor>, 32;
    wgmma_bf16_m_major, from_shared::<bf16, bf16, MnMajor, KMajor>, 32;
    wgmma_bf16_n_major, from_shared::<bf16, bf16, KMajor, MnMajor>, 32;
    wgmma_bf16_mn_major, from_shared::<bf16, bf16, MnMajor, MnMajor>, 32;
    wgmma_f16_registers, from_registers::<f16, f16, KMajor>, 32;
    wgmma_bf16_registers, from_registers::<bf16, bf16, KMajor>, 32;
    wgmma_bf16_registers_n_major, from_registers::<bf16, bf16, MnMajor>, 32;
    wgmma_tf32_registers, from_registers::<Tf32, Tf32, KMajor>, 32;
    wgmma_e4m3_registers, from_registers::<E4m3, E4m3, KMajor>, 32;
    wgmma_e4m3_e5m2_registers, from_registers::<E4m3, E5m2, KMajor>, 32;
    wgmma_e5m2_e4m3_registers, from_registers::<E5m2, E4m3, KMajor>, 32;
    wgmma_e5m2_registers, from_registers::<E5m2, E5m2, KMajor>, 32;
}

macro_rules! sizes {
    ($($name:ident, $eight_bits:ident, $registers:literal;)*) => {
        products! {
            $(
                $name, from_shared::<bf16, bf16, KMajor, KMajor>, $registers;
                $eight_bits, from_shared::<E4m3, E4m3, KMajor, KMajor>, $registers;
            )*
        }

        /// The kernels of every N.
        #[cfg(not(target_arch = "nvptx64"))]
        fn sizes() -> Vec<host::Sized> {
            vec![
                $(host::Sized {
                    registers: $registers,
                    bf16: (stringify!($name), &$name),
                    e4m3: (stringify!($eight_bits), &$eight_bits),
                },)*
            ]
        }
    };
}

sizes! {
    wgmma_bf16_n8, wgmma_e4m3_n8, 4;
    wgmma_bf16_n16, wgmma_e4m3_n16, 8;
    wgmma_bf16_n24, wgmma_e4m3_n24, 12;
    wgmma_bf16_n32, wgmma_e4m3_n32, 16;
    wgmma_bf16_n40, wgmma_e4m3_n40, 20;
    wgmma_bf16_n48, wgmma_e4m3_n48, 24;
    wgmma_bf16_n56, wgmma_e4m3_n56, 28;
    wgmma_bf16_n64, wgmma_e4m3_n64, 32;
    wgmma_bf16_n72, wgmma_e4m3_n72, 36;
    wgmma_bf16_n80, wgmma_e4m3_n80, 40;
    wgmma_bf16_n88, wgmma_e4m3_n88, 44;
    wgmma_bf16_n96, wgmma_e4m3_n96, 48;
    wgmma_bf16_n104, wgmma_e4m3_n104, 52;
    wgmma_bf16_n112, wgmma_e4m3_n112, 56;
    wgmma_bf16_n120, wgmma_e4m3_n120, 60;
    wgmma_bf16_n128, wgmma_e4m3_n128, 64;
    wgmma_bf16_n136, wgmma_e4m3_n136, 68;
    wgmma_bf16_n144, wgmma_e4m3_n144, 72;
    wgmma_bf16_n152, wgmma_e4m3_n152, 76;
    wgmma_bf16_n160, wgmma_e4m3_n160, 80;
    wgmma_bf16_n168, wgmma_e4m3_n168, 84;
    wgmma_bf16_n176, wgmma_e4m3_n176, 88;
    wgmma_bf16_n184, wgmma_e4m3_n184, 92;
    wgmma_bf16_n192, wgmma_e4m3_n192, 96;
    wgmma_bf16_n200, wgmma_e4m3_n200, 100;
    wgmma_bf16_n208, wgmma_e4m3_n208, 104;
    wgmma_bf16_n216, wgmma_e4m3_n216, 108;
    wgmma_bf16_n224, wgmma_e4m3_n224, 112;
    wgmma_bf16_n232, wgmma_e4m3_n232, 116;
    wgmma_bf16_n240, wgmma_e4m3_n240, 120;
    wgmma_bf16_n248, wgmma_e4m3_n248, 124;
    wgmma_bf16_n256, wgmma_e4m3_n256, 128;
}

#[cfg(not(target_arch = "nvptx64"))]
mod host;
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) use host::cases;

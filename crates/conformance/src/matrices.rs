//! A warp's matrix instructions: `ldmatrix`, `stmatrix`, `mma.sync`.

use cuda_std::cvt::Tf32;
use cuda_std::ldmatrix::{
    ldmatrix_x1, ldmatrix_x1_trans, ldmatrix_x2, ldmatrix_x2_trans, ldmatrix_x4, ldmatrix_x4_trans,
};
use cuda_std::mma::{MmaByte, MmaElement};
use cuda_std::shared::Shared;
use cuda_std::stmatrix::{
    stmatrix_x1, stmatrix_x1_trans, stmatrix_x2, stmatrix_x2_trans, stmatrix_x4, stmatrix_x4_trans,
};
use cuda_std::tma::TensorMap;
use cuda_std::{kernel, thread};
use formats::{E4m3, E5m2};
use half::{bf16, f16};

use crate::words::{dump_shared, fill_shared, get, gid, set, shared, tid};

/// The row of 16 bytes that the lane addresses: rows lie apart and out of order.
#[inline(always)]
#[track_caller]
fn row() -> Shared<u8> {
    shared(8 * (tid() * 5 % 32)).byte_add(0)
}

/// Every form of `ldmatrix`.
///
/// # Safety
/// A launch of one warp with 1024 bytes of shared memory; 256 words of input, 14 words of output a lane.
#[kernel(launch_bounds(32))]
pub unsafe fn matrix_loads(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; a barrier lies between writes and reads.
    unsafe {
        fill_shared(0, 256, |index| get(input, index));
        thread::sync_threads();
        let [a] = ldmatrix_x1(row());
        let [b, c] = ldmatrix_x2(row());
        let [d, e, f, g] = ldmatrix_x4(row());
        let [h] = ldmatrix_x1_trans(row());
        let [i, j] = ldmatrix_x2_trans(row());
        let [k, l, m, n] = ldmatrix_x4_trans(row());
        let words = [a, b, c, d, e, f, g, h, i, j, k, l, m, n];
        let mut at = 0;
        while at < 14 {
            set(output, 14 * tid() + at, words[at as usize]);
            at += 1;
        }
    }
}

macro_rules! stores {
    ($($name:ident, $store:ident, [$($register:literal),*];)*) => { $(
        #[doc = concat!("`", stringify!($store), "`.")]
        ///
        /// # Safety
        /// A launch of one warp with 1024 bytes of shared memory; 128 words of input, 256 of output.
        #[kernel(launch_bounds(32))]
        pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
            let _ = map;
            // SAFETY: the kernel's contract; a barrier lies between accesses of a word.
            unsafe {
                fill_shared(0, 256, |index| index);
                thread::sync_threads();
                $store(row(), [$(get(input, 4 * tid() + $register)),*]);
                thread::sync_threads();
                dump_shared(output, 0, 256);
            }
        }
    )* };
}

stores! {
    matrix_store_1, stmatrix_x1, [0];
    matrix_store_2, stmatrix_x2, [0, 1];
    matrix_store_4, stmatrix_x4, [0, 1, 2, 3];
    matrix_store_1_trans, stmatrix_x1_trans, [0];
    matrix_store_2_trans, stmatrix_x2_trans, [0, 1];
    matrix_store_4_trans, stmatrix_x4_trans, [0, 1, 2, 3];
}

macro_rules! products {
    ($($name:ident, |$a:ident, $b:ident, $c:ident| $multiply:expr;)*) => { $(
        #[doc = concat!("`", stringify!($name), "`: each warp multiplies tiles of its own.")]
        ///
        /// # Safety
        /// A launch of one warp a block; 10 words of input and 4 of output a thread.
        #[kernel(launch_bounds(32))]
        pub unsafe fn $name(input: *const u32, output: *mut u32, map: *const TensorMap) {
            let _ = map;
            // SAFETY: the kernel's contract; all lanes are here.
            unsafe {
                let word = |i: u32| get(input, 10 * gid() + i);
                let ($a, $b) = ([word(0), word(1), word(2), word(3)], [word(4), word(5)]);
                let mut sums = [6, 7, 8, 9].map(|i| f32::from_bits(word(i)));
                let $c = &mut sums;
                $multiply;
                let mut i = 0;
                while i < 4 {
                    set(output, 4 * gid() + i, sums[i as usize].to_bits());
                    i += 1;
                }
            }
        }
    )* };
}

products! {
    mma_f16_k16, |a, b, c| f16::mma_m16n8k16(a, b, c);
    mma_bf16_k16, |a, b, c| bf16::mma_m16n8k16(a, b, c);
    mma_f16_k8, |a, b, c| f16::mma_m16n8k8([a[0], a[1]], b[0], c);
    mma_bf16_k8, |a, b, c| bf16::mma_m16n8k8([a[0], a[1]], b[0], c);
    mma_tf32_k8, |a, b, c| Tf32::mma_m16n8k8(a, b, c);
    mma_e4m3, |a, b, c| <E4m3 as MmaByte<E4m3>>::mma_m16n8k32(a, b, c);
    mma_e4m3_e5m2, |a, b, c| <E4m3 as MmaByte<E5m2>>::mma_m16n8k32(a, b, c);
    mma_e5m2_e4m3, |a, b, c| <E5m2 as MmaByte<E4m3>>::mma_m16n8k32(a, b, c);
    mma_e5m2, |a, b, c| <E5m2 as MmaByte<E5m2>>::mma_m16n8k32(a, b, c);
}

/// The cases of this module. Random bits hold every special value; each warp's exponents spread over all
/// that the types have.
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) fn cases() -> Vec<crate::Case> {
    use crate::{Case, MicroKernel, random_words};
    use cuda_std::launch::LaunchConfig;

    let one = LaunchConfig::new(1, 32).with_shared(1024);
    let store = |name, kernel| Case::new(name, kernel, one).output(256);
    let product = |name, kernel: &'static MicroKernel| {
        Case::new(name, kernel, LaunchConfig::new(64, 32))
            .input(random_words(10 * 2048, 13))
            .output(4 * 2048)
    };
    vec![
        Case::new("matrix_loads", &matrix_loads, one).output(14 * 32),
        store("matrix_store_1", &matrix_store_1),
        store("matrix_store_2", &matrix_store_2),
        store("matrix_store_4", &matrix_store_4),
        store("matrix_store_1_trans", &matrix_store_1_trans),
        store("matrix_store_2_trans", &matrix_store_2_trans),
        store("matrix_store_4_trans", &matrix_store_4_trans),
        product("mma_f16_k16", &mma_f16_k16),
        product("mma_bf16_k16", &mma_bf16_k16),
        product("mma_f16_k8", &mma_f16_k8),
        product("mma_bf16_k8", &mma_bf16_k8),
        product("mma_tf32_k8", &mma_tf32_k8),
        product("mma_e4m3", &mma_e4m3),
        product("mma_e4m3_e5m2", &mma_e4m3_e5m2),
        product("mma_e5m2_e4m3", &mma_e5m2_e4m3),
        product("mma_e5m2", &mma_e5m2),
    ]
}

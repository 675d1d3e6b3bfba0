//! The loads and stores.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;
#[cfg(target_arch = "nvptx64")]
use core::mem::transmute_copy;

use super::CachePolicy;

/// What each access checks when it is compiled.
const fn check<T>() {
    assert!(matches!(size_of::<T>(), 4 | 8 | 16) && align_of::<T>() <= size_of::<T>());
}

/// A load of 4, 8 or 16 bytes. `$operand` is the policy's place after each number of words.
#[cfg(target_arch = "nvptx64")]
macro_rules! load_words {
    ($type:ty, $ptx:literal, $source:expr, [$one:literal, $two:literal, $four:literal] $(, $policy:expr)?) => {{
        let source: *const $type = $source;
        let (mut a, mut b, mut c, mut d) = (0u32, 0u32, 0u32, 0u32);
        // SAFETY: readable and aligned by the caller's contract.
        unsafe {
            match size_of::<$type>() {
                4 => asm!(concat!($ptx, ".b32 {0}, [{1}]", $one, ";"),
                    out(reg32) a, in(reg64) source, $(in(reg64) $policy,)? options(nostack, readonly)),
                8 => asm!(concat!($ptx, ".v2.b32 {{{0}, {1}}}, [{2}]", $two, ";"),
                    out(reg32) a, out(reg32) b, in(reg64) source, $(in(reg64) $policy,)? options(nostack, readonly)),
                _ => asm!(concat!($ptx, ".v4.b32 {{{0}, {1}, {2}, {3}}}, [{4}]", $four, ";"),
                    out(reg32) a, out(reg32) b, out(reg32) c, out(reg32) d, in(reg64) source,
                    $(in(reg64) $policy,)? options(nostack, readonly)),
            }
            transmute_copy(&Words([a, b, c, d]))
        }
    }};
}

/// Words at an alignment that serves every type of up to 16 bytes.
#[cfg(target_arch = "nvptx64")]
#[repr(C, align(16))]
struct Words([u32; 4]);

macro_rules! loads {
    ($($name:ident, $ptx:literal, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[doc = concat!("\n\n`", $ptx, "`, of 4, 8 or 16 bytes.")]
        ///
        /// # Safety
        /// - `source` is readable global memory, aligned to the size of `T`, and holds a valid `T`.
        /// - Nothing writes it while the kernel runs, if the instruction says `.nc`.
        #[inline(always)]
        #[must_use]
        pub unsafe fn $name<T: Copy>(source: *const T) -> T {
            const { check::<T>() };
            on! {
                gpu => load_words!(T, $ptx, source, ["", "", ""]),
                // SAFETY: the caller's contract.
                sim => unsafe { source.read() },
            }
        }
    )* };
}

loads! {
    load, "ld.global", "Loads by an instruction of its own, which LLVM neither splits nor merges.";
    load_nc, "ld.global.nc", "Loads read-only data.";
    load_nc_no_allocate, "ld.global.nc.L1::no_allocate",
        "Loads read-only data past the L1 cache: data that is read once (sm_70).";
    load_nc_no_allocate_128, "ld.global.nc.L1::no_allocate.L2::128B",
        "Loads read-only data past the L1 cache, and fetches 128 bytes into the L2 cache (sm_80).";
    load_nc_no_allocate_256, "ld.global.nc.L1::no_allocate.L2::256B",
        "Loads read-only data past the L1 cache, and fetches 256 bytes into the L2 cache: streams (sm_80).";
    load_streaming, "ld.global.cs", "Loads data that is likely read once, evicted first.";
}

/// Loads read-only data past the L1 cache, by an L2 cache policy.
///
/// `ld.global.nc.L1::no_allocate.L2::cache_hint`, of 4, 8 or 16 bytes (sm_80).
///
/// # Safety
/// - `source` is readable global memory, aligned to the size of `T`, and holds a valid `T`.
/// - Nothing writes it while the kernel runs.
#[inline(always)]
#[must_use]
pub unsafe fn load_nc_hint<T: Copy>(source: *const T, policy: CachePolicy) -> T {
    const { check::<T>() };
    on! {
        gpu => load_words!(T, "ld.global.nc.L1::no_allocate.L2::cache_hint", source,
            [", {2}", ", {3}", ", {5}"], policy.bits()),
        sim => {
            let _ = policy;
            // SAFETY: the caller's contract.
            unsafe { source.read() }
        },
    }
}

/// A store of 4, 8 or 16 bytes; see `load_words`.
#[cfg(target_arch = "nvptx64")]
macro_rules! store_words {
    ($type:ty, $ptx:literal, $destination:expr, $value:expr, [$one:literal, $two:literal, $four:literal] $(, $policy:expr)?) => {{
        let (destination, value): (*mut $type, $type) = ($destination, $value);
        // SAFETY: writable and aligned by the caller's contract; the value has no padding, and each arm
        // reads no more words of it than it has.
        unsafe {
            match size_of::<$type>() {
                4 => {
                    let a: u32 = transmute_copy(&value);
                    asm!(concat!($ptx, ".b32 [{0}], {1}", $one, ";"),
                        in(reg64) destination, in(reg32) a, $(in(reg64) $policy,)? options(nostack));
                }
                8 => {
                    let [a, b]: [u32; 2] = transmute_copy(&value);
                    asm!(concat!($ptx, ".v2.b32 [{0}], {{{1}, {2}}}", $two, ";"),
                        in(reg64) destination, in(reg32) a, in(reg32) b, $(in(reg64) $policy,)? options(nostack));
                }
                _ => {
                    let [a, b, c, d]: [u32; 4] = transmute_copy(&value);
                    asm!(concat!($ptx, ".v4.b32 [{0}], {{{1}, {2}, {3}, {4}}}", $four, ";"),
                        in(reg64) destination, in(reg32) a, in(reg32) b, in(reg32) c, in(reg32) d,
                        $(in(reg64) $policy,)? options(nostack));
                }
            }
        }
    }};
}

macro_rules! stores {
    ($($name:ident, $ptx:literal, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[doc = concat!("\n\n`", $ptx, "`, of 4, 8 or 16 bytes.")]
        ///
        /// # Safety
        /// `destination` is writable global memory, aligned to the size of `T`; `T` has no padding.
        #[inline(always)]
        pub unsafe fn $name<T: Copy>(destination: *mut T, value: T) {
            const { check::<T>() };
            on! {
                gpu => store_words!(T, $ptx, destination, value, ["", "", ""]),
                // SAFETY: the caller's contract.
                sim => unsafe { destination.write(value) },
            }
        }
    )* };
}

stores! {
    store, "st.global", "Stores by an instruction of its own, which LLVM neither splits nor merges.";
    store_streaming, "st.global.cs", "Stores data that is likely not read soon, evicted first.";
    store_cached_l2, "st.global.cg", "Stores past the L1 cache.";
    store_write_through, "st.global.wt", "Stores through the L2 cache to memory.";
    store_no_allocate, "st.global.L1::no_allocate", "Stores without a line in the L1 cache (sm_70).";
}

/// Stores by an L2 cache policy.
///
/// `st.global.L2::cache_hint`, of 4, 8 or 16 bytes (sm_80).
///
/// # Safety
/// `destination` is writable global memory, aligned to the size of `T`; `T` has no padding.
#[inline(always)]
pub unsafe fn store_hint<T: Copy>(destination: *mut T, value: T, policy: CachePolicy) {
    const { check::<T>() };
    on! {
        gpu => store_words!(T, "st.global.L2::cache_hint", destination, value,
            [", {2}", ", {3}", ", {5}"], policy.bits()),
        sim => {
            let _ = policy;
            // SAFETY: the caller's contract.
            unsafe { destination.write(value) }
        },
    }
}

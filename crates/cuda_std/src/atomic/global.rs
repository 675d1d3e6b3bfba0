//! Relaxed atomics on global memory, for the whole GPU.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;
#[cfg(not(target_arch = "nvptx64"))]
use core::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering::Relaxed};

#[cfg(not(target_arch = "nvptx64"))]
use crate::packed;
#[cfg(not(target_arch = "nvptx64"))]
use crate::rounding::{f32_nearest, flush};

/// `atom` with one operand.
macro_rules! atomics {
    ($($name:ident, $type:ty, $class:ident, $ptx:literal, |$pointer:ident, $value:ident| $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " and returns what was there before (`atom.relaxed.gpu.global.", $ptx, "`).")]
        ///
        /// # Safety
        /// `pointer` is in global memory, aligned to its size, and accessed only atomically by others.
        #[inline(always)]
        pub unsafe fn $name(pointer: *mut $type, value: $type) -> $type {
            on! {
                gpu => {
                    let old: $type;
                    // SAFETY: writable and aligned by the caller's contract.
                    unsafe {
                        asm!(concat!("atom.relaxed.gpu.global.", $ptx, " {o}, [{p}], {v};"),
                            o = out($class) old, p = in(reg64) pointer, v = in($class) value, options(nostack));
                    }
                    old
                },
                sim => {
                    let ($pointer, $value) = (pointer, value);
                    // SAFETY: writable and aligned by the caller's contract.
                    unsafe { $sim }
                },
            }
        }
    )* };
}

atomics! {
    global_add_u32, u32, reg32, "add.u32", |p, v| AtomicU32::from_ptr(p).fetch_add(v, Relaxed), "Adds";
    global_add_u64, u64, reg64, "add.u64", |p, v| AtomicU64::from_ptr(p).fetch_add(v, Relaxed), "Adds";
    global_add_f32, f32, reg32, "add.f32", |p, v| add_f32(p, v), "Adds, subnormals as zeros,";
    global_min_u32, u32, reg32, "min.u32", |p, v| AtomicU32::from_ptr(p).fetch_min(v, Relaxed), "Keeps the lesser";
    global_max_u32, u32, reg32, "max.u32", |p, v| AtomicU32::from_ptr(p).fetch_max(v, Relaxed), "Keeps the greater";
    global_min_i32, i32, reg32, "min.s32", |p, v| AtomicI32::from_ptr(p).fetch_min(v, Relaxed), "Keeps the lesser";
    global_max_i32, i32, reg32, "max.s32", |p, v| AtomicI32::from_ptr(p).fetch_max(v, Relaxed), "Keeps the greater";
    global_min_u64, u64, reg64, "min.u64", |p, v| AtomicU64::from_ptr(p).fetch_min(v, Relaxed), "Keeps the lesser";
    global_max_u64, u64, reg64, "max.u64", |p, v| AtomicU64::from_ptr(p).fetch_max(v, Relaxed), "Keeps the greater";
    global_and_u32, u32, reg32, "and.b32", |p, v| AtomicU32::from_ptr(p).fetch_and(v, Relaxed), "Clears bits that are not set in `value`";
    global_or_u32, u32, reg32, "or.b32", |p, v| AtomicU32::from_ptr(p).fetch_or(v, Relaxed), "Sets the bits of `value`";
    global_xor_u32, u32, reg32, "xor.b32", |p, v| AtomicU32::from_ptr(p).fetch_xor(v, Relaxed), "Flips the bits of `value`";
    global_exchange_u32, u32, reg32, "exch.b32", |p, v| AtomicU32::from_ptr(p).swap(v, Relaxed), "Stores `value`";
    global_exchange_u64, u64, reg64, "exch.b64", |p, v| AtomicU64::from_ptr(p).swap(v, Relaxed), "Stores `value`";
}

/// `atom.cas`.
macro_rules! compare_and_swap {
    ($($name:ident, $type:ty, $atomic:ident, $class:ident, $ptx:literal;)*) => { $(
        #[doc = concat!("Stores `new` where `compare` is, and returns what was there before (`atom.relaxed.gpu.global.", $ptx, "`).")]
        ///
        /// # Safety
        /// As [`global_add_u32`].
        #[inline(always)]
        pub unsafe fn $name(pointer: *mut $type, compare: $type, new: $type) -> $type {
            on! {
                gpu => {
                    let old: $type;
                    // SAFETY: writable and aligned by the caller's contract.
                    unsafe {
                        asm!(concat!("atom.relaxed.gpu.global.", $ptx, " {o}, [{p}], {c}, {n};"),
                            o = out($class) old, p = in(reg64) pointer, c = in($class) compare,
                            n = in($class) new, options(nostack));
                    }
                    old
                },
                sim => {
                    // SAFETY: writable and aligned by the caller's contract.
                    let word = unsafe { $atomic::from_ptr(pointer) };
                    let (Ok(old) | Err(old)) = word.compare_exchange(compare, new, Relaxed, Relaxed);
                    old
                },
            }
        }
    )* };
}

compare_and_swap! {
    global_cas_u32, u32, AtomicU32, reg32, "cas.b32";
    global_cas_u64, u64, AtomicU64, reg64, "cas.b64";
}

/// `red`, whose meaning in the simulator is an atomic above or an update of a word.
macro_rules! reductions {
    ($($name:ident, $type:ty, $class:ident, $ptx:literal, |$pointer:ident, $value:ident| $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`red.relaxed.gpu.global.", $ptx, "`).")]
        ///
        /// # Safety
        /// As [`global_add_u32`].
        #[inline(always)]
        pub unsafe fn $name(pointer: *mut $type, value: $type) {
            on! {
                // SAFETY: writable and aligned by the caller's contract.
                gpu => unsafe {
                    asm!(concat!("red.relaxed.gpu.global.", $ptx, " [{p}], {v};"),
                        p = in(reg64) pointer, v = in($class) value, options(nostack));
                },
                sim => {
                    let ($pointer, $value) = (pointer, value);
                    // SAFETY: the caller's contract.
                    unsafe { $sim };
                },
            }
        }
    )* };
}

reductions! {
    global_reduce_add_u32, u32, reg32, "add.u32", |p, v| global_add_u32(p, v), "Adds";
    global_reduce_add_u64, u64, reg64, "add.u64", |p, v| global_add_u64(p, v), "Adds";
    global_reduce_add_f32, f32, reg32, "add.f32", |p, v| global_add_f32(p, v), "Adds, subnormals as zeros";
    global_reduce_add_f16x2, u32, reg32, "add.noftz.f16x2", |p, v| update(p, |old| packed::add_f16x2(old, v)),
        "Adds a pair of f16, each on its own (sm_60)";
    global_reduce_add_bf16x2, u32, reg32, "add.noftz.bf16x2", |p, v| update(p, |old| packed::add_bf16x2(old, v)),
        "Adds a pair of bf16, each on its own (sm_90)";
    global_reduce_min_u32, u32, reg32, "min.u32", |p, v| global_min_u32(p, v), "Keeps the lesser";
    global_reduce_max_u32, u32, reg32, "max.u32", |p, v| global_max_u32(p, v), "Keeps the greater";
    global_reduce_min_i32, i32, reg32, "min.s32", |p, v| global_min_i32(p, v), "Keeps the lesser";
    global_reduce_max_i32, i32, reg32, "max.s32", |p, v| global_max_i32(p, v), "Keeps the greater";
}

/// Replaces a word by `new` of it, and returns what was there before.
///
/// # Safety
/// As [`global_add_u32`].
#[cfg(not(target_arch = "nvptx64"))]
unsafe fn update(pointer: *mut u32, new: impl Fn(u32) -> u32) -> u32 {
    // SAFETY: the caller's contract.
    let word = unsafe { AtomicU32::from_ptr(pointer) };
    let (Ok(old) | Err(old)) = word.fetch_update(Relaxed, Relaxed, |old| Some(new(old)));
    old
}

/// Atomic sums of `f32` in global memory take and give zeros for subnormals (PTX ISA, "atom").
///
/// # Safety
/// As [`global_add_u32`].
#[cfg(not(target_arch = "nvptx64"))]
unsafe fn add_f32(pointer: *mut f32, value: f32) -> f32 {
    let add = |old: u32| {
        let sum = f64::from(flush(f32::from_bits(old))) + f64::from(flush(value));
        // Two `f32` summed in `f64` round to `f32` as the exact sum does.
        flush(f32_nearest(sum)).to_bits()
    };
    // SAFETY: the caller's contract.
    f32::from_bits(unsafe { update(pointer.cast(), add) })
}

#[cfg(test)]
mod tests {
    use super::{
        global_add_f32, global_cas_u32, global_max_i32, global_reduce_add_bf16x2,
        global_reduce_add_f16x2,
    };

    #[test]
    fn sums_of_f32_flush() {
        let mut sum = f32::MIN_POSITIVE;
        // SAFETY: a local that nobody else has.
        let old = unsafe { global_add_f32(&raw mut sum, -1.5 * f32::MIN_POSITIVE) };
        assert_eq!((old, sum.to_bits()), (f32::MIN_POSITIVE, 0x8000_0000));
        // SAFETY: as above.
        unsafe { global_add_f32(&raw mut sum, f32::from_bits(1)) };
        assert_eq!(sum.to_bits(), 0);
    }

    #[test]
    fn pairs_add_apart() {
        let mut pair = 0xbf80_3f80u32;
        // SAFETY: a local that nobody else has.
        unsafe { global_reduce_add_bf16x2(&raw mut pair, 0x3f80_3f80) };
        assert_eq!(pair, 0x0000_4000);
        let mut pair = 0x3c00_7bff_u32;
        // SAFETY: a local that nobody else has.
        unsafe { global_reduce_add_f16x2(&raw mut pair, 0x3c00_7bff) };
        assert_eq!(pair, 0x4000_7c00);
    }

    #[test]
    fn the_old_value_comes_back() {
        let mut word = 7u32;
        // SAFETY: a local that nobody else has.
        let olds = unsafe {
            [
                global_cas_u32(&raw mut word, 6, 1),
                global_cas_u32(&raw mut word, 7, 2),
            ]
        };
        assert_eq!((olds, word), ([7, 7], 2));
        let mut word = -3i32;
        // SAFETY: a local that nobody else has.
        assert_eq!(unsafe { global_max_i32(&raw mut word, -1) }, -3);
        assert_eq!(word, -1);
    }
}

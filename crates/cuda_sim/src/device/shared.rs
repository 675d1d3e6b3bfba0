//! Loads, stores and atomics in shared memory.

use std::mem::MaybeUninit;
use std::{ptr, slice};

use crate::context::{Caller, with_caller};

/// `ld.shared`: the `T` at `address`, which is aligned to the size of `T` (16 at most).
///
/// # Safety
/// Whatever bytes the kernel wrote there are a valid `T`.
#[must_use]
#[track_caller]
pub unsafe fn shared_load<T: Copy>(address: u32) -> T {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: the bytes of `value`, all initialised, borrowed only until the load below ends.
    let bytes =
        unsafe { slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    with_caller(|caller| load(caller, address, bytes));
    // SAFETY: the caller says that the bytes are a valid `T`.
    unsafe { value.assume_init() }
}

/// `st.shared`: stores `value` at `address`, which is aligned to the size of `T` (16 at most).
///
/// # Safety
/// `T` has no padding.
#[track_caller]
pub unsafe fn shared_store<T: Copy>(address: u32, value: T) {
    // SAFETY: the bytes of `value`, which lives to the end of this function; the caller says
    // that none of them is padding.
    let bytes =
        unsafe { slice::from_raw_parts(ptr::from_ref(&value).cast::<u8>(), size_of::<T>()) };
    with_caller(|caller| store(caller, address, bytes));
}

/// `atom.shared.add.u32`: adds, and yields the old value.
#[track_caller]
pub fn shared_atomic_add_u32(address: u32, value: u32) -> u32 {
    with_caller(|caller| update(caller, address, |old| old.wrapping_add(value)))
}

/// `atom.shared.max.u32`: keeps the greater, and yields the old value.
#[track_caller]
pub fn shared_atomic_max_u32(address: u32, value: u32) -> u32 {
    with_caller(|caller| update(caller, address, |old| old.max(value)))
}

/// `atom.shared.min.u32`: keeps the lesser, and yields the old value.
#[track_caller]
pub fn shared_atomic_min_u32(address: u32, value: u32) -> u32 {
    with_caller(|caller| update(caller, address, |old| old.min(value)))
}

/// `atom.shared.cas.b32`: stores `new` where `compare` is, and yields the old value.
#[track_caller]
pub fn shared_atomic_cas_u32(address: u32, compare: u32, new: u32) -> u32 {
    with_caller(|caller| {
        let exchange = |old| if old == compare { new } else { old };
        update(caller, address, exchange)
    })
}

/// `atom.shared.add.f32`: adds, and yields the old value.
#[track_caller]
pub fn shared_atomic_add_f32(address: u32, value: f32) -> f32 {
    let add = |old| (f32::from_bits(old) + value).to_bits();
    f32::from_bits(with_caller(|caller| update(caller, address, add)))
}

/// Any other 32-bit atomic: stores `new(old)`, and yields `old`. `new` calls no device function.
#[track_caller]
pub fn shared_atomic_update_u32(address: u32, new: impl FnOnce(u32) -> u32) -> u32 {
    with_caller(|caller| update(caller, address, new))
}

fn load(caller: Caller<'_>, address: u32, value: &mut [u8]) {
    caller.tick();
    let read = |address| caller.read(caller.block, address, value);
    caller.check(caller.own(address).and_then(read));
}

fn store(caller: Caller<'_>, address: u32, value: &[u8]) {
    caller.tick();
    let write = |address| caller.write(caller.block, address, value);
    caller.check(caller.own(address).and_then(write));
}

fn update(caller: Caller<'_>, address: u32, new: impl FnOnce(u32) -> u32) -> u32 {
    caller.tick();
    let update = |address| caller.update(caller.block, address, new);
    caller.check(caller.own(address).and_then(update))
}

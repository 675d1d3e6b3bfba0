//! Atomics: read-modify-write on global and shared memory, and flags between blocks.
//!
//! All are relaxed unless their name says otherwise: those on global memory hold for the whole GPU, those
//! on shared memory for the block. Functions named `_reduce_` return nothing (`red`). PTX ISA, "atom",
//! "red", "ld", "st". Executed by any thread.
//!
//! `core::sync::atomic` works on the device as well, at system scope.

mod flag;
mod global;
mod shared;

pub use flag::{
    global_add_acq_rel_u32, global_load_acquire_u32, global_load_acquire_u64,
    global_reduce_add_release_u32, global_store_release_u32, global_store_release_u64,
};
pub use global::{
    global_add_f32, global_add_u32, global_add_u64, global_and_u32, global_cas_u32, global_cas_u64,
    global_exchange_u32, global_exchange_u64, global_max_i32, global_max_u32, global_max_u64,
    global_min_i32, global_min_u32, global_min_u64, global_or_u32, global_reduce_add_bf16x2,
    global_reduce_add_f16x2, global_reduce_add_f32, global_reduce_add_u32, global_reduce_add_u64,
    global_reduce_max_i32, global_reduce_max_u32, global_reduce_min_i32, global_reduce_min_u32,
    global_xor_u32,
};
pub use shared::{
    shared_add_f32, shared_add_u32, shared_and_u32, shared_cas_u32, shared_exchange_u32,
    shared_max_i32, shared_max_u32, shared_min_i32, shared_min_u32, shared_or_u32, shared_xor_u32,
};

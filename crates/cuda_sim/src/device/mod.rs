//! What a simulated thread may call.
//!
//! Each function is one PTX instruction or special register. They stand behind the host bodies of
//! `cuda_std`; kernels call that. All are `#[track_caller]`, so that faults name the kernel's line.
//!
//! # Panics
//! Every function panics outside a simulated thread, and none returns when the kernel breaks a
//! rule: the launch ends with a [`Fault`](crate::Fault) then.
//!
//! Destructors must not break rules while a kernel unwinds: there is nobody left to report to,
//! and the process aborts.

mod barriers;
mod copies;
mod identity;
mod matrices;
mod shared;
mod warps;

pub use crate::matrix::MmaKind;
pub use crate::sync::BarrierReduce;
pub use crate::warp::{Redux, Shuffle};
pub use barriers::{barrier_arrive, barrier_reduce, barrier_sync};
pub use copies::{cp_async, cp_async_commit, cp_async_wait_all, cp_async_wait_group};
pub use identity::{
    block_dim, block_idx, dynamic_shared_base, dynamic_shared_size, grid_dim, lane_id, preempt,
    thread_idx, warp_id,
};
pub use matrices::{ldmatrix, mma_m16n8k16, stmatrix};
pub use shared::{
    shared_atomic_add_f32, shared_atomic_add_u32, shared_atomic_cas_u32, shared_atomic_max_u32,
    shared_atomic_min_u32, shared_atomic_update_u32, shared_load, shared_store,
};
pub use warps::{
    active_mask, elect, match_all, match_any, redux, shuffle, vote_all, vote_any, vote_ballot,
    warp_sync,
};

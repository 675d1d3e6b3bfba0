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
mod bulk;
mod clusters;
mod copies;
mod dependents;
mod fences;
mod identity;
mod matrices;
mod mbarriers;
mod registers;
mod shared;
mod tensors;
mod warpgroups;
mod warps;

pub use crate::matrix::MmaKind;
pub use crate::sync::BarrierReduce;
pub use crate::warp::{Redux, Shuffle};
pub use barriers::{barrier_arrive, barrier_reduce, barrier_sync};
pub use bulk::{
    bulk_commit_group, bulk_copy_to_cluster, bulk_load, bulk_reduce, bulk_store, bulk_wait_group,
};
pub use clusters::{
    cluster_arrive, cluster_atomic_add_u32, cluster_ctaid, cluster_ctarank, cluster_load,
    cluster_nctaid, cluster_nctarank, cluster_store, cluster_wait, clusterid, mapa, nclusterid,
    st_async_u32,
};
pub use copies::{cp_async, cp_async_commit, cp_async_wait_all, cp_async_wait_group};
pub use dependents::{copy_constants, griddepcontrol_launch_dependents, griddepcontrol_wait};
pub use fences::{fence_mbarrier_init, fence_proxy_async, fence_proxy_tensormap};
pub use identity::{
    block_dim, block_idx, dynamic_shared_base, dynamic_shared_size, grid_dim, lane_id, preempt,
    thread_idx, warp_id,
};
pub use matrices::{ldmatrix, mma_k16_bytes, mma_k32_bytes, stmatrix};
pub use mbarriers::{
    cp_async_mbarrier_arrive, mbarrier_arrive, mbarrier_arrive_expect_tx, mbarrier_complete_tx,
    mbarrier_expect_tx, mbarrier_init, mbarrier_inval, mbarrier_test_wait_parity,
    mbarrier_try_wait_parity,
};
pub use registers::{setmaxnreg_dec, setmaxnreg_inc};
pub use shared::{
    shared_atomic_add_f32, shared_atomic_add_u32, shared_atomic_cas_u32, shared_atomic_max_u32,
    shared_atomic_min_u32, shared_atomic_update_u32, shared_load, shared_store,
};
pub use tensor_map::{ReduceOp, ReduceType, TensorMap};
pub use tensors::{prefetch_tensormap, tensor_load, tensor_reduce, tensor_store};
pub use warpgroups::{
    Fragment, Wgmma, WgmmaOperand, wgmma, wgmma_commit_group, wgmma_fence, wgmma_settle,
    wgmma_wait_group,
};
pub use warps::{
    active_mask, elect, match_all, match_any, redux, shuffle, vote_all, vote_any, vote_ballot,
    warp_sync,
};

//! Fences between the ways to reach memory.
//!
//! PTX ISA, "Memory Consistency Model: Proxies" and "membar, fence".

use crate::context::with_caller;

/// `fence.proxy.async{.shared::cta, .global}`: what the thread wrote, or saw written, with plain
/// stores is visible to the asynchronous copies and matrix instructions that come after the fence.
#[track_caller]
pub fn fence_proxy_async() {
    with_caller(|caller| {
        let mut order = caller.cluster.order.borrow_mut();
        order.fence_async(caller.thread.id);
    });
}

/// `fence.mbarrier_init.release.cluster`: the barriers that the thread initialised are visible to
/// the cluster and to asynchronous copies, once a barrier follows, which may be a relaxed one of the cluster.
#[track_caller]
pub fn fence_mbarrier_init() {
    with_caller(|caller| {
        let mut mbarriers = caller.block.mbarriers.borrow_mut();
        let moment = caller.cluster.order.borrow_mut().moment(caller.thread.id);
        mbarriers.publish(caller.thread.id, moment);
    });
}

/// `fence.proxy.tensormap::generic.acquire.gpu [map], 128`: a tensor map that a kernel changed may
/// be used. Global memory is not checked, so there is nothing to do.
#[track_caller]
pub fn fence_proxy_tensormap() {
    with_caller(|_| ());
}

//! The instructions of the module above, for each number of dimensions.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

#[cfg(not(target_arch = "nvptx64"))]
use cuda_sim::device::{ReduceOp, tensor_load, tensor_reduce, tensor_store};
use tensor_map::TensorMap;

use crate::cache::CachePolicy;

/// What can be done with a tile at these coordinates. The safety contract of each method is that of the
/// function of the same name in the module above.
pub(crate) trait Instructions {
    unsafe fn load(self, tile: u32, map: *const TensorMap, barrier: u32);
    unsafe fn load_hint(self, tile: u32, map: *const TensorMap, barrier: u32, policy: CachePolicy);
    unsafe fn load_multicast(self, tile: u32, map: *const TensorMap, barrier: u32, blocks: u16);
    unsafe fn load_multicast_hint(
        self,
        tile: u32,
        map: *const TensorMap,
        barrier: u32,
        blocks: u16,
        policy: CachePolicy,
    );
    unsafe fn store(self, map: *const TensorMap, tile: u32);
    unsafe fn store_hint(self, map: *const TensorMap, tile: u32, policy: CachePolicy);
    unsafe fn reduce_add(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_min(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_max(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_inc(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_dec(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_and(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_or(self, map: *const TensorMap, tile: u32);
    unsafe fn reduce_xor(self, map: *const TensorMap, tile: u32);
}

/// A load of a tile: the instruction's modifiers, and the operands that come with them.
macro_rules! load {
    ($name:ident($($argument:ident: $type:ty),*), $rank:literal, $coordinates:literal, ($($i:literal)*),
        $modifiers:literal, $operands:literal, ($($class:ident $operand:expr),*), $blocks:expr) => {
        #[inline(always)]
        #[track_caller]
        unsafe fn $name(self, tile: u32, map: *const TensorMap, barrier: u32, $($argument: $type),*) {
            on! {
                // SAFETY: the caller's contract is the instruction's.
                gpu => unsafe {
                    asm!(
                        concat!("cp.async.bulk.tensor.", $rank, "d.shared::cluster.global.mbarrier::complete_tx::bytes",
                            $modifiers, " [{tile}], [{map}, {{", $coordinates, "}}], [{barrier}]", $operands, ";"),
                        $(in(reg32) self[$i],)* $(in($class) $operand,)*
                        tile = in(reg32) tile, map = in(reg64) map, barrier = in(reg32) barrier,
                        options(nostack),
                    );
                },
                sim => {
                    $(let _ = $argument;)*
                    // SAFETY: the caller's contract is the simulator's.
                    unsafe { tensor_load(tile, map, &self, barrier, $blocks) }
                },
            }
        }
    };
}

/// A store or reduction of a tile.
macro_rules! store {
    ($name:ident($($argument:ident: $type:ty),*), $rank:literal, $coordinates:literal, ($($i:literal)*),
        $instruction:literal, $modifiers:literal, $operands:literal, ($($class:ident $operand:expr),*),
        |$this:ident, $map:ident, $tile:ident| $sim:expr) => {
        #[inline(always)]
        #[track_caller]
        unsafe fn $name(self, $map: *const TensorMap, $tile: u32, $($argument: $type),*) {
            on! {
                // SAFETY: the caller's contract is the instruction's.
                gpu => unsafe {
                    asm!(
                        concat!($instruction, ".async.bulk.tensor.", $rank, "d.global.shared::cta", $modifiers,
                            " [{map}, {{", $coordinates, "}}], [{tile}]", $operands, ";"),
                        $(in(reg32) self[$i],)* $(in($class) $operand,)*
                        tile = in(reg32) $tile, map = in(reg64) $map, options(nostack),
                    );
                },
                sim => {
                    $(let _ = $argument;)*
                    let $this = self;
                    // SAFETY: the caller's contract is the simulator's.
                    unsafe { $sim }
                },
            }
        }
    };
}

/// A reduction of a tile.
macro_rules! reduce {
    ($name:ident, $rank:literal, $coordinates:literal, $i:tt, $modifiers:literal, $op:ident) => {
        store!(
            $name(),
            $rank,
            $coordinates,
            $i,
            "cp.reduce",
            $modifiers,
            "",
            (),
            |at, map, tile| tensor_reduce(map, &at, tile, ReduceOp::$op)
        );
    };
}

/// Everything for one number of dimensions. `$first` and `$second` are the places of the operands that
/// follow the coordinates.
macro_rules! rank {
    ($rank:literal, $coordinates:literal, $i:tt, $first:literal, $second:literal) => {
        impl Instructions for [i32; $rank] {
            load!(load(), $rank, $coordinates, $i, "", "", (), None);
            load!(load_hint(policy: CachePolicy), $rank, $coordinates, $i,
                ".L2::cache_hint", $first, (reg64 policy.bits()), None);
            load!(load_multicast(blocks: u16), $rank, $coordinates, $i,
                ".multicast::cluster", $first, (reg16 blocks), Some(blocks));
            load!(load_multicast_hint(blocks: u16, policy: CachePolicy), $rank, $coordinates, $i,
                ".multicast::cluster.L2::cache_hint", $second, (reg16 blocks, reg64 policy.bits()), Some(blocks));
            store!(store(), $rank, $coordinates, $i, "cp", ".bulk_group", "", (),
                |at, map, tile| tensor_store(map, &at, tile));
            store!(store_hint(policy: CachePolicy), $rank, $coordinates, $i,
                "cp", ".bulk_group.L2::cache_hint", $first, (reg64 policy.bits()),
                |at, map, tile| tensor_store(map, &at, tile));
            reduce!(reduce_add, $rank, $coordinates, $i, ".add.bulk_group", Add);
            reduce!(reduce_min, $rank, $coordinates, $i, ".min.bulk_group", Min);
            reduce!(reduce_max, $rank, $coordinates, $i, ".max.bulk_group", Max);
            reduce!(reduce_inc, $rank, $coordinates, $i, ".inc.bulk_group", Inc);
            reduce!(reduce_dec, $rank, $coordinates, $i, ".dec.bulk_group", Dec);
            reduce!(reduce_and, $rank, $coordinates, $i, ".and.bulk_group", And);
            reduce!(reduce_or, $rank, $coordinates, $i, ".or.bulk_group", Or);
            reduce!(reduce_xor, $rank, $coordinates, $i, ".xor.bulk_group", Xor);
        }
    };
}

rank!(1, "{0}", (0), ", {1}", ", {1}, {2}");
rank!(2, "{0}, {1}", (0 1), ", {2}", ", {2}, {3}");
rank!(3, "{0}, {1}, {2}", (0 1 2), ", {3}", ", {3}, {4}");
rank!(4, "{0}, {1}, {2}, {3}", (0 1 2 3), ", {4}", ", {4}, {5}");
rank!(5, "{0}, {1}, {2}, {3}, {4}", (0 1 2 3 4), ", {5}", ", {5}, {6}");

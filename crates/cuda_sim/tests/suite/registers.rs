//! `setmaxnreg`: the pool is what the launch gave the block.

use cuda_sim::device;
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{faults, passes, thread};

/// One producer warpgroup and two consumers, at the 168 registers a thread that the file has for
/// them.
fn config() -> LaunchConfig {
    LaunchConfig::new(2, 384)
}

fn split(producer: u32, consumer: u32) -> impl Fn() + Sync {
    move || {
        if thread() < 128 {
            device::setmaxnreg_dec(producer);
        } else {
            device::setmaxnreg_inc(consumer);
        }
        device::barrier_sync(0, None);
    }
}

#[test]
fn a_split_that_fits() {
    passes(config(), split(40, 232));
    passes(config(), split(24, 240));
}

#[test]
fn a_split_that_overruns_the_pool() {
    let fault = faults(FaultKind::RegisterPool, config(), split(40, 240));
    assert!(
        fault
            .detail
            .contains("setmaxnreg.inc to 240 registers, crates/cuda_sim"),
        "{fault}"
    );
    assert!(fault.detail.contains("of the pool are free"), "{fault}");
}

#[test]
fn a_launch_with_fewer_registers_has_a_smaller_pool() {
    let config = config().with_registers(160);
    faults(FaultKind::RegisterPool, config, split(40, 232));
    passes(config, split(40, 216));
}

#[test]
fn the_warps_of_a_warpgroup_ask_for_the_same() {
    faults(FaultKind::RegisterPool, config(), || {
        if thread() < 128 {
            device::setmaxnreg_dec(if thread() < 32 { 40 } else { 48 });
        }
    });
}

#[test]
fn counts_are_multiples_of_8_in_range() {
    for registers in [0, 20, 41, 264] {
        faults(FaultKind::RegisterPool, config(), || {
            device::setmaxnreg_dec(registers);
        });
    }
    faults(FaultKind::RegisterPool, config(), || {
        device::setmaxnreg_dec(200);
    });
}

//! Buffers of global memory, and the faults that are not a kernel's.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::slice;

use cuda_sim::{GlobalBuffer, LaunchConfig};

use crate::support::passes;

#[test]
fn many_buffers() {
    let mut kept = Vec::new();
    // Fewer than the simulator keeps the addresses of, as another test uses a stale one.
    for bytes in (0..5000).step_by(7) {
        let buffer = GlobalBuffer::new(bytes).expect("there is memory");
        let alignment = if bytes % 256 == 0 { 256 } else { 16 };
        assert_eq!(buffer.as_ptr().addr() % alignment, 0, "{bytes} bytes");
        // SAFETY: as long as it was asked for.
        let content = unsafe { slice::from_raw_parts(buffer.as_ptr(), buffer.len()) };
        assert!(content.iter().all(|&byte| byte == 0xff), "{bytes} bytes");
        // Every other one is freed.
        kept.extend((bytes % 2 == 0).then_some(buffer));
    }
    assert!(kept.iter().all(|buffer| buffer.damage().is_none()));
}

/// Set for the child process of the test below.
const CHILD: &str = "GATEWARP_FAULT_OUTSIDE";

#[test]
fn a_fault_outside_of_kernels_ends_the_process() {
    if env::var_os(CHILD).is_some() {
        let buffer = GlobalBuffer::new(256).expect("there is memory");
        passes(LaunchConfig::new(1, 1), || ());
        // SAFETY: wrong, on purpose.
        unsafe { buffer.as_ptr().wrapping_add(256).write_volatile(1) };
        return;
    }
    let mut child = Command::new(env::current_exe().expect("a path"));
    let name = "buffers::a_fault_outside_of_kernels_ends_the_process";
    let output = child.args([name, "--exact"]).env(CHILD, "1").output();
    let status = output.expect("it starts").status;
    assert!(matches!(status.signal(), Some(7 | 10 | 11)), "{status}");
}

//! Accesses of global memory outside its buffers: each rule broken once, and kept once.

use std::hint::black_box;
use std::ops::Range;
use std::ptr;

use cuda_sim::{Fault, FaultKind, GlobalBuffer, LaunchConfig, device, launch};

use crate::support::{block, faults, passes, seeded, store, thread};

/// Words of global memory, as a kernel's threads share them.
struct Words(GlobalBuffer);

impl Words {
    fn new(count: usize) -> Self {
        Self(GlobalBuffer::new(4 * count).expect("there is memory"))
    }

    /// Word `index`, which may not exist.
    fn at(&self, index: u32) -> *mut u32 {
        let start = self.0.as_ptr().cast::<u32>();
        start.wrapping_offset(index.cast_signed() as isize)
    }
}

fn threads(count: u32) -> LaunchConfig {
    LaunchConfig::new(1, count).with_shared(1024)
}

/// Runs a broken kernel. It must be reported at the line of this file that ends in this comment.
#[track_caller]
fn faults_at(comment: &str, config: LaunchConfig, kernel: impl Fn() + Sync) -> Fault {
    let fault = faults(FaultKind::GlobalOutOfRange, config, kernel);
    let at = fault.location.as_ref().expect("a line");
    let expected = (file!(), line_of(comment));
    assert_eq!((&*at.file, at.line), expected, "{fault}");
    fault
}

/// The line of this file that ends in this comment.
fn line_of(comment: &str) -> u32 {
    let end = format!("// {comment}");
    let mut lines = include_str!("global.rs").lines();
    lines.position(|line| line.ends_with(&end)).expect("a line") as u32 + 1
}

#[track_caller]
fn assert_says(fault: &Fault, text: &str) {
    assert!(fault.detail.contains(text), "no `{text}` in {fault}");
}

#[test]
fn a_read_past_the_end() {
    let (input, output) = (Words::new(1024), Words::new(1025));
    let index = || block() * 128 + thread();
    let config = LaunchConfig::new(9, 128);
    let fault = faults_at("reads past the end", config, || {
        if index() <= 1024 {
            // SAFETY: wrong for index 1024, on purpose.
            let value = unsafe { input.at(index()).read() }; // reads past the end
            // SAFETY: the buffer has this element.
            unsafe { output.at(index()).write(value) };
        }
    });
    assert_says(&fault, "right past the end of a buffer of 4096 bytes");
    assert_eq!(fault.block.map(|block| block.x), Some(8), "{fault}");
    assert_eq!(fault.thread.map(|thread| thread.x), Some(0), "{fault}");
    passes(config, || {
        if index() < 1024 {
            // SAFETY: both buffers have this element.
            unsafe { output.at(index()).write(input.at(index()).read()) };
        }
    });
}

#[test]
fn a_write_past_the_end() {
    let words = Words::new(64);
    let clear = |from: u32| {
        let words = &words;
        // SAFETY: wrong for some arguments, on purpose.
        move || unsafe { words.at(from + thread()).write(0) } // writes past the end
    };
    let fault = faults_at("writes past the end", threads(32), clear(35));
    assert_says(&fault, "past the end of a buffer of 256 bytes");
    let fault = faults_at("writes past the end", threads(1), clear(100_064));
    assert_says(&fault, "400000 bytes past the end of a buffer of 256 bytes");
    passes(threads(32), clear(32));
}

#[test]
fn a_write_right_past_an_odd_end() {
    let words = Words::new(63);
    // SAFETY: wrong for thread 31, on purpose.
    let mark = || unsafe { words.at(32 + thread()).write(0xab) };
    let fault = faults(FaultKind::GlobalOutOfRange, threads(32), mark);
    assert_eq!(fault.thread, None, "{fault}");
    assert_says(&fault, "0xab at");
    assert_says(&fault, "right past the end of a buffer of 252 bytes");
    assert_eq!(words.0.damage(), None, "the launch restored the canary");
    passes(threads(31), mark);
}

#[test]
fn a_write_right_before_the_start() {
    let words = Words::new(1000);
    let clear = |from: u32| {
        let words = &words;
        // SAFETY: wrong for `u32::MAX`, which is -1, on purpose.
        move || unsafe { words.at(from.wrapping_add(thread())).write(0) }
    };
    let fault = faults(FaultKind::GlobalOutOfRange, threads(8), clear(u32::MAX));
    assert_says(&fault, "4 bytes before the start of a buffer of 4000 bytes");
    passes(threads(8), clear(0));
}

#[test]
fn a_read_before_the_first_page() {
    let words = Words::new(1024);
    let read = |from: u32| {
        let words = &words;
        // SAFETY: wrong for `u32::MAX`, which is -1, on purpose.
        move || _ = black_box(unsafe { words.at(from.wrapping_add(thread())).read() }) // reads before
    };
    let fault = faults_at("reads before", threads(8), read(u32::MAX));
    assert_says(&fault, "4 bytes before the start of a buffer of 4096 bytes");
    passes(threads(8), read(0));
}

#[test]
fn a_buffer_that_was_freed() {
    let words = Words::new(1024);
    let stale = words.at(2).expose_provenance();
    // SAFETY: wrong once the buffer is gone, on purpose.
    let clear = || unsafe { ptr::with_exposed_provenance_mut::<u32>(stale).write(0) }; // was freed
    passes(threads(1), clear);
    drop(words);
    let fault = faults_at("was freed", threads(1), clear);
    assert_says(&fault, "byte 8 of a freed buffer of 4096 bytes");
}

#[test]
fn no_buffer_at_all() {
    let read = |address: usize| {
        let pointer = move || ptr::with_exposed_provenance::<u32>(address);
        // SAFETY: wrong, on purpose.
        move || _ = black_box(unsafe { pointer().read_volatile() }) // reads anything
    };
    let fault = faults_at("reads anything", threads(1), read(16));
    assert_says(&fault, "0x10: no buffer is near");
    let fault = faults(FaultKind::GlobalOutOfRange, threads(1), read(0));
    assert_says(&fault, "0x0: no buffer is near");
    #[cfg(target_arch = "x86_64")]
    assert_says(
        &faults_at("reads anything", threads(1), read(1 << 60)),
        "an address that no pointer can have",
    );
}

#[test]
fn a_copy_that_the_toolchain_makes() {
    let (input, output) = (Words::new(1024), Words::new(2048));
    let copy = |count: usize| {
        let (input, output, count) = (&input, &output, black_box(count));
        move || {
            // SAFETY: wrong for more than 1024 words, on purpose.
            unsafe { input.at(0).copy_to_nonoverlapping(output.at(0), count) }; // copies
            // Were the copy the last act, it would be a jump, which leaves no trace of its caller.
            black_box(count);
        }
    };
    let fault = faults_at("copies", threads(1), copy(1500));
    assert_says(&fault, "past the end of a buffer of 4096 bytes");
    passes(threads(1), copy(1024));
}

#[inline(never)]
fn greatest(words: &Words, indices: Range<u32>) -> Option<u32> {
    // SAFETY: as the caller has it.
    let values = indices.map(|index| unsafe { words.at(index).read() }); // reads for another
    values.max()
}

#[test]
fn a_report_lists_the_callers() {
    let words = Words::new(64);
    let fault = faults_at("reads for another", threads(1), || {
        black_box(greatest(&words, 0..65)); // asks for too many
    });
    let caller = format!("called from {}:{}:", file!(), line_of("asks for too many"));
    assert_says(&fault, &caller);
    assert!(!fault.detail.contains("support.rs"), "{fault}");
    passes(threads(1), || _ = black_box(greatest(&words, 0..64)));
}

#[test]
fn an_asynchronous_copy_from_past_the_end() {
    let words = Words::new(64);
    let fetch = |index: u32| {
        let source = words.at(index).expose_provenance();
        move || {
            let source = ptr::with_exposed_provenance(source);
            // SAFETY: wrong for word 64, on purpose.
            unsafe { device::cp_async(device::dynamic_shared_base(), source, 16, 16) }; // copies later
            device::cp_async_wait_all();
        }
    };
    let fault = faults_at("copies later", threads(1), fetch(64));
    assert_says(&fault, "right past the end of a buffer of 256 bytes");
    passes(threads(1), fetch(60));
}

#[test]
fn a_bulk_store_past_the_end() {
    let words = Words::new(64);
    let flush = |index: u32| {
        let target = words.at(index).expose_provenance();
        move || {
            (0..4).for_each(|index| store(index, index));
            device::fence_proxy_async();
            let target = ptr::with_exposed_provenance_mut(target);
            // SAFETY: wrong for word 64, on purpose.
            unsafe { device::bulk_store(target, device::dynamic_shared_base(), 16) }; // stores later
            device::bulk_commit_group();
            device::bulk_wait_group(0, false);
        }
    };
    let fault = faults_at("stores later", threads(1), flush(64));
    assert_says(&fault, "right past the end of a buffer of 256 bytes");
    passes(threads(1), flush(60));
}

#[inline(never)]
fn depth(levels: u64) -> u64 {
    let frame = black_box([levels; 64]);
    match levels {
        0 => 0,
        _ => frame[0] - levels + 1 + depth(levels - 1), // goes deeper
    }
}

#[test]
fn endless_recursion() {
    let recurse = |levels: u64| move || _ = black_box(depth(levels));
    let fault = faults(FaultKind::StackOverflow, threads(64), recurse(1 << 20));
    let caller = format!("called from {}:{}:", file!(), line_of("goes deeper"));
    assert_says(&fault, &caller);
    passes(threads(64), recurse(50));
}

#[test]
fn one_block_of_many() {
    let words = Words::new(64 * 32);
    let number = |wrong: u32| {
        let words = &words;
        move || {
            device::barrier_sync(0, None);
            let index = block() * 32 + thread() + u32::from(block() == wrong) * 4096;
            // SAFETY: wrong in one block, on purpose.
            unsafe { words.at(index).write(index) }; // writes for its block
            device::barrier_sync(0, None);
        }
    };
    let config = LaunchConfig::new(64, 32);
    let fault = faults_at("writes for its block", config, number(41));
    assert_eq!(fault.block.map(|block| block.x), Some(41), "{fault}");
    passes(config, number(64));
}

#[test]
fn every_block_of_many_launches() {
    let words = Words::new(64);
    for seed in 0..200 {
        let result = launch(&seeded(seed), "broken", LaunchConfig::new(4, 64), &|| {
            device::barrier_sync(0, None);
            // SAFETY: wrong, on purpose.
            unsafe { words.at(64 + thread()).write(1) };
        });
        let fault = result.expect_err("the kernel is broken");
        assert_eq!(fault.kind, FaultKind::GlobalOutOfRange, "{fault}");
        assert_eq!(fault.block.map(|block| block.x), Some(0), "{fault}");
    }
}

//! Rows, columns and block scales in other places, and back.

mod blocks;
mod large;
mod rows;
mod scales;

use std::ptr;

use gatewarp_tests::suite::Suite;
use gatewarp_tests::values::Pattern;
use rand::rngs::SmallRng;
use rand::{RngCore, SeedableRng};

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    rows::register(suite);
    blocks::register(suite);
    scales::register(suite);
    large::register(suite);
}

/// Elements of random bits.
fn random<T: Pattern>(count: usize, seed: u64) -> Vec<T> {
    let mut bytes = vec![0; count * size_of::<T>()];
    SmallRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    let elements = bytes.chunks(size_of::<T>());
    // SAFETY: as many bytes as an element has, and any bits are one.
    let element = |bytes: &[u8]| unsafe { ptr::read_unaligned(bytes.as_ptr().cast::<T>()) };
    elements.map(element).collect()
}

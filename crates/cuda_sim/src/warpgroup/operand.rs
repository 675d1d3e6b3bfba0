//! Where the elements of an operand lie.
//!
//! PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions: Shared Memory Matrix Layout". An operand has
//! `extent` rows (M of A, N of B) of 32 bytes along K. What is contiguous in shared memory are lines of
//! 16 bytes; with `w` bytes of swizzle (16 without):
//!
//! ```text
//! K-major     line (row, half)   start + row / 8 * SBO + row % 8 * w + half * 16      (no swizzle: half * LBO)
//! MN-major    line (k, chunk)    start + k / 8 * SBO + k % 8 * w + chunk / (w / 16) * LBO + chunk % (w / 16) * 16
//!             (no swizzle)       start + k / 8 * LBO + k % 8 * 16 + chunk * SBO
//! ```
//!
//! The swizzle permutes lines by the bits of their addresses.

use crate::warpgroup::descriptor::Descriptor;

/// Bytes of a line.
pub(crate) const LINE: usize = 16;

/// Which dimension is contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Major {
    /// Along K.
    K,
    /// Along M of A, N of B: 16-bit elements only.
    Mn,
}

/// The addresses of an operand's lines, in the order of `(row, half)` for K-major operands, and of
/// `(k, chunk)` for others.
pub(crate) fn lines(descriptor: Descriptor, major: Major, extent: u32) -> Vec<u32> {
    let place = |outer, inner| {
        let address = match major {
            Major::K => k_major(descriptor, outer, inner),
            Major::Mn => mn_major(descriptor, outer, inner),
        };
        descriptor.swizzle.apply(address)
    };
    let (outer, inner) = match major {
        Major::K => (extent, 2),
        Major::Mn => (16, extent / 8),
    };
    (0..outer)
        .flat_map(|outer| (0..inner).map(move |inner| place(outer, inner)))
        .collect()
}

fn k_major(descriptor: Descriptor, row: u32, half: u32) -> u32 {
    let (pitch, next) = match descriptor.swizzle.span() {
        None => (16, descriptor.leading),
        Some(span) => (span, 16),
    };
    descriptor.start + row / 8 * descriptor.stride + row % 8 * pitch + half * next
}

fn mn_major(descriptor: Descriptor, k: u32, chunk: u32) -> u32 {
    let Descriptor {
        start,
        leading,
        stride,
        swizzle,
    } = descriptor;
    match swizzle.span() {
        None => start + k / 8 * leading + k % 8 * 16 + chunk * stride,
        Some(span) => {
            let chunks = span / 16;
            start + k / 8 * stride + k % 8 * span + chunk / chunks * leading + chunk % chunks * 16
        }
    }
}

/// The bytes of each row along K, from the lines of an operand.
pub(crate) fn rows(lines: &[[u8; LINE]], major: Major, extent: u32) -> Vec<[u8; 2 * LINE]> {
    let mut rows = vec![[0; 2 * LINE]; extent as usize];
    match major {
        Major::K => {
            for (row, halves) in rows.iter_mut().zip(lines.as_chunks::<2>().0) {
                row[..LINE].copy_from_slice(&halves[0]);
                row[LINE..].copy_from_slice(&halves[1]);
            }
        }
        Major::Mn => {
            for (k, lines) in lines.chunks(extent as usize / 8).enumerate() {
                let elements = lines.iter().flat_map(|line| line.as_chunks::<2>().0);
                for (row, element) in rows.iter_mut().zip(elements) {
                    row[2 * k..2 * k + 2].copy_from_slice(element);
                }
            }
        }
    }
    rows
}

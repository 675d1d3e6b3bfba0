//! How an activation is laid over its rows, and what its threads move at once.

use super::rows::RowPlan;

/// The bytes that one thread moves with one instruction at most.
const VECTOR_BYTES: usize = 16;

/// Elements that a thread can move at once: the largest power of two, at most 16 bytes' worth, that
/// divides all of `counts` (lengths, strides and offsets in elements) and keeps all `addresses` aligned.
#[must_use]
pub fn vector_width(element_bytes: usize, counts: &[usize], addresses: &[usize]) -> usize {
    let fits = |width: usize| {
        counts.iter().all(|count| count.is_multiple_of(width))
            && addresses
                .iter()
                .all(|address| address.is_multiple_of(width * element_bytes))
    };
    let mut width = VECTOR_BYTES / element_bytes;
    while width > 1 && !fits(width) {
        width /= 2;
    }
    width
}

/// The width where kernels have packs of 16 and of 8 bytes, and single elements: for less than 8, several of those under way
/// are faster.
#[must_use]
pub const fn pack_or_single(element_bytes: usize, width: usize) -> usize {
    match width * element_bytes < 8 {
        true => 1,
        false => width,
    }
}

/// Packs of so many bytes that a thread of a gated activation loads before it uses the first: as many as its kernel was
/// written for.
#[must_use]
pub fn batch(pack_bytes: usize) -> usize {
    (VECTOR_BYTES / pack_bytes.max(1)).clamp(1, 4)
}

/// Blocks for `rows` rows of `vectors` vectors each, of `most` threads at most: a block a row if that fills the GPU, whose
/// rounds overlap, the last as full as the others, and two or three vectors a thread keep enough loads under way; else as
/// [`rows::plan`](super::rows::plan).
#[must_use]
pub fn plan(rows: usize, vectors: usize, most: u32, multiprocessors: u32) -> RowPlan {
    if rows < 2 * multiprocessors as usize {
        return super::rows::plan(rows, vectors, 1, multiprocessors).within(most);
    }
    let vectors = vectors.max(1);
    let rounds = vectors.div_ceil(most as usize);
    RowPlan {
        threads: vectors.div_ceil(rounds).next_multiple_of(32) as u32,
        chunks: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{batch, pack_or_single, plan, vector_width};

    #[test]
    fn the_widest_vector_that_everything_allows() {
        assert_eq!(vector_width(2, &[11008, 22016], &[0, 256]), 8);
        assert_eq!(vector_width(2, &[3420], &[0]), 4);
        assert_eq!(vector_width(2, &[3422], &[0]), 2);
        assert_eq!(vector_width(2, &[7], &[0]), 1);
        assert_eq!(vector_width(2, &[4096], &[8]), 4);
        assert_eq!(vector_width(4, &[4096], &[0]), 4);
        assert_eq!(vector_width(2, &[0], &[0]), 8);
    }

    #[test]
    fn narrow_packs_are_single_elements() {
        assert_eq!(
            [8, 4, 2, 1].map(|width| pack_or_single(2, width)),
            [8, 4, 1, 1]
        );
        assert_eq!([4, 2, 1].map(|width| pack_or_single(4, width)), [4, 2, 1]);
    }

    #[test]
    fn narrow_packs_come_in_batches() {
        assert_eq!([16, 8, 4, 2].map(batch), [1, 2, 4, 4]);
    }

    #[test]
    fn many_rows_have_a_block_each_and_few_are_shared_out() {
        let numbers = |rows| {
            let plan = plan(rows, 1376, 512, 132);
            (plan.threads, plan.chunks)
        };
        assert_eq!(numbers(8192), (480, 1));
        assert_eq!(numbers(128), (352, 4));
        assert_eq!(numbers(1), (128, 11));
    }
}

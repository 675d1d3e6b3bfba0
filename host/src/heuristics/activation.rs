//! How a row-wise, memory-bound kernel is laid over its rows.

/// The bytes that one thread moves with one instruction at most.
const VECTOR_BYTES: usize = 16;

/// Threads of a block that has a row to itself. Two or three vectors a thread keep enough loads under way.
const ROW_THREADS: usize = 512;

/// Threads of a block where rows are shared out to fill the GPU.
const CHUNK_THREADS: usize = 128;

/// A layout of blocks over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlan {
    /// Threads of a block.
    pub threads: u32,
    /// Blocks a row.
    pub chunks: u32,
}

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

/// Packs of so many bytes that a thread of a gated activation loads before it uses the first: as many as its kernel was
/// written for.
#[must_use]
pub fn batch(pack_bytes: usize) -> usize {
    (VECTOR_BYTES / pack_bytes.max(1)).clamp(1, 4)
}

/// Blocks for `rows` rows of `vectors` vectors each: a block a row if that fills the GPU, else smaller
/// blocks, several a row.
#[must_use]
pub fn rows(rows: usize, vectors: usize, multiprocessors: u32) -> RowPlan {
    let vectors = vectors.max(1);
    if rows >= 2 * multiprocessors as usize {
        return RowPlan {
            threads: vectors.next_multiple_of(32).min(ROW_THREADS) as u32,
            chunks: 1,
        };
    }
    let threads = vectors.next_multiple_of(32).min(CHUNK_THREADS);
    RowPlan {
        threads: threads as u32,
        chunks: vectors.div_ceil(threads).min(u16::MAX as usize) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::{RowPlan, batch, rows, vector_width};

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
    fn narrow_packs_come_in_batches() {
        assert_eq!([16, 8, 4, 2].map(batch), [1, 2, 4, 4]);
    }

    #[test]
    fn many_rows_get_a_block_each_and_few_are_shared_out() {
        assert_eq!(
            rows(8192, 1376, 132),
            RowPlan {
                threads: 512,
                chunks: 1
            }
        );
        assert_eq!(
            rows(1, 1376, 132),
            RowPlan {
                threads: 128,
                chunks: 11
            }
        );
        assert_eq!(
            rows(1, 1, 132),
            RowPlan {
                threads: 32,
                chunks: 1
            }
        );
    }
}

//! The order in which B's rows lie in memory, and so a tile's columns of C.
//!
//! | order | B |
//! |---|---|
//! | [`Plain`] | `[n, k]`, matrix after matrix |
//! | [`Shuffled`](super::shuffled::Shuffled) | `[k / 128, n, 128]`, rows shuffled in groups of 32 |

/// How B lies in memory.
pub(super) trait Order: Copy {
    /// Whether stages of all rows lie one after the other, so that a box's last coordinate counts stages; else it counts
    /// matrices, and K is the first.
    const BLOCKED: bool;

    /// The column of C that a row in memory makes.
    fn column(row: u32) -> u32;
}

/// Row after row.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Order for Plain {
    const BLOCKED: bool = false;

    #[inline(always)]
    fn column(row: u32) -> u32 {
        row
    }
}

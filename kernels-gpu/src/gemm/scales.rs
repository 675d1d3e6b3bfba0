//! Scales of blocks: 128 elements of K of a row, or of several rows together.

/// Elements of K of a block, and rows that share a scale where not each has its own.
pub(super) const BLOCK: u32 = 128;

/// Scales of an operand's blocks.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub scales: *const f32,
    /// From the scale of a row, or of those that share it, to the next.
    pub row_step: u32,
    /// From one block of K to the next.
    pub block_step: u32,
    /// Rows of the operand.
    pub rows: u32,
    /// Of which so many share a scale: a power of two.
    pub shared: u32,
}

impl Scales {
    /// The scales of a row from the first block on; those of the last for a row there is not, whose sums nobody keeps.
    #[inline(always)]
    pub fn row(&self, row: u32) -> *const f32 {
        self.scales.wrapping_add(self.place(row))
    }

    /// Where these are, from the first scale on.
    #[inline(always)]
    pub fn place(&self, row: u32) -> usize {
        let row = row.min(self.rows.wrapping_sub(1)) >> (self.shared.trailing_zeros() % 32);
        (u64::from(row) * u64::from(self.row_step)) as usize
    }

    /// The scale of block `index` of what [`row`](Self::row) gave.
    ///
    /// # Safety
    /// The operand has rows and the block, and its scales are readable.
    #[inline(always)]
    pub unsafe fn block(&self, row: *const f32, index: u32) -> f32 {
        let on = u64::from(index) * u64::from(self.block_step);
        // SAFETY: the caller's contract.
        unsafe { *row.add(on as usize) }
    }
}

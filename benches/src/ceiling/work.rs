//! What an operation has to do at least.

/// Which matrix units do the arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatrixRate {
    /// None: the arithmetic is not what takes the time.
    #[default]
    None,
    /// Those of 16-bit floats.
    Bf16,
    /// Those of 8-bit floats.
    Fp8,
}

/// The least an operation moves and computes: each operand once, each result once, no intermediate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Bytes that must be read.
    pub read: usize,
    /// Bytes that must be written.
    pub written: usize,
    /// Floating-point operations; a multiplication with its addition is two.
    pub flops: f64,
    /// What computes them.
    pub matrix: MatrixRate,
}

impl Work {
    /// Work that only moves bytes.
    #[must_use]
    pub fn memory(read: usize, written: usize) -> Self {
        Self {
            read,
            written,
            ..Self::default()
        }
    }

    /// Bytes read and written.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.read + self.written
    }
}

#[cfg(test)]
mod tests {
    use super::{MatrixRate, Work};

    #[test]
    fn moving_bytes_takes_no_matrix_units() {
        let work = Work::memory(3, 4);
        assert_eq!((work.bytes(), work.flops), (7, 0.0));
        assert_eq!(work.matrix, MatrixRate::None);
    }
}

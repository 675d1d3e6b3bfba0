//! Clusters that a device runs at the same time.

/// Blocks of a cluster at most.
const MOST: usize = 8;

/// Multiprocessors that a GPU processing cluster surely has; a cluster is never spread over two.
const GPC: usize = 16;

/// How many clusters of 1 to 8 blocks run at the same time, where a block has a multiprocessor to itself.
///
/// A cluster runs on one GPU processing cluster, and of these each may have another number of multiprocessors: there are
/// fewer clusters of many blocks than their multiprocessors would be enough for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Clusters([usize; MOST]);

impl Clusters {
    /// Of each size as many as `of` says, but not none.
    #[must_use]
    pub fn new(of: impl Fn(usize) -> usize) -> Self {
        Self(std::array::from_fn(|before| of(before + 1).max(1)))
    }

    /// An estimate, from multiprocessors alone.
    #[must_use]
    pub fn of_multiprocessors(all: usize) -> Self {
        Self::new(|size| match size {
            1 | 2 => all / size,
            _ if all < GPC => all / size,
            _ => all / GPC * (GPC / size),
        })
    }

    /// How many of `size` blocks, 1 to 8.
    #[must_use]
    pub fn of(self, size: usize) -> usize {
        self.0[size.clamp(1, MOST) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::Clusters;

    #[test]
    fn clusters_of_many_blocks_leave_multiprocessors_out() {
        let of = |all| [1, 2, 4, 8].map(|size| Clusters::of_multiprocessors(all).of(size));
        assert_eq!(of(132), [132, 66, 32, 16]);
        assert_eq!(Clusters::of_multiprocessors(132).of(3), 40);
        assert_eq!(of(8), [8, 4, 2, 1]);
        assert_eq!(of(1), [1, 1, 1, 1]);
    }
}

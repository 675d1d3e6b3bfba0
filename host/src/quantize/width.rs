//! How a quantiser's kernel moves octets of eight elements: each is there in two widths.

use cuda_std::launch::Kernel;

/// How a kernel moves octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Each as one: rows are whole octets, and aligned.
    Wide,
    /// Element by element.
    Narrow,
}

/// Bytes of a wide load or store of elements.
const PACK: usize = 16;

impl Width {
    /// What addresses and strides in bytes allow: those of elements, those of codes, and the bytes of an octet of codes.
    pub(super) fn fitting(elements: &[usize], codes: &[usize], octet: usize) -> Self {
        let all = |bytes: &[usize], of: usize| bytes.iter().all(|bytes| bytes.is_multiple_of(of));
        if all(elements, PACK) && all(codes, octet) {
            Self::Wide
        } else {
            Self::Narrow
        }
    }

    /// That of two kernels.
    pub(super) fn of<A>(
        self,
        wide: &'static Kernel<A>,
        narrow: &'static Kernel<A>,
    ) -> &'static Kernel<A> {
        match self {
            Self::Wide => wide,
            Self::Narrow => narrow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Width;

    #[test]
    fn only_whole_packs_are_wide() {
        assert_eq!(Width::fitting(&[0, 512], &[8, 64], 8), Width::Wide);
        assert_eq!(Width::fitting(&[0, 520], &[8, 64], 8), Width::Narrow);
        assert_eq!(Width::fitting(&[0, 512], &[4, 64], 8), Width::Narrow);
        assert_eq!(Width::fitting(&[0, 512], &[4, 64], 4), Width::Wide);
    }
}

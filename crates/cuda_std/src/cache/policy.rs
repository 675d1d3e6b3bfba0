//! L2 cache policies, as the `.L2::cache_hint` operand takes them.

/// How the L2 cache treats the lines that an access touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    bits: u64,
}

impl CachePolicy {
    /// The policy of accesses without a hint.
    ///
    /// The bits of the constants are opaque; they are what `createpolicy` gives, as CUTLASS has them
    /// (`cute::TMA::CacheHintSm90`).
    pub const EVICT_NORMAL: Self = Self::from_bits(0x1000_0000_0000_0000);
    /// First to go: what is read or written once.
    pub const EVICT_FIRST: Self = Self::from_bits(0x12f0_0000_0000_0000);
    /// Last to go: what others read again.
    pub const EVICT_LAST: Self = Self::from_bits(0x14f0_0000_0000_0000);

    /// The policy of these bits.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self { bits }
    }

    /// The bits.
    #[inline(always)]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.bits
    }
}

macro_rules! create {
    ($($name:ident, $ptx:literal, $sim:ident, $doc:literal;)*) => { $(
        impl CachePolicy {
            #[doc = concat!($doc, ", asked of the GPU (`", $ptx, "`, sm_80). Executed by any thread.")]
            #[inline(always)]
            #[must_use]
            pub fn $name() -> Self {
                on! {
                    gpu => Self::from_bits(compute!(reg64 u64 = concat!($ptx, " {0}, 1.0;"))),
                    sim => Self::$sim,
                }
            }
        }
    )* };
}

create! {
    create_evict_first, "createpolicy.fractional.L2::evict_first.b64", EVICT_FIRST,
        "[`EVICT_FIRST`](Self::EVICT_FIRST)";
    create_evict_last, "createpolicy.fractional.L2::evict_last.b64", EVICT_LAST,
        "[`EVICT_LAST`](Self::EVICT_LAST)";
    create_evict_normal, "createpolicy.fractional.L2::evict_normal.b64", EVICT_NORMAL,
        "[`EVICT_NORMAL`](Self::EVICT_NORMAL)";
}

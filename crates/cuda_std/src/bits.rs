//! Bits of words, by instructions that Rust has no operator for.
//!
//! `leading_zeros`, `count_ones`, `reverse_bits` and rotations are one instruction each on the device
//! already. PTX ISA, "Integer Arithmetic Instructions", "Logic and Shift Instructions", "prmt". Executed
//! by any thread.

/// Four bytes chosen from the eight of `low` (0 to 3) and `high` (4 to 7): byte `i` of the result is the
/// one that digit `i` (4 bits) of `selector` names, or its sign bit eight times where the digit's
/// upper bit is set (`prmt.b32`).
#[inline(always)]
#[must_use]
pub fn prmt(low: u32, high: u32, selector: u32) -> u32 {
    on! {
        gpu => compute!(reg32 u32 = "prmt.b32 {0}, {1}, {2}, {3};", reg32 low, reg32 high, reg32 selector),
        sim => {
            let bytes = (u64::from(high) << 32 | u64::from(low)).to_le_bytes();
            u32::from_le_bytes(core::array::from_fn(|i| {
                let digit = selector >> (4 * i);
                let byte = bytes[(digit & 7) as usize];
                if digit & 8 == 0 { byte } else { (byte as i8 >> 7) as u8 }
            }))
        },
    }
}

/// Two halves as one word (`mov.b32`): of two conversions to 16 bits, ptxas makes no instruction of its own of it.
#[inline(always)]
#[must_use]
pub fn join(low: u16, high: u16) -> u32 {
    on! {
        gpu => compute!(reg32 u32 = "mov.b32 {0}, {{{1}, {2}}};", reg16 low, reg16 high),
        sim => u32::from(low) | u32::from(high) << 16,
    }
}

/// Any function of three bits, on 32 of each at once: bit `4 a + 2 b + c` of `TABLE` is the result for bits
/// `a`, `b` and `c` (`lop3.b32`).
///
/// `TABLE` is the function of `0xf0`, `0xcc` and `0xaa`: `(0xf0 & 0xcc) | 0xaa` for `(a & b) | c`.
#[inline(always)]
#[must_use]
pub fn lop3<const TABLE: u32>(a: u32, b: u32, c: u32) -> u32 {
    const { assert!(TABLE < 256) };
    on! {
        gpu => {
            let result: u32;
            // SAFETY: register arithmetic has no preconditions.
            unsafe {
                core::arch::asm!("lop3.b32 {0}, {1}, {2}, {3}, {4};", out(reg32) result,
                    in(reg32) a, in(reg32) b, in(reg32) c, const TABLE, options(pure, nomem, nostack));
            }
            result
        },
        sim => (0..32).fold(0, |result, i| {
            let bit = |word: u32| word >> i & 1;
            result | (TABLE >> (4 * bit(a) + 2 * bit(b) + bit(c)) & 1) << i
        }),
    }
}

macro_rules! funnels {
    ($($name:ident, $ptx:literal, |$pair:ident, $amount:ident| $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`", $ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(low: u32, high: u32, amount: u32) -> u32 {
            on! {
                gpu => compute!(reg32 u32 = concat!($ptx, " {0}, {1}, {2}, {3};"),
                    reg32 low, reg32 high, reg32 amount),
                sim => {
                    let ($pair, $amount) = (u64::from(high) << 32 | u64::from(low), amount);
                    $sim
                },
            }
        }
    )* };
}

funnels! {
    funnel_left, "shf.l.wrap.b32", |pair, amount| (pair << (amount & 31) >> 32) as u32,
        "The upper word of `high:low` shifted left by `amount` modulo 32";
    funnel_right, "shf.r.wrap.b32", |pair, amount| (pair >> (amount & 31)) as u32,
        "The lower word of `high:low` shifted right by `amount` modulo 32";
    funnel_left_clamp, "shf.l.clamp.b32", |pair, amount| (pair << amount.min(32) >> 32) as u32,
        "The upper word of `high:low` shifted left by `amount`, at most 32";
    funnel_right_clamp, "shf.r.clamp.b32", |pair, amount| (pair >> amount.min(32)) as u32,
        "The lower word of `high:low` shifted right by `amount`, at most 32";
}

/// The place of the highest bit that is set, or `u32::MAX` (`bfind.u32`).
#[inline(always)]
#[must_use]
pub const fn highest_bit(value: u32) -> u32 {
    31u32.wrapping_sub(value.leading_zeros())
}

macro_rules! dot_products {
    ($($name:ident, $type:ty, $byte:ty, $ptx:literal;)*) => { $(
        #[doc = concat!("`c` plus the products of the four bytes of `a` and `b`, each `", stringify!($byte), "` (`", $ptx, "`, sm_61).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(a: u32, b: u32, c: $type) -> $type {
            on! {
                gpu => compute!(reg32 $type = concat!($ptx, " {0}, {1}, {2}, {3};"), reg32 a, reg32 b, reg32 c),
                sim => {
                    let pairs = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
                    pairs.fold(c, |sum, (a, b)| {
                        sum.wrapping_add(<$type>::from(a as $byte) * <$type>::from(b as $byte))
                    })
                },
            }
        }
    )* };
}

dot_products! {
    dp4a_i8, i32, i8, "dp4a.s32.s32";
    dp4a_u8, u32, u8, "dp4a.u32.u32";
}

#[cfg(test)]
mod tests {
    use super::{
        dp4a_i8, dp4a_u8, funnel_left, funnel_left_clamp, funnel_right, funnel_right_clamp,
        highest_bit, lop3, prmt,
    };

    #[test]
    fn prmt_chooses_bytes_and_signs() {
        assert_eq!(prmt(0x3322_1100, 0x7766_5544, 0x7531), 0x7755_3311);
        assert_eq!(prmt(0x0000_8000, 0, 0x9891), 0xff00_ff80);
    }

    #[test]
    fn lop3_is_its_table() {
        let (a, b, c) = (0xdead_beef, 0x0123_4567, 0x89ab_cdef);
        assert_eq!(lop3::<0xea>(a, b, c), (a & b) | c);
        assert_eq!(lop3::<0x96>(a, b, c), a ^ b ^ c);
        assert_eq!(lop3::<0xca>(a, b, c), (a & b) | (!a & c));
    }

    #[test]
    fn funnels_shift_pairs() {
        assert_eq!(funnel_left(0x8000_0000, 1, 33), 3);
        assert_eq!(funnel_right(0x8000_0000, 1, 31), 3);
        assert_eq!(funnel_left_clamp(7, 1, 40), 7);
        assert_eq!(funnel_right_clamp(7, 1, 40), 1);
        assert_eq!(funnel_left(7, 1, 0), 1);
    }

    #[test]
    fn highest_bits() {
        assert_eq!([0, 1, 0x8000_0001].map(highest_bit), [u32::MAX, 0, 31]);
    }

    #[test]
    fn dot_products_of_bytes() {
        assert_eq!(dp4a_i8(0xff02_0380, 0x0102_03ff, -1), -1 - 1 + 4 + 9 + 128);
        assert_eq!(dp4a_u8(0xff00_0002, 0xff00_0003, 1), 1 + 255 * 255 + 6);
    }
}

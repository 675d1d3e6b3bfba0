//! Matrix descriptors: where a tile lies in shared memory, and how.
//!
//! PTX ISA, "Asynchronous Warpgroup Level Matrix Shared Memory Layout: Matrix Descriptor":
//!
//! ```text
//! bits  0..14   start address / 16
//! bits 16..30   leading byte offset / 16
//! bits 32..46   stride byte offset / 16
//! bits 49..52   base offset: 0 for tiles that start at a multiple of their pattern's period
//! bits 62..64   swizzle: 0 none, 1 of 128 bytes, 2 of 64 bytes, 3 of 32 bytes
//! ```

use core::marker::PhantomData;

use formats::{E4m3, E5m2};
use half::{bf16, f16};
use tensor_map::Swizzle;

use crate::cvt::Tf32;
use crate::shared::Shared;

/// Which dimension of an operand is contiguous.
pub trait Major: Copy + 'static {
    /// Whether the instruction takes the operand transposed.
    const TRANSPOSED: bool;
}

/// K is contiguous: rows of `A`, columns of `B`.
#[derive(Clone, Copy, Debug)]
pub struct KMajor;

/// M of `A`, or N of `B`, is contiguous. 16-bit types only.
#[derive(Clone, Copy, Debug)]
pub struct MnMajor;

impl Major for KMajor {
    const TRANSPOSED: bool = false;
}

impl Major for MnMajor {
    const TRANSPOSED: bool = true;
}

/// An element type that products read from shared memory with the dimension `M` contiguous.
pub trait Reads<M: Major>: Copy + 'static {}

impl Reads<KMajor> for bf16 {}
impl Reads<MnMajor> for bf16 {}
impl Reads<KMajor> for f16 {}
impl Reads<MnMajor> for f16 {}
impl Reads<KMajor> for Tf32 {}
impl Reads<KMajor> for E4m3 {}
impl Reads<KMajor> for E5m2 {}

/// A tile in shared memory.
#[derive(Debug)]
pub struct Descriptor<M: Major> {
    bits: u64,
    major: PhantomData<M>,
}

impl<M: Major> Clone for Descriptor<M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Major> Copy for Descriptor<M> {}

impl Descriptor<KMajor> {
    /// Rows of K, swizzled as a tensor copy with an inner box of the swizzle's span leaves them: 8 rows
    /// take 8 spans, and the next 8 rows follow. The tile starts at a multiple of that, plus
    /// [`advance`](Self::advance)s along K.
    ///
    /// Without a swizzle, see [`k_major_cores`](Self::k_major_cores).
    #[inline(always)]
    #[must_use]
    pub const fn k_major<T>(tile: Shared<T>, swizzle: Swizzle) -> Self {
        // The leading offset is not used; 1 is what the field writes.
        Self::new(tile.address(), 16, swizzle.period(), swizzle)
    }

    /// Core matrices of 8 rows by 16 bytes, each contiguous (128 bytes), without a swizzle.
    /// `next_k` bytes lead to the next core matrix along K, `next_rows` to the next 8 rows.
    #[inline(always)]
    #[must_use]
    pub const fn k_major_cores<T>(tile: Shared<T>, next_k: u32, next_rows: u32) -> Self {
        Self::new(tile.address(), next_k, next_rows, Swizzle::None)
    }
}

impl Descriptor<MnMajor> {
    /// Rows of M (or N), swizzled as a tensor copy with an inner box of the swizzle's span leaves them:
    /// 8 steps of K take 8 spans, and the next 8 steps follow. `next_mn` bytes lead to the next span
    /// along M (or N).
    #[inline(always)]
    #[must_use]
    pub const fn mn_major<T>(tile: Shared<T>, swizzle: Swizzle, next_mn: u32) -> Self {
        Self::new(tile.address(), next_mn, swizzle.period(), swizzle)
    }

    /// Core matrices of 8 steps of K by 16 bytes of M (or N), each contiguous (128 bytes), without a
    /// swizzle. `next_k` bytes lead to the next 8 steps of K, `next_mn` to the next core matrix along
    /// M (or N).
    #[inline(always)]
    #[must_use]
    pub const fn mn_major_cores<T>(tile: Shared<T>, next_k: u32, next_mn: u32) -> Self {
        Self::new(tile.address(), next_k, next_mn, Swizzle::None)
    }
}

impl<M: Major> Descriptor<M> {
    /// The descriptor of these fields, in bytes. The base offset is 0.
    #[inline(always)]
    #[must_use]
    pub const fn new(address: u32, leading: u32, stride: u32, swizzle: Swizzle) -> Self {
        let mode: u64 = match swizzle {
            Swizzle::None => 0,
            Swizzle::Bytes128 => 1,
            Swizzle::Bytes64 => 2,
            Swizzle::Bytes32 => 3,
        };
        Self::from_bits(field(address) | field(leading) << 16 | field(stride) << 32 | mode << 62)
    }

    /// The descriptor of these bits.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self {
            bits,
            major: PhantomData,
        }
    }

    /// The bits.
    #[inline(always)]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.bits
    }

    /// The same layout, `bytes` (a multiple of 16) further on. Within a swizzled tile the bytes are those
    /// of the layout before swizzling: 32 to the next step of K of a K-major tile.
    #[inline(always)]
    #[must_use]
    pub const fn advance(self, bytes: u32) -> Self {
        Self::from_bits(self.bits + (bytes >> 4) as u64)
    }
}

/// A 14-bit field: the 18 bits of a shared address without their lowest 4.
#[inline(always)]
const fn field(bytes: u32) -> u64 {
    ((bytes & 0x3_ffff) >> 4) as u64
}

#[cfg(test)]
mod tests {
    use super::{Descriptor, KMajor, MnMajor, Swizzle};
    use crate::shared::Shared;

    #[test]
    fn fields_lie_where_ptx_says() {
        let tile = Shared::<u8>::from_address(0x2_4000);
        let bits = Descriptor::k_major(tile, Swizzle::Bytes128).bits();
        assert_eq!(bits, 0x2400 | 1 << 16 | (1024 >> 4) << 32 | 1 << 62);
        let bits = Descriptor::k_major(tile, Swizzle::Bytes64).bits();
        assert_eq!(bits, 0x2400 | 1 << 16 | (512 >> 4) << 32 | 2 << 62);
        let bits = Descriptor::k_major_cores(tile, 144, 288).bits();
        assert_eq!(bits, 0x2400 | 9 << 16 | 18 << 32);
        let bits = Descriptor::mn_major(tile, Swizzle::Bytes32, 8192).bits();
        assert_eq!(bits, 0x2400 | 512 << 16 | (256 >> 4) << 32 | 3 << 62);
    }

    #[test]
    fn the_rank_of_the_block_is_not_in_the_address() {
        let bits = Descriptor::<KMajor>::new(0x0300_0400, 16, 1024, Swizzle::None).bits();
        assert_eq!(bits & 0xffff, 0x40);
    }

    #[test]
    fn advancing_moves_the_start() {
        let tile = Descriptor::<MnMajor>::new(1024, 16, 1024, Swizzle::Bytes128);
        let next = Descriptor::<MnMajor>::new(1024 + 2048, 16, 1024, Swizzle::Bytes128);
        assert_eq!(tile.advance(2048).bits(), next.bits());
    }
}

//! Matrix descriptors: how a `wgmma` finds an operand in shared memory.
//!
//! PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions: Matrix Descriptor Format". All fields but
//! the last two count 16 bytes:
//!
//! | bits | field |
//! |---|---|
//! | 0..14 | start address |
//! | 16..30 | leading dimension byte offset (LBO) |
//! | 32..46 | stride dimension byte offset (SBO) |
//! | 49..52 | base offset: which row of the swizzle pattern the start lies in |
//! | 62..64 | swizzle: 0 none, 1 of 128 bytes, 2 of 64, 3 of 32 |

use tensor_map::Swizzle;

use crate::fault::{FaultKind, Violation};

/// A decoded descriptor. Addresses and offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) start: u32,
    pub(crate) leading: u32,
    pub(crate) stride: u32,
    pub(crate) swizzle: Swizzle,
}

/// The bits of a descriptor that must be zero.
const RESERVED: u64 = !(0x3fff | 0x3fff << 16 | 0x3fff << 32 | 0x7 << 49 | 0x3 << 62);

impl Descriptor {
    /// Decodes 64 bits.
    pub(crate) fn decode(bits: u64) -> Result<Self, Violation> {
        let field = |shift: u32| (bits >> shift & 0x3fff) as u32 * 16;
        let descriptor = Self {
            start: field(0),
            leading: field(16),
            stride: field(32),
            swizzle: match bits >> 62 {
                0 => Swizzle::None,
                1 => Swizzle::Bytes128,
                2 => Swizzle::Bytes64,
                _ => Swizzle::Bytes32,
            },
        };
        match descriptor.complaint(bits) {
            None => Ok(descriptor),
            Some(complaint) => Err(invalid(bits, complaint)),
        }
    }

    /// What is wrong with the descriptor of these bits. PTX has uses for base offsets and for starts
    /// within a pattern; no tile that is aligned to its pattern does.
    fn complaint(&self, bits: u64) -> Option<&'static str> {
        let (period, span) = (self.swizzle.period(), self.swizzle.span());
        if bits & RESERVED != 0 {
            Some("a reserved bit is set")
        } else if bits >> 49 & 7 != 0 {
            Some("it has a base offset; align the tile to its swizzle pattern instead")
        } else if self.start % period >= span.unwrap_or(period) {
            Some("it starts in the middle of a swizzle pattern; align the tile to 8 rows")
        } else if span.is_some() && !self.stride.is_multiple_of(period) {
            Some("its stride is no whole number of swizzle patterns")
        } else {
            None
        }
    }
}

fn invalid(bits: u64, complaint: &str) -> Violation {
    Violation::new(
        FaultKind::InvalidDescriptor,
        format!("matrix descriptor {bits:#018x}: {complaint}"),
    )
}

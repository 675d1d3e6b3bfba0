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
        let swizzle = match bits >> 62 {
            0 => Swizzle::None,
            1 => Swizzle::Bytes128,
            2 => Swizzle::Bytes64,
            _ => Swizzle::Bytes32,
        };
        if bits & RESERVED != 0 {
            return Err(invalid(bits, "a reserved bit is set"));
        }
        if bits >> 49 & 7 != 0 {
            return Err(invalid(
                bits,
                "it has a base offset; align the tile to its swizzle pattern instead",
            ));
        }
        let (start, leading, stride) = (field(0), field(16), field(32));
        if start % swizzle.period() >= swizzle.span().unwrap_or(swizzle.period()) {
            return Err(invalid(
                bits,
                "it starts in the middle of a swizzle pattern; align the tile to 8 rows",
            ));
        }
        if swizzle != Swizzle::None && !stride.is_multiple_of(swizzle.period()) {
            return Err(invalid(
                bits,
                "its stride is no whole number of swizzle patterns",
            ));
        }
        Ok(Self {
            start,
            leading,
            stride,
            swizzle,
        })
    }
}

fn invalid(bits: u64, complaint: &str) -> Violation {
    Violation::new(
        FaultKind::InvalidDescriptor,
        format!("matrix descriptor {bits:#018x}: {complaint}"),
    )
}

//! The number formats of quantised inference and the layouts of their block scales.
//!
//! | type | sign, exponent, mantissa | largest | smallest normal, subnormal | infinity | NaN |
//! |---|---|---|---|---|---|
//! | [`E4m3`] | 1, 4, 3 | 448 | 2^-6, 2^-9 | none | `0x7f`, `0xff` |
//! | [`E5m2`] | 1, 5, 2 | 57344 | 2^-14, 2^-16 | `0x7c`, `0xfc` | `0x7d..=0x7f`, `0xfd..=0xff` |
//! | [`E2m1`] | 1, 2, 1 | 6 | 1, 0.5 | none | none |
//! | [`E8m0`] | 0, 8, 0 | 2^127 | 2^-127, none | none | `0xff` |
//!
//! [`E2m1x2`] packs two [`E2m1`] into a byte. [`ScaleLayout`] says where a matrix of block scales
//! keeps each of its entries, [`RowOrder`] and [`ColumnBlocks`] how weights are laid out.
//!
//! # Numerics
//!
//! Conversions give the bits of the PTX instructions `cvt.rn.satfinite.{e4m3x2,e5m2x2,e2m1x2}.f32`
//! and `cvt.{rp,rz}.satfinite.ue8m0x2.f32` (PTX ISA 9.0, section 9.7.9.22 "cvt"), with no instruction
//! that a GPU or a CPU might lack:
//!
//! - the small floats round to nearest, ties to the even code; what overflows, infinities included,
//!   becomes the largest finite value of its sign;
//! - NaN becomes the NaN `0x7f` of `E4m3` and `E5m2`, whatever its sign, and +6 in `E2m1`, which has none;
//! - `E8m0` ignores the sign of its input and rounds the magnitude to a power of two.
//!
//! `bf16` and `f16` are widened to `f32` first, which is exact, so a value rounds once. Conversions
//! back are exact as well, since both 16-bit formats hold every value of every small float.
//!
//! The formats are those of the OCP "8-bit Floating Point Specification" 1.0 (`E4m3`, `E5m2`) and the
//! OCP "Microscaling Formats (MX) Specification" 1.0 (`E2m1`, `E8m0`).
//!
//! ```
//! use formats::{E2m1, E2m1x2, E4m3, E8m0};
//!
//! assert_eq!(E4m3::from_f32(1.0e9), E4m3::MAX);
//! assert_eq!(E2m1::from_f32(2.5).to_f32(), 2.0);
//! assert_eq!(E2m1x2::from_f32([0.5, -6.0]).to_bits(), 0xf1);
//! assert_eq!(E8m0::from_f32(3.0).to_f32(), 4.0);
//! ```
#![no_std]

mod e2m1;
mod e2m1x2;
mod e4m3;
mod e5m2;
mod e8m0;
mod encoding;
mod layout;
mod minifloat;

pub use e2m1::E2m1;
pub use e2m1x2::E2m1x2;
pub use e4m3::E4m3;
pub use e5m2::E5m2;
pub use e8m0::E8m0;
pub use layout::{ColumnBlocks, RowOrder, ScaleGrid, ScaleLayout};
pub use minifloat::Minifloat;

//! The simulator's own encoding of a tensor map.
//!
//! How a GPU's driver encodes is not documented, so the simulator's launches take maps of this kind. A
//! map of the other kind, bytes that are no map, and a map that was overwritten are all refused.
//!
//! | bytes | field |
//! |---|---|
//! | 0..8 | the mark `gwTMAsim` |
//! | 8..16 | address |
//! | 16..22 | rank, type, interleaving, swizzle, L2 promotion, out-of-bounds fill |
//! | 22..24 | zero |
//! | 24..44 | elements in each of 5 dimensions, less one |
//! | 44..76 | strides of dimensions 1 to 4 |
//! | 76..86 | tile |
//! | 86..91 | element strides |
//! | 91..120 | zero |
//! | 120..128 | FNV-1a hash of the bytes before |
//!
//! Numbers are little-endian; dimensions beyond the rank hold zeros.

use core::{error, fmt};

use crate::{
    BrokenRule, DecodedTensor, Interleave, L2Promotion, OutOfBounds, Swizzle, TensorMap,
    TensorMapType, TiledTensor,
};

const MARK: [u8; 8] = *b"gwTMAsim";
const HASHED: usize = 120;

/// Why a tensor cannot be encoded for the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// It breaks a rule of the driver's.
    Rule(BrokenRule),
    /// It is interleaved: NVIDIA's documents do not say which coordinate counts the slices, so the
    /// simulator has no meaning to give it.
    Interleaved,
    /// A tile has more bytes than a barrier can count.
    TileSize {
        /// The bytes of a tile.
        bytes: u64,
    },
    /// The tensor does not end below 2^64.
    AddressSpace,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            Self::Interleaved => f.write_str("the simulator has no interleaved tensors"),
            Self::TileSize { bytes } => {
                write!(f, "a tile has less than 2^20 bytes, not {bytes}")
            }
            Self::AddressSpace => f.write_str("the tensor reaches beyond the address space"),
        }
    }
}

impl error::Error for EncodeError {}

/// Why a tensor map cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// These are not bytes that [`encode`] wrote.
    NotSimulated,
    /// [`encode`] wrote these bytes, and some were changed since.
    Damaged,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSimulated => {
                "this is no tensor map of the simulator's: a GPU's driver encoded it, \
                 or it was never written"
            }
            Self::Damaged => "a part of this tensor map was overwritten",
        })
    }
}

impl error::Error for DecodeError {}

/// Encodes the descriptor of a tiled tensor for the simulator.
///
/// # Errors
/// Where the tensor breaks a rule that the driver documents, or is beyond the simulator.
pub fn encode(tensor: &TiledTensor<'_>) -> Result<TensorMap, EncodeError> {
    let decoded = DecodedTensor::new(tensor)?;
    let mut bytes = [0; 128];
    write_fields(&decoded, &mut bytes);
    let hash = hash(&bytes[..HASHED]);
    bytes[HASHED..].copy_from_slice(&hash.to_le_bytes());
    Ok(TensorMap::from_bytes(bytes))
}

fn write_fields(decoded: &DecodedTensor, bytes: &mut [u8; 128]) {
    let tensor = decoded.description();
    let codes = [
        tensor.shape.len() as u8,
        tensor.dtype as u8,
        tensor.interleave as u8,
        tensor.swizzle as u8,
        tensor.l2_promotion as u8,
        tensor.out_of_bounds as u8,
    ];
    let steps = tensor.element_strides.unwrap_or(&[]);
    bytes[..8].copy_from_slice(&MARK);
    bytes[8..16].copy_from_slice(&tensor.address.to_le_bytes());
    bytes[16..22].copy_from_slice(&codes);
    write(&mut bytes[24..44], tensor.shape, |extent| {
        ((extent - 1) as u32).to_le_bytes()
    });
    write(&mut bytes[44..76], tensor.strides, u64::to_le_bytes);
    write(&mut bytes[76..86], tensor.tile, |extent| {
        (extent as u16).to_le_bytes()
    });
    write(&mut bytes[86..91], steps, |step| [step as u8]);
}

/// Writes each number to a field; there are no fewer fields.
fn write<T: Copy, const SIZE: usize>(
    fields: &mut [u8],
    numbers: &[T],
    field: impl Fn(T) -> [u8; SIZE],
) {
    for (bytes, &number) in fields.as_chunks_mut().0.iter_mut().zip(numbers) {
        *bytes = field(number);
    }
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// Where [`encode`] did not write these very bytes.
pub fn decode(map: &TensorMap) -> Result<DecodedTensor, DecodeError> {
    let bytes = map.as_bytes();
    if bytes[..8] != MARK {
        return Err(DecodeError::NotSimulated);
    }
    if bytes[HASHED..] != hash(&bytes[..HASHED]).to_le_bytes() {
        return Err(DecodeError::Damaged);
    }
    read_fields(bytes).ok_or(DecodeError::Damaged)
}

fn read_fields(bytes: &[u8; 128]) -> Option<DecodedTensor> {
    let rank = usize::from(bytes[16]);
    let shape: [u64; 5] = read(&bytes[24..44], |field| {
        u64::from(u32::from_le_bytes(field)) + 1
    });
    let strides: [u64; 4] = read(&bytes[44..76], u64::from_le_bytes);
    let tile: [u32; 5] = read(&bytes[76..86], |field| u16::from_le_bytes(field).into());
    let steps: [u32; 5] = read(&bytes[86..91], |[step]: [u8; 1]| step.into());
    let tensor = TiledTensor {
        shape: shape.get(..rank)?,
        strides: strides.get(..rank.checked_sub(1)?)?,
        tile: tile.get(..rank)?,
        element_strides: steps.get(..rank),
        ..read_modes(bytes)?
    };
    DecodedTensor::new(&tensor).ok()
}

/// All of the description but its arrays.
fn read_modes(bytes: &[u8; 128]) -> Option<TiledTensor<'static>> {
    let [address]: [u64; 1] = read(&bytes[8..16], u64::from_le_bytes);
    let [dtype, interleave, swizzle, l2_promotion, out_of_bounds] =
        read(&bytes[17..22], |[code]: [u8; 1]| usize::from(code));
    Some(TiledTensor {
        interleave: *INTERLEAVES.get(interleave)?,
        swizzle: *SWIZZLES.get(swizzle)?,
        l2_promotion: *PROMOTIONS.get(l2_promotion)?,
        out_of_bounds: *FILLS.get(out_of_bounds)?,
        ..TiledTensor::new(address, *TYPES.get(dtype)?, &[], &[], &[])
    })
}

/// As many numbers as are wanted, each of one field; there are no fewer fields.
fn read<T: Default + Copy, const SIZE: usize, const COUNT: usize>(
    fields: &[u8],
    number: impl Fn([u8; SIZE]) -> T,
) -> [T; COUNT] {
    let mut numbers = [T::default(); COUNT];
    for (into, &field) in numbers.iter_mut().zip(fields.as_chunks().0) {
        *into = number(field);
    }
    numbers
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

// The enumerations by their codes.
const TYPES: [TensorMapType; 13] = [
    TensorMapType::U8,
    TensorMapType::U16,
    TensorMapType::U32,
    TensorMapType::I32,
    TensorMapType::U64,
    TensorMapType::I64,
    TensorMapType::F16,
    TensorMapType::F32,
    TensorMapType::F64,
    TensorMapType::Bf16,
    TensorMapType::F32Ftz,
    TensorMapType::Tf32,
    TensorMapType::Tf32Ftz,
];
const INTERLEAVES: [Interleave; 3] = [Interleave::None, Interleave::Bytes16, Interleave::Bytes32];
const SWIZZLES: [Swizzle; 4] = [
    Swizzle::None,
    Swizzle::Bytes32,
    Swizzle::Bytes64,
    Swizzle::Bytes128,
];
const PROMOTIONS: [L2Promotion; 4] = [
    L2Promotion::None,
    L2Promotion::Bytes64,
    L2Promotion::Bytes128,
    L2Promotion::Bytes256,
];
const FILLS: [OutOfBounds; 2] = [OutOfBounds::Zero, OutOfBounds::NanAsZero];

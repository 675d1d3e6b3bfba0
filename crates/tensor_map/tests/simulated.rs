//! The simulator's encoding: what goes in comes out, and nothing else is taken for a map.

mod common;

use proptest::prelude::{any, prop_assert_eq, prop_assume, proptest};
use tensor_map::simulated::{DecodeError, EncodeError, decode, encode};
use tensor_map::{BrokenRule, DecodedTensor, Interleave, TensorMap, TensorMapType, TiledTensor};

const WORDS: TensorMapType = TensorMapType::U32;

#[test]
fn the_largest_numbers_survive() {
    let tensor = TiledTensor {
        element_strides: Some(&[8; 5]),
        ..TiledTensor::new(
            1 << 47,
            TensorMapType::Tf32Ftz,
            &[1 << 32, 1, 2, 3, 1 << 32],
            &[16, 0, (1 << 40) - 16, 1 << 31],
            &[256, 256, 1, 3, 8],
        )
    };
    let decoded = decode(&encode(&tensor).expect("encoded")).expect("decoded");
    assert_eq!(decoded.description(), tensor);
}

#[test]
fn what_the_simulator_cannot_walk_is_refused() {
    let refused = |tensor| encode(&tensor).expect_err("refused");
    let tensor = TiledTensor::new(0, WORDS, &[64], &[], &[4]);
    let broken = TiledTensor {
        address: 4,
        ..tensor
    };
    let rule = BrokenRule::Address {
        granule: 16,
        address: 4,
    };
    assert_eq!(refused(broken), EncodeError::Rule(rule));
    let interleaved = TiledTensor {
        interleave: Interleave::Bytes16,
        ..TiledTensor::new(0, WORDS, &[4; 3], &[16; 2], &[4; 3])
    };
    assert_eq!(refused(interleaved), EncodeError::Interleaved);
    let large = TiledTensor::new(0, WORDS, &[256, 256, 4], &[1024, 1 << 18], &[256, 256, 4]);
    assert_eq!(refused(large), EncodeError::TileSize { bytes: 1 << 20 });
    let huge = TiledTensor::new(0, WORDS, &[256; 5], &[1024; 4], &[256; 5]);
    assert_eq!(refused(huge), EncodeError::TileSize { bytes: 1 << 42 });
    let last = TiledTensor {
        address: u64::MAX - 15,
        ..tensor
    };
    assert_eq!(refused(last), EncodeError::AddressSpace);
    let far = TiledTensor::new(0, WORDS, &[4, 1 << 32], &[1 << 39], &[4, 1]);
    assert_eq!(refused(far), EncodeError::AddressSpace);
}

#[test]
fn bytes_that_are_no_map_are_refused() {
    for bytes in [[0; 128], [0xff; 128]] {
        let result = decode(&TensorMap::from_bytes(bytes));
        assert_eq!(result, Err(DecodeError::NotSimulated));
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(owned in common::tensors()) {
        let tensor = owned.tensor();
        let map = encode(&tensor).expect("encoded");
        let decoded: DecodedTensor = decode(&map).expect("decoded");
        let mut expected = tensor;
        let ones = [1; 5];
        expected.element_strides = tensor.element_strides.or(Some(&ones[..tensor.shape.len()]));
        prop_assert_eq!(decoded.description(), expected);
    }

    #[test]
    fn any_byte_that_changed_is_noticed(owned in common::tensors(), at in 0_usize..128, to in any::<u8>()) {
        let mut bytes = *encode(&owned.tensor()).expect("encoded").as_bytes();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        let expected = if at < 8 { DecodeError::NotSimulated } else { DecodeError::Damaged };
        prop_assert_eq!(decode(&TensorMap::from_bytes(bytes)), Err(expected));
    }
}

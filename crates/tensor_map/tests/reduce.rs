//! Reductions: the table of PTX, edge cases, and sums against arithmetic of twice the precision.

use half::{bf16, f16};
use proptest::prelude::{any, prop_assert_eq, proptest};
use tensor_map::{ReduceError, ReduceOp, ReduceType, reduce};

const OPS: [ReduceOp; 8] = [
    ReduceOp::Add,
    ReduceOp::Min,
    ReduceOp::Max,
    ReduceOp::Inc,
    ReduceOp::Dec,
    ReduceOp::And,
    ReduceOp::Or,
    ReduceOp::Xor,
];
const TYPES: [ReduceType; 8] = [
    ReduceType::U32,
    ReduceType::S32,
    ReduceType::U64,
    ReduceType::S64,
    ReduceType::F16,
    ReduceType::Bf16,
    ReduceType::F32,
    ReduceType::F64,
];

/// The reduction of one element.
fn one<const N: usize>(op: ReduceOp, dtype: ReduceType, d: [u8; N], s: [u8; N]) -> [u8; N] {
    let mut result = d;
    reduce(op, dtype, &mut result, &s).expect("a reduction");
    result
}

fn u32s(op: ReduceOp, d: u32, s: u32) -> u32 {
    u32::from_le_bytes(one(op, ReduceType::U32, d.to_le_bytes(), s.to_le_bytes()))
}

fn f32s(d: f32, s: f32) -> u32 {
    let bytes = one(
        ReduceOp::Add,
        ReduceType::F32,
        d.to_le_bytes(),
        s.to_le_bytes(),
    );
    u32::from_le_bytes(bytes)
}

fn f16s(op: ReduceOp, d: f16, s: f16) -> u16 {
    u16::from_le_bytes(one(op, ReduceType::F16, d.to_le_bytes(), s.to_le_bytes()))
}

#[test]
fn there_are_as_many_reductions_as_in_ptx() {
    let count = |op: ReduceOp| TYPES.iter().filter(|&&dtype| op.accepts(dtype)).count();
    assert_eq!(OPS.map(count), [7, 6, 6, 1, 1, 4, 4, 4]);
    for op in OPS {
        for dtype in TYPES {
            let mut destination = [0; 8];
            let result = reduce(op, dtype, &mut destination, &[1; 8]);
            let refused = Err(ReduceError::Unsupported { op, dtype });
            assert_eq!(result, if op.accepts(dtype) { Ok(()) } else { refused });
        }
    }
}

#[test]
fn lengths_must_agree_and_hold_whole_elements() {
    for (left, right) in [(4, 8), (8, 4), (6, 6)] {
        let mut destination = vec![7; left];
        let result = reduce(
            ReduceOp::Add,
            ReduceType::U32,
            &mut destination,
            &vec![1; right],
        );
        let (destination_length, source) = (left, right);
        let destination_error = ReduceError::Lengths {
            destination: destination_length,
            source,
        };
        assert_eq!(result, Err(destination_error));
        assert_eq!(destination, vec![7; left], "nothing is changed");
    }
}

#[test]
fn counters_wrap_at_the_source() {
    assert_eq!(
        [0, 1, 4, 5, 6].map(|d| u32s(ReduceOp::Inc, d, 5)),
        [1, 2, 5, 0, 0]
    );
    assert_eq!(
        [0, 1, 5, 6, 9].map(|d| u32s(ReduceOp::Dec, d, 5)),
        [5, 0, 4, 5, 5]
    );
}

#[test]
fn signs_matter_to_signed_types_only() {
    let signed = |op| {
        let (d, s) = ((-1_i64).to_le_bytes(), 1_i64.to_le_bytes());
        i64::from_le_bytes(one(op, ReduceType::S64, d, s))
    };
    assert_eq!((signed(ReduceOp::Min), signed(ReduceOp::Max)), (-1, 1));
    assert_eq!(u32s(ReduceOp::Min, u32::MAX, 1), 1);
    assert_eq!(u32s(ReduceOp::Add, u32::MAX, 3), 2);
}

#[test]
fn sums_keep_denormals() {
    let denormal = f32::from_bits(1);
    assert_eq!(f32s(denormal, denormal), 2);
    assert_eq!(f32s(-denormal, denormal), 0);
    let (small, smaller) = (f32::MIN_POSITIVE * 1.5, f32::MIN_POSITIVE);
    assert_eq!(
        f32s(small, -smaller),
        (small - smaller).to_bits(),
        "a denormal result"
    );
    let denormal = f16::from_bits(1);
    assert_eq!(f16s(ReduceOp::Add, denormal, denormal), 2);
}

#[test]
fn nan_is_a_canonical_sum_and_no_extreme() {
    assert_eq!(f32s(f32::INFINITY, f32::NEG_INFINITY), 0x7fff_ffff);
    let (nan, one) = (f16::from_bits(0xfe01), f16::ONE);
    assert_eq!(f16s(ReduceOp::Add, nan, one), 0x7fff);
    for op in [ReduceOp::Min, ReduceOp::Max] {
        assert_eq!(f16s(op, nan, one), one.to_bits());
        assert_eq!(f16s(op, one, nan), one.to_bits());
        assert_eq!(f16s(op, nan, nan), 0x7fff);
    }
    let (negative, positive) = (f16::NEG_ZERO, f16::ZERO);
    assert_eq!(f16s(ReduceOp::Min, positive, negative), negative.to_bits());
    assert_eq!(f16s(ReduceOp::Max, negative, positive), positive.to_bits());
}

proptest! {
    #[test]
    fn sums_of_f16_round_once(d in any::<u16>(), s in any::<u16>()) {
        let (d, s) = (f16::from_bits(d), f16::from_bits(s));
        let sum = d.to_f64() + s.to_f64();
        let expected = if sum.is_nan() { 0x7fff } else { f16::from_f64(sum).to_bits() };
        prop_assert_eq!(f16s(ReduceOp::Add, d, s), expected);
    }

    #[test]
    fn sums_of_bf16_round_once(d in any::<u16>(), s in any::<u16>()) {
        let (d, s) = (bf16::from_bits(d), bf16::from_bits(s));
        let sum = d.to_f64() + s.to_f64();
        let expected = if sum.is_nan() { 0x7fff } else { bf16::from_f64(sum).to_bits() };
        let bytes = one(ReduceOp::Add, ReduceType::Bf16, d.to_le_bytes(), s.to_le_bytes());
        prop_assert_eq!(u16::from_le_bytes(bytes), expected);
    }

    #[test]
    fn each_element_is_reduced_alone(elements in proptest::collection::vec(any::<(u32, u32)>(), 0..9)) {
        let bytes = |number: fn(&(u32, u32)) -> u32| -> Vec<u8> {
            elements.iter().flat_map(|pair| number(pair).to_le_bytes()).collect()
        };
        let mut destination = bytes(|pair| pair.0);
        reduce(ReduceOp::Xor, ReduceType::U32, &mut destination, &bytes(|pair| pair.1)).expect("reduced");
        let expected: Vec<u8> = elements.iter().flat_map(|(d, s)| (d ^ s).to_le_bytes()).collect();
        prop_assert_eq!(destination, expected);
    }
}

//! The `f32` inputs on which a conversion could go wrong.

/// Bit patterns of mantissas: ends, halves, and each single bit with its neighbours.
fn mantissas() -> Vec<u32> {
    let bits = (0..23).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]);
    bits.chain([0x7f_fffe, 0x7f_ffff]).collect()
}

/// Every exponent, zero and the infinite one included, with the telling mantissas of both signs.
///
/// Among them both zeros, subnormals, both infinities, and quiet and signalling NaNs.
pub fn all_exponents() -> impl Iterator<Item = f32> {
    (0..=1u32)
        .flat_map(|sign| (0..=255u32).map(move |exponent| sign << 31 | exponent << 23))
        .flat_map(|high| {
            mantissas()
                .into_iter()
                .map(move |low| f32::from_bits(high | low))
        })
}

/// Each value and each midpoint of two neighbours, with the `f32`s next to it, in both signs.
///
/// The midpoint above the largest value, where rounding without saturation would turn, is there too.
pub fn boundaries(magnitudes: &[f64]) -> Vec<f32> {
    let last = magnitudes[magnitudes.len() - 1];
    let step = last - magnitudes[magnitudes.len() - 2];
    let ends = magnitudes.iter().copied().chain([last + step]);
    let midpoints = magnitudes
        .iter()
        .zip(ends.clone().skip(1))
        .map(|(low, high)| (low + high) / 2.0);
    ends.clone()
        .chain(midpoints)
        .flat_map(around)
        .flat_map(|value| [value, -value])
        .collect()
}

/// `value` and the two `f32`s on either side of it.
fn around(value: f64) -> Vec<f32> {
    let exact = value as f32;
    assert_eq!(f64::from(exact), value, "boundaries are f32 values");
    let (down, up) = (exact.next_down(), exact.next_up());
    vec![down.next_down(), down, exact, up, up.next_up()]
}

/// All the bit patterns of a 16-bit format.
pub fn all_u16() -> impl Iterator<Item = u16> {
    0..=u16::MAX
}

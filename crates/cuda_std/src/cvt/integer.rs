//! Between `f32` and integers. What is out of range becomes the nearest integer of the type, NaN zero.

macro_rules! to_integer {
    ($($name:ident, $type:ty, $wide:ty, $ptx:literal, $round:ident;)*) => { $(
        #[doc = concat!("An `f32` as `", stringify!($type), "` (`", $ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(value: f32) -> $type {
            on! {
                gpu => compute!(reg32 $wide = concat!($ptx, " {0}, {1};"), reg32 value) as $type,
                sim => value.$round() as $type,
            }
        }
    )* };
}

to_integer! {
    f32_to_i32, i32, i32, "cvt.rni.s32.f32", round_ties_even;
    f32_to_i32_rz, i32, i32, "cvt.rzi.s32.f32", trunc;
    f32_to_i32_rm, i32, i32, "cvt.rmi.s32.f32", floor;
    f32_to_i32_rp, i32, i32, "cvt.rpi.s32.f32", ceil;
    f32_to_u32, u32, u32, "cvt.rni.u32.f32", round_ties_even;
    f32_to_u32_rz, u32, u32, "cvt.rzi.u32.f32", trunc;
    f32_to_u32_rm, u32, u32, "cvt.rmi.u32.f32", floor;
    f32_to_u32_rp, u32, u32, "cvt.rpi.u32.f32", ceil;
    f32_to_i8, i8, i32, "cvt.rni.sat.s8.f32", round_ties_even;
    f32_to_u8, u8, u32, "cvt.rni.sat.u8.f32", round_ties_even;
}

/// The `f32` of an integer: the nearest, moved to the other side where it is on the wrong one.
#[cfg(not(target_arch = "nvptx64"))]
fn directed(value: f64, wrong: impl Fn(f64) -> bool, next: impl Fn(f32) -> f32) -> f32 {
    let nearest = value as f32;
    if wrong(f64::from(nearest)) {
        next(nearest)
    } else {
        nearest
    }
}

macro_rules! from_integer {
    ($($name:ident, $type:ty, $ptx:literal, |$value:ident| $sim:expr;)*) => { $(
        #[doc = concat!("`", stringify!($type), "` as an `f32` (`", $ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(value: $type) -> f32 {
            on! {
                gpu => compute!(reg32 f32 = concat!($ptx, " {0}, {1};"), reg32 value),
                sim => {
                    let $value = f64::from(value);
                    $sim
                },
            }
        }
    )* };
}

from_integer! {
    i32_to_f32, i32, "cvt.rn.f32.s32", |x| x as f32;
    i32_to_f32_rz, i32, "cvt.rz.f32.s32", |x| directed(x, |y| y.abs() > x.abs(), toward_zero);
    i32_to_f32_rm, i32, "cvt.rm.f32.s32", |x| directed(x, |y| y > x, f32::next_down);
    i32_to_f32_rp, i32, "cvt.rp.f32.s32", |x| directed(x, |y| y < x, f32::next_up);
    u32_to_f32, u32, "cvt.rn.f32.u32", |x| x as f32;
    u32_to_f32_rz, u32, "cvt.rz.f32.u32", |x| directed(x, |y| y > x, f32::next_down);
    u32_to_f32_rm, u32, "cvt.rm.f32.u32", |x| directed(x, |y| y > x, f32::next_down);
    u32_to_f32_rp, u32, "cvt.rp.f32.u32", |x| directed(x, |y| y < x, f32::next_up);
}

/// The neighbour of a value that is not zero, on its side of zero.
#[cfg(not(target_arch = "nvptx64"))]
fn toward_zero(value: f32) -> f32 {
    f32::from_bits(value.to_bits() - 1)
}

#[cfg(test)]
mod tests {
    use super::{
        f32_to_i8, f32_to_i32, f32_to_i32_rm, f32_to_i32_rp, f32_to_u8, f32_to_u32, i32_to_f32_rm,
        i32_to_f32_rp, i32_to_f32_rz, u32_to_f32_rz,
    };

    #[test]
    fn roundings_to_integers() {
        assert_eq!([2.5, 3.5, -2.5].map(f32_to_i32), [2, 4, -2]);
        assert_eq!([-2.5, 2.5].map(f32_to_i32_rm), [-3, 2]);
        assert_eq!([-2.5, 2.5].map(f32_to_i32_rp), [-2, 3]);
    }

    #[test]
    fn out_of_range_saturates() {
        assert_eq!(
            [3e9, -3e9, f32::NAN].map(f32_to_i32),
            [i32::MAX, i32::MIN, 0]
        );
        assert_eq!([-1.0, 5e9].map(f32_to_u32), [0, u32::MAX]);
        assert_eq!([127.5, -128.5, 400.0].map(f32_to_i8), [127, -128, 127]);
        assert_eq!([-0.6, 255.5, 0.5].map(f32_to_u8), [0, 255, 0]);
    }

    #[test]
    fn roundings_from_integers() {
        // 2^24 + 1 lies between two floats.
        let between = (1 << 24) + 1;
        assert_eq!(i32_to_f32_rz(-between), -16_777_216.0);
        assert_eq!(i32_to_f32_rm(-between), -16_777_218.0);
        assert_eq!(i32_to_f32_rp(between), 16_777_218.0);
        assert_eq!(u32_to_f32_rz(u32::MAX), 4_294_967_040.0);
    }
}

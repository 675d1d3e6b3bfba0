//! Packs: what one thread moves with one load or store.
//!
//! A [`Pack`] is 1, 2 or 4 words of 32 bits, or a single element narrower than a word. It is aligned to
//! its size, so that it is one memory instruction (`ld.global.v4.b32` for [`Words4`]), and it opens into
//! `f32` lanes to compute with. [`Loose`] elements move one by one, but with one address.

use crate::element::Element;

/// The most elements of any pack.
pub const MAX_LEN: usize = 8;

/// Elements of `T` that move as one.
pub trait Pack<T: Element>: Copy + 'static {
    /// Elements in the pack.
    const LEN: usize;
    /// Whether it is aligned to its size, and rows are whole packs.
    const IS_WHOLE: bool = true;

    /// The elements as `f32`, in lanes 0 to `LEN`; the other lanes are zero.
    fn unpack(self) -> [f32; MAX_LEN];

    /// The pack of lanes 0 to `LEN`, each rounded to nearest even.
    fn pack(lanes: &[f32; MAX_LEN]) -> Self;
}

/// Four words: 16 bytes.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub struct Words4(pub [u32; 4]);

/// Two words: 8 bytes.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Words2(pub [u32; 2]);

/// One word: 4 bytes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Words1(pub [u32; 1]);

/// One element.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Single<T>(pub T);

/// Four elements of a row of any length, aligned to one of them.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Loose<T>(pub [T; 4]);

/// Elements that move by two and by four.
pub trait Paired: Element {
    /// Two elements.
    type Pair: Pack<Self>;
    /// Four elements.
    type Four: Pack<Self>;
}

impl Paired for half::bf16 {
    type Pair = Words1;
    type Four = Words2;
}

impl Paired for half::f16 {
    type Pair = Words1;
    type Four = Words2;
}

impl Paired for f32 {
    type Pair = Words2;
    type Four = Words4;
}

macro_rules! words {
    ($($name:ident: $count:literal;)*) => { $(
        impl<T: Element> Pack<T> for $name {
            const LEN: usize = $count * T::PER_WORD;

            #[inline(always)]
            fn unpack(self) -> [f32; MAX_LEN] {
                let mut lanes = [0.0; MAX_LEN];
                let mut word = 0;
                while word < $count {
                    let values = T::unpack_word(self.0[word]);
                    let mut i = 0;
                    while i < T::PER_WORD {
                        lanes[word * T::PER_WORD + i] = values[i];
                        i += 1;
                    }
                    word += 1;
                }
                lanes
            }

            #[inline(always)]
            fn pack(lanes: &[f32; MAX_LEN]) -> Self {
                let mut words = [0; $count];
                let mut word = 0;
                while word < $count {
                    let first = word * T::PER_WORD;
                    words[word] = T::pack_word([lanes[first], lanes[first + T::PER_WORD - 1]]);
                    word += 1;
                }
                Self(words)
            }
        }
    )* };
}

words! {
    Words4: 4;
    Words2: 2;
    Words1: 1;
}

impl<T: Element> Pack<T> for Single<T> {
    const LEN: usize = 1;

    #[inline(always)]
    fn unpack(self) -> [f32; MAX_LEN] {
        let mut lanes = [0.0; MAX_LEN];
        lanes[0] = self.0.to_f32();
        lanes
    }

    #[inline(always)]
    fn pack(lanes: &[f32; MAX_LEN]) -> Self {
        Self(T::from_f32(lanes[0]))
    }
}

impl<T: Element> Pack<T> for Loose<T> {
    const LEN: usize = 4;
    const IS_WHOLE: bool = false;

    #[inline(always)]
    fn unpack(self) -> [f32; MAX_LEN] {
        let [a, b, c, d] = self.0.map(T::to_f32);
        [a, b, c, d, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn pack(&[a, b, c, d, ..]: &[f32; MAX_LEN]) -> Self {
        Self([a, b, c, d].map(T::from_f32))
    }
}

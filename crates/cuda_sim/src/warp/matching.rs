//! `match.sync`: which lanes hold the same value.
//!
//! PTX ISA, "Parallel Synchronization and Communication Instructions: match.sync".

use crate::warp::operation::{lanes, values, words};
use crate::warp::{Inputs, Output, Outputs};

/// `match.any`: for each lane, the lanes of the mask with its value.
pub(super) fn any(mask: u32, inputs: &Inputs) -> Outputs {
    let values = values(inputs);
    words(|lane| {
        let equal = |other: &u32| values[*other as usize] == values[lane as usize];
        lanes(mask)
            .filter(equal)
            .fold(0, |set, other| set | 1 << other)
    })
}

/// `match.all`: the mask and true if all lanes of the mask have one value, else zero and false.
pub(super) fn all(mask: u32, inputs: &Inputs) -> Output {
    let first = inputs[mask.trailing_zeros() as usize][0];
    let equal = lanes(mask).all(|lane| inputs[lane as usize][0] == first);
    match equal {
        true => [mask, 1, 0, 0],
        false => Output::default(),
    }
}

//! A scale a column, around the numbers of rows at which it is found otherwise: by a warp, by a block, by the blocks of a
//! cluster, and where no cluster keeps them; of matrices as few columns wide as a strip, a little wider, and of so many strips
//! that a cluster has several.

use gatewarp::quantize::{ChannelAxis, Fp8Element, ScaleRounding};
use gatewarp::{bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::Frame;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::prelude::{Strategy, any};
use proptest::sample::select;

use super::case::{Case, Recipe};
use super::found::matches_case;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_quantize_columns::bf16", matches::<bf16>);
    suite.trial("fp8_quantize_columns::f16", matches::<f16>);
    suite.trial("fp8_quantize_columns::f32", matches::<f32>);
}

/// Rows at which another number of blocks keeps a strip of some width, or none does any more, of elements of some size.
const ENDS: [usize; 12] = [1, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096, 7168, 8192];

/// Columns: less than an octet, an octet, pairs of them with and without a rest, and more than a strip.
const COLUMNS: [usize; 10] = [1, 8, 13, 16, 32, 40, 48, 69, 208, 272];

fn matches<T: Fp8Element + Value>(context: &Context) -> Outcome {
    let mut kept: Vec<_> = [
        (1, 16),
        (1023, 32),
        (1024, 33),
        (1025, 32),
        (8191, 32),
        (8192, 48),
        (8193, 32),
    ]
    .into_iter()
    .map(|(rows, columns)| plain(rows, columns))
    .collect();
    // Clusters have several strips each: in the simulator there is one of eight blocks, or there are eight of one.
    kept.extend([
        plain(1, 1040),
        plain(255, 576),
        plain(256, 1104),
        plain(257, 592),
        plain(8191, 208),
        plain(8192, 336),
    ]);
    kept.push(Case {
        matrices: 3,
        ..plain(1025, 208)
    });
    // No cluster keeps these.
    kept.push(Case {
        matrices: 2,
        ..plain(8200, 37)
    });
    kept.push(Case {
        matrices: 3,
        ..plain(1025, 40)
    });
    kept.push(Case {
        x: Frame::new(0, 1, 0, 16),
        values: Values::Special,
        ..plain(2049, 48)
    });
    kept.extend(context.real(vec![
        plain(8192, 11008),
        plain(8193, 4096),
        plain(5000, 4104),
        Case {
            matrices: 8,
            ..plain(4096, 1024)
        },
    ]));
    context.check(1, kept, &cases(), |case| matches_case::<T>(context, case))
}

fn plain(rows: usize, columns: usize) -> Case {
    Case::plain(Recipe::Channel(ChannelAxis::Columns), rows, columns)
}

fn cases() -> impl Strategy<Value = Case> {
    let rows = (select(ENDS.to_vec()), 0..3usize).prop_map(|(end, beside)| end + beside - 1);
    let frame = select(vec![Frame::NONE, Frame::PADDED, Frame::new(1, 1, 3, 2)]);
    let sizes = (1..3usize, rows, select(COLUMNS.to_vec()));
    let kind = (any::<bool>(), any::<bool>(), frame.clone(), frame);
    (sizes, kind, any_values(), any::<u64>()).prop_map(
        |((matrices, rows, columns), (e5m2, power, x, data), values, seed)| Case {
            e5m2,
            rounding: match power {
                true => ScaleRounding::PowerOfTwo,
                false => ScaleRounding::Nearest,
            },
            matrices: if rows > 2049 { 1 } else { matrices },
            x,
            data,
            values,
            seed,
            ..plain(rows, columns)
        },
    )
}

//! The plans that are estimated to be the fastest, remembered: to choose one takes longer than to launch it.

use std::sync::LazyLock;

use quick_cache::sync::Cache;

use crate::error::{Error, Result};
use crate::heuristics::clusters::Clusters;
use crate::heuristics::hopper_gemm::{HopperPlan, HopperShape, HopperTile, hopper_plan};

/// Choices that are remembered: more than a model has products, of any numbers of tokens that come again.
const REMEMBERED: usize = 4096;

/// What a choice depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    /// A bit for each tile that there is a kernel for.
    tiles: u32,
    shape: HopperShape,
    clusters: Clusters,
}

/// The plan for a batch of products, of the tiles that there are kernels for, on a device that runs so many clusters.
///
/// # Errors
/// [`Error::Device`] if there is no tile.
pub(super) fn estimated(
    tiles: impl Iterator<Item = HopperTile> + Clone,
    shape: HopperShape,
    clusters: Clusters,
) -> Result<HopperPlan> {
    static ANSWERS: LazyLock<Cache<Question, HopperPlan>> =
        LazyLock::new(|| Cache::new(REMEMBERED));
    let question = Question {
        tiles: tiles.clone().fold(0, |all, tile| all | 1 << tile as u32),
        shape,
        clusters,
    };
    ANSWERS.get_or_insert_with(&question, || {
        hopper_plan(tiles, shape, clusters).ok_or_else(|| {
            let reason = format!("there is no tile for {shape:?}");
            Error::Device { op: "gemm", reason }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Clusters, HopperShape, HopperTile, estimated, hopper_plan};
    use crate::heuristics::hopper_gemm::Sums;

    #[test]
    fn what_is_remembered_is_the_answer_to_the_same_question() {
        let few = [HopperTile::Few16, HopperTile::Few32];
        let all = HopperTile::ALL;
        for _ in 0..2 {
            for m in [1, 64, 4096] {
                for multiprocessors in [8, 132] {
                    let shape = HopperShape {
                        matrices: 1,
                        m,
                        n: 4096,
                        k_bytes: 8192,
                        sums: Sums::TensorCores,
                        epilogue: false,
                    };
                    let clusters = Clusters::of_multiprocessors(multiprocessors);
                    for tiles in [&few[..], &all[..]] {
                        let tiles = tiles.iter().copied();
                        let plan = hopper_plan(tiles.clone(), shape, clusters);
                        assert_eq!(estimated(tiles, shape, clusters).ok(), plan);
                    }
                }
            }
        }
    }

    #[test]
    fn no_tile_is_an_error() {
        let shape = HopperShape {
            matrices: 1,
            m: 1,
            n: 1,
            k_bytes: 128,
            sums: Sums::TensorCores,
            epilogue: false,
        };
        let none = std::iter::empty();
        assert!(estimated(none, shape, Clusters::of_multiprocessors(132)).is_err());
    }
}

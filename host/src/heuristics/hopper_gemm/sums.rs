//! Where kernels of Hopper's engine keep sums.

use serde::{Deserialize, Serialize};

/// Where kernels of Hopper's engine keep sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sums {
    /// In the tensor cores, over all of K.
    TensorCores,
    /// In `f32` on CUDA cores, after each 128 elements.
    Promoted,
    /// The same, each 128 elements times their scales, which 128 rows of B share.
    #[serde(rename = "scaled_128x128", alias = "block_scaled")]
    Scaled128x128,
    /// The same of rows of B that have scales of their own.
    #[serde(rename = "scaled_1x128")]
    Scaled1x128,
}

impl Sums {
    /// Whether stages have scales.
    #[must_use]
    pub const fn are_scaled(self) -> bool {
        matches!(self, Self::Scaled128x128 | Self::Scaled1x128)
    }
}

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn answers_of_before_scales_were_told_apart_are_of_tiles() {
        let read = |text: &str| serde_json::from_str::<Sums>(text).ok();
        assert_eq!(read(r#""block_scaled""#), Some(Sums::Scaled128x128));
        for sums in [
            Sums::TensorCores,
            Sums::Promoted,
            Sums::Scaled128x128,
            Sums::Scaled1x128,
        ] {
            let text = serde_json::to_string(&sums).expect("a name");
            assert_eq!(read(&text), Some(sums), "{text}");
        }
    }
}

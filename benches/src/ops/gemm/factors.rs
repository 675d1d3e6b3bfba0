//! Scale factors of an operand, on the host and on the device.

use anyhow::Result;
use gatewarp::quantize::{Fp8Scaling, ScaleMajor};
use gatewarp::{Stream, Tensor};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::ops::quantize::fp8::scales;
use crate::peer::Scales;

/// Edge of a scaled block.
const BLOCK: usize = 128;

/// The factors of `[rows, k]`: those of a batch are one.
pub(super) struct Factors {
    scaling: Option<Fp8Scaling>,
    shape: [usize; 2],
    host: Vec<f32>,
    /// As the library has them.
    pub device: Tensor<f32>,
    /// As the peer has them, where that differs.
    padded: Option<Tensor<f32>>,
}

impl Factors {
    /// Powers of two and values between, near 1; just 1 where nothing is scaled.
    pub fn new(
        stream: &Stream,
        scaling: Option<Fp8Scaling>,
        shape: [usize; 2],
        seed: u64,
    ) -> Result<Self> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let host: Vec<f32> = match scaling {
            None => vec![1.0],
            Some(scaling) => (0..scales(scaling, shape))
                .map(|_| rng.random_range(0.5..2.0))
                .collect(),
        };
        let device = Tensor::from_slice(stream, &host, &[host.len()])?;
        Ok(Self {
            scaling,
            shape,
            host,
            device,
            padded: None,
        })
    }

    /// With a copy for the peer, if it wants rows of blocks apart.
    pub fn padded_for(mut self, stream: &Stream, peer: Option<Scales>) -> Result<Self> {
        let Some(peer) = peer.filter(|peer| peer.len() > self.host.len()) else {
            return Ok(self);
        };
        let mut padded = vec![0.0; peer.len()];
        let [rows, k] = self.shape;
        for row in (0..rows).step_by(BLOCK) {
            for column in (0..k).step_by(BLOCK) {
                padded[peer.index(row, column)] = self.factor(row, column);
            }
        }
        self.padded = Some(Tensor::from_slice(stream, &padded, &[padded.len()])?);
        Ok(self)
    }

    /// Where the peer reads them.
    pub fn for_peer(&self) -> *const f32 {
        self.padded.as_ref().unwrap_or(&self.device).view().as_ptr()
    }

    /// The factor of an element.
    pub fn factor(&self, row: usize, column: usize) -> f32 {
        let [rows, k] = self.shape;
        let (row_block, column_block) = (row / BLOCK, column / BLOCK);
        self.host[match self.scaling {
            None | Some(Fp8Scaling::Tensor) => 0,
            Some(Fp8Scaling::Rows) => row,
            Some(Fp8Scaling::Columns) => column,
            Some(Fp8Scaling::Groups1x128(ScaleMajor::K)) => row * k.div_ceil(BLOCK) + column_block,
            Some(Fp8Scaling::Groups1x128(ScaleMajor::Mn)) => {
                column_block * rows.next_multiple_of(4) + row
            }
            Some(Fp8Scaling::Tiles128x128) => row_block * k.div_ceil(BLOCK) + column_block,
        }]
    }

    /// The operand's rows as numbers, of which `rows` are given one after the other.
    pub fn apply(&self, elements: &[f32], rows: &[usize]) -> Vec<f32> {
        let k = self.shape[1];
        let rows = rows.iter().zip(elements.chunks(k.max(1)));
        rows.flat_map(|(&row, elements)| {
            let columns = elements.iter().enumerate();
            columns.map(move |(column, element)| element * self.factor(row, column))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use gatewarp::Device;
    use gatewarp::quantize::{Fp8Scaling, ScaleMajor};

    use super::Factors;
    use crate::peer::{Problem, Scaling, Types};

    #[test]
    fn the_peer_has_the_same_factors() {
        let stream = Device::cpu().stream().expect("the CPU");
        let problem = Problem::new(12, 132, 600, Types::fp8(Scaling::Block128));
        let groups = Fp8Scaling::Groups1x128(ScaleMajor::Mn);
        for (scaling, shape, peer, is_padded) in [
            (groups, [12, 600], problem.a_scales(), false),
            (
                Fp8Scaling::Tiles128x128,
                [132, 600],
                problem.b_scales(),
                true,
            ),
        ] {
            let peer = peer.expect("scaled");
            let factors = Factors::new(&stream, Some(scaling), shape, 1);
            let factors = factors.and_then(|it| it.padded_for(&stream, Some(peer)));
            let factors = factors.expect("host memory");
            assert_eq!(factors.padded.is_some(), is_padded);
            let device = factors.padded.as_ref().unwrap_or(&factors.device);
            let device = device.to_vec().expect("host memory");
            for (row, column) in [(0, 0), (11, 599), (7, 127), (shape[0] - 1, 128)] {
                assert_eq!(device[peer.index(row, column)], factors.factor(row, column));
            }
        }
    }

    #[test]
    fn what_is_not_scaled_stays() {
        let stream = Device::cpu().stream().expect("the CPU");
        let factors = Factors::new(&stream, None, [2, 3], 1).expect("one float");
        assert_eq!(factors.apply(&[1.0, 2.0, 3.0], &[1]), [1.0, 2.0, 3.0]);
    }
}

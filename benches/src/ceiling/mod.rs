//! What a device can do at most, and how long work takes it at least: the roofline.
//!
//! The rates are measured, in the run whose rows they judge, by kernels that do nothing else
//! (`kernels-gpu/src/ceiling`): data sheets name rates that no program reaches.
//!
//! ```text
//! memory    read / read rate + written * w      w = 2 / copy rate - 1 / read rate
//! compute   flops / matrix rate
//! least     the larger of the two
//! ```
//!
//! `w` is what a written byte takes by the copy rate, which counts each byte twice: `2 / copy rate` is the time of
//! reading one byte and writing one.
//!
//! | file | what |
//! |---|---|
//! | [`Work`] | what an operation has to do |
//! | `burst` | how the rates are timed |
//! | `gpu` | measuring them |

mod burst;
mod gpu;
mod work;

use std::fmt;

use anyhow::Result;
use gatewarp::Stream;
use serde::{Deserialize, Serialize};

pub use work::{MatrixRate, Work};

/// The rates of a device, each the best of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceilings {
    /// Reading alone, in 10^9 bytes a second.
    pub read_gbps: f64,
    /// Copying: bytes read and bytes written together, as many of each, in 10^9 a second.
    pub copy_gbps: f64,
    /// Products of 16-bit floats, in 10^12 operations a second.
    pub bf16_tflops: Option<f64>,
    /// Products of 8-bit floats, in 10^12 operations a second.
    pub fp8_tflops: Option<f64>,
}

/// What the least time of some work comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Moving its bytes.
    Memory,
    /// Its arithmetic.
    Compute,
}

impl Ceilings {
    /// Measures them; none but a GPU's. A CPU's caches make nonsense of a rate for its memory.
    ///
    /// Matrix rates need a Hopper GPU. They are those of bursts after idling: a device that works for seconds
    /// falls below them as its clock does.
    ///
    /// # Errors
    /// The library's, as where there is too little memory.
    pub fn measure(stream: &Stream) -> Result<Option<Self>> {
        let is_cuda = stream.device().is_cuda();
        is_cuda.then(|| gpu::measure(stream)).transpose()
    }

    /// The seconds that some work takes at least. A device whose matrix rate is not known is judged by its memory.
    #[must_use]
    pub fn seconds(&self, work: &Work) -> f64 {
        self.memory_seconds(work).max(self.compute_seconds(work))
    }

    /// Where the least time comes from.
    #[must_use]
    pub fn bound(&self, work: &Work) -> Bound {
        if self.compute_seconds(work) > self.memory_seconds(work) {
            Bound::Compute
        } else {
            Bound::Memory
        }
    }

    fn memory_seconds(&self, work: &Work) -> f64 {
        let reading = 1.0 / self.read_gbps;
        let writing = 2.0 / self.copy_gbps - reading;
        (work.read as f64 * reading + work.written as f64 * writing) / 1e9
    }

    fn compute_seconds(&self, work: &Work) -> f64 {
        let rate = match work.matrix {
            MatrixRate::None => None,
            MatrixRate::Bf16 => self.bf16_tflops,
            MatrixRate::Fp8 => self.fp8_tflops,
        };
        rate.map_or(0.0, |tflops| work.flops / (tflops * 1e12))
    }
}

impl fmt::Display for Ceilings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (read, copy) = (self.read_gbps, self.copy_gbps);
        write!(f, "at most: reading {read:.0} GB/s, copying {copy:.0} GB/s")?;
        for (name, rate) in [("bf16", self.bf16_tflops), ("fp8", self.fp8_tflops)] {
            if let Some(tflops) = rate {
                write!(f, ", {name} {tflops:.0} TFLOP/s")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gatewarp::Device;

    use super::{Bound, Ceilings, MatrixRate, Work};

    const HOPPER: Ceilings = Ceilings {
        read_gbps: 4500.0,
        copy_gbps: 4000.0,
        bf16_tflops: Some(800.0),
        fp8_tflops: Some(1600.0),
    };

    #[track_caller]
    fn takes(work: Work, seconds: f64, bound: Bound) {
        let found = HOPPER.seconds(&work);
        assert!((found - seconds).abs() <= 1e-12 * seconds, "{found}");
        assert_eq!(HOPPER.bound(&work), bound);
    }

    fn product(m: usize, matrix: MatrixRate) -> Work {
        let (n, k) = (8192, 8192);
        Work {
            read: 2 * k * (m + n),
            written: 2 * m * n,
            flops: 2.0 * (m * n * k) as f64,
            matrix,
        }
    }

    #[test]
    fn reads_and_copies_take_what_their_rates_say() {
        let (read, copied) = (4_500_000_000, 2_000_000_000);
        takes(Work::memory(read, 0), 1e-3, Bound::Memory);
        takes(Work::memory(copied, copied), 1e-3, Bound::Memory);
        takes(Work::memory(0, 0), 0.0, Bound::Memory);
    }

    #[test]
    fn the_longer_of_memory_and_arithmetic_counts() {
        let large = product(8192, MatrixRate::Bf16);
        takes(large, large.flops / 800e12, Bound::Compute);
        let large = product(8192, MatrixRate::Fp8);
        takes(large, large.flops / 1600e12, Bound::Compute);
        let small = product(1, MatrixRate::Bf16);
        takes(
            small,
            HOPPER.seconds(&Work::memory(small.read, small.written)),
            Bound::Memory,
        );
    }

    #[test]
    fn without_a_matrix_rate_memory_counts() {
        let work = product(8192, MatrixRate::Bf16);
        let ceilings = Ceilings {
            bf16_tflops: None,
            ..HOPPER
        };
        assert_eq!(ceilings.bound(&work), Bound::Memory);
        assert!(ceilings.seconds(&work) < HOPPER.seconds(&work));
        takes(
            Work {
                matrix: MatrixRate::None,
                ..work
            },
            ceilings.seconds(&work),
            Bound::Memory,
        );
    }

    #[test]
    fn they_print_on_a_line_and_survive_json() {
        let line =
            "at most: reading 4500 GB/s, copying 4000 GB/s, bf16 800 TFLOP/s, fp8 1600 TFLOP/s";
        assert_eq!(HOPPER.to_string(), line);
        let json = serde_json::to_string(&HOPPER).expect("numbers");
        assert_eq!(
            serde_json::from_str::<Ceilings>(&json).expect("the same"),
            HOPPER
        );
    }

    #[test]
    fn only_gpus_have_any() {
        let stream = Device::cpu().stream();
        let measured = Ceilings::measure(&stream.expect("the CPU"));
        assert_eq!(measured.expect("nothing runs"), None);
    }

    /// In the range of GPUs that there are: a rate beyond it comes of a loop that was optimised away.
    #[test]
    fn gpus_have_plausible_ones() {
        let Ok(device) = Device::cuda(0) else {
            println!("skipped: there is no GPU");
            return;
        };
        let stream = device.stream().expect("a stream");
        let it = Ceilings::measure(&stream).expect("a GPU").expect("a GPU");
        println!("{it}");
        assert!((100.0..20_000.0).contains(&it.read_gbps), "{it}");
        assert!((100.0..1.1 * it.read_gbps).contains(&it.copy_gbps), "{it}");
        if let (Some(bf16), Some(fp8)) = (it.bf16_tflops, it.fp8_tflops) {
            assert!((50.0..1200.0).contains(&bf16), "{it}");
            assert!((1.3..2.2).contains(&(fp8 / bf16)), "{it}");
        }
    }
}

//! Results: one row a measurement.

use std::fmt;

use serde::Serialize;

use crate::timing::Timing;

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The operation, or what of it was measured.
    pub op: String,
    /// The element type.
    pub dtype: String,
    /// The shape, in the operation's own order.
    pub shape: Vec<usize>,
    /// Microseconds, the median.
    pub us: f64,
    /// The shortest.
    pub us_min: f64,
    /// The longest.
    pub us_max: f64,
    /// Bytes that must be moved over the median time, in 10^9 a second.
    pub gbps: Option<f64>,
    /// Operations over the median time, in 10^12 a second.
    pub tflops: Option<f64>,
    /// Where it ran.
    pub device: String,
}

impl Row {
    /// A row of this time; `bytes` and `flops` are what the operation must at least move and compute.
    #[must_use]
    pub fn new(op: &str, dtype: &str, shape: &[usize], device: &str, timing: Timing) -> Self {
        Self {
            op: op.to_owned(),
            dtype: dtype.to_owned(),
            shape: shape.to_vec(),
            us: timing.median * 1e6,
            us_min: timing.min * 1e6,
            us_max: timing.max * 1e6,
            gbps: None,
            tflops: None,
            device: device.to_owned(),
        }
    }

    /// With the bytes that the operation must move.
    #[must_use]
    pub fn with_bytes(mut self, bytes: usize) -> Self {
        self.gbps = Some(bytes as f64 / self.us / 1e3);
        self
    }

    /// With the floating-point operations that it must do.
    #[must_use]
    pub fn with_flops(mut self, flops: f64) -> Self {
        self.tflops = Some(flops / self.us / 1e6);
        self
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = self
            .shape
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("x");
        write!(
            f,
            "{:<22} {:<5} {:<24} {:>11.2} us  ({:.2} to {:.2})",
            self.op, self.dtype, shape, self.us, self.us_min, self.us_max
        )?;
        if let Some(gbps) = self.gbps {
            write!(f, "  {gbps:>8.1} GB/s")?;
        }
        if let Some(tflops) = self.tflops {
            write!(f, "  {tflops:>7.2} TFLOP/s")?;
        }
        Ok(())
    }
}

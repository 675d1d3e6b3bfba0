//! One measurement.

use serde::{Deserialize, Serialize};

/// One operation at one shape, measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The operation.
    pub op: String,
    /// Its module: the rows of a family share a picture.
    pub family: String,
    /// The element type, or the types that tell variants apart.
    pub dtype: String,
    /// The set of shapes that this one is of, and its name there: `llama3-8b gate_up`.
    pub set: String,
    /// The shape in the operation's own order; the first is M, the rows or tokens.
    pub shape: Vec<usize>,
    /// Microseconds, the median; of a compute-bound shape, in bursts after idling.
    pub us: f64,
    /// The shortest.
    pub us_min: f64,
    /// The longest.
    pub us_max: f64,
    /// Microseconds when the device has worked for seconds: its clock has fallen by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub us_sustained: Option<f64>,
    /// Bytes that must be moved over the median time, in 10^9 a second.
    pub gbps: Option<f64>,
    /// Floating-point operations over the median time, in 10^12 a second.
    pub tflops: Option<f64>,
    /// The share of what the device can do at most: 1 is as fast as its memory or its matrix units allow.
    pub roofline: Option<f64>,
    /// Whom it was compared with.
    pub peer: Option<String>,
    /// The peer's microseconds, measured in turn with ours.
    pub peer_us: Option<f64>,
    /// The peer's microseconds when the device has worked for seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_us_sustained: Option<f64>,
    /// The peer's time over ours: above 1, we are faster.
    pub ratio: Option<f64>,
    /// Where it ran.
    pub device: String,
    /// Megahertz of the multiprocessors while it ran, the median.
    pub clock: Option<u32>,
    /// The commit that was measured.
    pub commit: String,
}

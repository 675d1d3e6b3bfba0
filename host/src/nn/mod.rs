//! Layers with their weights.

mod moe_layer;
mod quantized_linear;
mod weights;

pub use moe_layer::{MoeLayer, MoeLayerConfig};
pub use quantized_linear::{LinearElement, QuantizedLinear};
pub use weights::LayerElement;

//! Layers with their weights.

mod moe_layer;
mod weights;

pub use moe_layer::{MoeLayer, MoeLayerConfig};
pub use weights::LayerElement;

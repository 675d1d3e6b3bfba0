//! Quantisers, and the layouts of what they give.

pub mod layout;

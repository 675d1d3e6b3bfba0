//! The formats against an oracle that knows only their definitions, and the layouts against the
//! formulas as FlashInfer states them.

mod e8m0;
mod inputs;
mod layouts;
mod minifloats;
mod oracle;
mod pairs;
mod weights;

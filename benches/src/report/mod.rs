//! Results: rows, and what is made of them.

pub mod baseline;
pub mod json;
mod row;
pub mod table;

pub use row::Row;

//! Rows, columns and block scales in the orders in which kernels read them, and back.
//!
//! | operation | undone by | does |
//! |---|---|---|
//! | [`reorder_rows_for_gated_act_gemm`] | [`restore_rows_for_gated_act_gemm`] | gates and ups in turn |
//! | [`shuffle_matrix_a`] | [`unshuffle_matrix_a`] | rows as an epilogue holds them |
//! | [`permute_rows`] | itself, of the inverse order | any [`RowOrder`], as both of the above in one pass |
//! | [`convert_to_block_layout`] | [`convert_from_block_layout`] | blocks of columns, one after the other |
//! | [`prepare_low_latency_gemm_weights`] | [`restore_low_latency_gemm_weights`] | a shuffle, then blocks of 128 columns |
//! | [`block_scale_interleave`] | [`block_scale_deinterleave`] | scales into tiles |
//! | [`shuffle_matrix_sf_a`] | [`unshuffle_matrix_sf_a`] | a shuffle, then scales into tiles |
//!
//! All take elements of any type, move them bit by bit, and take matrices of any number of leading dimensions
//! (`[experts, M, K]`), each on its own. On a GPU they run at the speed of memory: each byte is read once and written
//! once, 16 at a time where rows and addresses allow it. Packed FP4 counts in bytes, two elements a column.

mod blocks;
mod matrix;
mod rows;
mod scales;
mod tiles;

pub(crate) use blocks::{LOW_LATENCY_BLOCK, LOW_LATENCY_ORDER};
pub use blocks::{
    convert_from_block_layout, convert_from_block_layout_into, convert_to_block_layout,
    convert_to_block_layout_into, prepare_low_latency_gemm_weights,
    prepare_low_latency_gemm_weights_into, restore_low_latency_gemm_weights,
    restore_low_latency_gemm_weights_into,
};
pub use rows::{
    permute_rows, permute_rows_into, reorder_rows_for_gated_act_gemm,
    reorder_rows_for_gated_act_gemm_into, restore_rows_for_gated_act_gemm,
    restore_rows_for_gated_act_gemm_into, shuffle_matrix_a, shuffle_matrix_a_into,
    unshuffle_matrix_a, unshuffle_matrix_a_into,
};
pub use scales::{
    block_scale_deinterleave, block_scale_deinterleave_into, block_scale_interleave,
    block_scale_interleave_into, shuffle_matrix_sf_a, shuffle_matrix_sf_a_into,
    unshuffle_matrix_sf_a, unshuffle_matrix_sf_a_into,
};

use crate::error::{Error, Result};
use formats::RowOrder;

/// The shuffle for an epilogue of `epilogue_tile_m` rows.
fn shuffle(op: &'static str, epilogue_tile_m: usize) -> Result<RowOrder> {
    if epilogue_tile_m == 0 || !epilogue_tile_m.is_multiple_of(16) {
        let expected = "a positive multiple of 16";
        return Err(Error::argument(
            op,
            "epilogue_tile_m",
            expected,
            epilogue_tile_m,
        ));
    }
    Ok(RowOrder::for_epilogue_tile(epilogue_tile_m))
}

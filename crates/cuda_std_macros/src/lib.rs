//! The `#[kernel]` attribute: one function, two faces. And the instructions that `cuda_std` has too many
//! of to write by hand.
//!
//! On `nvptx64` the function becomes a PTX entry point under its own name, and a marker static next to
//! it carries what rustc cannot say: the module it belongs to, its launch bounds, and whether it is
//! dependent. `cuda_builder` reads the marker and drops it.
//!
//! On the host the same function becomes a typed handle, a `static` of type
//! `cuda_std::launch::Kernel<(A, B, ..)>` under the same name. It launches the PTX on a GPU or runs the
//! function itself in the simulator; either way the argument tuple is checked by the compiler.

mod bounds;
mod expand;
mod wgmma;

use proc_macro::TokenStream;

/// Marks a GPU kernel: `#[kernel]`, `#[kernel(launch_bounds(max_threads[, min_blocks]))]`,
/// `#[kernel(launch_bounds(..), dependent)]`, `#[kernel(launch_bounds(..), dependent(begins_itself))]`.
///
/// The function must be `unsafe fn`, return nothing, and take only raw pointers, scalars and `GridConstant`s by plain
/// names. `max_threads` is the largest block it may be launched with (`.maxntid`), `min_blocks` the
/// number of blocks that must fit on one multiprocessor (`.minnctapersm`). A `dependent` kernel begins with
/// `cuda_std::pdl::begin`, so that the host may launch it while the grids before it end; one that `begins_itself` calls that
/// in its body, before it touches memory that other grids write, and all its threads do.
#[proc_macro_attribute]
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let bounds = syn::parse_macro_input!(attribute as bounds::Bounds);
    let function = syn::parse_macro_input!(item as syn::ItemFn);
    expand::kernel(&bounds, &function)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Writes the device face of `cuda_std::wgmma`: `Product` for every accumulator and element types, and
/// `Tie` for every accumulator. For `cuda_std` alone.
#[doc(hidden)]
#[proc_macro]
pub fn wgmma_products(_: TokenStream) -> TokenStream {
    wgmma::products().into()
}

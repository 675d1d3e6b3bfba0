//! Writes the device face and the host face of a kernel.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{FnArg, Ident, ItemFn, Pat, ReturnType, Type};

use crate::bounds::Bounds;

pub fn kernel(bounds: &Bounds, function: &ItemFn) -> syn::Result<TokenStream> {
    check_signature(function)?;
    let device = device_face(bounds, function);
    let host = host_face(bounds, function)?;
    Ok(quote! { #device #host })
}

fn check_signature(function: &ItemFn) -> syn::Result<()> {
    let signature = &function.sig;
    if signature.unsafety.is_none() {
        return Err(syn::Error::new(
            signature.fn_token.span(),
            "a kernel is an `unsafe fn`: its pointers are its caller's promise",
        ));
    }
    if let ReturnType::Type(_, ty) = &signature.output {
        return Err(syn::Error::new(ty.span(), "a kernel returns nothing"));
    }
    if !signature.generics.params.is_empty() {
        return Err(syn::Error::new(
            signature.generics.span(),
            "a kernel is not generic: stamp one per type",
        ));
    }
    Ok(())
}

/// The PTX entry point and its marker.
fn device_face(bounds: &Bounds, function: &ItemFn) -> TokenStream {
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    let (name, inputs) = (&sig.ident, &sig.inputs);
    let marker = format_ident!("__cuda_kernel__{}", name);
    let mut tail = format!("::{name}");
    if let Some(threads) = bounds.max_threads {
        tail += &format!(";threads={threads}");
    }
    if let Some(blocks) = bounds.min_blocks {
        tail += &format!(";blocks={blocks}");
    }
    quote! {
        #(#attrs)*
        #[cfg(target_arch = "nvptx64")]
        #[unsafe(no_mangle)]
        #vis unsafe extern "ptx-kernel" fn #name(#inputs) #block

        #[cfg(target_arch = "nvptx64")]
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        #[unsafe(no_mangle)]
        #vis static #marker: [u8; concat!("module=", module_path!(), #tail).len()] =
            ::cuda_std::marker(concat!("module=", module_path!(), #tail));
    }
}

/// The typed handle, with the function itself inside for the simulator.
fn host_face(bounds: &Bounds, function: &ItemFn) -> syn::Result<TokenStream> {
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    let (name, inputs) = (&sig.ident, &sig.inputs);
    let (names, types) = arguments(function)?;
    let text = name.to_string();
    let threads = bounds.max_threads.unwrap_or(1024);
    let blocks = bounds.min_blocks.unwrap_or(1);
    Ok(quote! {
        #(#attrs)*
        #[cfg(not(target_arch = "nvptx64"))]
        #[allow(non_upper_case_globals)]
        #vis static #name: ::cuda_std::launch::Kernel<(#(#types,)*)> = {
            unsafe fn body(#inputs) #block
            unsafe fn thread((#(#names,)*): (#(#types,)*)) {
                // SAFETY: the launch passes on the kernel's own contract unchanged.
                unsafe { body(#(#names),*) }
            }
            ::cuda_std::launch::Kernel::new(
                #text,
                module_path!(),
                ::cuda_std::launch::LaunchBounds { max_threads: #threads, min_blocks: #blocks },
                thread,
            )
        };
    })
}

fn arguments(function: &ItemFn) -> syn::Result<(Vec<&Ident>, Vec<&Type>)> {
    function.sig.inputs.iter().map(argument).collect()
}

fn argument(input: &FnArg) -> syn::Result<(&Ident, &Type)> {
    if let FnArg::Typed(typed) = input
        && let Pat::Ident(pattern) = &*typed.pat
        && pattern.by_ref.is_none()
        && pattern.mutability.is_none()
    {
        return Ok((&pattern.ident, &typed.ty));
    }
    Err(syn::Error::new(
        input.span(),
        "a kernel argument is a plain name and a type",
    ))
}

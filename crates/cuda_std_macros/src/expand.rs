//! Writes the device face and the host face of a kernel.
//!
//! An argument of type `GridConstant<T>` is passed by value. On the device it is declared as so many words,
//! since rustc cannot pass what is aligned above 16, and found by the parameter's name in PTX.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, ReturnType, Type};

use crate::bounds::{Begins, Bounds};

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
    let name = &sig.ident;
    let inputs = sig.inputs.iter().map(device_input);
    let constants = sig.inputs.iter().enumerate();
    let constants = constants.filter_map(|(i, input)| device_constant(name, i, input));
    let begin = begin(bounds);
    let marker = format_ident!("__cuda_kernel__{}", name);
    let mut tail = format!("::{name}");
    if let Some(threads) = bounds.max_threads {
        tail += &format!(";threads={threads}");
    }
    if let Some(blocks) = bounds.min_blocks {
        tail += &format!(";blocks={blocks}");
    }
    if bounds.dependent.is_some() {
        tail += ";dependent=1";
    }
    quote! {
        #(#attrs)*
        #[cfg(target_arch = "nvptx64")]
        #[unsafe(no_mangle)]
        #vis unsafe extern "ptx-kernel" fn #name(#(#inputs),*) {
            #(#constants)*
            #begin
            #block
        }

        #[cfg(target_arch = "nvptx64")]
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        #[unsafe(no_mangle)]
        #vis static #marker: [u8; concat!("module=", module_path!(), #tail).len()] =
            ::cuda_std::marker(concat!("module=", module_path!(), #tail));
    }
}

/// What a dependent kernel does first, unless its body does it later.
fn begin(bounds: &Bounds) -> Option<TokenStream> {
    (bounds.dependent == Some(Begins::First)).then(|| quote!(::cuda_std::pdl::begin();))
}

/// The declaration of a parameter.
fn device_input(input: &FnArg) -> TokenStream {
    match constant(input) {
        Some((_, value)) => quote! {
            _: ::cuda_std::grid_constant::Words<{ ::core::mem::size_of::<#value>() / 8 }>
        },
        None => quote!(#input),
    }
}

/// The binding of a parameter that is passed by value, `index`-th of the kernel `name`.
fn device_constant(name: &Ident, index: usize, input: &FnArg) -> Option<TokenStream> {
    let (argument, value) = constant(input)?;
    let address = format!("mov.b64 {{0}}, {name}_param_{index};");
    Some(quote! {
        let #argument = {
            let address: *const #value;
            // SAFETY: takes the address of this kernel's own parameter.
            unsafe {
                ::core::arch::asm!(
                    #address,
                    "cvta.param.u64 {0}, {0};",
                    out(reg64) address,
                    options(pure, nomem, nostack, preserves_flags),
                );
                ::cuda_std::grid_constant::GridConstant::from_parameter(address)
            }
        };
    })
}

/// The name of an argument of type `GridConstant<T>`, and `T`.
fn constant(input: &FnArg) -> Option<(&Ident, &Type)> {
    let (name, ty) = argument(input).ok()?;
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(value)) if last.ident == "GridConstant" => Some((name, value)),
        _ => None,
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
    let begin = begin(bounds);
    let dependent = bounds.dependent.map(|_| quote!(.dependent()));
    Ok(quote! {
        #(#attrs)*
        #[cfg(not(target_arch = "nvptx64"))]
        #[allow(non_upper_case_globals)]
        #vis static #name: ::cuda_std::launch::Kernel<(#(#types,)*)> = {
            unsafe fn body(#inputs) {
                #begin
                #block
            }
            unsafe fn thread((#(#names,)*): (#(#types,)*)) {
                // SAFETY: the launch passes on the kernel's own contract unchanged.
                unsafe { body(#(#names),*) }
            }
            ::cuda_std::launch::Kernel::new(
                #text,
                module_path!(),
                ::cuda_std::launch::LaunchBounds { max_threads: #threads, min_blocks: #blocks },
                thread,
            ) #dependent
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

//! Writes the `wgmma.mma_async` instructions: one implementation per accumulator size and element types.
//!
//! PTX ISA, "wgmma.mma_async". The shape `m64nNkK` has a K of 32 bytes, and each thread holds N / 2
//! registers of the accumulator. Their lists are why this is a procedural macro.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The element types of a product, as Rust and as PTX name them.
struct Types {
    a: TokenStream,
    b: TokenStream,
    ptx: &'static str,
    /// K of the shape.
    k: u32,
    /// Whether the operands in shared memory may be transposed.
    transposable: bool,
}

/// Every implementation.
pub fn products() -> TokenStream {
    let types = types();
    let sizes = (1..=32).map(|i| 4 * i);
    sizes.map(|size| for_size(size, &types)).collect()
}

fn types() -> Vec<Types> {
    let [bf16, f16] = [quote!(::half::bf16), quote!(::half::f16)];
    let tf32 = quote!(crate::cvt::Tf32);
    let [e4m3, e5m2] = [quote!(::formats::E4m3), quote!(::formats::E5m2)];
    let types = |a: &TokenStream, b: &TokenStream, ptx, k| Types {
        a: a.clone(),
        b: b.clone(),
        ptx,
        k,
        transposable: k == 16,
    };
    vec![
        types(&bf16, &bf16, "bf16.bf16", 16),
        types(&f16, &f16, "f16.f16", 16),
        types(&tf32, &tf32, "tf32.tf32", 8),
        types(&e4m3, &e4m3, "e4m3.e4m3", 32),
        types(&e4m3, &e5m2, "e4m3.e5m2", 32),
        types(&e5m2, &e4m3, "e5m2.e4m3", 32),
        types(&e5m2, &e5m2, "e5m2.e5m2", 32),
    ]
}

/// The implementations for accumulators of `size` registers.
fn for_size(size: usize, types: &[Types]) -> TokenStream {
    let registers: Vec<Ident> = (0..size).map(|i| format_ident!("d{i}")).collect();
    let tie = tie(size, &registers);
    let products = types.iter().map(|types| product(size, types, &registers));
    quote! { #tie #(#products)* }
}

/// An empty instruction that takes all registers and gives them back.
fn tie(size: usize, registers: &[Ident]) -> TokenStream {
    let template = format!("// {}", placeholders(size).join(" "));
    quote! {
        impl Tie for Accumulator<#size> {
            #[inline(always)]
            fn tie(&mut self) {
                let [#(#registers),*] = &mut self.registers;
                // SAFETY: a comment does nothing.
                unsafe { asm!(#template, #(inout(reg32) *#registers,)* options(nostack)) }
            }
        }
    }
}

fn product(size: usize, types: &Types, registers: &[Ident]) -> TokenStream {
    let Types { a, b, .. } = types;
    let methods = [
        method(size, types, registers, (false, false)),
        method(size, types, registers, (false, true)),
        method(size, types, registers, (true, false)),
        method(size, types, registers, (true, true)),
    ];
    quote! {
        impl Product<#a, #b> for Accumulator<#size> {
            #(#methods)*
        }
    }
}

/// One of the four methods of `Product`: `A` from registers or shared memory, and whether the product
/// starts the accumulator or adds to it.
fn method(
    size: usize,
    types: &Types,
    registers: &[Ident],
    (from_registers, first): (bool, bool),
) -> TokenStream {
    let template = template(size, types, from_registers, first);
    let (name, signature) = match (from_registers, first) {
        (false, false) => (
            "ss",
            quote!(<MA: Major, MB: Major>(&mut self, a: u64, b: u64, scale_d: bool)),
        ),
        (false, true) => (
            "ss_first",
            quote!(<MA: Major, MB: Major>(&mut self, a: u64, b: u64)),
        ),
        (true, false) => (
            "rs",
            quote!(<MB: Major>(&mut self, a: [u32; 4], b: u64, scale_d: bool)),
        ),
        (true, true) => (
            "rs_first",
            quote!(<MB: Major>(&mut self, a: [u32; 4], b: u64)),
        ),
    };
    let name = format_ident!("{name}");
    let accumulator = if first {
        quote!(out(reg32))
    } else {
        quote!(inout(reg32))
    };
    let a = if from_registers {
        quote!(in(reg32) a[0], in(reg32) a[1], in(reg32) a[2], in(reg32) a[3],)
    } else {
        quote!(in(reg64) a,)
    };
    let scale = (!first).then(|| quote!(s = in(reg32) scale_d as u32,));
    let transpose_a =
        (types.transposable && !from_registers).then(|| quote!(ta = const MA::TRANSPOSED as u32,));
    let transpose_b = types
        .transposable
        .then(|| quote!(tb = const MB::TRANSPOSED as u32,));
    quote! {
        #[inline(always)]
        unsafe fn #name #signature {
            let [#(#registers),*] = &mut self.registers;
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!(#template, #(#accumulator *#registers,)* #a in(reg64) b,
                    #scale #transpose_a #transpose_b options(nostack));
            }
        }
    }
}

/// The instruction. Its operands are the accumulator's registers, then those of `A`, then `B`.
fn template(size: usize, types: &Types, from_registers: bool, first: bool) -> String {
    let mut a: Vec<String> = placeholders(size + 5).split_off(size);
    let (a, b) = if from_registers {
        a.truncate(4);
        (format!("{{{{{}}}}}", a.join(", ")), size + 4)
    } else {
        (a.swap_remove(0), size + 1)
    };
    let n = 2 * size;
    let (k, ptx) = (types.k, types.ptx);
    let d = placeholders(size).join(", ");
    let scale = if first { "0" } else { "p" };
    let transposes = match (types.transposable, from_registers) {
        (false, _) => "",
        (true, false) => ", {ta}, {tb}",
        (true, true) => ", {tb}",
    };
    let instruction = format!(
        "wgmma.mma_async.sync.aligned.m64n{n}k{k}.f32.{ptx} {{{{{d}}}}}, {a}, {{{b}}}, {scale}, 1, 1{transposes};"
    );
    if first {
        instruction
    } else {
        format!("{{{{\n.reg .pred p;\nsetp.ne.b32 p, {{s}}, 0;\n{instruction}\n}}}}")
    }
}

/// `{0}`, `{1}`, ...
fn placeholders(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{{{i}}}")).collect()
}

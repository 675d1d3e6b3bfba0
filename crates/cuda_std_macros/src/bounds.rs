//! Parses the arguments of `#[kernel(..)]`.

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitInt, Token, parenthesized};

/// `launch_bounds(max_threads[, min_blocks])`, or nothing.
#[derive(Default)]
pub struct Bounds {
    pub max_threads: Option<u32>,
    pub min_blocks: Option<u32>,
}

impl Parse for Bounds {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self::default());
        }
        let name: Ident = input.parse()?;
        if name != "launch_bounds" {
            return Err(syn::Error::new(
                name.span(),
                "expected `launch_bounds(max_threads[, min_blocks])`",
            ));
        }
        let arguments;
        parenthesized!(arguments in input);
        let max_threads = in_range(&arguments.parse()?, 1024)?;
        let min_blocks = if arguments.parse::<Option<Token![,]>>()?.is_some() {
            Some(in_range(&arguments.parse()?, 32)?)
        } else {
            None
        };
        Ok(Self {
            max_threads: Some(max_threads),
            min_blocks,
        })
    }
}

fn in_range(literal: &LitInt, max: u32) -> syn::Result<u32> {
    let value = literal.base10_parse()?;
    if (1..=max).contains(&value) {
        Ok(value)
    } else {
        Err(syn::Error::new(
            literal.span(),
            format!("expected 1 to {max}"),
        ))
    }
}

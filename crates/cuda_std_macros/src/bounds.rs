//! Parses the arguments of `#[kernel(..)]`.

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitInt, Token, parenthesized, token};

/// `launch_bounds(max_threads[, min_blocks])` and `dependent[(begins_itself)]`, or either, or nothing.
#[derive(Default)]
pub struct Bounds {
    pub max_threads: Option<u32>,
    pub min_blocks: Option<u32>,
    pub dependent: Option<Begins>,
}

/// Where a dependent kernel waits for the grids before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// Before all else.
    First,
    /// Where its body does.
    Itself,
}

impl Parse for Bounds {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut bounds = Self::default();
        while !input.is_empty() {
            bounds.argument(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(bounds)
    }
}

impl Bounds {
    /// Parses the next argument.
    fn argument(&mut self, input: ParseStream) -> syn::Result<()> {
        let name: Ident = input.parse()?;
        match name.to_string().as_str() {
            "launch_bounds" => self.launch_bounds(input),
            "dependent" => {
                self.dependent = Some(Begins::parse(input)?);
                Ok(())
            }
            _ => Err(syn::Error::new(
                name.span(),
                "expected `launch_bounds(max_threads[, min_blocks])` or `dependent[(begins_itself)]`",
            )),
        }
    }

    /// Parses `(max_threads[, min_blocks])`.
    fn launch_bounds(&mut self, input: ParseStream) -> syn::Result<()> {
        let arguments;
        parenthesized!(arguments in input);
        self.max_threads = Some(in_range(&arguments.parse()?, 1024)?);
        if arguments.parse::<Option<Token![,]>>()?.is_some() {
            self.min_blocks = Some(in_range(&arguments.parse()?, 32)?);
        }
        Ok(())
    }
}

impl Begins {
    /// Parses `(begins_itself)`, or nothing.
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if !input.peek(token::Paren) {
            return Ok(Self::First);
        }
        let argument;
        parenthesized!(argument in input);
        let name: Ident = argument.parse()?;
        match name == "begins_itself" {
            true => Ok(Self::Itself),
            false => Err(syn::Error::new(name.span(), "expected `begins_itself`")),
        }
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

#[cfg(test)]
mod tests {
    use super::{Begins, Bounds};

    type Parsed = (Option<u32>, Option<u32>, Option<Begins>);

    fn parsed(arguments: &str) -> Option<Parsed> {
        let bounds: Bounds = syn::parse_str(arguments).ok()?;
        Some((bounds.max_threads, bounds.min_blocks, bounds.dependent))
    }

    #[test]
    fn arguments_come_in_any_order() {
        let first = Some(Begins::First);
        let itself = Some(Begins::Itself);
        for (arguments, want) in [
            ("", (None, None, None)),
            ("dependent", (None, None, first)),
            ("dependent(begins_itself)", (None, None, itself)),
            ("launch_bounds(384)", (Some(384), None, None)),
            (
                "launch_bounds(384, 1), dependent",
                (Some(384), Some(1), first),
            ),
            (
                "dependent(begins_itself), launch_bounds(1024, 32),",
                (Some(1024), Some(32), itself),
            ),
        ] {
            assert_eq!(parsed(arguments), Some(want), "{arguments}");
        }
    }

    #[test]
    fn what_is_no_argument_is_refused() {
        for arguments in [
            "independent",
            "dependent()",
            "dependent(begins)",
            "launch_bounds",
            "launch_bounds(0)",
            "launch_bounds(1025)",
            "launch_bounds(32, 33)",
            "dependent launch_bounds(32)",
        ] {
            assert_eq!(parsed(arguments), None, "{arguments}");
        }
    }
}

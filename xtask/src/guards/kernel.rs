//! Splits PTX into kernels, and kernels into instructions.

/// A kernel of a PTX module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kernel<'a> {
    pub(super) name: &'a str,
    /// The opcodes of its instructions, in order: `ld.global.v4.b32`.
    pub(super) opcodes: Vec<&'a str>,
}

/// The kernels of `ptx`, in order.
pub(super) fn split(ptx: &str) -> Vec<Kernel<'_>> {
    ptx.split(".entry ")
        .skip(1)
        .filter_map(|text| {
            let name = text.split('(').next()?.trim();
            let opcodes = body(text)?.lines().filter_map(opcode).collect();
            Some(Kernel { name, opcodes })
        })
        .collect()
}

/// What stands between the outermost braces. Inline assembly has braces of its own.
fn body(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let mut depth = 0;
    for (at, c) in text[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[start + 1..start + at]);
        }
    }
    None
}

/// The opcode of a line, if it holds an instruction.
fn opcode(line: &str) -> Option<&str> {
    let code = line.split("//").next()?.trim();
    let code = match code.strip_prefix('@') {
        Some(predicated) => predicated.split_once(char::is_whitespace)?.1.trim_start(),
        None => code,
    };
    let opcode = code.split(|c: char| c.is_whitespace() || c == ';').next()?;
    let is_opcode = opcode.starts_with(|c: char| c.is_ascii_lowercase()) && !opcode.ends_with(':');
    is_opcode.then_some(opcode)
}

#[cfg(test)]
mod tests {
    use super::{Kernel, opcode, split};

    const MODULE: &str = "//
.version 8.0
.func helper()
{
\tbar.sync 0;
}
.visible .entry first(
\t.param .u64 first_param_0
)
.maxntid 512                            // @first
{
\t.reg .b32 \t%r<3>;
$L__BB0_1:                              // =>This Inner Loop
\tld.global.v4.b32 \t{%r1, %r2, %r3, %r4}, [%rd1];
\t// begin inline asm
\t{
.reg .pred p;
@p bra $L__BB0_1;
}
\t// end inline asm
\t@!%p1 bar.sync \t0;
\tret;
}
.visible .entry second(
)
{
\tret;
}
";

    #[test]
    fn kernels_end_at_their_own_brace() {
        let expected = [
            Kernel {
                name: "first",
                opcodes: vec!["ld.global.v4.b32", "bra", "bar.sync", "ret"],
            },
            Kernel {
                name: "second",
                opcodes: vec!["ret"],
            },
        ];
        assert_eq!(split(MODULE), expected);
    }

    #[test]
    fn labels_directives_and_comments_are_no_instructions() {
        for line in [
            "$L__BB0_1:",
            "\t.reg .b32 %r<3>;",
            "// bar.sync 0;",
            "",
            "\t}",
            "loop:",
        ] {
            assert_eq!(opcode(line), None, "{line}");
        }
        assert_eq!(opcode("\tbra.uni \t$L__BB0_2;"), Some("bra.uni"));
        assert_eq!(opcode("\tret;"), Some("ret"));
    }
}

//! Marks inline assembly `convergent`.
//!
//! A barrier, a shuffle or a wgmma must be executed by the same threads before and after
//! optimisation. LLVM keeps that promise for operations marked `convergent` (LLVM Language
//! Reference, "Convergent Operation Semantics"). rustc marks functions, and intrinsics are marked by
//! LLVM, but calls of inline assembly are not: without the mark one `bar.sync` between two `if`s on
//! the same condition becomes two, one in each arm.

use std::sync::LazyLock;

use regex::Regex;

use super::IrError;

/// `call ... asm sideeffect "...", "..."(arguments)`, then an attribute group, then metadata.
static ASM_CALL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?<call>.*\))(?<group> #[0-9]+)?(?<metadata>, !.*)?$").expect("a valid pattern")
});

/// Adds `convergent` to every call of side-effecting inline assembly in `ir`.
pub(crate) fn mark_asm_convergent(ir: &str) -> Result<String, IrError> {
    let mut fixed = String::with_capacity(ir.len());
    for line in ir.lines() {
        if is_asm_call(line) {
            fixed.push_str(&mark_line(line)?);
        } else {
            fixed.push_str(line);
        }
        fixed.push('\n');
    }
    Ok(fixed)
}

/// Instructions are indented; strings, which may hold any text, are not.
fn is_asm_call(line: &str) -> bool {
    let before = line
        .split_once(" asm sideeffect ")
        .map(|(before, _)| before);
    line.starts_with(' ') && before.is_some_and(|text| text.split(' ').any(|word| word == "call"))
}

fn mark_line(line: &str) -> Result<String, IrError> {
    let parts = ASM_CALL
        .captures(line)
        .ok_or_else(|| IrError::AsmCall(line.trim().to_owned()))?;
    let part = |name| parts.name(name).map_or("", |m| m.as_str());
    Ok(format!(
        "{} convergent{}{}",
        part("call"),
        part("group"),
        part("metadata")
    ))
}

#[cfg(test)]
mod tests {
    use super::{IrError, mark_asm_convergent};

    #[track_caller]
    fn marks(before: &str, after: &str) {
        assert_eq!(mark_asm_convergent(before).unwrap(), format!("{after}\n"));
    }

    #[test]
    fn marks_calls_with_metadata_and_groups() {
        marks(
            r#"  call void asm sideeffect "bar.sync 0;", "~{memory}"(), !srcloc !37"#,
            r#"  call void asm sideeffect "bar.sync 0;", "~{memory}"() convergent, !srcloc !37"#,
        );
        marks(
            r#"  %3 = tail call i32 asm sideeffect "f $0, ($1);", "=r,r"(i32 %2) #7, !dbg !4, !srcloc !3"#,
            r#"  %3 = tail call i32 asm sideeffect "f $0, ($1);", "=r,r"(i32 %2) convergent #7, !dbg !4, !srcloc !3"#,
        );
        marks(
            r#"  call void asm sideeffect alignstack "exit;", ""()"#,
            r#"  call void asm sideeffect alignstack "exit;", ""() convergent"#,
        );
    }

    #[test]
    fn leaves_everything_else_alone() {
        for line in [
            r#"  %3 = call float asm "ex2.approx.f32 $0, $1;", "=f,f"(float %2), !srcloc !3"#,
            r#"@text = constant [23 x i8] c"a call asm sideeffect b""#,
            "  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)",
        ] {
            marks(line, line);
        }
    }

    #[test]
    fn refuses_a_call_it_does_not_understand() {
        let line = r#"  call void asm sideeffect "x;", ""() [ "bundle"() ]"#;
        assert_eq!(
            mark_asm_convergent(line),
            Err(IrError::AsmCall(line.trim().to_owned()))
        );
    }
}

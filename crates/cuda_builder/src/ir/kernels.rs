//! Finds the kernels of a module and reads the markers that `#[kernel]` leaves for them.
//!
//! For a kernel `foo` the macro writes a byte string named `__cuda_kernel__foo`:
//!
//! ```text
//! module=gatewarp_kernels::activation::foo;threads=512;blocks=2;dependent=1
//! ```
//!
//! `module` is the Rust path of the kernel. `threads` and `blocks` are its launch bounds, absent
//! when it has none. `dependent=1` is there if it waits for the grids before it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::IrError;

/// What the symbol of a marker starts with; the kernel's name follows.
pub(crate) const MARKER_PREFIX: &str = "__cuda_kernel__";

static KERNEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^define [^@\n]*ptx_kernel [^@\n]*@(?<name>[A-Za-z0-9_.$]+)\(")
        .expect("a valid pattern")
});

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^@__cuda_kernel__(?<name>[A-Za-z0-9_.$]+) = [^"\n]*c"(?<text>[^"\n]*)""#)
        .expect("a valid pattern")
});

/// A kernel of a device crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// Its symbol, the name by which the host finds it.
    pub(crate) name: String,
    /// Its Rust path: crate, modules, name.
    pub(crate) path: String,
    /// The most threads a block of it has.
    pub(crate) threads: Option<u32>,
    /// The fewest blocks of it that must fit on a multiprocessor.
    pub(crate) blocks: Option<u32>,
    /// Whether it is declared to wait for the grids before it.
    pub(crate) dependent: bool,
}

impl Kernel {
    /// The kernel family: the directory that holds the kernel's file (`activation`, `quantize_fp8`); for a
    /// file in the crate's root that file, for a kernel in the root the crate.
    pub(crate) fn family(&self) -> String {
        let segments: Vec<_> = self.path.split("::").collect();
        match segments[..] {
            [ref directories @ .., _file, _kernel] if directories.len() > 1 => {
                directories[1..].join("_")
            }
            [_, file, _] => file.to_owned(),
            _ => segments[0].to_owned(),
        }
    }

    fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut fields = BTreeMap::new();
        for field in text.split(';') {
            let (key, value) = field
                .split_once('=')
                .ok_or_else(|| format!("`{field}` is not key=value"))?;
            fields.insert(key, value);
        }
        let path = fields.remove("module").ok_or("module= is missing")?;
        if !path.ends_with(&format!("::{name}")) {
            return Err(format!("module={path} is not the path of this kernel"));
        }
        let kernel = Self {
            name: name.to_owned(),
            path: path.to_owned(),
            threads: take_number(&mut fields, "threads")?,
            blocks: take_number(&mut fields, "blocks")?,
            dependent: take_number(&mut fields, "dependent")?.is_some(),
        };
        match fields.first_key_value() {
            Some((key, _)) => Err(format!("unknown key `{key}`")),
            None => Ok(kernel),
        }
    }
}

fn take_number(fields: &mut BTreeMap<&str, &str>, key: &str) -> Result<Option<u32>, String> {
    fields
        .remove(key)
        .map(|value| {
            let number = value.parse().ok().filter(|&n| n > 0);
            number.ok_or_else(|| format!("{key}={value} is not a positive number"))
        })
        .transpose()
}

/// The kernels that `ir` defines, in order of definition.
pub(crate) fn find_kernels(ir: &str) -> Result<Vec<Kernel>, IrError> {
    let mut markers = find_markers(ir)?;
    let kernels = KERNEL
        .captures_iter(ir)
        .map(|found| {
            let name = &found["name"];
            markers
                .remove(name)
                .ok_or_else(|| IrError::UnmarkedKernel(name.to_owned()))
        })
        .collect::<Result<_, _>>()?;
    match markers.into_keys().next() {
        Some(name) => Err(IrError::NoSuchKernel(name)),
        None => Ok(kernels),
    }
}

fn find_markers(ir: &str) -> Result<BTreeMap<String, Kernel>, IrError> {
    MARKER
        .captures_iter(ir)
        .map(|found| {
            let name = &found["name"];
            let kernel = unescape(&found["text"]).and_then(|text| Kernel::parse(name, &text));
            let error = |reason| IrError::Marker {
                marker: format!("{MARKER_PREFIX}{name}"),
                reason,
            };
            Ok((name.to_owned(), kernel.map_err(error)?))
        })
        .collect()
}

/// Undoes the escapes of an LLVM string: `\XX` is the byte with that hexadecimal value.
fn unescape(text: &str) -> Result<String, String> {
    let mut pieces = text.split('\\');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let byte = piece
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.ok_or_else(|| format!("bad escape in `{text}`"))?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).map_err(|_| format!("`{text}` is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::{IrError, Kernel, find_kernels};

    const PLAIN: &str = r#"
@__cuda_kernel__silu = constant [46 x i8] c"module=k::activation::silu;threads=512;blocks=2", align 1
@other = constant [4 x i8] c"abcd"
define ptx_kernel void @silu(ptr noundef %0) unnamed_addr #4 {
define internal void @helper(ptr noundef %0) unnamed_addr #4 {
"#;

    fn kernel(name: &str, path: &str, threads: Option<u32>, blocks: Option<u32>) -> Kernel {
        Kernel {
            name: name.to_owned(),
            path: path.to_owned(),
            threads,
            blocks,
            dependent: false,
        }
    }

    #[test]
    fn reads_what_waits() {
        let ir = PLAIN.replace("blocks=2", "blocks=2;dependent=1");
        let silu = kernel("silu", "k::activation::silu", Some(512), Some(2));
        let waiting = Kernel {
            dependent: true,
            ..silu
        };
        assert_eq!(find_kernels(&ir), Ok(vec![waiting]));
    }

    #[test]
    fn reads_a_plain_marker() {
        let silu = kernel("silu", "k::activation::silu", Some(512), Some(2));
        assert_eq!(find_kernels(PLAIN), Ok(vec![silu.clone()]));
        assert_eq!(silu.family(), "activation");
    }

    #[test]
    fn reads_a_wrapped_and_escaped_marker() {
        let ir = r#"
@__cuda_kernel__f = constant <{ [11 x i8] }> <{ [11 x i8] c"module\3Dk::f" }>, align 1
define dso_local ptx_kernel void @f() {
"#;
        let f = kernel("f", "k::f", None, None);
        assert_eq!(find_kernels(ir), Ok(vec![f.clone()]));
        assert_eq!(f.family(), "k");
    }

    #[test]
    fn a_family_is_a_directory() {
        let family = |path: &str| kernel("f", path, None, None).family();
        assert_eq!(family("k::f"), "k");
        assert_eq!(family("k::memory::f"), "memory");
        assert_eq!(family("k::activation::silu::f"), "activation");
        assert_eq!(family("k::quantize::fp8::row::f"), "quantize_fp8");
    }

    #[test]
    fn kernels_and_markers_come_in_pairs() {
        let lone_kernel = "define ptx_kernel void @f() {\n";
        let lone_marker = "@__cuda_kernel__f = constant [11 x i8] c\"module=k::f\"\n";
        assert_eq!(
            find_kernels(lone_kernel),
            Err(IrError::UnmarkedKernel("f".to_owned()))
        );
        assert_eq!(
            find_kernels(lone_marker),
            Err(IrError::NoSuchKernel("f".to_owned()))
        );
    }

    #[test]
    fn refuses_markers_that_say_nonsense() {
        for text in [
            "threads=4",
            "module",
            "module=k",
            "module=k::g",
            "module=k::f;threads=0",
            "module=k::f;blocks=x",
            "module=k::f;dependent",
            "module=k::f;color=red",
            "module=k\\4",
        ] {
            let ir = format!("@__cuda_kernel__f = constant [9 x i8] c\"{text}\"\n");
            let found = find_kernels(&ir);
            assert!(
                matches!(found, Err(IrError::Marker { .. })),
                "{text}: {found:?}"
            );
        }
    }
}

//! Builds the fixture crate and reads the PTX that comes out.
//!
//! Where there is no device toolchain the tests are listed as ignored, with the reason.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use cuda_builder::{Arch, CudaBuilder, Header, PtxModule, Toolchain};
use libtest_mimic::{Arguments, Failed, Trial};

/// Names the crate to build when this program runs itself to see what a developer sees.
const BUILD_VAR: &str = "PIPELINE_TEST_BUILD";

type Test = fn() -> Result<(), Failed>;

const TESTS: [(&str, Test); 9] = [
    ("one_module_per_family", one_module_per_family),
    ("dependent_kernels_are_named", dependent_kernels_are_named),
    ("barriers_stay_as_written", barriers_stay_as_written),
    ("launch_bounds_are_stated", launch_bounds_are_stated),
    ("address_spaces_are_inferred", address_spaces_are_inferred),
    ("markers_and_hashes_are_gone", markers_and_hashes_are_gone),
    ("headers_tell_the_toolchain", headers_tell_the_toolchain),
    (
        "every_directory_gives_equal_bytes",
        every_directory_gives_equal_bytes,
    ),
    ("mistakes_reach_the_developer", mistakes_reach_the_developer),
];

fn main() -> ExitCode {
    if let Some(crate_path) = env::var_os(BUILD_VAR) {
        return build_for_developer(Path::new(&crate_path));
    }
    let toolchain = Toolchain::find();
    if let Err(missing) = &toolchain {
        eprintln!("skipped: {missing}");
    }
    let trials = TESTS
        .into_iter()
        .map(|(name, test)| Trial::test(name, test).with_ignored_flag(toolchain.is_err()))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn build_for_developer(crate_path: &Path) -> ExitCode {
    match build(crate_path) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")
}

fn build(crate_path: &Path) -> Result<Vec<PtxModule>, cuda_builder::CudaBuilderError> {
    CudaBuilder::new(crate_path)
        .arch(Arch::Sm90a)
        .target_dir(Path::new(env!("CARGO_TARGET_TMPDIR")).join("nvptx"))
        .build_modules()
}

/// The fixture's modules, built once.
fn modules() -> Result<&'static [PtxModule], Failed> {
    static MODULES: OnceLock<Result<Vec<PtxModule>, String>> = OnceLock::new();
    let built = MODULES.get_or_init(|| build(&fixture()).map_err(|error| error.to_string()));
    Ok(built.as_deref().map_err(|error| error.clone())?)
}

/// The text of a kernel, from its `.entry` line to its closing brace.
fn kernel(name: &str) -> Result<&'static str, Failed> {
    let start = format!(".entry {name}(");
    let found = modules()?.iter().find_map(|module| {
        let (_, after) = module.text.split_once(&start)?;
        after.split_once("\n}").map(|(body, _)| body)
    });
    Ok(found.ok_or_else(|| format!("no kernel {name}"))?)
}

fn ensure(condition: bool, what: impl Into<String>) -> Result<(), Failed> {
    if condition {
        Ok(())
    } else {
        Err(what.into().into())
    }
}

fn one_module_per_family() -> Result<(), Failed> {
    let found: Vec<(&str, Vec<&str>)> = modules()?
        .iter()
        .map(|module| {
            let kernels = module.kernels.iter().map(String::as_str);
            (module.family.as_str(), kernels.collect())
        })
        .collect();
    let expected = [
        ("barriers", vec!["guard_asm", "guard_intrinsic"]),
        ("memory", vec!["checked_lookup", "reverse_block"]),
    ];
    ensure(found == expected, format!("{found:?}"))?;
    let [barriers, memory] = modules()? else {
        return Err("two modules".into());
    };
    ensure(
        !barriers.text.contains("reverse_block"),
        "barriers holds reverse_block",
    )?;
    ensure(!memory.text.contains("guard_asm"), "memory holds guard_asm")
}

fn dependent_kernels_are_named() -> Result<(), Failed> {
    let dependent: Vec<_> = modules()?.iter().map(|module| &module.dependent).collect();
    ensure(
        dependent == [&vec!["guard_asm".to_owned()], &vec![]],
        format!("{dependent:?}"),
    )
}

fn barriers_stay_as_written() -> Result<(), Failed> {
    for name in ["guard_asm", "guard_intrinsic", "reverse_block"] {
        let text = kernel(name)?;
        let barriers = text.matches("bar.sync").count();
        ensure(
            barriers == 1,
            format!("{name} has {barriers} barriers:\n{text}"),
        )?;
    }
    Ok(())
}

fn launch_bounds_are_stated() -> Result<(), Failed> {
    let both = kernel("guard_intrinsic")?;
    ensure(both.contains(".maxntid 512"), both)?;
    ensure(both.contains(".minnctapersm 2"), both)?;
    let threads = kernel("guard_asm")?;
    ensure(threads.contains(".maxntid 384"), threads)?;
    ensure(!threads.contains(".minnctapersm"), threads)?;
    let neither = kernel("reverse_block")?;
    ensure(!neither.contains(".maxntid"), neither)
}

fn address_spaces_are_inferred() -> Result<(), Failed> {
    let text = kernel("reverse_block")?;
    for access in ["ld.global", "st.global", "ld.shared", "st.shared"] {
        ensure(text.contains(access), format!("no {access}:\n{text}"))?;
    }
    for generic in ["ld.b32", "st.b32"] {
        ensure(!text.contains(generic), format!("{generic}:\n{text}"))?;
    }
    Ok(())
}

fn markers_and_hashes_are_gone() -> Result<(), Failed> {
    for module in modules()? {
        for leftover in ["__cuda_kernel__", "_RNv", "_ZN", "anon."] {
            let found = module.text.contains(leftover);
            ensure(
                !found,
                format!("{leftover} in {}:\n{}", module.family, module.text),
            )?;
        }
    }
    Ok(())
}

fn headers_tell_the_toolchain() -> Result<(), Failed> {
    let toolchain = Toolchain::find().map_err(|error| error.to_string())?;
    for module in modules()? {
        let header = Header::parse(&module.text).ok_or("no header")?;
        ensure(
            header.rustc.contains(&toolchain.version().commit_hash),
            header.rustc,
        )?;
        ensure(header.llvm == toolchain.llvm_version(), header.llvm)?;
        ensure(header.arch == "sm_90a", header.arch)?;
        ensure(header.package == "device-fixture 0.0.0", header.package)?;
    }
    Ok(())
}

/// A copy of the fixture in another directory.
fn copy_of_fixture(name: &str) -> Result<PathBuf, Failed> {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(copy.join("src"))?;
    for file in [
        "Cargo.toml",
        "src/lib.rs",
        "src/barriers.rs",
        "src/memory.rs",
    ] {
        fs::copy(fixture().join(file), copy.join(file))?;
    }
    Ok(copy)
}

fn replace_in(file: &Path, old: &str, new: &str) -> Result<(), Failed> {
    let text = fs::read_to_string(file)?;
    ensure(
        text.contains(old),
        format!("no `{old}` in {}", file.display()),
    )?;
    Ok(fs::write(file, text.replace(old, new))?)
}

fn every_directory_gives_equal_bytes() -> Result<(), Failed> {
    // The copy is made after the first build, so that cargo sees newer files and builds again.
    let here = modules()?;
    let copy = copy_of_fixture("a/much longer/path")?;
    let there = build(&copy).map_err(|error| error.to_string())?;
    for (here, there) in here.iter().zip(&there) {
        ensure(here == there, format!("{}\n{}", here.text, there.text))?;
    }
    ensure(here.len() == there.len(), "another number of modules")
}

fn mistakes_reach_the_developer() -> Result<(), Failed> {
    let broken = copy_of_fixture("broken")?;
    replace_in(
        &broken.join("Cargo.toml"),
        "device-fixture",
        "device-broken",
    )?;
    replace_in(
        &broken.join("src/barriers.rs"),
        "*p += 7",
        "*p += \"seven\"",
    )?;
    let output = Command::new(env::current_exe()?)
        .env(BUILD_VAR, broken)
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure(!output.status.success(), "a broken crate was built")?;
    for part in [
        "error[E0277]: cannot add-assign `&str` to `u32`",
        "--> src/barriers.rs:",
        "*p += \"seven\"",
        "error: device crate `device-broken` does not compile",
    ] {
        ensure(stderr.contains(part), format!("no `{part}` in:\n{stderr}"))?;
    }
    Ok(())
}

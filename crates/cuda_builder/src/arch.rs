//! Target architectures and PTX ISA versions.

use std::fmt;
use std::str::FromStr;

/// A GPU architecture that device code is compiled for.
///
/// Code for a plain architecture runs on every later one. Code for an architecture with an `a`
/// runs on that architecture alone, and may use its own instructions (on `sm_90a`: wgmma and
/// setmaxnreg). See the PTX ISA, "PTX Module Directives: .target".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Arch {
    /// Ampere, data centre (A100).
    Sm80,
    /// Ampere, workstation.
    Sm86,
    /// Ada.
    Sm89,
    /// Hopper, what later architectures also run.
    Sm90,
    /// Hopper (H100, H200), with wgmma.
    Sm90a,
    /// Blackwell, data centre, what later architectures also run.
    Sm100,
    /// Blackwell, data centre, with tcgen05.
    Sm100a,
    /// Blackwell, workstation.
    Sm120,
}

/// The name rust-cuda gives to [`Arch`].
pub type NvvmArch = Arch;

impl Arch {
    /// Every architecture, oldest first.
    pub const ALL: [Self; 8] = [
        Self::Sm80,
        Self::Sm86,
        Self::Sm89,
        Self::Sm90,
        Self::Sm90a,
        Self::Sm100,
        Self::Sm100a,
        Self::Sm120,
    ];

    /// The name that rustc, LLVM and ptxas use: `sm_90a`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sm80 => "sm_80",
            Self::Sm86 => "sm_86",
            Self::Sm89 => "sm_89",
            Self::Sm90 => "sm_90",
            Self::Sm90a => "sm_90a",
            Self::Sm100 => "sm_100",
            Self::Sm100a => "sm_100a",
            Self::Sm120 => "sm_120",
        }
    }

    /// The PTX ISA version that modules for this architecture declare unless told otherwise: the
    /// lowest that is useful there, because a driver refuses any that is newer than itself.
    pub const fn default_ptx_isa(self) -> PtxIsa {
        match self {
            Self::Sm80 | Self::Sm86 | Self::Sm89 | Self::Sm90 => PtxIsa::new(7, 8),
            Self::Sm90a => PtxIsa::new(8, 0),
            Self::Sm100 | Self::Sm100a => PtxIsa::new(8, 6),
            Self::Sm120 => PtxIsa::new(8, 7),
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no [`Arch`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown architecture `{0}`; known are sm_80 to sm_120, for example sm_90a")]
pub struct UnknownArch(String);

impl FromStr for Arch {
    type Err = UnknownArch;

    fn from_str(name: &str) -> Result<Self, UnknownArch> {
        Self::ALL
            .into_iter()
            .find(|arch| arch.as_str() == name)
            .ok_or_else(|| UnknownArch(name.to_owned()))
    }
}

/// A version of the PTX language, as a module's `.version` line states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PtxIsa {
    major: u8,
    minor: u8,
}

impl PtxIsa {
    /// PTX ISA `major.minor`.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// The LLVM target feature that selects this version: `+ptx78`.
    pub(crate) fn llvm_feature(self) -> String {
        format!("+ptx{}{}", self.major, self.minor)
    }
}

impl fmt::Display for PtxIsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::{Arch, PtxIsa};

    #[test]
    fn names_round_trip() {
        for arch in Arch::ALL {
            assert_eq!(arch.as_str().parse(), Ok(arch));
        }
        assert!("sm_90b".parse::<Arch>().is_err());
    }

    #[test]
    fn ptx_isa_prints_as_ptx_and_llvm_spell_it() {
        assert_eq!(PtxIsa::new(7, 8).to_string(), "7.8");
        assert_eq!(PtxIsa::new(7, 8).llvm_feature(), "+ptx78");
    }
}

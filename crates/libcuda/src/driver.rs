//! Whether there is a usable driver, and which.

use core::fmt;

use crate::error::{DriverError, call};
use crate::ffi;
use crate::loader::library;

/// The oldest driver this crate works with: the first with tensor maps, clusters and the PTX version
/// (8.0) that the Hopper instruction set needs.
pub const MINIMUM_DRIVER: DriverVersion = DriverVersion {
    major: 12,
    minor: 0,
};

/// The newest CUDA version that a driver supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverVersion {
    /// 12 in CUDA 12.8.
    pub major: u32,
    /// 8 in CUDA 12.8.
    pub minor: u32,
}

impl DriverVersion {
    /// Stands for the version of a driver that does not tell it.
    pub(crate) const UNKNOWN: Self = Self { major: 0, minor: 0 };

    /// From the number that `cuDriverGetVersion` gives: `1000 * major + 10 * minor`.
    pub(crate) const fn from_raw(raw: i32) -> Self {
        let raw = raw.unsigned_abs();
        Self {
            major: raw / 1000,
            minor: raw % 1000 / 10,
        }
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::UNKNOWN {
            return f.write_str("of unknown version");
        }
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A driver that this crate can work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriverInfo {
    /// The newest CUDA version it supports, at least [`MINIMUM_DRIVER`].
    pub version: DriverVersion,
}

/// The driver of this machine. Needs no `cuInit` and does not call it: a driver without a device is a
/// driver too.
///
/// # Errors
/// [`DriverError::NoLibrary`] where there is none, [`DriverError::TooOld`] below [`MINIMUM_DRIVER`].
pub fn driver() -> Result<DriverInfo, DriverError> {
    library().map_err(DriverError::no_library)?;
    accept(installed_version()?)
}

/// Compares a version with the one required.
fn accept(version: DriverVersion) -> Result<DriverInfo, DriverError> {
    if version < MINIMUM_DRIVER {
        return Err(DriverError::TooOld {
            found: version,
            required: MINIMUM_DRIVER,
        });
    }
    Ok(DriverInfo { version })
}

/// What `cuDriverGetVersion` tells.
fn installed_version() -> Result<DriverVersion, DriverError> {
    let mut raw = 0;
    // SAFETY: `raw` is a local that may be written; the call needs no initialisation.
    unsafe { call!(cuDriverGetVersion(&mut raw)) }?;
    Ok(DriverVersion::from_raw(raw))
}

/// The same for a text that must not fail, whatever the driver lacks.
pub(crate) fn version_or_unknown() -> DriverVersion {
    let mut raw = 0;
    // SAFETY: `raw` is a local that may be written; the call needs no initialisation.
    match unsafe { ffi::cuDriverGetVersion(&mut raw) } {
        ffi::CUDA_SUCCESS => DriverVersion::from_raw(raw),
        _ => DriverVersion::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::{DriverError, DriverVersion, MINIMUM_DRIVER, accept};

    #[test]
    fn a_version_reads_as_the_release_is_called() {
        assert_eq!(DriverVersion::from_raw(12080).to_string(), "12.8");
        assert_eq!(DriverVersion::from_raw(13000).to_string(), "13.0");
        assert_eq!(DriverVersion::UNKNOWN.to_string(), "of unknown version");
    }

    #[test]
    fn the_minimum_is_accepted_and_anything_older_is_not() {
        assert_eq!(accept(MINIMUM_DRIVER).unwrap().version, MINIMUM_DRIVER);
        let found = DriverVersion::from_raw(11080);
        let required = MINIMUM_DRIVER;
        assert_eq!(accept(found), Err(DriverError::TooOld { found, required }));
    }
}

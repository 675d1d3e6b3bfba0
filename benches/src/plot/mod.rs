//! Pictures of results: for each family of operations one, as SVG and as PNG.
//!
//! ```text
//! rows -> series      an operation at one set of shapes, over M        series.rs
//!      -> sections    facets of at most six series, on common axes     facet.rs
//!      -> page        title, legends, panels                           page.rs, legend.rs, panel.rs, axes.rs
//!      -> files       the SVG, and that very SVG as pixels             raster.rs
//! ```
//!
//! A facet shows the share of the roofline over M, and under it the speed against the peer where there is one. Of
//! rows without a roofline, as the CPU's are, it shows throughput, or else microseconds.

mod axes;
mod canvas;
mod facet;
mod font;
mod legend;
mod page;
mod panel;
mod picture;
mod raster;
mod scale;
mod series;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::picture::Picture;
use crate::report::Row;

/// Draws the rows: for each family, and each device if there are several, an SVG and a PNG in the directory, which
/// is made if need be. Rows with nothing to draw are left out; of no rows nothing is written.
///
/// # Errors
/// A file that cannot be written.
pub fn write(rows: &[Row], dir: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let mut files = Vec::new();
    for picture in Picture::all(rows) {
        let svg = picture.draw();
        let png = raster::png(&svg)?;
        for (extension, bytes) in [("svg", svg.as_bytes()), ("png", &png)] {
            let file = dir.join(format!("{}.{extension}", picture.file_stem()));
            fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
            files.push(file);
        }
    }
    Ok(files)
}

//! An SVG as pixels.

use anyhow::{Context, Result, ensure};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::font;

/// Pixels for each unit of the SVG: sharp on dense displays.
pub(super) const SCALE: f32 = 2.0;

/// The picture as a PNG file, of [`SCALE`] times the SVG's size.
pub(super) fn png(svg: &str) -> Result<Vec<u8>> {
    let options = Options {
        font_family: "Noto Sans".to_owned(),
        fontdb: font::database(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).context("cannot read the picture's SVG")?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let size = size.context("a picture is too large")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("a picture is too large")?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    let png = pixels.encode_png().context("cannot encode a PNG")?;
    ensure!(!png.is_empty(), "a PNG came out empty");
    Ok(png)
}

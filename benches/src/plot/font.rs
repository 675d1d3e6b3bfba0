//! The typeface: Noto Sans, built in, because machines that measure may have no fonts at all.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use ttf_parser::Face;

/// What an SVG asks for: the built-in typeface, or one that looks much like it.
pub(super) const FAMILY: &str = "'Noto Sans', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/// Other typefaces are wider than ours by as much, at most.
const SLACK: f64 = 1.06;

static REGULAR: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(notosans::REGULAR_TTF, 0).ok());

static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
    fonts.load_font_data(notosans::BOLD_TTF.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    Arc::new(fonts)
});

/// The built-in fonts.
pub(super) fn database() -> Arc<Database> {
    Arc::clone(&DATABASE)
}

/// The width of a line of text in regular weight, with slack for other typefaces.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size * SLACK
}

/// The text, or as much of its beginning as is not wider, and an ellipsis.
pub(super) fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut short = text.to_owned();
    while short.pop().is_some() && width(&short, size) + width("\u{2026}", size) > most {}
    short + "\u{2026}"
}

/// The width of a character in ems.
fn advance(character: char) -> f64 {
    let known = REGULAR.as_ref().and_then(|face| {
        let glyph = face.glyph_index(character)?;
        let advance = face.glyph_hor_advance(glyph)?;
        Some(f64::from(advance) / f64::from(face.units_per_em()))
    });
    known.unwrap_or(1.0)
}

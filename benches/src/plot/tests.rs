//! Pictures of made-up rows.

use std::fs;

use anyhow::Result;
use resvg::tiny_skia::Pixmap;
use resvg::usvg::{Options, Tree};
use tempfile::tempdir;

use super::facet::{MOST, sections};
use super::picture::Picture;
use super::series::Series;
use super::{font, raster, write};
use crate::report::Row;

const TOKENS: [usize; 5] = [1, 16, 128, 1024, 8192];

/// A row with a roofline and a peer.
fn row(op: &str, dtype: &str, set: &str, shape: &[usize]) -> Row {
    Row {
        op: op.to_owned(),
        family: "gemm".to_owned(),
        dtype: dtype.to_owned(),
        set: set.to_owned(),
        shape: shape.to_vec(),
        us: 12.0,
        tflops: Some(300.0),
        roofline: Some(0.7),
        peer: Some("cublaslt".to_owned()),
        peer_us: Some(13.0),
        ratio: Some(13.0 / 12.0),
        device: "cuda:0 (NVIDIA H200)".to_owned(),
        ..Row::default()
    }
}

/// A set of shapes over M.
fn over_m(op: &str, dtype: &str, set: &str) -> Vec<Row> {
    TOKENS
        .iter()
        .map(|&m| row(op, dtype, set, &[m, 4096, 512]))
        .collect()
}

fn series(rows: &[Row]) -> Vec<Series> {
    Series::all(&rows.iter().collect::<Vec<_>>())
}

fn svg(rows: &[Row]) -> String {
    let pictures = Picture::all(rows);
    assert_eq!(pictures.len(), 1, "one family on one device is one picture");
    pictures[0].draw()
}

#[test]
fn a_set_is_a_series_in_the_order_of_m() {
    let mut rows = over_m("mm", "bf16", "llama3-8b qkv");
    rows.reverse();
    rows.extend(over_m("mm", "f16", "llama3-8b qkv"));
    let series = series(&rows);
    assert_eq!(series.len(), 2);
    assert_eq!(
        (series[0].model.as_str(), series[0].label.as_str()),
        ("llama3-8b", "qkv")
    );
    let ms: Vec<_> = series[0].values.iter().map(|&(m, _)| m as usize).collect();
    assert_eq!(ms, TOKENS);
}

#[test]
fn squares_are_one_series_and_shapes_that_share_m_are_several() {
    let square = |m: usize| row("mm", "bf16", &format!("squares {m}"), &[m, m, m]);
    let squares = series(&[square(1024), square(512), square(4096)]);
    assert_eq!(squares.len(), 1);
    assert_eq!(squares[0].values.len(), 3);
    let at = |n: usize| TOKENS.map(|m| row("mm", "bf16", "own", &[m, n, 64]));
    let own = series(&[at(128), at(256)].concat());
    assert_eq!(
        own.iter().map(|it| it.label.as_str()).collect::<Vec<_>>(),
        ["128x64", "256x64"]
    );
}

#[test]
fn values_that_are_no_numbers_are_skipped() {
    let mut rows = over_m("mm", "bf16", "llama3-8b qkv");
    rows[0].roofline = Some(f64::NAN);
    rows[1].roofline = None;
    rows[2].ratio = Some(f64::INFINITY);
    rows[3].shape.clear();
    rows[4].ratio = Some(0.0);
    let series = series(&rows);
    assert_eq!(series[0].values, [(128.0, 0.7), (8192.0, 0.7)]);
    assert_eq!(series[0].ratios.len(), 2);
    assert!(!svg(&rows).contains("NaN"));
}

#[test]
fn rows_without_a_roofline_show_throughput_and_no_ratio() {
    let mut rows = over_m("mm", "bf16", "llama3-8b qkv");
    for row in &mut rows {
        (row.roofline, row.ratio, row.peer) = (None, None, None);
    }
    let svg = svg(&rows);
    assert!(svg.contains("TFLOP/s") && !svg.contains("faster") && !svg.contains("roofline"));
}

#[test]
fn no_facet_has_more_lines_than_there_are_colours() {
    let mut rows = Vec::new();
    for dtype in ["bf16", "f16"] {
        for shape in 0..10 {
            rows.extend(over_m("mm", dtype, &format!("deepseek-v3 shape{shape}")));
        }
        rows.extend(over_m("mm", dtype, "qwen3-30b qkv"));
    }
    let sections = sections(&series(&rows));
    let titles: Vec<_> = sections.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["bf16", "f16"]);
    let facets: Vec<_> = sections[0]
        .facets
        .iter()
        .map(|it| it.title.as_str())
        .collect();
    assert_eq!(
        facets,
        ["deepseek-v3 (1 of 2)", "deepseek-v3 (2 of 2)", "qwen3-30b"]
    );
    let facets = sections.iter().flat_map(|section| &section.facets);
    let lines: Vec<_> = facets.map(|facet| facet.lines.len()).collect();
    assert!(lines.iter().all(|&lines| lines <= MOST), "{lines:?}");
    assert_eq!(lines.iter().sum::<usize>(), 22, "each series is drawn once");
}

#[test]
fn an_svg_is_well_formed_and_names_each_series() -> Result<()> {
    let labels = ["qkv", "o", "gate_up", "a<b> & \"c\"\u{1}"];
    let rows = labels
        .map(|label| over_m("mm", "bf16", &format!("llama3-8b {label}")))
        .concat();
    let svg = svg(&rows);
    Tree::from_str(
        &svg,
        &Options {
            fontdb: font::database(),
            ..Options::default()
        },
    )?;
    for label in ["qkv", "o", "gate_up", "a&lt;b&gt; &amp; \"c\""] {
        assert!(
            svg.contains(&format!("\n{label}\n")),
            "{label} is not in\n{svg}"
        );
    }
    assert!(svg.contains("gemm on NVIDIA H200") && svg.contains("relative to cublaslt"));
    Ok(())
}

#[test]
fn a_png_is_the_svg_at_its_scale_and_opaque() -> Result<()> {
    let svg = svg(&over_m("mm", "bf16", "llama3-8b qkv"));
    let size = Tree::from_str(&svg, &Options::default())?.size();
    let pixels = Pixmap::decode_png(&raster::png(&svg)?)?;
    assert_eq!(pixels.width() as f32, raster::SCALE * size.width());
    assert_eq!(pixels.height() as f32, raster::SCALE * size.height());
    assert!(pixels.pixels().iter().all(|pixel| pixel.is_opaque()));
    Ok(())
}

#[test]
fn text_is_drawn_on_machines_without_fonts() -> Result<()> {
    let family = font::FAMILY;
    let with = |text: &str| {
        let open = r#"<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">"#;
        raster::png(&format!(
            r#"{open}<text y="15" font-family="{family}">{text}</text></svg>"#
        ))
    };
    assert_ne!(with("M")?, with("")?);
    Ok(())
}

#[test]
fn no_rows_are_no_files() -> Result<()> {
    assert!(write(&[], tempdir()?.path())?.is_empty());
    Ok(())
}

#[test]
fn each_family_and_device_has_its_files() -> Result<()> {
    let dir = tempdir()?;
    let to = dir.path().join("new/plots");
    let mut rows = over_m("mm", "bf16", "llama3-8b qkv");
    let names = |rows: &[Row]| -> Result<Vec<String>> {
        let files = write(rows, &to)?;
        assert!(
            files
                .iter()
                .all(|file| fs::metadata(file).is_ok_and(|it| it.len() > 0))
        );
        let names = files.iter().filter_map(|file| file.file_name());
        Ok(names
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    };
    assert_eq!(names(&rows)?, ["gemm.svg", "gemm.png"]);
    rows[0].device = "CPU: 2/4 threads".to_owned();
    let files = names(&rows)?;
    assert_eq!(
        files[..2],
        ["gemm-CPU-2-4-threads.svg", "gemm-CPU-2-4-threads.png"]
    );
    assert_eq!(files.len(), 4);
    Ok(())
}

#[test]
fn a_directory_that_is_a_file_is_an_error() -> Result<()> {
    let dir = tempdir()?;
    let file = dir.path().join("file");
    fs::write(&file, "")?;
    let error = write(&over_m("mm", "bf16", "llama3-8b qkv"), &file);
    assert!(error.is_err_and(|error| error.to_string().contains("cannot make")));
    Ok(())
}

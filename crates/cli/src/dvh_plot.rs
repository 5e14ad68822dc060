//! Cumulative dose-volume histograms as an SVG picture.
//!
//! Each structure has its colour and its dash, so that curves stay apart in
//! grey and for every kind of colour vision.
//! The picture is drawn on a lattice of quarter pixels, since the plotting
//! crate rounds to whole ones, and shown at its size by the view box.

#![expect(
    clippy::cast_possible_wrap,
    reason = "pixels of a picture, far below any wrap"
)]

use anyhow::{Context, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::colour::{Rgb, readable_on_white};

/// Size of the picture, pixels.
const SIZE: [u32; 2] = [1040, 620];
/// Room for the legend on the right, pixels.
const LEGEND_ROOM: u32 = 250;
/// Lattice points in a pixel.
const FINE: u32 = 4;
/// Curves are followed until less than this part of a structure is left, %.
const SHOWN_VOLUME_PERCENT: f64 = 0.3;
/// Letters of a structure's name that the legend has room for.
const NAME_LETTERS: usize = 26;
const LEGEND_ROW: i32 = 26;

/// Lengths of strokes and gaps, pixels; the first line is unbroken.
///
/// With ten colours, thirty curves have each their own pair of colour and dash;
/// those of one colour are ten apart, and dashes two apart are the least alike.
const DASHES: [&[f64]; 6] = [
    &[],
    &[7.0, 4.0],
    &[2.5, 3.0],
    &[26.0, 7.0],
    &[14.0, 4.0, 2.5, 4.0],
    &[9.0, 3.0, 2.5, 3.0, 2.5, 3.0],
];

/// The histogram of one structure.
#[derive(Debug, Clone)]
pub(crate) struct DvhCurve {
    pub(crate) name: String,
    pub(crate) colour: Rgb,
    /// Dose in Gy and the part of the volume that receives at least it in %,
    /// ascending in dose.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Draws the curves and returns the text of an SVG file.
///
/// # Errors
/// When the picture cannot be drawn, which a curve with values that are not
/// finite causes.
pub(crate) fn dvh_svg(title: &str, curves: &[DvhCurve]) -> anyhow::Result<String> {
    for curve in curves {
        if let Some((dose, volume)) = curve
            .points
            .iter()
            .find(|(dose, volume)| !(dose.is_finite() && volume.is_finite()))
        {
            return Err(anyhow!(
                "the histogram of {} has the point {dose} Gy, {volume} %",
                curve.name
            ));
        }
    }
    let mut svg = String::new();
    draw(&mut svg, title, curves).context("the dose-volume histogram cannot be drawn")?;
    Ok(at_pixel_size(&svg))
}

fn draw(svg: &mut String, title: &str, curves: &[DvhCurve]) -> anyhow::Result<()> {
    let [width, height] = SIZE.map(|pixels| pixels * FINE);
    let fine = FINE as i32;
    let root = SVGBackend::with_string(svg, (width, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let (plot, legend) = root.split_horizontally(width - LEGEND_ROOM * FINE);
    let text = |pixels: u32| ("sans-serif", pixels * FINE).into_font();
    let ink = RGBColor(32, 33, 36);
    let faint = RGBColor(95, 99, 104);

    plot.draw(&Text::new(
        title.to_owned(),
        (24 * fine, 16 * fine),
        text(19).color(&ink),
    ))?;
    let dose_end = highest_shown(curves) * 1.02;
    let mut chart = ChartBuilder::on(&plot)
        .margin_top(52 * FINE)
        .margin_right(14 * FINE)
        .margin_left(10 * FINE)
        .margin_bottom(10 * FINE)
        .x_label_area_size(46 * FINE)
        .y_label_area_size(62 * FINE)
        .build_cartesian_2d(0.0..dose_end, 0.0..102.0_f64)?;
    let decimals = usize::from(dose_end < 10.0) + usize::from(dose_end < 1.0);
    chart
        .configure_mesh()
        .x_desc("Absorbed dose [Gy]")
        .y_desc("Volume receiving at least this dose [%]")
        .axis_desc_style(text(16).color(&ink))
        .label_style(text(14).color(&faint))
        .x_labels(15)
        .y_labels(11)
        .x_label_formatter(&|dose| format!("{dose:.decimals$}"))
        .y_label_formatter(&|volume| format!("{volume:.0}"))
        .max_light_lines(1)
        .bold_line_style(RGBColor(226, 229, 233).stroke_width(FINE))
        .light_line_style(RGBColor(244, 246, 248).stroke_width(FINE))
        .axis_style(RGBColor(120, 124, 130).stroke_width(FINE))
        .set_all_tick_mark_size(5 * FINE)
        .draw()?;

    for (position, curve) in curves.iter().enumerate() {
        let places: Vec<(f64, f64)> = curve
            .points
            .iter()
            .take_while(|(dose, _)| *dose <= dose_end)
            .map(|point| {
                let (x, y) = chart.plotting_area().map_coordinate(point);
                (f64::from(x), f64::from(y))
            })
            .collect();
        stroke(&root, &thinned(&places), position, curve.colour)?;
    }

    let (_, legend_top) = legend.get_base_pixel();
    let legend_left = (width - LEGEND_ROOM * FINE) as i32;
    for (position, curve) in curves.iter().enumerate() {
        let y = legend_top + (66 + LEGEND_ROW * position as i32) * fine;
        let start = legend_left + 6 * fine;
        let sample = [
            (f64::from(start), f64::from(y)),
            (f64::from(start + 44 * fine), f64::from(y)),
        ];
        stroke(&root, &sample, position, curve.colour)?;
        root.draw(&Text::new(
            shortened(&curve.name),
            (start + 54 * fine, y),
            text(14).color(&ink).pos(Pos::new(HPos::Left, VPos::Center)),
        ))?;
    }
    root.present()?;
    Ok(())
}

/// The largest dose that is worth an axis: where the last curve falls below
/// [`SHOWN_VOLUME_PERCENT`], so that one hot voxel does not stretch the picture.
fn highest_shown(curves: &[DvhCurve]) -> f64 {
    let highest = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .filter(|(_, volume)| *volume >= SHOWN_VOLUME_PERCENT)
        .map(|(dose, _)| *dose)
        .fold(0.0, f64::max);
    if highest > 0.0 { highest } else { 1.0 }
}

/// Draws a broken line through places on the lattice with the dash and the
/// colour of the `position`-th structure.
fn stroke<DB: DrawingBackend>(
    area: &DrawingArea<DB, plotters::coord::Shift>,
    places: &[(f64, f64)],
    position: usize,
    colour: Rgb,
) -> anyhow::Result<()>
where
    DB::ErrorType: 'static,
{
    let [red, green, blue] = readable_on_white(colour);
    let style = RGBColor(red, green, blue).stroke_width(2 * FINE);
    let pattern: Vec<f64> = DASHES[position % DASHES.len()]
        .iter()
        .map(|length| length * f64::from(FINE))
        .collect();
    for dash in dashes(places, &pattern) {
        let path: Vec<(i32, i32)> = dash
            .iter()
            .map(|(x, y)| (x.round() as i32, y.round() as i32))
            .collect();
        area.draw(&PathElement::new(path, style))
            .map_err(|error| anyhow!("{error}"))?;
    }
    Ok(())
}

/// The strokes of a line through `places` broken after `pattern` (stroke, gap,
/// stroke, …, in the unit of the places); an empty pattern leaves it whole.
fn dashes(places: &[(f64, f64)], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    if places.len() < 2 {
        return Vec::new();
    }
    if pattern.is_empty() {
        return vec![places.to_vec()];
    }
    let mut strokes = Vec::new();
    let mut part = 0;
    let mut left = pattern[0];
    let mut current = vec![places[0]];
    for pair in places.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let length = (to_x - x).hypot(to_y - y);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let at = (
                x + (to_x - x) * done / length,
                y + (to_y - y) * done / length,
            );
            if part % 2 == 0 {
                current.push(at);
                strokes.push(std::mem::take(&mut current));
            } else {
                current = vec![at];
            }
            part = (part + 1) % pattern.len();
            left = pattern[part];
        }
        left -= length - done;
        if part % 2 == 0 {
            current.push((to_x, to_y));
        }
    }
    if part % 2 == 0 && current.len() > 1 {
        strokes.push(current);
    }
    strokes
}

/// The places without those nearer than half a pixel to the one kept before:
/// a structure has as many steps as voxels, the picture a thousand pixels.
fn thinned(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let nearest = f64::from(FINE) / 2.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let last = at + 1 == places.len();
        if kept.last().is_none_or(|before| {
            last || (place.0 - before.0).abs().max((place.1 - before.1).abs()) >= nearest
        }) {
            kept.push(*place);
        }
    }
    kept
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_LETTERS {
        return name.to_owned();
    }
    let start: String = name.chars().take(NAME_LETTERS - 1).collect();
    format!("{}…", start.trim_end())
}

/// The picture at its size in pixels; the view box keeps the fine lattice.
fn at_pixel_size(svg: &str) -> String {
    let [width, height] = SIZE;
    let fine = format!("width=\"{}\" height=\"{}\"", width * FINE, height * FINE);
    svg.replacen(&fine, &format!("width=\"{width}\" height=\"{height}\""), 1)
        // Says nothing, and makes a common converter fill what has no fill.
        .replace(" opacity=\"1\"", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::structure_colour;

    fn curve(name: &str, end: f64) -> DvhCurve {
        DvhCurve {
            name: name.to_owned(),
            colour: [200, 30, 30],
            points: (0..=100)
                .map(|step| {
                    let part = f64::from(step) / 100.0;
                    (end * part, 100.0 * (1.0 - part))
                })
                .collect(),
        }
    }

    #[test]
    fn names_axes_and_structures_are_in_the_picture_at_its_size() {
        let curves = [curve("Tumour <1>", 200.0), curve("Normal liver", 60.0)];
        let svg = dvh_svg("Y-90, kernel", &curves).unwrap();
        assert!(
            svg.starts_with("<svg width=\"1040\" height=\"620\""),
            "{}",
            &svg[..80]
        );
        assert!(svg.contains("viewBox=\"0 0 4160 2480\""));
        for text in [
            "Tumour &lt;1&gt;",
            "Normal liver",
            "Absorbed dose [Gy]",
            "Y-90, kernel",
        ] {
            assert!(svg.contains(text), "{text} is not in the picture");
        }
        // The first curve is whole and ends where 0.3 % are left; the second is dashed.
        let colour = "#C81E1E";
        assert!(svg.matches(colour).count() > 20);
    }

    #[test]
    fn thirty_curves_have_each_their_own_colour_and_dash() {
        let mut looks: Vec<_> = (0..30)
            .map(|position| {
                let dash = DASHES[position % DASHES.len()];
                format!("{:?} {dash:?}", structure_colour(position))
            })
            .collect();
        looks.sort();
        looks.dedup();
        assert_eq!(looks.len(), 30);
    }

    #[test]
    fn a_dash_keeps_its_lengths_round_a_corner() {
        let corner = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)];
        let strokes = dashes(&corner, &[8.0, 4.0]);
        // 0–8 drawn, 8–12 left out, 12–20 drawn: past the corner at 10.
        assert_eq!(strokes.len(), 2);
        let length = |stroke: &[(f64, f64)]| -> f64 {
            stroke
                .windows(2)
                .map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1))
                .sum()
        };
        assert!((length(&strokes[0]) - 8.0).abs() < 1e-9);
        assert!((length(&strokes[1]) - 8.0).abs() < 1e-9);
        assert!((strokes[1][0].1 - 2.0).abs() < 1e-9);
    }

    #[test]
    fn one_hot_voxel_does_not_stretch_the_axis() {
        let mut long = curve("tail", 100.0);
        long.points.push((5000.0, 0.001));
        assert!((highest_shown(&[long]) - 99.0).abs() < 1e-9);
        assert!((highest_shown(&[]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_curve_that_is_not_finite_is_refused() {
        let mut broken = curve("liver", 10.0);
        broken.points[3].0 = f64::NAN;
        assert!(
            dvh_svg("", &[broken])
                .unwrap_err()
                .to_string()
                .contains("liver")
        );
    }
}

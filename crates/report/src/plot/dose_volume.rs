//! Cumulative dose-volume histograms.

use plotters::style::RGBColor;

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, INK, MESH, SMALL, WIDTH, picture, shortened};

const PLOT: &str = "dose-volume histogram";
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 290.0;
const LEGEND: f64 = 350.0;
const LEGEND_ROW: f64 = 20.0;
const NAME_LETTERS: usize = 23;
/// The axis ends where the last curve falls below this part of the volume, %,
/// so that one hot voxel does not stretch the picture.
const SHOWN_VOLUME_PERCENT: f64 = 0.3;
/// Points nearer than this to the one before are left out, pixels.
const NEAREST: f64 = 0.5;

/// Dark enough on white, apart for every kind of colour vision, of differing
/// lightness.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 94, 162),
    RGBColor(200, 78, 0),
    RGBColor(28, 33, 38),
    RGBColor(0, 128, 96),
    RGBColor(150, 58, 122),
];

/// Strokes and gaps, pixels; the first line is unbroken. Six dashes and five
/// colours have no common divisor: thirty curves have each their own pair.
const DASHES: [&[f64]; 6] = [
    &[],
    &[8.0, 4.0],
    &[2.5, 3.0],
    &[14.0, 4.0, 2.5, 4.0],
    &[20.0, 6.0],
    &[8.0, 3.0, 2.5, 3.0, 2.5, 3.0],
];

/// The histogram of one structure.
#[derive(Debug, Clone, PartialEq)]
pub struct DvhCurve {
    /// As printed in the legend.
    pub structure: String,
    /// Absorbed dose in Gy and the part of the volume, in %, that receives at
    /// least that dose; ascending in dose.
    pub points: Vec<(f64, f64)>,
}

/// Curves of % volume against Gy, each with its colour and its dash, and a
/// legend below them.
///
/// # Errors
/// [`ReportError::Plot`]: no curve, points that are not finite, negative, not
/// ascending in dose, or outside 0..=100 %.
pub fn dose_volume(curves: &[DvhCurve]) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if curves.is_empty() {
        return Err(refused("no curve; at least one is needed".to_owned()));
    }
    for curve in curves {
        let mut before = 0.0;
        for (dose, volume) in &curve.points {
            // A share that a sum of voxels gave may pass 100 % by rounding.
            if !(dose.is_finite() && *dose >= before && (0.0..=100.001).contains(volume)) {
                return Err(refused(format!(
                    "{} has the point {dose} Gy, {volume} %; needed are ascending doses from 0 \
                     on and volumes of 0..=100 %",
                    curve.structure
                )));
            }
            before = *dose;
        }
    }
    let rows = curves.len().div_ceil(2) as f64;
    picture(PLOT, LEGEND + LEGEND_ROW * rows, |canvas| {
        let dose = Axis::new([0.0, last_dose(curves)], [LEFT, WIDTH - RIGHT]);
        let volume = Axis::new([0.0, 100.0], [BOTTOM, TOP]);
        axes(canvas, &dose, &volume)?;
        for (position, curve) in curves.iter().enumerate() {
            let places = thinned(curve, &dose, &volume);
            canvas.dashed(&places, dash(position), colour(position), 2.0)?;
        }
        for (position, curve) in curves.iter().enumerate() {
            let left = if position % 2 == 0 {
                LEFT - 40.0
            } else {
                WIDTH / 2.0 + 8.0
            };
            let y = LEGEND + LEGEND_ROW * (position / 2) as f64;
            canvas.dashed(
                &[[left, y], [left + 46.0, y]],
                dash(position),
                colour(position),
                2.0,
            )?;
            canvas.text(
                &shortened(&curve.structure, NAME_LETTERS),
                [left + 54.0, y],
                Anchor::Left,
                SMALL,
                INK,
            )?;
        }
        Ok(())
    })
}

fn dash(position: usize) -> &'static [f64] {
    DASHES[position % DASHES.len()]
}

fn colour(position: usize) -> RGBColor {
    COLOURS[position % COLOURS.len()]
}

fn last_dose(curves: &[DvhCurve]) -> f64 {
    let highest = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .filter(|(_, volume)| *volume >= SHOWN_VOLUME_PERCENT)
        .map(|(dose, _)| *dose)
        .fold(0.0, f64::max);
    if highest > 0.0 { highest * 1.02 } else { 1.0 }
}

fn axes(canvas: &Canvas<'_>, dose: &Axis, volume: &Axis) -> Result<(), String> {
    for (value, text) in dose.ticks(7.0) {
        let x = dose.at(value);
        canvas.line(&[[x, TOP], [x, BOTTOM]], MESH, 0.75)?;
        canvas.line(&[[x, BOTTOM], [x, BOTTOM + 4.0]], FAINT, 1.0)?;
        canvas.text(&text, [x, BOTTOM + 13.0], Anchor::Centre, SMALL, FAINT)?;
    }
    for (value, text) in volume.ticks(5.0) {
        let y = volume.at(value);
        canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], MESH, 0.75)?;
        canvas.line(&[[LEFT - 4.0, y], [LEFT, y]], FAINT, 1.0)?;
        canvas.text(&text, [LEFT - 8.0, y], Anchor::Right, SMALL, FAINT)?;
    }
    canvas.line(
        &[[LEFT, TOP], [LEFT, BOTTOM], [WIDTH - RIGHT, BOTTOM]],
        FAINT,
        1.0,
    )?;
    canvas.text(
        "Absorbed dose [Gy]",
        [(LEFT + WIDTH - RIGHT) / 2.0, BOTTOM + 32.0],
        Anchor::Centre,
        SMALL,
        INK,
    )?;
    canvas.upwards(
        "Volume with at least this dose [%]",
        [9.0, f64::midpoint(TOP, BOTTOM)],
        SMALL,
        INK,
    )
}

/// The curve in pixels, up to the end of the axis, without points that nobody
/// could tell apart: a structure has as many steps as voxels.
fn thinned(curve: &DvhCurve, dose: &Axis, volume: &Axis) -> Vec<[f64; 2]> {
    let end = WIDTH - RIGHT;
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for (at, (gy, percent)) in curve.points.iter().enumerate() {
        let place = [dose.at(*gy), volume.kept(*percent)];
        if place[0] > end {
            // The part of this step that is still on the axis.
            if let Some([x, y]) = kept.last().copied() {
                let share = (end - x) / (place[0] - x);
                kept.push([end, y + (place[1] - y) * share]);
            }
            break;
        }
        let last = at + 1 == curve.points.len();
        if kept
            .last()
            .is_none_or(|[x, y]| last || (place[0] - x).abs().max((place[1] - y).abs()) >= NEAREST)
        {
            kept.push(place);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(end: f64) -> DvhCurve {
        DvhCurve {
            structure: "Liver".to_owned(),
            points: (0..=100)
                .map(|step| {
                    let part = f64::from(step) / 100.0;
                    (end * part, 100.0 * (1.0 - part))
                })
                .collect(),
        }
    }

    #[test]
    fn one_hot_voxel_does_not_stretch_the_axis() {
        let mut long = curve(100.0);
        long.points.push((5000.0, 0.001));
        // 99 Gy is the last step with 0.3 % or more, 2 % are added.
        assert!((last_dose(&[long]) - 99.0 * 1.02).abs() < 1e-9);
    }

    #[test]
    fn thirty_curves_have_each_their_own_colour_and_dash() {
        let mut looks: Vec<String> = (0..30)
            .map(|position| format!("{:?} {:?}", colour(position), dash(position)))
            .collect();
        looks.sort();
        looks.dedup();
        assert_eq!(looks.len(), 30);
    }
}

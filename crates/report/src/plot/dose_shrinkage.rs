//! Mean dose of each lesion against its best change.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{
    Anchor, BLUE, Canvas, FAINT, INK, MESH, ORANGE, SMALL, WIDTH, picture, shortened,
};

const PLOT: &str = "plot of dose against shrinkage";
const LEFT: f64 = 52.0;
const RIGHT: f64 = 46.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 250.0;
const FOOT: f64 = 44.0;
const NAME_LETTERS: usize = 10;
/// Half of a mark, width of a letter and height of a name, pixels.
const MARK: f64 = 4.4;
const LETTER: f64 = 6.9;
const LINE: f64 = 12.0;

/// One lesion.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionDosePoint {
    /// Beside its mark.
    pub lesion: String,
    /// Mean absorbed dose, Gy, not negative.
    pub dose_gy: f64,
    /// Half of its interval with k = 2, Gy.
    pub half_width_gy: Option<f64>,
    /// Best change from baseline, %, at least −100.
    pub change: f64,
}

/// A mark for each lesion, full where it shrank and open where it grew.
///
/// # Errors
/// [`ReportError::Plot`]: no lesion, values that are not finite, negative
/// doses, changes below −100 %.
pub fn dose_shrinkage(points: &[LesionDosePoint]) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if points.is_empty() {
        return Err(refused("no lesion; at least one is needed".to_owned()));
    }
    for point in points {
        let half = point.half_width_gy.unwrap_or(0.0);
        let dose_is_wrong =
            !(point.dose_gy.is_finite() && point.dose_gy >= 0.0 && half.is_finite() && half >= 0.0);
        if dose_is_wrong || !(point.change.is_finite() && point.change >= -100.0 - 1e-9) {
            return Err(refused(format!(
                "{} has {} Gy and {} %; needed are doses from 0 and changes from -100 % on",
                point.lesion, point.dose_gy, point.change
            )));
        }
    }
    let highest = points
        .iter()
        .map(|point| point.dose_gy + point.half_width_gy.unwrap_or(0.0))
        .fold(1.0, f64::max);
    let most = points
        .iter()
        .map(|point| point.change)
        .chain([20.0])
        .fold(0.0, f64::max);
    picture(PLOT, BOTTOM + FOOT, |canvas| {
        let dose = Axis::new([0.0, highest * 1.05], [LEFT, WIDTH - RIGHT]);
        let axis = Axis::new([-105.0, most * 1.1], [BOTTOM, TOP]);
        for (value, text) in dose.ticks(6.0) {
            let x = dose.at(value);
            canvas.line(&[[x, TOP], [x, BOTTOM]], MESH, 0.75)?;
            canvas.line(&[[x, BOTTOM], [x, BOTTOM + 4.0]], FAINT, 1.0)?;
            canvas.text(&text, [x, BOTTOM + 12.0], Anchor::Centre, SMALL, FAINT)?;
        }
        axis.changes(canvas, [LEFT, WIDTH - RIGHT])?;
        canvas.line(&[[LEFT, BOTTOM], [WIDTH - RIGHT, BOTTOM]], FAINT, 1.0)?;
        let y = axis.at(0.0);
        canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], FAINT, 1.0)?;
        canvas.text(
            "Mean absorbed dose [Gy]",
            [(LEFT + WIDTH - RIGHT) / 2.0, BOTTOM + 29.0],
            Anchor::Centre,
            SMALL,
            INK,
        )?;
        canvas.upwards(
            "Best change from baseline [%]",
            [12.0, (TOP + BOTTOM) / 2.0],
            SMALL,
            INK,
        )?;
        for point in points {
            draw(canvas, point, &dose, &axis)?;
        }
        names(canvas, points, &dose, &axis)
    })
}

fn draw(
    canvas: &Canvas<'_>,
    point: &LesionDosePoint,
    dose: &Axis,
    axis: &Axis,
) -> Result<(), String> {
    let place = [dose.at(point.dose_gy), axis.at(point.change)];
    let colour = if point.change > 0.0 { ORANGE } else { BLUE };
    if let Some(half) = point.half_width_gy {
        let ends = [point.dose_gy - half, point.dose_gy + half].map(|gy| dose.kept(gy));
        canvas.line(&[[ends[0], place[1]], [ends[1], place[1]]], colour, 1.2)?;
    }
    if point.change > 0.0 {
        canvas.ring(place, MARK, colour)?;
    } else {
        canvas.disc(place, MARK, colour)?;
    }
    Ok(())
}

/// Names beside their marks, each at the first place where it covers neither
/// a mark nor another name.
fn names(
    canvas: &Canvas<'_>,
    points: &[LesionDosePoint],
    dose: &Axis,
    axis: &Axis,
) -> Result<(), String> {
    let mut taken: Vec<[[f64; 2]; 2]> = points
        .iter()
        .map(|point| {
            let [x, y] = [dose.at(point.dose_gy), axis.at(point.change)];
            [[x - MARK, y - MARK], [x + MARK, y + MARK]]
        })
        .collect();
    for point in points {
        let [x, y] = [dose.at(point.dose_gy), axis.at(point.change)];
        let name = shortened(&point.lesion, NAME_LETTERS);
        let wide = name.chars().count() as f64 * LETTER;
        let places = [1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0]
            .into_iter()
            .flat_map(|line| {
                let up = y - line * LINE;
                [x + MARK + 3.0, x - MARK - 3.0 - wide].map(|left| [left, up])
            });
        let covers = |[left, up]: [f64; 2]| {
            let [right, low, high] = [left + wide, up + LINE / 2.0, up - LINE / 2.0];
            left < LEFT
                || right > WIDTH
                || taken.iter().any(|[[x0, y0], [x1, y1]]| {
                    left < *x1 && right > *x0 && high < *y1 && low > *y0
                })
        };
        // With no room left a name may cover another one; it still stands at its mark.
        let [left, up] = places
            .clone()
            .find(|place| !covers(*place))
            .unwrap_or([x + MARK + 3.0, y - LINE]);
        taken.push([[left, up - LINE / 2.0], [left + wide, up + LINE / 2.0]]);
        let end = if left > x { left } else { left + wide };
        if (up - y).abs() > 1.5 * LINE {
            canvas.line(&[[x, y], [end, up]], FAINT, 0.75)?;
        }
        canvas.text(&name, [left, up], Anchor::Left, SMALL, INK)?;
    }
    Ok(())
}

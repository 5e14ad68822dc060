//! Volume of the liver over time with the treatments, as the leaflet's figure:
//! each volume in mL with its change from the treatment before.

use plotters::style::RGBColor;

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, Canvas, FAINT, INK, MESH, SMALL, WIDTH, picture};
use super::months::{self, TreatmentMark};

const PLOT: &str = "plot of liver volumes";
const LEFT: f64 = 56.0;
const RIGHT: f64 = 84.0;
const TOP: f64 = 8.0;
const HEIGHT: f64 = 220.0;
const FOOT: f64 = 62.0;

/// A volume on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeMark {
    /// Months from the first treatment.
    pub month: f64,
    /// Not negative.
    pub ml: f64,
    /// Change from the volume before the treatment before it, %.
    pub change_from_prior_treatment: Option<f64>,
}

/// A volume over time.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeCourse {
    /// "liver", "right lobe", "left lobe", "tumours", "future remnant".
    pub name: String,
    /// In order of time; at least one.
    pub values: Vec<VolumeMark>,
}

/// Volumes and treatments.
#[derive(Debug, Clone, PartialEq)]
pub struct LiverVolumePlot {
    /// The first is drawn strong, with the changes of its values.
    pub volumes: Vec<VolumeCourse>,
    /// Treatments.
    pub treatments: Vec<TreatmentMark>,
}

const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Dashes of the volumes after the first.
const DASHES: [&[f64]; 4] = [
    &[8.0, 4.0],
    &[2.5, 3.0],
    &[14.0, 4.0, 2.5, 4.0],
    &[20.0, 6.0],
];

/// Lines of mL over months, treatments across, changes in % at the values of the first.
///
/// # Errors
/// [`ReportError::Plot`]: no volume, values that are negative or not finite.
pub fn liver_volume(plot: &LiverVolumePlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    let marks = || plot.volumes.iter().flat_map(|volume| &volume.values);
    if plot.volumes.is_empty() || plot.volumes.iter().any(|volume| volume.values.is_empty()) {
        return Err(refused("no value; each volume needs one".to_owned()));
    }
    if let Some(mark) = marks().find(|mark| !(mark.ml.is_finite() && mark.ml >= 0.0)) {
        return Err(refused(format!(
            "{} mL at month {}; needed are volumes from 0 on",
            mark.ml, mark.month
        )));
    }
    let most = marks().map(|mark| mark.ml).fold(0.0, f64::max).max(1.0);
    let range = months::range(
        marks()
            .map(|mark| mark.month)
            .chain(plot.treatments.iter().map(|mark| mark.month)),
    );
    let edges = [LEFT, WIDTH - RIGHT];
    let time = Axis::new(range, edges);
    let top = TOP + months::names_height(&plot.treatments, &time, edges);
    let bottom = top + HEIGHT;
    picture(PLOT, bottom + FOOT, |canvas| {
        let axis = Axis::new([0.0, most * 1.2], [bottom, top + 8.0]);
        months::foot(canvas, &time, range, [top, bottom])?;
        for (value, text) in axis.ticks(6.0) {
            let y = axis.at(value);
            canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], MESH, 0.75)?;
            canvas.text(&text, [LEFT - 6.0, y], Anchor::Right, SMALL, FAINT)?;
        }
        canvas.upwards("Volume [mL]", [12.0, (top + bottom) / 2.0], SMALL, INK)?;
        months::treatments(canvas, &plot.treatments, &time, edges, [TOP, bottom])?;
        draw(canvas, plot, &time, &axis)?;
        canvas.text(
            "at the values: mL, and % change from the prior treatment",
            [LEFT, bottom + 46.0],
            Anchor::Left,
            SMALL,
            FAINT,
        )
    })
}

fn draw(
    canvas: &Canvas<'_>,
    plot: &LiverVolumePlot,
    time: &Axis,
    axis: &Axis,
) -> Result<(), String> {
    let mut ends: Vec<(f64, &str, bool)> = Vec::new();
    for (number, volume) in plot.volumes.iter().enumerate().rev() {
        let places: Vec<[f64; 2]> = volume
            .values
            .iter()
            .map(|mark| [time.at(mark.month), axis.at(mark.ml)])
            .collect();
        let strong = number == 0;
        if strong {
            canvas.line(&places, BLUE, 2.6)?;
        } else {
            canvas.dashed(&places, DASHES[(number - 1) % DASHES.len()], FAINT, 1.6)?;
        }
        for place in &places {
            if strong {
                canvas.disc(*place, 4.2, BLUE)?;
            } else {
                canvas.ring(*place, 2.8, FAINT)?;
            }
        }
        if let Some([_, y]) = places.last() {
            ends.push((*y, &volume.name, strong));
        }
    }
    if let Some(first) = plot.volumes.first() {
        labels(canvas, first, time, axis)?;
    }
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut last = f64::MIN;
    for (y, name, strong) in ends {
        let y = y.max(last + 13.0);
        last = y;
        let at = [WIDTH - RIGHT + 6.0, y];
        if strong {
            canvas.bold(name, at, Anchor::Left, SMALL, BLUE)?;
        } else {
            canvas.text(name, at, Anchor::Left, SMALL, INK)?;
        }
    }
    Ok(())
}

/// mL and change above each value, where they have room.
fn labels(
    canvas: &Canvas<'_>,
    volume: &VolumeCourse,
    time: &Axis,
    axis: &Axis,
) -> Result<(), String> {
    let mut taken = f64::MIN;
    for mark in &volume.values {
        let (x, y) = (time.at(mark.month), axis.at(mark.ml));
        let ml = format!("{:.0}", mark.ml);
        let change = mark
            .change_from_prior_treatment
            .map(|change| format!("{change:+.0} %").replace('-', "−"));
        let wide = change
            .as_ref()
            .map_or(ml.len(), |text| text.chars().count());
        let half = wide as f64 * 6.6 / 2.0 + 2.0;
        let x = months::kept(x, &"0".repeat(wide), [LEFT + 2.0, WIDTH - RIGHT]);
        if x - half < taken {
            continue;
        }
        taken = x + half;
        // The lines of treatments and of other volumes do not cross a number.
        let upper = if change.is_some() { y - 31.0 } else { y - 18.0 };
        canvas.fill([[x - half, upper], [x + half, y - 5.0]], PAPER, 0.85)?;
        if let Some(change) = change {
            canvas.bold(&change, [x, y - 24.0], Anchor::Centre, SMALL, INK)?;
        }
        canvas.text(&ml, [x, y - 11.0], Anchor::Centre, SMALL, INK)?;
    }
    Ok(())
}

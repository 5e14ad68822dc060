//! Changes from baseline over time: each lesion, and the sum of the targets.

use plotters::style::RGBColor;

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, Canvas, FAINT, INK, SMALL, WIDTH, picture, shortened};
use super::months::{self, TreatmentMark};

const PLOT: &str = "plot of changes over time";
const LEFT: f64 = 52.0;
const RIGHT: f64 = 78.0;
const TOP: f64 = 8.0;
const HEIGHT: f64 = 236.0;
const FOOT: f64 = 44.0;
const NAME_LETTERS: usize = 10;
/// Beyond this a change is cut off: one lesion that grew tenfold would press
/// all others together, %.
const MOST: f64 = 150.0;
const LESS_INK: RGBColor = RGBColor(118, 126, 135);
/// Dashes tell lines apart where there is no colour.
const DASHES: [&[f64]; 5] = [
    &[],
    &[8.0, 4.0],
    &[2.5, 3.0],
    &[14.0, 4.0, 2.5, 4.0],
    &[20.0, 6.0],
];

/// A line of the spider.
#[derive(Debug, Clone, PartialEq)]
pub struct SpiderLine {
    /// At its end: "L1", "RECIST 1.1".
    pub name: String,
    /// Months from the first treatment and change from baseline in %, at least −100.
    pub points: Vec<(f64, f64)>,
    /// Whether it is the sum, drawn strong.
    pub strong: bool,
}

/// Changes over time with the limits of response and progression, %.
#[derive(Debug, Clone, PartialEq)]
pub struct SpiderPlot {
    /// At least one.
    pub lines: Vec<SpiderLine>,
    /// Limits drawn across, %: −30 and +20 of RECIST.
    pub limits: Vec<f64>,
    /// Treatments.
    pub treatments: Vec<TreatmentMark>,
}

/// Lines from baseline on, one for each lesion and the sum.
///
/// # Errors
/// [`ReportError::Plot`]: no line, values that are not finite or below −100 %.
pub fn spider(plot: &SpiderPlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if plot.lines.is_empty() {
        return Err(refused("no line; at least one is needed".to_owned()));
    }
    for line in &plot.lines {
        for (month, change) in &line.points {
            if !(month.is_finite() && change.is_finite() && *change >= -100.0 - 1e-9) {
                return Err(refused(format!(
                    "{} has {change} % at month {month}; needed are finite values from -100 % on",
                    line.name
                )));
            }
        }
    }
    let changes = || plot.lines.iter().flat_map(|line| &line.points);
    let most = changes()
        .map(|(_, change)| *change)
        .chain([40.0])
        .fold(0.0, f64::max)
        .min(MOST);
    let marks = plot.treatments.iter().map(|mark| mark.month);
    let range = months::range(changes().map(|(month, _)| *month).chain(marks));
    let edges = [LEFT, WIDTH - RIGHT];
    let time = Axis::new(range, edges);
    let top = TOP + months::names_height(&plot.treatments, &time, edges);
    let bottom = top + HEIGHT;
    picture(PLOT, bottom + FOOT, |canvas| {
        let axis = Axis::new([-100.0, most], [bottom, top + 8.0]);
        months::foot(canvas, &time, range, [top, bottom])?;
        axis.changes(canvas, [LEFT, WIDTH - RIGHT])?;
        canvas.upwards(
            "Change from baseline [%]",
            [12.0, (top + bottom) / 2.0],
            SMALL,
            INK,
        )?;
        for limit in &plot.limits {
            let y = axis.kept(*limit);
            canvas.dashed(&[[LEFT, y], [WIDTH - RIGHT, y]], &[3.0, 3.0], INK, 1.0)?;
        }
        let y = axis.at(0.0);
        canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], FAINT, 1.0)?;
        months::treatments(canvas, &plot.treatments, &time, edges, [TOP, bottom])?;
        draw_lines(canvas, plot, &time, &axis)
    })
}

fn draw_lines(
    canvas: &Canvas<'_>,
    plot: &SpiderPlot,
    time: &Axis,
    axis: &Axis,
) -> Result<(), String> {
    let weak = plot.lines.iter().filter(|line| !line.strong);
    let strong = plot.lines.iter().filter(|line| line.strong);
    // Names at the ends, apart from each other.
    let mut names: Vec<(f64, &str, bool)> = Vec::new();
    for (number, line) in weak.chain(strong).enumerate() {
        let places: Vec<[f64; 2]> = line
            .points
            .iter()
            .map(|(month, change)| [time.at(*month), axis.kept(*change)])
            .collect();
        let (colour, width) = if line.strong {
            (BLUE, 2.6)
        } else {
            (LESS_INK, 1.3)
        };
        let dash = if line.strong {
            DASHES[0]
        } else {
            DASHES[number % DASHES.len()]
        };
        canvas.dashed(&places, dash, colour, width)?;
        for place in &places {
            if line.strong {
                canvas.disc(*place, 3.6, colour)?;
            } else {
                canvas.ring(*place, 2.4, colour)?;
            }
        }
        if let Some([_, y]) = places.last() {
            names.push((*y, &line.name, line.strong));
        }
    }
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut last = f64::MIN;
    for (y, name, strong) in names {
        let y = y.max(last + 13.0);
        last = y;
        let at = [WIDTH - RIGHT + 8.0, y];
        let name = shortened(name, NAME_LETTERS);
        if strong {
            canvas.bold(&name, at, Anchor::Left, SMALL, BLUE)?;
        } else {
            canvas.text(&name, at, Anchor::Left, SMALL, INK)?;
        }
    }
    Ok(())
}

//! Survival curves with their intervals, and the numbers at risk below them.

use plotters::style::RGBColor;

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, INK, MESH, SMALL, WIDTH, picture, shortened};

const PLOT: &str = "survival curve";
const LEFT: f64 = 62.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 236.0;
/// From the axis to the heading of the numbers at risk.
const TABLE: f64 = 58.0;
const ROW: f64 = 19.0;
const NAME_LETTERS: usize = 46;
/// Largest number of curves that stay apart.
const MOST_CURVES: usize = 5;

/// Dark enough on white, apart for every kind of colour vision, and each with
/// its own dash.
const LOOKS: [(RGBColor, &[f64]); MOST_CURVES] = [
    (RGBColor(0, 94, 162), &[]),
    (RGBColor(200, 78, 0), &[8.0, 4.0]),
    (RGBColor(28, 33, 38), &[2.5, 3.0]),
    (RGBColor(0, 128, 96), &[14.0, 4.0, 2.5, 4.0]),
    (RGBColor(150, 58, 122), &[20.0, 6.0]),
];

/// The curve from a time on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalStep {
    /// The time.
    pub time: f64,
    /// The share without the event, 0..=1.
    pub survival: f64,
    /// Lower end of its interval.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Whether somebody is censored at the time.
    pub censored: bool,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct SurvivalCurve {
    /// As printed beside its line.
    pub name: String,
    /// Its steps in the order of time.
    pub steps: Vec<SurvivalStep>,
    /// At risk at each time of the grid.
    pub at_risk: Vec<u64>,
}

/// Curves on one pair of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct SurvivalPlot {
    /// "Months from treatment".
    pub time: String,
    /// "Overall survival [%]".
    pub share: String,
    /// Times at which numbers at risk stand, ascending from 0.
    pub grid: Vec<f64>,
    /// One to five.
    pub curves: Vec<SurvivalCurve>,
}

/// Product-limit curves as steps, the interval as a band (as thin lines where
/// there are several curves), censoring as ticks, and the numbers at risk
/// under the axis.
///
/// # Errors
/// [`ReportError::Plot`]: no curve or more than five, times that are negative
/// or not ascending, shares outside 0..=1, numbers at risk that are not one
/// for each time of the grid.
pub fn survival_curve(plot: &SurvivalPlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if plot.curves.is_empty() || plot.curves.len() > MOST_CURVES {
        return Err(refused(format!(
            "{} curves; allowed are 1 to {MOST_CURVES}",
            plot.curves.len()
        )));
    }
    let ascending = |times: &[f64]| {
        times.iter().all(|time| time.is_finite() && *time >= 0.0)
            && times.windows(2).all(|pair| pair[0] <= pair[1])
    };
    if !ascending(&plot.grid) {
        return Err(refused(
            "the times of the grid do not ascend from 0".to_owned(),
        ));
    }
    for curve in &plot.curves {
        let times: Vec<f64> = curve.steps.iter().map(|step| step.time).collect();
        let shares = curve.steps.iter().flat_map(|step| {
            [Some(step.survival), step.lower, step.upper]
                .into_iter()
                .flatten()
        });
        if !ascending(&times)
            || shares
                .into_iter()
                .any(|share| !(0.0..=1.0).contains(&share))
        {
            return Err(refused(format!(
                "{}: needed are times that ascend from 0 and shares of 0 to 1",
                curve.name
            )));
        }
        if curve.at_risk.len() != plot.grid.len() {
            return Err(refused(format!(
                "{}: {} numbers at risk for {} times",
                curve.name,
                curve.at_risk.len(),
                plot.grid.len()
            )));
        }
    }
    let last = plot
        .curves
        .iter()
        .flat_map(|curve| &curve.steps)
        .map(|step| step.time)
        .chain(plot.grid.iter().copied())
        .fold(0.0, f64::max);
    let end = if last > 0.0 { last * 1.02 } else { 1.0 };
    let lines = if plot.curves.len() == 1 { 1.0 } else { 2.0 };
    let height = BOTTOM + TABLE + ROW * lines * plot.curves.len() as f64;
    picture(PLOT, height, |canvas| {
        let time = Axis::new([0.0, end], [LEFT, WIDTH - RIGHT]);
        let share = Axis::new([0.0, 1.0], [BOTTOM, TOP]);
        axes(canvas, plot, &time, &share)?;
        for (number, curve) in plot.curves.iter().enumerate() {
            band(
                canvas,
                curve,
                LOOKS[number].0,
                plot.curves.len() == 1,
                &time,
                &share,
            )?;
        }
        for (number, curve) in plot.curves.iter().enumerate() {
            let (colour, dash) = LOOKS[number];
            canvas.dashed(&steps(curve, &time, &share), dash, colour, 2.0)?;
            for step in curve.steps.iter().filter(|step| step.censored) {
                let [x, y] = [time.at(step.time), share.at(step.survival)];
                canvas.line(&[[x, y - 4.0], [x, y + 4.0]], colour, 1.2)?;
            }
        }
        at_risk(canvas, plot, &time)
    })
}

fn axes(canvas: &Canvas<'_>, plot: &SurvivalPlot, time: &Axis, share: &Axis) -> Result<(), String> {
    for at in &plot.grid {
        let x = time.at(*at);
        canvas.line(&[[x, TOP], [x, BOTTOM]], MESH, 0.75)?;
        canvas.line(&[[x, BOTTOM], [x, BOTTOM + 4.0]], FAINT, 1.0)?;
        canvas.text(
            &at.to_string(),
            [x, BOTTOM + 13.0],
            Anchor::Centre,
            SMALL,
            FAINT,
        )?;
    }
    for (value, _) in share.ticks(5.0) {
        let y = share.at(value);
        canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], MESH, 0.75)?;
        let text = format!("{:.0}", 100.0 * value);
        canvas.text(&text, [LEFT - 8.0, y], Anchor::Right, SMALL, FAINT)?;
    }
    canvas.line(
        &[[LEFT, TOP], [LEFT, BOTTOM], [WIDTH - RIGHT, BOTTOM]],
        FAINT,
        1.0,
    )?;
    canvas.text(
        &plot.time,
        [(LEFT + WIDTH - RIGHT) / 2.0, BOTTOM + 32.0],
        Anchor::Centre,
        SMALL,
        INK,
    )?;
    canvas.upwards(&plot.share, [11.0, f64::midpoint(TOP, BOTTOM)], SMALL, INK)
}

/// The corners of a curve: level until its next step.
fn steps(curve: &SurvivalCurve, time: &Axis, share: &Axis) -> Vec<[f64; 2]> {
    let mut places = vec![[time.at(0.0), share.at(1.0)]];
    let mut level = share.at(1.0);
    for step in &curve.steps {
        let x = time.at(step.time);
        places.push([x, level]);
        level = share.at(step.survival);
        places.push([x, level]);
    }
    places
}

/// The interval from each step to the next.
fn band(
    canvas: &Canvas<'_>,
    curve: &SurvivalCurve,
    colour: RGBColor,
    filled: bool,
    time: &Axis,
    share: &Axis,
) -> Result<(), String> {
    let last = curve.steps.last().map_or(0.0, |step| step.time);
    let mut from = 0;
    while from < curve.steps.len() {
        let step = &curve.steps[from];
        // One box until the interval changes: boxes on boxes would be darker.
        let next = (from + 1..curve.steps.len())
            .find(|at| {
                let other = &curve.steps[*at];
                (other.lower, other.upper) != (step.lower, step.upper)
            })
            .unwrap_or(curve.steps.len());
        let until = curve.steps.get(next).map_or(last, |step| step.time);
        from = next;
        let (Some(lower), Some(upper)) = (step.lower, step.upper) else {
            continue;
        };
        let [start, end] = [time.at(step.time), time.at(until)];
        let [low, high] = [share.at(lower), share.at(upper)];
        if filled {
            canvas.fill([[start, high], [end, low]], colour, 0.16)?;
        } else {
            for y in [low, high] {
                canvas.dashed(&[[start, y], [end, y]], &[1.5, 3.0], colour, 0.8)?;
            }
        }
    }
    Ok(())
}

/// The numbers under the axis, with the line and the name of each curve.
fn at_risk(canvas: &Canvas<'_>, plot: &SurvivalPlot, time: &Axis) -> Result<(), String> {
    let mut y = BOTTOM + TABLE - 6.0;
    let alone = plot.curves.len() == 1;
    for (number, curve) in plot.curves.iter().enumerate() {
        let (colour, dash) = LOOKS[number];
        if !alone {
            canvas.dashed(&[[LEFT, y], [LEFT + 34.0, y]], dash, colour, 2.0)?;
            canvas.text(
                &shortened(&curve.name, NAME_LETTERS),
                [LEFT + 42.0, y],
                Anchor::Left,
                SMALL,
                INK,
            )?;
            y += ROW;
        }
        canvas.text("At risk", [4.0, y], Anchor::Left, SMALL, FAINT)?;
        for (at, count) in plot.grid.iter().zip(&curve.at_risk) {
            canvas.text(
                &count.to_string(),
                [time.at(*at), y],
                Anchor::Centre,
                SMALL,
                INK,
            )?;
        }
        y += ROW;
    }
    Ok(())
}

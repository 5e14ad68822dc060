//! When each vial is calibrated, may be used and is used.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{
    Anchor, BLUE, Canvas, FAINT, INK, MESH, ORANGE, SMALL, WIDTH, picture, shortened,
};

const PLOT: &str = "plot of vials";
const LEFT: f64 = 118.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 58.0;
const VIAL_ROW: f64 = 24.0;
const INFUSION_ROW: f64 = 22.0;
const GAP: f64 = 8.0;
const NAME_LETTERS: usize = 16;
const DAY: f64 = 24.0;

/// The vials of a session on one axis of time.
///
/// Times are hours since `days[0]` began, by the clock of the site; a day has
/// 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct VialSchedulePlot {
    /// The days from hour 0 on, as printed: "Mon 16 Mar".
    pub days: Vec<String>,
    /// In order.
    pub vials: Vec<VialRow>,
}

/// A vial with its infusions.
#[derive(Debug, Clone, PartialEq)]
pub struct VialRow {
    /// As printed: "Vial 1, 3 GBq".
    pub name: String,
    /// The instant that the vial's activity is stated for, h.
    pub calibration_h: f64,
    /// From when to when it may be used, h.
    pub usable_h: [f64; 2],
    /// What is given from it.
    pub infusions: Vec<InfusionMark>,
}

/// An infusion.
#[derive(Debug, Clone, PartialEq)]
pub struct InfusionMark {
    /// As printed: "Right lobe".
    pub name: String,
    /// When it is planned, h.
    pub at_h: f64,
    /// From when to when its activity is within what is allowed, h.
    pub allowed_h: [f64; 2],
}

/// For each vial a bar (when it may be used) with a triangle (calibration), and
/// below it for each infusion a bracket (when it is allowed) with a dot (when
/// it is planned).
///
/// # Errors
/// [`ReportError::Plot`]: no vial, hours that are not finite, windows whose
/// ends are swapped.
pub fn vial_schedule(plot: &VialSchedulePlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if plot.vials.is_empty() {
        return Err(refused("no vial; at least one is needed".to_owned()));
    }
    let mut hours = Vec::new();
    for (position, vial) in plot.vials.iter().enumerate() {
        let number = position + 1;
        let windows = std::iter::once(vial.usable_h)
            .chain(vial.infusions.iter().map(|infusion| infusion.allowed_h));
        for [from, to] in windows {
            if !(from.is_finite() && to.is_finite() && from <= to) {
                return Err(refused(format!(
                    "vial {number}: a window of {from}..{to} h; needed are finite hours, the \
                     earlier first"
                )));
            }
            hours.extend([from, to]);
        }
        let instants = std::iter::once(vial.calibration_h)
            .chain(vial.infusions.iter().map(|infusion| infusion.at_h));
        for at in instants {
            if !at.is_finite() {
                return Err(refused(format!(
                    "vial {number}: an instant of {at} h; needed is a finite hour"
                )));
            }
            hours.push(at);
        }
    }
    let first = hours.iter().copied().fold(f64::INFINITY, f64::min);
    let last = hours.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let margin = ((last - first) * 0.04).max(1.0);
    let axis = Axis::new([first - margin, last + margin], [LEFT, WIDTH - RIGHT]);
    let bottom = TOP
        + plot
            .vials
            .iter()
            .map(|vial| VIAL_ROW + INFUSION_ROW * vial.infusions.len() as f64 + GAP)
            .sum::<f64>();
    picture(PLOT, bottom + 34.0, |canvas| {
        legend(canvas)?;
        time_axis(canvas, &axis, [first - margin, last + margin], bottom, plot)?;
        let mut y = TOP;
        for vial in &plot.vials {
            draw_vial(canvas, vial, y + VIAL_ROW / 2.0, &axis)?;
            y += VIAL_ROW;
            for infusion in &vial.infusions {
                draw_infusion(canvas, infusion, y + INFUSION_ROW / 2.0, &axis)?;
                y += INFUSION_ROW;
            }
            y += GAP;
        }
        Ok(())
    })
}

/// Hours at the foot, days between their midnights.
fn time_axis(
    canvas: &Canvas<'_>,
    axis: &Axis,
    [first, last]: [f64; 2],
    bottom: f64,
    plot: &VialSchedulePlot,
) -> Result<(), String> {
    let room = axis.at(DAY) - axis.at(0.0);
    // Ticks at hours of the clock, as many as stand apart.
    let step = [3.0, 6.0, 12.0, 24.0]
        .into_iter()
        .find(|step| room * step / DAY >= 34.0);
    if let Some(step) = step {
        let mut hour = (first / step).ceil() * step;
        while hour <= last {
            let x = axis.at(hour);
            let clock = hour.rem_euclid(DAY);
            let midnight = clock == 0.0;
            canvas.line(&[[x, TOP - 4.0], [x, bottom]], MESH, 0.75)?;
            canvas.line(&[[x, bottom], [x, bottom + 4.0]], FAINT, 1.0)?;
            if !midnight {
                canvas.text(
                    &format!("{clock:02.0}"),
                    [x, bottom + 12.0],
                    Anchor::Centre,
                    SMALL,
                    FAINT,
                )?;
            }
            hour += step;
        }
    }
    // Names of days, as many as stand apart.
    let every = (80.0 / room).ceil().max(1.0) as usize;
    for (day, name) in plot.days.iter().enumerate() {
        let start = day as f64 * DAY;
        let [from, to] = [start.max(first), (start + DAY).min(last)];
        if from >= to {
            continue;
        }
        if start > first {
            let x = axis.at(start);
            canvas.line(&[[x, TOP - 4.0], [x, bottom + 33.0]], FAINT, 1.0)?;
        }
        let shown = axis.at(to) - axis.at(from);
        if day % every == 0 && (shown >= 58.0 || every > 1) {
            canvas.text(
                name,
                [axis.at(f64::midpoint(from, to)), bottom + 27.0],
                Anchor::Centre,
                SMALL,
                INK,
            )?;
        }
    }
    canvas.line(&[[LEFT, bottom], [WIDTH - RIGHT, bottom]], FAINT, 1.0)
}

fn draw_vial(canvas: &Canvas<'_>, vial: &VialRow, y: f64, axis: &Axis) -> Result<(), String> {
    canvas.bold(
        &shortened(&vial.name, NAME_LETTERS),
        [LEFT - 8.0, y],
        Anchor::Right,
        SMALL,
        INK,
    )?;
    let [from, to] = vial.usable_h.map(|hour| axis.at(hour));
    let bar = [[from, y - 6.0], [to, y + 6.0]];
    canvas.fill(bar, BLUE, 0.22)?;
    canvas.frame(bar, BLUE, 1.0)?;
    triangle(canvas, [axis.at(vial.calibration_h), y])
}

fn draw_infusion(
    canvas: &Canvas<'_>,
    infusion: &InfusionMark,
    y: f64,
    axis: &Axis,
) -> Result<(), String> {
    canvas.text(
        &shortened(&infusion.name, NAME_LETTERS),
        [LEFT - 8.0, y],
        Anchor::Right,
        SMALL,
        INK,
    )?;
    let [from, to] = infusion.allowed_h.map(|hour| axis.at(hour));
    bracket(canvas, [from, to], y)?;
    canvas.disc([axis.at(infusion.at_h), y], 4.2, ORANGE)
}

fn triangle(canvas: &Canvas<'_>, [x, y]: [f64; 2]) -> Result<(), String> {
    canvas.shape(&[[x - 6.0, y - 6.0], [x + 6.0, y - 6.0], [x, y + 6.0]], INK)
}

fn bracket(canvas: &Canvas<'_>, [from, to]: [f64; 2], y: f64) -> Result<(), String> {
    canvas.line(&[[from, y], [to, y]], ORANGE, 1.6)?;
    for x in [from, to] {
        canvas.line(&[[x, y - 5.0], [x, y + 5.0]], ORANGE, 1.6)?;
    }
    Ok(())
}

fn legend(canvas: &Canvas<'_>) -> Result<(), String> {
    let (upper, lower) = (12.0, 32.0);
    canvas.fill([[6.0, upper - 6.0], [34.0, upper + 6.0]], BLUE, 0.22)?;
    canvas.frame([[6.0, upper - 6.0], [34.0, upper + 6.0]], BLUE, 1.0)?;
    canvas.text("vial usable", [42.0, upper], Anchor::Left, SMALL, INK)?;
    triangle(canvas, [246.0, upper])?;
    canvas.text("calibration", [258.0, upper], Anchor::Left, SMALL, INK)?;
    bracket(canvas, [6.0, 34.0], lower)?;
    canvas.text("infusion allowed", [42.0, lower], Anchor::Left, SMALL, INK)?;
    canvas.disc([246.0, lower], 4.2, ORANGE)?;
    canvas.text("infusion planned", [258.0, lower], Anchor::Left, SMALL, INK)
}

//! Planned against delivered dose of each structure.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{
    Anchor, BLUE, Canvas, FAINT, INK, MESH, ORANGE, SMALL, WIDTH, picture, shortened,
};

const PLOT: &str = "plot of planned and delivered doses";
const ROW: f64 = 30.0;
const TOP: f64 = 28.0;
const FOOT: f64 = 46.0;
const LEFT: f64 = 142.0;
const RIGHT: f64 = 16.0;
const NAME_LETTERS: usize = 19;

/// The doses of one structure.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedDelivered {
    /// As printed: "Tumour 1", "Normal liver".
    pub structure: String,
    /// Whether dose is to be kept low here; its row is shaded.
    pub spared: bool,
    /// Mean absorbed dose of the plan, Gy, not negative.
    pub planned_gy: f64,
    /// The plan's interval with k = 2, Gy: low and high.
    pub planned_interval_gy: Option<[f64; 2]>,
    /// Mean absorbed dose after treatment, Gy, not negative.
    pub delivered_gy: f64,
    /// Its interval with k = 2, Gy: low and high.
    pub delivered_interval_gy: Option<[f64; 2]>,
}

/// Two dots for each structure, planned (open circle, upper) and delivered
/// (filled square, lower), each with its interval, joined by a line.
///
/// # Errors
/// [`ReportError::Plot`]: no structure, values that are negative or not finite,
/// an interval whose ends are swapped.
pub fn planned_delivered(structures: &[PlannedDelivered]) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if structures.is_empty() {
        return Err(refused("no structure; at least one is needed".to_owned()));
    }
    let mut highest = 0.0_f64;
    for structure in structures {
        for (dose, interval) in [
            (structure.planned_gy, structure.planned_interval_gy),
            (structure.delivered_gy, structure.delivered_interval_gy),
        ] {
            let [low, high] = interval.unwrap_or([dose, dose]);
            if [dose, low, high]
                .iter()
                .any(|value| !(value.is_finite() && *value >= 0.0))
                || low > high
            {
                return Err(refused(format!(
                    "{}: {dose} Gy in {low}..{high} Gy; needed are values from 0 on, the lower \
                     first",
                    structure.structure
                )));
            }
            highest = highest.max(high).max(dose);
        }
    }
    let end = if highest > 0.0 { highest * 1.05 } else { 1.0 };
    let last = TOP + ROW * structures.len() as f64;
    picture(PLOT, last + FOOT, |canvas| {
        let axis = Axis::new([0.0, end], [LEFT, WIDTH - RIGHT]);
        legend(canvas)?;
        for (position, structure) in structures.iter().enumerate() {
            if structure.spared {
                let y = TOP + ROW * position as f64;
                canvas.fill([[0.0, y], [WIDTH - RIGHT, y + ROW]], FAINT, 0.12)?;
            }
        }
        for (value, text) in axis.ticks(6.0) {
            let x = axis.at(value);
            canvas.line(&[[x, TOP], [x, last]], MESH, 0.75)?;
            canvas.line(&[[x, last], [x, last + 4.0]], FAINT, 1.0)?;
            canvas.text(&text, [x, last + 13.0], Anchor::Centre, SMALL, FAINT)?;
        }
        canvas.line(&[[LEFT, last], [WIDTH - RIGHT, last]], FAINT, 1.0)?;
        canvas.text(
            "Mean absorbed dose [Gy]",
            [(LEFT + WIDTH - RIGHT) / 2.0, last + 31.0],
            Anchor::Centre,
            SMALL,
            INK,
        )?;
        for (position, structure) in structures.iter().enumerate() {
            row(
                canvas,
                structure,
                TOP + ROW * (position as f64 + 0.5),
                &axis,
            )?;
        }
        Ok(())
    })
}

fn row(
    canvas: &Canvas<'_>,
    structure: &PlannedDelivered,
    y: f64,
    axis: &Axis,
) -> Result<(), String> {
    canvas.text(
        &shortened(&structure.structure, NAME_LETTERS),
        [LEFT - 8.0, y],
        Anchor::Right,
        SMALL,
        INK,
    )?;
    let [upper, lower] = [y - 6.0, y + 6.0];
    let planned = [axis.at(structure.planned_gy), upper];
    let delivered = [axis.at(structure.delivered_gy), lower];
    canvas.line(&[planned, delivered], FAINT, 1.0)?;
    for (interval, y, colour) in [
        (structure.planned_interval_gy, upper, BLUE),
        (structure.delivered_interval_gy, lower, ORANGE),
    ] {
        if let Some([low, high]) = interval {
            let [low, high] = [low, high].map(|value| axis.at(value));
            canvas.line(&[[low, y], [high, y]], colour, 1.6)?;
            for x in [low, high] {
                canvas.line(&[[x, y - 3.0], [x, y + 3.0]], colour, 1.6)?;
            }
        }
    }
    canvas.ring(planned, 4.2, BLUE)?;
    square(canvas, delivered)
}

fn square(canvas: &Canvas<'_>, [x, y]: [f64; 2]) -> Result<(), String> {
    canvas.fill([[x - 4.2, y - 4.2], [x + 4.2, y + 4.2]], ORANGE, 1.0)
}

fn legend(canvas: &Canvas<'_>) -> Result<(), String> {
    let y = 12.0;
    canvas.ring([LEFT + 6.0, y], 4.2, BLUE)?;
    canvas.text("planned", [LEFT + 16.0, y], Anchor::Left, SMALL, INK)?;
    square(canvas, [LEFT + 88.0, y])?;
    canvas.text(
        "delivered, intervals k = 2",
        [LEFT + 98.0, y],
        Anchor::Left,
        SMALL,
        INK,
    )
}

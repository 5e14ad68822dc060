//! A bar for each patient from treatment to the last that is known.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, Canvas, FAINT, INK, MESH, ORANGE, SMALL, WIDTH, picture};

const PLOT: &str = "swimmer plot";
const LEFT: f64 = 16.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 46.0;
const FOOT: f64 = 44.0;
/// Height of a patient's row, from and to, pixels.
const ROW: [f64; 2] = [4.5, 15.0];
/// The picture's rows together are no higher than this where that is possible.
const ROWS: f64 = 420.0;

/// What happens to a patient at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwimmerMark {
    /// Response first seen.
    Response,
    /// Progression first seen.
    Progression,
    /// Death.
    Death,
    /// Another treatment of the study.
    Treatment,
}

/// A patient.
#[derive(Debug, Clone, PartialEq)]
pub struct SwimmerRow {
    /// Months to the last that is known, 0 or more.
    pub months: f64,
    /// Whether the patient is alive then.
    pub alive: bool,
    /// What happens, by months.
    pub marks: Vec<(f64, SwimmerMark)>,
}

/// Patients by the length of their follow-up, longest first, with signs for
/// what happens; an arrow where the patient was alive.
///
/// # Errors
/// [`ReportError::Plot`]: no patient, and months that are negative or not finite.
pub fn swimmer(rows: &[SwimmerRow]) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if rows.is_empty() {
        return Err(refused("no patient; at least one is needed".to_owned()));
    }
    let all = rows
        .iter()
        .flat_map(|row| row.marks.iter().map(|(at, _)| *at).chain([row.months]));
    if let Some(wrong) = all.into_iter().find(|at| !(at.is_finite() && *at >= 0.0)) {
        return Err(refused(format!(
            "{wrong} months; needed are numbers from 0 on"
        )));
    }
    let mut sorted: Vec<&SwimmerRow> = rows.iter().collect();
    sorted.sort_by(|one, other| other.months.total_cmp(&one.months));
    let longest = sorted[0].months;
    let height = (ROWS / rows.len() as f64).clamp(ROW[0], ROW[1]);
    let last = TOP + height * rows.len() as f64;
    picture(PLOT, last + FOOT, |canvas| {
        let end = if longest > 0.0 { longest * 1.04 } else { 1.0 };
        let axis = Axis::new([0.0, end], [LEFT, WIDTH - RIGHT]);
        legend(canvas)?;
        for (value, text) in axis.ticks(8.0) {
            let x = axis.at(value);
            canvas.line(&[[x, TOP], [x, last]], MESH, 0.75)?;
            canvas.line(&[[x, last], [x, last + 4.0]], FAINT, 1.0)?;
            canvas.text(&text, [x, last + 13.0], Anchor::Centre, SMALL, FAINT)?;
        }
        canvas.line(&[[LEFT, last], [WIDTH - RIGHT, last]], FAINT, 1.0)?;
        canvas.text(
            "Months from treatment, a bar a patient",
            [(LEFT + WIDTH - RIGHT) / 2.0, last + 31.0],
            Anchor::Centre,
            SMALL,
            INK,
        )?;
        for (number, row) in sorted.iter().enumerate() {
            let y = TOP + height * (number as f64 + 0.5);
            let half = height * 0.36;
            let to = axis.at(row.months);
            canvas.fill([[LEFT, y - half], [to, y + half]], FAINT, 0.28)?;
            let size = (height * 0.42).clamp(2.4, 5.0);
            if row.alive {
                canvas.line(&[[to, y], [to + 7.0, y]], INK, 1.2)?;
                canvas.shape(
                    &[
                        [to + 11.0, y],
                        [to + 5.0, y - size * 0.8],
                        [to + 5.0, y + size * 0.8],
                    ],
                    INK,
                )?;
            }
            for (at, mark) in &row.marks {
                sign(canvas, *mark, [axis.at(*at), y], size)?;
            }
        }
        Ok(())
    })
}

/// A sign: triangle, cross, square, upright line.
fn sign(canvas: &Canvas<'_>, mark: SwimmerMark, [x, y]: [f64; 2], size: f64) -> Result<(), String> {
    match mark {
        SwimmerMark::Response => canvas.shape(
            &[
                [x, y - size * 1.2],
                [x + size * 1.1, y + size * 0.8],
                [x - size * 1.1, y + size * 0.8],
            ],
            BLUE,
        ),
        SwimmerMark::Progression => {
            canvas.line(&[[x - size, y - size], [x + size, y + size]], ORANGE, 2.0)?;
            canvas.line(&[[x - size, y + size], [x + size, y - size]], ORANGE, 2.0)
        }
        SwimmerMark::Death => canvas.fill([[x - size, y - size], [x + size, y + size]], INK, 1.0),
        SwimmerMark::Treatment => {
            canvas.line(&[[x, y - size * 1.2], [x, y + size * 1.2]], INK, 1.4)
        }
    }
}

fn legend(canvas: &Canvas<'_>) -> Result<(), String> {
    let [upper, lower] = [12.0, 31.0];
    let places = [
        (SwimmerMark::Response, "response", [LEFT + 6.0, upper]),
        (
            SwimmerMark::Progression,
            "progression",
            [LEFT + 106.0, upper],
        ),
        (SwimmerMark::Death, "death", [LEFT + 226.0, upper]),
        (
            SwimmerMark::Treatment,
            "further treatment",
            [LEFT + 306.0, upper],
        ),
    ];
    for (mark, name, [x, y]) in places {
        sign(canvas, mark, [x, y], 4.6)?;
        canvas.text(name, [x + 11.0, y], Anchor::Left, SMALL, INK)?;
    }
    canvas.line(&[[LEFT + 1.0, lower], [LEFT + 8.0, lower]], INK, 1.2)?;
    canvas.shape(
        &[
            [LEFT + 12.0, lower],
            [LEFT + 6.0, lower - 4.0],
            [LEFT + 6.0, lower + 4.0],
        ],
        INK,
    )?;
    canvas.text(
        "alive when last heard of",
        [LEFT + 17.0, lower],
        Anchor::Left,
        SMALL,
        INK,
    )
}

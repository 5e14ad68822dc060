//! The best change of each lesion, from the one that grew most to the one
//! that shrank most.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, Canvas, FAINT, INK, ORANGE, SMALL, WIDTH, picture, shortened};

const PLOT: &str = "waterfall of lesions";
const LEFT: f64 = 52.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 250.0;
const FOOT: f64 = 44.0;
/// Width of a letter, pixels.
const LETTER: f64 = 6.9;
/// Letters of a name that reads upwards.
const UPWARDS_LETTERS: usize = 12;
/// Bars end here and are marked, %.
const MOST: f64 = 100.0;
/// Widest bar, pixels: two lesions are no two walls.
const WIDEST: f64 = 46.0;

/// One lesion.
#[derive(Debug, Clone, PartialEq)]
pub struct WaterfallBar {
    /// Below the bar.
    pub lesion: String,
    /// Best change from baseline, %, at least −100.
    pub change: f64,
    /// Mean absorbed dose, Gy.
    pub dose_gy: Option<f64>,
    /// Whether it was not there at baseline.
    pub new: bool,
}

/// Bars in the order of their changes, with limits across, %.
///
/// # Errors
/// [`ReportError::Plot`]: no lesion, values that are not finite or below −100 %.
pub fn lesion_waterfall(bars: &[WaterfallBar], limits: &[f64]) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if bars.is_empty() {
        return Err(refused("no lesion; at least one is needed".to_owned()));
    }
    if let Some(bar) = bars
        .iter()
        .find(|bar| !(bar.change.is_finite() && bar.change >= -100.0 - 1e-9))
    {
        return Err(refused(format!(
            "{} has {} %; needed are finite values from -100 % on",
            bar.lesion, bar.change
        )));
    }
    let mut sorted: Vec<&WaterfallBar> = bars.iter().collect();
    sorted.sort_by(|one, other| other.change.total_cmp(&one.change));
    let most = sorted
        .iter()
        .map(|bar| bar.change)
        .chain([30.0])
        .fold(0.0, f64::max)
        .min(MOST);
    let room = (WIDTH - RIGHT - LEFT) / sorted.len() as f64;
    let longest = sorted
        .iter()
        .map(|bar| name_of(bar).chars().count())
        .max()
        .unwrap_or(0);
    // Names that do not fit below their bars read upwards.
    let upwards = longest as f64 * LETTER > room - 4.0;
    let names = if upwards {
        longest.min(UPWARDS_LETTERS) as f64 * LETTER + 10.0
    } else {
        20.0
    };
    picture(PLOT, BOTTOM + FOOT - 20.0 + names, |canvas| {
        let axis = Axis::new([-100.0, most], [BOTTOM, TOP]);
        axis.changes(canvas, [LEFT, WIDTH - RIGHT])?;
        canvas.upwards(
            "Best change from baseline [%]",
            [12.0, (TOP + BOTTOM) / 2.0],
            SMALL,
            INK,
        )?;
        for limit in limits {
            let y = axis.kept(*limit);
            canvas.dashed(&[[LEFT, y], [WIDTH - RIGHT, y]], &[3.0, 3.0], INK, 1.0)?;
        }
        for (place, bar) in sorted.iter().enumerate() {
            let x = LEFT + room * (place as f64 + 0.5);
            draw(canvas, bar, x, room, &axis)?;
            let name = shortened(&name_of(bar), UPWARDS_LETTERS);
            if upwards && room >= 12.0 {
                canvas.upwards(&name, [x, BOTTOM + names / 2.0], SMALL, INK)?;
            } else if !upwards {
                canvas.text(&name, [x, BOTTOM + 12.0], Anchor::Centre, SMALL, INK)?;
            }
        }
        let y = axis.at(0.0);
        canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], FAINT, 1.2)?;
        legend(canvas, bars, BOTTOM + names + 12.0)
    })
}

fn name_of(bar: &WaterfallBar) -> String {
    if bar.new {
        format!("{}*", bar.lesion)
    } else {
        bar.lesion.clone()
    }
}

fn draw(
    canvas: &Canvas<'_>,
    bar: &WaterfallBar,
    x: f64,
    room: f64,
    axis: &Axis,
) -> Result<(), String> {
    let half = (room * 0.72).min(WIDEST) / 2.0;
    let [zero, end] = [axis.at(0.0), axis.kept(bar.change)];
    let corners = [[x - half, zero.min(end)], [x + half, zero.max(end)]];
    let colour = if bar.change > 0.0 { ORANGE } else { BLUE };
    // Told apart without colour: what grew is an outline, what shrank is full.
    if bar.change > 0.0 {
        canvas.fill(corners, colour, 0.25)?;
        let [[left, up], [right, down]] = corners;
        let outline = [
            [left, up],
            [right, up],
            [right, down],
            [left, down],
            [left, up],
        ];
        canvas.line(&outline, colour, 1.8)?;
    } else {
        canvas.fill(corners, colour, 0.9)?;
    }
    let shown = if bar.change > MOST {
        format!("+{:.0}", bar.change)
    } else {
        String::new()
    };
    let dose = bar
        .dose_gy
        .filter(|_| room >= 26.0)
        .map_or_else(String::new, |gy| format!("{gy:.0} Gy"));
    if !shown.is_empty() {
        canvas.text(&shown, [x, end - 8.0], Anchor::Centre, SMALL, INK)?;
    }
    if !dose.is_empty() {
        // Beside the zero line, on the side where the bar is not.
        let y = if bar.change > 0.0 {
            zero + 9.0
        } else {
            zero - 9.0
        };
        canvas.text(&dose, [x, y], Anchor::Centre, SMALL, INK)?;
    }
    Ok(())
}

fn legend(canvas: &Canvas<'_>, bars: &[WaterfallBar], y: f64) -> Result<(), String> {
    let mut said = vec!["broken: limits of response, progression".to_owned()];
    if bars.iter().any(|bar| bar.dose_gy.is_some()) {
        said.insert(0, "mean dose".to_owned());
    }
    if bars.iter().any(|bar| bar.new) {
        said.push("* new".to_owned());
    }
    canvas.text(&said.join("; "), [LEFT, y], Anchor::Left, SMALL, FAINT)
}

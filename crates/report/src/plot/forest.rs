//! Proportions of several studies, and what they are pooled to.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, FAINT, INK, MESH, ORANGE, SMALL, WIDTH, picture, shortened};

const PLOT: &str = "forest plot";
const LEFT: f64 = 172.0;
const RIGHT: f64 = 112.0;
const TOP: f64 = 26.0;
const ROW: f64 = 22.0;
const FOOT: f64 = 46.0;
const NAME_LETTERS: usize = 16;

/// A study, or the pool.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    /// As printed.
    pub name: String,
    /// Those with the property of all: "9/40"; empty of the pool.
    pub counts: String,
    /// The share, 0..=1.
    pub share: f64,
    /// Its interval.
    pub interval: [f64; 2],
    /// Its part of the pool, 0..=1; sets the size of its square.
    pub weight: f64,
}

/// Studies and their pool.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestPlot {
    /// Below the axis.
    pub label: String,
    /// The studies.
    pub studies: Vec<ForestRow>,
    /// The pool.
    pub pool: ForestRow,
    /// Where the share of a new study is to be expected.
    pub prediction: Option<[f64; 2]>,
}

/// A square with its interval for each study, a diamond for the pool, and
/// below it a line for where a new study is to be expected.
///
/// # Errors
/// [`ReportError::Plot`]: no study, and shares outside 0..=1.
pub fn forest(plot: &ForestPlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if plot.studies.is_empty() {
        return Err(refused("no study; at least one is needed".to_owned()));
    }
    for row in plot.studies.iter().chain([&plot.pool]) {
        let [lower, upper] = row.interval;
        if [row.share, lower, upper, row.weight]
            .iter()
            .any(|share| !(0.0..=1.0).contains(share))
        {
            return Err(refused(format!(
                "{}: {} in {lower}..{upper}; needed are shares of 0 to 1",
                row.name, row.share
            )));
        }
    }
    let rows = plot.studies.len() as f64 + 1.6 + f64::from(u8::from(plot.prediction.is_some()));
    let last = TOP + ROW * rows;
    picture(PLOT, last + FOOT, |canvas| {
        let share = Axis::new([0.0, 1.0], [LEFT, WIDTH - RIGHT]);
        for (value, _) in share.ticks(5.0) {
            let x = share.at(value);
            canvas.line(&[[x, TOP], [x, last]], MESH, 0.75)?;
            canvas.line(&[[x, last], [x, last + 4.0]], FAINT, 1.0)?;
            let text = format!("{:.0}", 100.0 * value);
            canvas.text(&text, [x, last + 13.0], Anchor::Centre, SMALL, FAINT)?;
        }
        canvas.line(&[[LEFT, last], [WIDTH - RIGHT, last]], FAINT, 1.0)?;
        canvas.text(
            &plot.label,
            [(LEFT + WIDTH - RIGHT) / 2.0, last + 31.0],
            Anchor::Centre,
            SMALL,
            INK,
        )?;
        canvas.text("n/N", [LEFT - 8.0, TOP - 12.0], Anchor::Right, SMALL, FAINT)?;
        canvas.text(
            "% (95 %)",
            [WIDTH - 4.0, TOP - 12.0],
            Anchor::Right,
            SMALL,
            FAINT,
        )?;
        let pooled = share.at(plot.pool.share);
        canvas.dashed(&[[pooled, TOP], [pooled, last]], &[4.0, 4.0], ORANGE, 1.0)?;
        let words = |row: &ForestRow| {
            let [lower, upper] = row.interval;
            format!(
                "{:.1} ({:.1}–{:.1})",
                100.0 * row.share,
                100.0 * lower,
                100.0 * upper
            )
        };
        for (number, row) in plot.studies.iter().enumerate() {
            let y = TOP + ROW * (number as f64 + 0.5);
            let name = shortened(&row.name, NAME_LETTERS);
            canvas.text(&name, [4.0, y], Anchor::Left, SMALL, INK)?;
            canvas.text(&row.counts, [LEFT - 8.0, y], Anchor::Right, SMALL, INK)?;
            canvas.text(&words(row), [WIDTH - 4.0, y], Anchor::Right, SMALL, INK)?;
            let [low, high] = row.interval.map(|end| share.at(end));
            canvas.line(&[[low, y], [high, y]], BLUE, 1.6)?;
            let half = 2.5 + 5.0 * row.weight.sqrt();
            let x = share.at(row.share);
            canvas.fill([[x - half, y - half], [x + half, y + half]], BLUE, 1.0)?;
        }
        let y = TOP + ROW * (plot.studies.len() as f64 + 1.1);
        let [low, high] = plot.pool.interval.map(|end| share.at(end));
        let half = 7.0;
        canvas.shape(
            &[[low, y], [pooled, y - half], [high, y], [pooled, y + half]],
            ORANGE,
        )?;
        canvas.bold(&plot.pool.name, [4.0, y], Anchor::Left, SMALL, INK)?;
        canvas.bold(
            &words(&plot.pool),
            [WIDTH - 4.0, y],
            Anchor::Right,
            SMALL,
            INK,
        )?;
        if let Some(prediction) = plot.prediction {
            let y = y + ROW;
            let [low, high] = prediction.map(|end| share.kept(end));
            canvas.line(&[[low, y], [high, y]], ORANGE, 1.6)?;
            for x in [low, high] {
                canvas.line(&[[x, y - 4.0], [x, y + 4.0]], ORANGE, 1.6)?;
            }
            canvas.text("new study", [4.0, y], Anchor::Left, SMALL, INK)?;
            let text = format!("{:.1}–{:.1}", 100.0 * prediction[0], 100.0 * prediction[1]);
            canvas.text(&text, [WIDTH - 4.0, y], Anchor::Right, SMALL, INK)?;
        }
        Ok(())
    })
}

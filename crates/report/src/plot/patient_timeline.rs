//! A patient over time: treatments, scans with their responses, events,
//! analogue, and the end.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, Canvas, FAINT, INK, ORANGE, SMALL, WIDTH, picture, shortened};
use super::months::{self, LINE, lines_of};

const PLOT: &str = "timeline of the patient";
const LEFT: f64 = 126.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 8.0;
const FOOT: f64 = 44.0;
const GAP: f64 = 12.0;
const LABEL_LETTERS: usize = 26;

/// What happened, with its day.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineMark {
    /// Months from the first treatment.
    pub month: f64,
    /// End in months, of what lasts.
    pub until: Option<f64>,
    /// As printed.
    pub label: String,
}

/// How the follow-up ends.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEnd {
    /// Months from the first treatment.
    pub month: f64,
    /// Dead, or alive when last heard of.
    pub dead: bool,
    /// As printed: "died of pulmonary disease".
    pub label: String,
}

/// A patient over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatientTimelinePlot {
    /// Radioembolisations, with GBq.
    pub treatments: Vec<TimelineMark>,
    /// Other treatments.
    pub other_treatments: Vec<TimelineMark>,
    /// Scans, with responses by one criterion.
    pub scans: Vec<TimelineMark>,
    /// "RECIST 1.1".
    pub criterion: String,
    /// Adverse events.
    pub events: Vec<TimelineMark>,
    /// Somatostatin analogue, with its dose.
    pub analogues: Vec<TimelineMark>,
    /// The end.
    pub end: Option<TimelineEnd>,
}

/// How marks of a row are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Treatment,
    Other,
    Scan,
    Event,
    Bar,
}

/// A row for each kind, only where there is something to show.
///
/// # Errors
/// [`ReportError::Plot`]: nothing at all, months that are not finite, spans
/// that end before they begin.
pub fn patient_timeline(plot: &PatientTimelinePlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    let rows: Vec<(&str, Shape, &[TimelineMark])> = [
        ("radioembolisation", Shape::Treatment, &*plot.treatments),
        ("other treatment", Shape::Other, &plot.other_treatments),
        (plot.criterion.as_str(), Shape::Scan, &plot.scans),
        ("adverse events", Shape::Event, &plot.events),
        ("analogue", Shape::Bar, &plot.analogues),
    ]
    .into_iter()
    .filter(|(_, _, marks)| !marks.is_empty())
    .collect();
    let marks = || rows.iter().flat_map(|(_, _, marks)| marks.iter());
    let ends = plot.end.iter().map(|end| end.month);
    let months = marks()
        .flat_map(|mark| std::iter::once(mark.month).chain(mark.until))
        .chain(ends);
    if rows.is_empty() && plot.end.is_none() {
        return Err(refused("nothing to show".to_owned()));
    }
    if let Some(wrong) = months.clone().find(|month| !month.is_finite()) {
        return Err(refused(format!("month {wrong} is not finite")));
    }
    if let Some(mark) = marks().find(|mark| mark.until.is_some_and(|until| until < mark.month)) {
        return Err(refused(format!(
            "{} ends before it begins, at month {}",
            mark.label, mark.month
        )));
    }
    let range = months::range(months);
    let edges = [LEFT, WIDTH - RIGHT];
    let time = Axis::new(range, edges);
    let heights: Vec<f64> = rows
        .iter()
        .map(|(_, shape, marks)| height(*shape, marks, &time, edges))
        .collect();
    let end_height = if plot.end.is_some() { 30.0 } else { 0.0 };
    let bottom = TOP + heights.iter().map(|height| height + GAP).sum::<f64>() + end_height;
    picture(PLOT, bottom + FOOT, |canvas| {
        months::foot(canvas, &time, range, [TOP, bottom])?;
        let mut y = TOP;
        for ((name, shape, marks), height) in rows.iter().zip(&heights) {
            canvas.text(
                &shortened(name, 18),
                [LEFT - 8.0, y + height - 8.0],
                Anchor::Right,
                SMALL,
                INK,
            )?;
            row(canvas, *shape, marks, &time, edges, [y, y + height])?;
            y += height + GAP;
        }
        if let Some(end) = &plot.end {
            draw_end(canvas, end, &time, edges, y + 14.0)?;
        }
        Ok(())
    })
}

fn centres<'m>(marks: &'m [TimelineMark], time: &Axis, edges: [f64; 2]) -> Vec<(f64, &'m str)> {
    marks
        .iter()
        .map(|mark| {
            let middle = mark
                .until
                .map_or(mark.month, |until| f64::midpoint(mark.month, until));
            let cut = mark
                .label
                .char_indices()
                .nth(LABEL_LETTERS)
                .map_or(mark.label.len(), |(at, _)| at);
            let label = &mark.label[..cut];
            (months::kept(time.at(middle), label, edges), label)
        })
        .collect()
}

/// Lines of labels above the marks of a row.
fn height(_: Shape, marks: &[TimelineMark], time: &Axis, edges: [f64; 2]) -> f64 {
    let lines = lines_of(&centres(marks, time, edges));
    let most = lines.iter().max().copied().unwrap_or(0);
    LINE * (most + 1) as f64 + 14.0
}

fn row(
    canvas: &Canvas<'_>,
    shape: Shape,
    marks: &[TimelineMark],
    time: &Axis,
    edges: [f64; 2],
    [_, bottom]: [f64; 2],
) -> Result<(), String> {
    let y = bottom - 7.0;
    canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], FAINT, 0.75)?;
    let centres = centres(marks, time, edges);
    for ((mark, (centre, label)), line) in marks.iter().zip(&centres).zip(lines_of(&centres)) {
        let x = time.at(mark.month);
        draw_mark(canvas, shape, x, mark.until.map(|until| time.at(until)), y)?;
        canvas.text(
            label,
            [*centre, bottom - 14.0 - LINE * (line as f64 + 0.5)],
            Anchor::Centre,
            SMALL,
            INK,
        )?;
    }
    Ok(())
}

fn draw_mark(
    canvas: &Canvas<'_>,
    shape: Shape,
    x: f64,
    until: Option<f64>,
    y: f64,
) -> Result<(), String> {
    match shape {
        Shape::Treatment => canvas.shape(
            &[[x - 6.0, y - 6.0], [x + 6.0, y - 6.0], [x, y + 6.0]],
            ORANGE,
        ),
        Shape::Other => {
            let [left, right, up, down] = [x - 4.5, x + 4.5, y - 4.5, y + 4.5];
            let corners = [
                [left, up],
                [right, up],
                [right, down],
                [left, down],
                [left, up],
            ];
            canvas.line(&corners, ORANGE, 1.8)
        }
        Shape::Scan => canvas.disc([x, y], 4.4, BLUE),
        Shape::Event => {
            if let Some(until) = until {
                canvas.line(&[[x, y], [until, y]], INK, 3.0)?;
            }
            canvas.shape(
                &[[x - 5.5, y], [x, y - 5.5], [x + 5.5, y], [x, y + 5.5]],
                INK,
            )
        }
        Shape::Bar => {
            let end = until.unwrap_or(WIDTH - RIGHT).max(x + 2.0);
            canvas.fill([[x, y - 4.5], [end, y + 4.5]], BLUE, 0.3)?;
            canvas.frame([[x, y - 4.5], [end, y + 4.5]], BLUE, 1.0)
        }
    }
}

fn draw_end(
    canvas: &Canvas<'_>,
    end: &TimelineEnd,
    time: &Axis,
    [left, right]: [f64; 2],
    y: f64,
) -> Result<(), String> {
    let x = time.at(end.month);
    canvas.line(&[[left, y], [x, y]], INK, 2.2)?;
    if end.dead {
        canvas.line(&[[x - 5.0, y - 5.0], [x + 5.0, y + 5.0]], INK, 2.2)?;
        canvas.line(&[[x - 5.0, y + 5.0], [x + 5.0, y - 5.0]], INK, 2.2)?;
    } else {
        canvas.shape(&[[x, y - 5.0], [x + 9.0, y], [x, y + 5.0]], INK)?;
    }
    canvas.text("follow-up", [left - 8.0, y], Anchor::Right, SMALL, INK)?;
    canvas.text(
        &shortened(&end.label, 44),
        [
            months::kept(x, &shortened(&end.label, 44), [left, right]),
            y - 13.0,
        ],
        Anchor::Centre,
        SMALL,
        INK,
    )
}

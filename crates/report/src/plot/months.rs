//! The axis of time of a follow-up: months from the first treatment, with the
//! treatments marked by what was given.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, INK, MESH, ORANGE, SMALL};

/// Width of a letter of [`SMALL`] type, pixels: a mean of the font's.
const LETTER: f64 = 6.6;
/// Room between texts beside each other, pixels.
const APART: f64 = 6.0;
/// Height of a line of texts, pixels.
pub(super) const LINE: f64 = 15.0;
/// Strokes and gaps of the line of a treatment, pixels.
const DASH: [f64; 2] = [5.0, 4.0];
/// Steps of the axis, months.
const STEPS: [f64; 7] = [1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0];

/// A treatment on the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct TreatmentMark {
    /// Months from the first treatment.
    pub month: f64,
    /// As printed: "2.50 GBq right".
    pub label: String,
}

/// Lines that texts stand in so that none covers another: each as low as it
/// can, in the order given; `centres` in pixels.
pub(super) fn lines_of(centres: &[(f64, &str)]) -> Vec<usize> {
    let mut ends: Vec<Vec<[f64; 2]>> = Vec::new();
    centres
        .iter()
        .map(|(centre, text)| {
            let half = text.chars().count() as f64 * LETTER / 2.0 + APART / 2.0;
            let [from, to] = [centre - half, centre + half];
            let free =
                |line: &Vec<[f64; 2]>| line.iter().all(|[start, end]| to <= *start || from >= *end);
            let at = ends.iter().position(free).unwrap_or_else(|| {
                ends.push(Vec::new());
                ends.len() - 1
            });
            ends[at].push([from, to]);
            at
        })
        .collect()
}

/// A centre kept so that its text stays within two edges, pixels.
pub(super) fn kept(centre: f64, text: &str, [left, right]: [f64; 2]) -> f64 {
    let half = text.chars().count() as f64 * LETTER / 2.0;
    centre.min(right - half).max(left + half)
}

/// Months on an axis from `values` to `pixels`, with lines up to `top`.
pub(super) fn foot(
    canvas: &Canvas<'_>,
    axis: &Axis,
    [first, last]: [f64; 2],
    [top, bottom]: [f64; 2],
) -> Result<(), String> {
    let step = STEPS
        .into_iter()
        .find(|step| (last - first) / step <= 9.0)
        .unwrap_or(120.0);
    let mut month = (first / step).ceil() * step;
    while month <= last + 1e-9 {
        let x = axis.at(month);
        canvas.line(&[[x, top], [x, bottom]], MESH, 0.75)?;
        canvas.line(&[[x, bottom], [x, bottom + 4.0]], FAINT, 1.0)?;
        canvas.text(
            &if month.abs() < 0.5 {
                "0".to_owned()
            } else {
                format!("{month:.0}").replace('-', "−")
            },
            [x, bottom + 12.0],
            Anchor::Centre,
            SMALL,
            FAINT,
        )?;
        month += step;
    }
    let [left, right] = [axis.at(first), axis.at(last)];
    canvas.line(&[[left, bottom], [right, bottom]], FAINT, 1.0)?;
    canvas.text(
        "Months from the first treatment",
        [(left + right) / 2.0, bottom + 29.0],
        Anchor::Centre,
        SMALL,
        INK,
    )
}

/// Height of the names of treatments, pixels.
pub(super) fn names_height(treatments: &[TreatmentMark], axis: &Axis, edges: [f64; 2]) -> f64 {
    let lines = lines_of(&names(treatments, axis, edges));
    LINE * lines.iter().max().map_or(0.0, |most| (*most + 1) as f64)
}

fn names<'t>(treatments: &'t [TreatmentMark], axis: &Axis, edges: [f64; 2]) -> Vec<(f64, &'t str)> {
    treatments
        .iter()
        .map(|mark| {
            (
                kept(axis.at(mark.month), &mark.label, edges),
                mark.label.as_str(),
            )
        })
        .collect()
}

/// Treatments as lines broken by dashes, with their names below `top`.
pub(super) fn treatments(
    canvas: &Canvas<'_>,
    marks: &[TreatmentMark],
    axis: &Axis,
    edges: [f64; 2],
    [top, bottom]: [f64; 2],
) -> Result<(), String> {
    let names = names(marks, axis, edges);
    let height = names_height(marks, axis, edges);
    for ((mark, (centre, name)), line) in marks.iter().zip(&names).zip(lines_of(&names)) {
        let x = axis.at(mark.month);
        canvas.dashed(&[[x, top + height], [x, bottom]], &DASH, ORANGE, 1.4)?;
        let tip = top + height;
        canvas.shape(
            &[[x - 4.5, tip - 1.0], [x + 4.5, tip - 1.0], [x, tip + 6.0]],
            ORANGE,
        )?;
        canvas.text(
            name,
            [*centre, top + LINE * (line as f64 + 0.4)],
            Anchor::Centre,
            SMALL,
            ORANGE,
        )?;
    }
    Ok(())
}

/// The range of months of points and treatments, with a little room.
pub(super) fn range(months: impl Iterator<Item = f64>) -> [f64; 2] {
    let (mut first, mut last) = (0.0_f64, 1.0_f64);
    for month in months {
        first = first.min(month);
        last = last.max(month);
    }
    let room = (last - first) * 0.04;
    [first - room, last + room]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_would_cover_each_other_stand_in_lines() {
        assert_eq!(
            lines_of(&[(10.0, "2.50 GBq"), (20.0, "1.50 GBq"), (200.0, "x")]),
            [0, 1, 0]
        );
        assert!(lines_of(&[]).is_empty());
    }

    #[test]
    fn a_range_holds_the_first_treatment_and_all_points() {
        let [first, last] = range([-1.0, 30.0].into_iter());
        assert!(first < -1.0 && last > 30.0);
        assert!(range(std::iter::empty())[1] > 1.0);
    }
}

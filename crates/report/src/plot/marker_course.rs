//! A tumour marker over time on a logarithmic scale, with the upper limit of
//! normal of its assay.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, BLUE, Canvas, FAINT, INK, MESH, SMALL, WIDTH, picture};
use super::months::{self, TreatmentMark};

const PLOT: &str = "plot of a marker";
const LEFT: f64 = 60.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 8.0;
const HEIGHT: f64 = 200.0;
const FOOT: f64 = 60.0;

/// A value of a marker.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerValuePoint {
    /// Months from the first treatment.
    pub month: f64,
    /// Above 0.
    pub value: f64,
    /// Upper limit of normal of its assay, above 0.
    pub upper_limit: Option<f64>,
    /// Whether something else than the tumour raises it.
    pub confounded: bool,
    /// Whether it is compared with the value before: same unit, same assay.
    pub joined: bool,
}

/// A marker with what it is measured in.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkerPlot {
    /// "chromogranin A".
    pub marker: String,
    /// "ug/L".
    pub unit: String,
    /// In order of time; at least one.
    pub values: Vec<MarkerValuePoint>,
    /// Treatments.
    pub treatments: Vec<TreatmentMark>,
}

/// Values joined by a line where they are of one assay, the limit as a step.
///
/// # Errors
/// [`ReportError::Plot`]: no value, values or limits that are not above 0.
pub fn marker_course(plot: &MarkerPlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if plot.values.is_empty() {
        return Err(refused("no value; at least one is needed".to_owned()));
    }
    let numbers = || {
        plot.values
            .iter()
            .flat_map(|point| std::iter::once(point.value).chain(point.upper_limit))
    };
    if let Some(wrong) = numbers().find(|value| !(value.is_finite() && *value > 0.0)) {
        return Err(refused(format!(
            "{} has {wrong} {}; on a logarithmic scale values are above 0",
            plot.marker, plot.unit
        )));
    }
    let [least, most] = numbers().fold([f64::MAX, f64::MIN], |[least, most], value| {
        [least.min(value), most.max(value)]
    });
    // Whole decades, with a little room.
    let decades = [(least * 0.8).log10(), (most * 1.25).log10()];
    let range = months::range(
        plot.values
            .iter()
            .map(|point| point.month)
            .chain(plot.treatments.iter().map(|mark| mark.month)),
    );
    let edges = [LEFT, WIDTH - RIGHT];
    let time = Axis::new(range, edges);
    let top = TOP + months::names_height(&plot.treatments, &time, edges);
    let bottom = top + HEIGHT;
    picture(PLOT, bottom + FOOT, |canvas| {
        let axis = Axis::new(decades, [bottom, top + 8.0]);
        months::foot(canvas, &time, range, [top, bottom])?;
        for value in ticks(decades) {
            let y = axis.at(value.log10());
            canvas.line(&[[LEFT, y], [WIDTH - RIGHT, y]], MESH, 0.75)?;
            canvas.text(
                &format!("{value}"),
                [LEFT - 6.0, y],
                Anchor::Right,
                SMALL,
                FAINT,
            )?;
        }
        canvas.upwards(
            &format!("{} [{}], log scale", plot.marker, plot.unit),
            [12.0, (top + bottom) / 2.0],
            SMALL,
            INK,
        )?;
        limits(canvas, plot, &time, &axis)?;
        months::treatments(canvas, &plot.treatments, &time, edges, [TOP, bottom])?;
        values(canvas, plot, &time, &axis)?;
        legend(canvas, plot, bottom + 46.0)
    })
}

/// 1, 2 and 5 of each decade; the ones alone where there are many.
fn ticks([first, last]: [f64; 2]) -> Vec<f64> {
    let factors: &[f64] = if last - first > 2.5 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let mut found = Vec::new();
    let mut decade = first.floor() as i32;
    while f64::from(decade) <= last {
        for factor in factors {
            let value: f64 = format!("{factor}e{decade}").parse().unwrap_or(f64::NAN);
            if (first..=last).contains(&value.log10()) {
                found.push(value);
            }
        }
        decade += 1;
    }
    found
}

fn limits(canvas: &Canvas<'_>, plot: &MarkerPlot, time: &Axis, axis: &Axis) -> Result<(), String> {
    let known: Vec<(f64, f64)> = plot
        .values
        .iter()
        .filter_map(|point| Some((point.month, point.upper_limit?)))
        .collect();
    for (at, (month, limit)) in known.iter().enumerate() {
        let until = known
            .get(at + 1)
            .map_or(WIDTH - RIGHT, |(next, _)| time.at(*next));
        let from = if at == 0 { LEFT } else { time.at(*month) };
        let y = axis.at(limit.log10());
        canvas.dashed(&[[from, y], [until, y]], &[7.0, 4.0], INK, 1.3)?;
    }
    if let Some((_, limit)) = known.last() {
        canvas.text(
            &format!("ULN {limit}"),
            [WIDTH - RIGHT - 2.0, axis.at(limit.log10()) - 8.0],
            Anchor::Right,
            SMALL,
            INK,
        )?;
    }
    Ok(())
}

fn values(canvas: &Canvas<'_>, plot: &MarkerPlot, time: &Axis, axis: &Axis) -> Result<(), String> {
    let place = |point: &MarkerValuePoint| [time.at(point.month), axis.at(point.value.log10())];
    for pair in plot.values.windows(2) {
        if pair[1].joined {
            canvas.line(&[place(&pair[0]), place(&pair[1])], BLUE, 2.0)?;
        }
    }
    for point in &plot.values {
        if point.confounded {
            canvas.ring(place(point), 4.2, BLUE)?;
        } else {
            canvas.disc(place(point), 4.2, BLUE)?;
        }
    }
    Ok(())
}

fn legend(canvas: &Canvas<'_>, plot: &MarkerPlot, y: f64) -> Result<(), String> {
    if !plot.values.iter().any(|point| point.confounded) {
        return Ok(());
    }
    canvas.ring([LEFT + 5.0, y], 4.2, BLUE)?;
    canvas.text(
        "raised by something else as well",
        [LEFT + 15.0, y],
        Anchor::Left,
        SMALL,
        INK,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_in_each_decade() {
        assert_eq!(ticks([1.7, 3.1]), [100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(ticks([0.0, 3.0]), [1.0, 10.0, 100.0, 1000.0]);
    }
}

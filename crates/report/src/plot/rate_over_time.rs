//! Rates at time points with their intervals, and n of N at each of them.

use plotters::style::RGBColor;

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, FAINT, INK, MESH, SMALL, WIDTH, picture, shortened};

const PLOT: &str = "plot of rates over time";
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 226.0;
const TABLE: f64 = 56.0;
const ROW: f64 = 19.0;
const NAME_LETTERS: usize = 66;
/// Largest number of series that stay apart.
const MOST_SERIES: usize = 4;
/// Half the width of what stands for one time point, as a part of its place.
const SPREAD: f64 = 0.30;

const COLOURS: [RGBColor; MOST_SERIES] = [
    RGBColor(0, 94, 162),
    RGBColor(200, 78, 0),
    RGBColor(28, 33, 38),
    RGBColor(0, 128, 96),
];

/// A rate at one time point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePoint {
    /// The share, 0..=1; none of nobody.
    pub share: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// Those with the property.
    pub n: u64,
    /// All that could have it.
    pub total: u64,
}

/// One rate over time.
#[derive(Debug, Clone, PartialEq)]
pub struct RateSeries {
    /// As printed beside its sign.
    pub name: String,
    /// One for each time point.
    pub points: Vec<RatePoint>,
}

/// Each rate with its sign and interval at every time point, n/N below. Points
/// are not joined: patients of one time point are not those of the next.
///
/// # Errors
/// [`ReportError::Plot`]: no time point, no series or more than four, as many
/// points as time points each, and shares outside 0..=1.
pub fn rate_over_time(
    time_points: &[String],
    series: &[RateSeries],
) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if time_points.is_empty() || series.is_empty() || series.len() > MOST_SERIES {
        return Err(refused(format!(
            "{} time points and {} series; needed are a time point and 1 to {MOST_SERIES} series",
            time_points.len(),
            series.len()
        )));
    }
    for one in series {
        let shares = one.points.iter().flat_map(|point| {
            point
                .share
                .into_iter()
                .chain(point.interval.into_iter().flatten())
        });
        if one.points.len() != time_points.len()
            || shares
                .into_iter()
                .any(|share| !(0.0..=1.0).contains(&share))
        {
            return Err(refused(format!(
                "{}: needed are {} points with shares of 0 to 1",
                one.name,
                time_points.len()
            )));
        }
    }
    let height = BOTTOM + TABLE + 2.0 * ROW * series.len() as f64;
    picture(PLOT, height, |canvas| {
        let place = (WIDTH - RIGHT - LEFT) / time_points.len() as f64;
        let middle = |at: usize| LEFT + place * (at as f64 + 0.5);
        let share = Axis::new([0.0, 1.0], [BOTTOM, TOP]);
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
        canvas.upwards(
            "Patients [%], 95 % exact",
            [11.0, f64::midpoint(TOP, BOTTOM)],
            SMALL,
            INK,
        )?;
        for (at, name) in time_points.iter().enumerate() {
            canvas.text(
                name,
                [middle(at), BOTTOM + 14.0],
                Anchor::Centre,
                SMALL,
                INK,
            )?;
        }
        canvas.text(
            "after treatment",
            [(LEFT + WIDTH - RIGHT) / 2.0, BOTTOM + 31.0],
            Anchor::Centre,
            SMALL,
            FAINT,
        )?;
        for (number, one) in series.iter().enumerate() {
            let offset = if series.len() == 1 {
                0.0
            } else {
                place * SPREAD * (2.0 * number as f64 / (series.len() - 1) as f64 - 1.0)
            };
            for (at, point) in one.points.iter().enumerate() {
                let x = middle(at) + offset;
                if let Some([lower, upper]) = point.interval {
                    let [low, high] = [share.at(lower), share.at(upper)];
                    canvas.line(&[[x, low], [x, high]], COLOURS[number], 1.6)?;
                    for y in [low, high] {
                        canvas.line(&[[x - 3.5, y], [x + 3.5, y]], COLOURS[number], 1.6)?;
                    }
                }
                if let Some(value) = point.share {
                    sign(canvas, number, [x, share.at(value)])?;
                }
            }
        }
        table(canvas, series, &middle)
    })
}

/// The sign of a series: each its own shape.
fn sign(canvas: &Canvas<'_>, number: usize, [x, y]: [f64; 2]) -> Result<(), String> {
    const SIZE: f64 = 5.2;
    let colour = COLOURS[number];
    match number {
        0 => canvas.disc([x, y], SIZE, colour),
        1 => canvas.fill([[x - SIZE, y - SIZE], [x + SIZE, y + SIZE]], colour, 1.0),
        2 => canvas.shape(
            &[
                [x, y - SIZE * 1.25],
                [x + SIZE * 1.15, y + SIZE * 0.85],
                [x - SIZE * 1.15, y + SIZE * 0.85],
            ],
            colour,
        ),
        _ => canvas.ring([x, y], SIZE, colour),
    }
}

fn table(
    canvas: &Canvas<'_>,
    series: &[RateSeries],
    middle: &impl Fn(usize) -> f64,
) -> Result<(), String> {
    let mut y = BOTTOM + TABLE - 4.0;
    for (number, one) in series.iter().enumerate() {
        sign(canvas, number, [LEFT - 44.0, y])?;
        canvas.text(
            &shortened(&one.name, NAME_LETTERS),
            [LEFT - 32.0, y],
            Anchor::Left,
            SMALL,
            INK,
        )?;
        y += ROW;
        canvas.text("n/N", [LEFT - 32.0, y], Anchor::Left, SMALL, FAINT)?;
        for (at, point) in one.points.iter().enumerate() {
            let text = format!("{}/{}", point.n, point.total);
            canvas.text(&text, [middle(at), y], Anchor::Centre, SMALL, INK)?;
        }
        y += ROW;
    }
    Ok(())
}

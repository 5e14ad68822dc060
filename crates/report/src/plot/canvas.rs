//! A picture in pixels: lines, boxes, dots and texts.
//!
//! Drawn on a lattice of quarter pixels, since the plotting crate rounds to
//! whole ones, and shown at its size by the view box.

#![expect(
    clippy::cast_possible_wrap,
    reason = "pixels of a picture, far below any wrap"
)]

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::ReportError;

/// The width of every plot, pixels; half a page's text is 83 mm, so that 14
/// pixels of type are 7 points.
pub(super) const WIDTH: f64 = 470.0;
/// The size of labels and texts, pixels.
pub(super) const TYPE: f64 = 14.0;
/// The size of remarks and ticks, pixels.
pub(super) const SMALL: f64 = 12.5;

/// What the plotting crate divides the size of type by.
const TYPE_DIVISOR: f64 = 1.24;
/// Lattice points in a pixel.
const FINE: u32 = 4;
const FAMILY: &str = "Noto Sans, DejaVu Sans, sans-serif";

pub(super) const INK: RGBColor = RGBColor(28, 33, 38);
pub(super) const FAINT: RGBColor = RGBColor(82, 90, 99);
pub(super) const MESH: RGBColor = RGBColor(222, 226, 231);
pub(super) const BLUE: RGBColor = RGBColor(0, 94, 162);
pub(super) const ORANGE: RGBColor = RGBColor(200, 78, 0);

/// Where a text stands about its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Centre,
    Right,
}

/// A picture that is being drawn; places are pixels from the upper left.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a picture of [`WIDTH`] by `height` and returns the text of an SVG file.
///
/// # Errors
/// What the drawing says, with the name of the plot.
pub(super) fn picture(
    plot: &'static str,
    height: f64,
    draw: impl FnOnce(&Canvas<'_>) -> Result<(), String>,
) -> Result<String, ReportError> {
    let size = [WIDTH, height].map(|side| side.ceil().max(1.0) as u32);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (size[0] * FINE, size[1] * FINE))
            .into_drawing_area();
        let canvas = Canvas { area };
        canvas
            .area
            .fill(&WHITE)
            .map_err(|error| error.to_string())
            .and_then(|()| draw(&canvas))
            .and_then(|()| canvas.area.present().map_err(|error| error.to_string()))
            .map_err(|reason| ReportError::Plot { plot, reason })?;
    }
    let [width, height] = size;
    let fine = format!("width=\"{}\" height=\"{}\"", width * FINE, height * FINE);
    Ok(text
        .replacen(&fine, &format!("width=\"{width}\" height=\"{height}\""), 1)
        // Says nothing, and makes a common converter fill what has no fill.
        .replace(" opacity=\"1\"", ""))
}

/// A place on the lattice.
fn place([x, y]: [f64; 2]) -> (i32, i32) {
    let fine = f64::from(FINE);
    ((x * fine).round() as i32, (y * fine).round() as i32)
}

fn stroke(width: f64) -> u32 {
    (width * f64::from(FINE)).round().max(1.0) as u32
}

impl Canvas<'_> {
    /// An unbroken line through places.
    pub(super) fn line(
        &self,
        places: &[[f64; 2]],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), String> {
        let path: Vec<(i32, i32)> = places.iter().copied().map(place).collect();
        self.area
            .draw(&PathElement::new(path, colour.stroke_width(stroke(width))))
            .map_err(|error| error.to_string())
    }

    /// A line broken by `pattern`: strokes and gaps in pixels; empty is unbroken.
    pub(super) fn dashed(
        &self,
        places: &[[f64; 2]],
        pattern: &[f64],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), String> {
        for dash in dashes(places, pattern) {
            self.line(&dash, colour, width)?;
        }
        Ok(())
    }

    /// A filled box; `strength` of 1 covers what is below it.
    pub(super) fn fill(
        &self,
        corners: [[f64; 2]; 2],
        colour: RGBColor,
        strength: f64,
    ) -> Result<(), String> {
        self.area
            .draw(&Rectangle::new(
                corners.map(place),
                colour.mix(strength).filled(),
            ))
            .map_err(|error| error.to_string())
    }

    /// The outline of a box.
    pub(super) fn frame(
        &self,
        corners: [[f64; 2]; 2],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), String> {
        self.area
            .draw(&Rectangle::new(
                corners.map(place),
                colour.stroke_width(stroke(width)),
            ))
            .map_err(|error| error.to_string())
    }

    /// A filled shape.
    pub(super) fn shape(&self, corners: &[[f64; 2]], colour: RGBColor) -> Result<(), String> {
        let path: Vec<(i32, i32)> = corners.iter().copied().map(place).collect();
        self.area
            .draw(&Polygon::new(path, colour.filled()))
            .map_err(|error| error.to_string())
    }

    /// A disc.
    pub(super) fn disc(
        &self,
        centre: [f64; 2],
        radius: f64,
        colour: RGBColor,
    ) -> Result<(), String> {
        self.area
            .draw(&Circle::new(place(centre), stroke(radius), colour.filled()))
            .map_err(|error| error.to_string())
    }

    /// A circle that hides what is below it.
    pub(super) fn ring(
        &self,
        centre: [f64; 2],
        radius: f64,
        colour: RGBColor,
    ) -> Result<(), String> {
        self.disc(centre, radius, WHITE)?;
        self.area
            .draw(&Circle::new(
                place(centre),
                stroke(radius),
                colour.stroke_width(stroke(1.6)),
            ))
            .map_err(|error| error.to_string())
    }

    /// A text, centred in height on its place.
    pub(super) fn text(
        &self,
        text: &str,
        at: [f64; 2],
        anchor: Anchor,
        size: f64,
        colour: RGBColor,
    ) -> Result<(), String> {
        self.styled(text, at, anchor, size, colour, FontStyle::Normal)
    }

    /// A bold text, centred in height on its place.
    pub(super) fn bold(
        &self,
        text: &str,
        at: [f64; 2],
        anchor: Anchor,
        size: f64,
        colour: RGBColor,
    ) -> Result<(), String> {
        self.styled(text, at, anchor, size, colour, FontStyle::Bold)
    }

    /// A text that reads upwards, centred on its place.
    pub(super) fn upwards(
        &self,
        text: &str,
        at: [f64; 2],
        size: f64,
        colour: RGBColor,
    ) -> Result<(), String> {
        let font = FontDesc::new(
            FontFamily::Name(FAMILY),
            size * TYPE_DIVISOR * f64::from(FINE),
            FontStyle::Normal,
        )
        .transform(FontTransform::Rotate270);
        self.area
            .draw(&Text::new(
                text.to_owned(),
                place(at),
                font.color(&colour)
                    .pos(Pos::new(HPos::Center, VPos::Center)),
            ))
            .map_err(|error| error.to_string())
    }

    fn styled(
        &self,
        text: &str,
        at: [f64; 2],
        anchor: Anchor,
        size: f64,
        colour: RGBColor,
        style: FontStyle,
    ) -> Result<(), String> {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Centre => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let font = FontDesc::new(
            FontFamily::Name(FAMILY),
            size * TYPE_DIVISOR * f64::from(FINE),
            style,
        );
        self.area
            .draw(&Text::new(
                text.to_owned(),
                place(at),
                font.color(&colour).pos(Pos::new(horizontal, VPos::Center)),
            ))
            .map_err(|error| error.to_string())
    }
}

/// A name cut to so many letters, with an ellipsis.
pub(super) fn shortened(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    let start: String = name.chars().take(letters.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

/// The strokes of a line broken by strokes and gaps.
fn dashes(places: &[[f64; 2]], pattern: &[f64]) -> Vec<Vec<[f64; 2]>> {
    let Some(first) = places.first() else {
        return Vec::new();
    };
    if pattern.iter().sum::<f64>() <= 0.0 {
        return vec![places.to_vec()];
    }
    let mut strokes = Vec::new();
    let mut part = 0;
    let mut left = pattern[0];
    let mut current = vec![*first];
    for pair in places.windows(2) {
        let ([x, y], [to_x, to_y]) = (pair[0], pair[1]);
        let length = (to_x - x).hypot(to_y - y);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let share = done / length;
            let at = [x + (to_x - x) * share, y + (to_y - y) * share];
            if part % 2 == 0 {
                current.push(at);
                strokes.push(std::mem::take(&mut current));
            } else {
                current = vec![at];
            }
            part = (part + 1) % pattern.len();
            left = pattern[part];
        }
        left -= length - done;
        if part % 2 == 0 {
            current.push([to_x, to_y]);
        }
    }
    if part % 2 == 0 && current.len() > 1 {
        strokes.push(current);
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_keeps_its_length_round_a_corner() {
        let strokes = dashes(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]], &[8.0, 4.0]);
        // 0-8 drawn, 8-12 left out, 12-20 drawn: past the corner at 10.
        assert_eq!(strokes.len(), 2);
        // A sum of two lengths in binary fractions: exact but for rounding.
        assert!((strokes[1][0][1] - 2.0).abs() < 1e-9);
        assert_eq!(dashes(&[[0.0, 0.0], [1.0, 0.0]], &[]).len(), 1);
        assert!(dashes(&[], &[2.0, 2.0]).is_empty());
    }

    #[test]
    fn long_names_end_in_an_ellipsis() {
        assert_eq!(shortened("Normal liver", 12), "Normal liver");
        assert_eq!(shortened("Normal liver", 8), "Normal…");
    }
}

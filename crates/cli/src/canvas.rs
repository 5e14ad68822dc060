//! A picture of 8-bit pixels with text, written as PNG.
//!
//! Text is drawn with DejaVu Sans from the `dejavu` crate, so that pictures
//! look the same on every machine and need no font installed.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};
use anyhow::Context;

use crate::colour::{Rgb, mix};

/// Where a text stands relative to the given place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The text begins there.
    Left,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    Right,
}

/// Pixels, the top row first.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
    font: FontRef<'static>,
}

impl Canvas {
    /// A canvas of one colour.
    ///
    /// # Errors
    /// When the embedded font cannot be read, which a build error alone causes.
    pub(crate) fn new(width: usize, height: usize, background: Rgb) -> anyhow::Result<Self> {
        Ok(Self {
            width,
            height,
            pixels: vec![background; width * height],
            font: FontRef::try_from_slice(dejavu::sans::regular())
                .context("the embedded font cannot be read")?,
        })
    }

    /// Lays a colour on a pixel; what is outside is left out.
    pub(crate) fn blend(&mut self, x: i64, y: i64, colour: Rgb, opacity: f64) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x < self.width && y < self.height {
            let pixel = &mut self.pixels[x + self.width * y];
            *pixel = mix(*pixel, colour, opacity);
        }
    }

    /// Fills a rectangle.
    pub(crate) fn fill(&mut self, [x, y]: [i64; 2], [width, height]: [i64; 2], colour: Rgb) {
        for row in y..y + height {
            for column in x..x + width {
                self.blend(column, row, colour, 1.0);
            }
        }
    }

    /// Draws the border of a rectangle, one pixel wide, just outside of it.
    pub(crate) fn frame(&mut self, [x, y]: [i64; 2], [width, height]: [i64; 2], colour: Rgb) {
        self.fill([x - 1, y - 1], [width + 2, 1], colour);
        self.fill([x - 1, y + height], [width + 2, 1], colour);
        self.fill([x - 1, y], [1, height], colour);
        self.fill([x + width, y], [1, height], colour);
    }

    /// Copies rows of pixels to a place.
    pub(crate) fn paste(&mut self, [x, y]: [i64; 2], width: usize, pixels: &[Rgb]) {
        for (row, line) in (y..).zip(pixels.chunks_exact(width.max(1))) {
            for (column, colour) in (x..).zip(line) {
                self.blend(column, row, *colour, 1.0);
            }
        }
    }

    /// Width of a text in pixels.
    pub(crate) fn text_width(&self, size: f32, text: &str) -> f64 {
        let font = self.font.as_scaled(PxScale::from(size));
        let mut previous = None;
        let mut width = 0.0;
        for letter in text.chars() {
            let glyph = font.glyph_id(letter);
            if let Some(before) = previous {
                width += font.kern(before, glyph);
            }
            width += font.h_advance(glyph);
            previous = Some(glyph);
        }
        f64::from(width)
    }

    /// The text, cut with an ellipsis so that it is no wider than `width` pixels.
    pub(crate) fn fit(&self, size: f32, text: &str, width: f64) -> String {
        if self.text_width(size, text) <= width {
            return text.to_owned();
        }
        let mut cut: String = text.to_owned();
        while cut.pop().is_some() {
            let candidate = format!("{}…", cut.trim_end());
            if self.text_width(size, &candidate) <= width {
                return candidate;
            }
        }
        String::new()
    }

    /// Draws a text whose baseline is at `y`.
    pub(crate) fn text(
        &mut self,
        [x, y]: [f64; 2],
        anchor: Anchor,
        size: f32,
        colour: Rgb,
        text: &str,
    ) {
        let width = self.text_width(size, text);
        let start = match anchor {
            Anchor::Left => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::Right => x - width,
        };
        let font = self.font.clone();
        let scaled = font.as_scaled(PxScale::from(size));
        let mut caret = start.round() as f32;
        let mut previous = None;
        for letter in text.chars() {
            let id = scaled.glyph_id(letter);
            if let Some(before) = previous {
                caret += scaled.kern(before, id);
            }
            let glyph = id.with_scale_and_position(
                PxScale::from(size),
                ab_glyph::point(caret, y.round() as f32),
            );
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|column, row, coverage| {
                    self.blend(
                        corner.x as i64 + i64::from(column),
                        corner.y as i64 + i64::from(row),
                        colour,
                        f64::from(coverage),
                    );
                });
            }
            caret += scaled.h_advance(id);
            previous = Some(id);
        }
    }

    /// Draws a text with a dark rim, to be read over any picture.
    pub(crate) fn text_on_picture(
        &mut self,
        [x, y]: [f64; 2],
        anchor: Anchor,
        size: f32,
        colour: Rgb,
        text: &str,
    ) {
        for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
            self.text([x + dx, y + dy], anchor, size, [0, 0, 0], text);
        }
        self.text([x, y], anchor, size, colour, text);
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// When the canvas has no pixel or is too large for the format.
    pub(crate) fn to_png(&self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(
            &mut bytes,
            u32::try_from(self.width)?,
            u32::try_from(self.height)?,
        );
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.pixels.as_flattened())?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_takes_the_width_that_it_says_and_is_cut_to_fit() {
        let canvas = Canvas::new(10, 10, [0; 3]).unwrap();
        let whole = canvas.text_width(16.0, "normal liver");
        assert!(whole > 60.0 && whole < 130.0, "{whole}");
        let cut = canvas.fit(16.0, "normal liver", whole / 2.0);
        assert!(cut.ends_with('…') && cut.starts_with("nor"), "{cut}");
        assert_eq!(canvas.fit(16.0, "normal liver", whole), "normal liver");
    }

    #[test]
    fn drawing_past_the_edge_is_left_out() {
        let mut canvas = Canvas::new(4, 4, [0; 3]).unwrap();
        canvas.fill([2, 2], [5, 5], [255, 0, 0]);
        canvas.fill([-3, -3], [4, 4], [0, 255, 0]);
        canvas.text([0.0, 2.0], Anchor::Middle, 30.0, [9, 9, 9], "Gy");
        assert_eq!(canvas.pixels[15], [255, 0, 0]);
        assert_eq!(canvas.pixels.len(), 16);
    }
}

//! A linear axis with round ticks.

use super::canvas::{Anchor, Canvas, FAINT, MESH, SMALL};

/// From values to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// First and last value.
    values: [f64; 2],
    /// Where they stand, pixels.
    pixels: [f64; 2],
}

impl Axis {
    /// An axis from `values[0]` to `values[1]`, which differ.
    pub(super) fn new(values: [f64; 2], pixels: [f64; 2]) -> Self {
        Self { values, pixels }
    }

    /// Where a value stands.
    pub(super) fn at(&self, value: f64) -> f64 {
        let [first, last] = self.values;
        let [from, to] = self.pixels;
        from + (to - from) * (value - first) / (last - first)
    }

    /// Where a value stands, kept on the axis.
    pub(super) fn kept(&self, value: f64) -> f64 {
        self.at(value.clamp(self.values[0], self.values[1]))
    }

    /// Round values, at most `most` steps, with their texts.
    pub(super) fn ticks(&self, most: f64) -> Vec<(f64, String)> {
        let [first, last] = self.values;
        let step = round_step((last - first) / most);
        if !(step > 0.0 && step.is_finite()) {
            return Vec::new();
        }
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let begin = (first / step).ceil() as i64;
        let end = (last / step + 1e-9).floor() as i64;
        (begin..=end)
            .map(|count| {
                let value = count as f64 * step;
                (value, format!("{value:.decimals$}"))
            })
            .collect()
    }

    /// Changes in % as lines across, each with its sign at the left.
    pub(super) fn changes(
        &self,
        canvas: &Canvas<'_>,
        [left, right]: [f64; 2],
    ) -> Result<(), String> {
        for (value, text) in self.ticks(7.0) {
            let y = self.at(value);
            canvas.line(&[[left, y], [right, y]], MESH, 0.75)?;
            let plus = if value > 0.0 { "+" } else { "" };
            let text = format!("{plus}{text}").replace('-', "−");
            canvas.text(&text, [left - 6.0, y], Anchor::Right, SMALL, FAINT)?;
        }
        Ok(())
    }
}

/// The smallest of 1, 2, 5, 10, … that is not below `least`.
fn round_step(least: f64) -> f64 {
    let decade = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * decade)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: [f64; 2], most: f64) -> Vec<String> {
        Axis::new(values, [0.0, 1.0])
            .ticks(most)
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            texts([0.0, 2.6], 6.0),
            ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]
        );
        assert_eq!(
            texts([0.0, 300.0], 6.0),
            ["0", "50", "100", "150", "200", "250", "300"]
        );
        assert_eq!(texts([0.0, 0.06], 3.0), ["0.00", "0.02", "0.04", "0.06"]);
        assert!(texts([0.0, 0.0], 5.0).is_empty());
    }
}

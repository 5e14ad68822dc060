//! Curves of the statistics as curves of the plots.

use std::path::Path;

use anyhow::{Context as _, bail};
use sirt_outcome::evidence::survival::KaplanMeierStep;
use sirt_report::plot::{SurvivalCurve, SurvivalStep};

/// Times of the grid of numbers at risk.
const MOST_GRID: f64 = 8.0;

/// Round times from 0 to the last, at most nine.
pub(super) fn grid(last: f64) -> Vec<f64> {
    if !(last > 0.0 && last.is_finite()) {
        return vec![0.0];
    }
    let decade = 10.0_f64.powf((last / MOST_GRID).log10().floor());
    let step = [1.0, 2.0, 3.0, 5.0, 6.0, 10.0]
        .into_iter()
        .map(|factor| factor * decade)
        .find(|step| last / step <= MOST_GRID)
        .unwrap_or(10.0 * decade);
    let mut grid = Vec::new();
    let mut at = 0.0;
    while at <= last {
        grid.push(at);
        at += step;
    }
    grid
}

/// A curve with the numbers at risk on a grid.
pub(super) fn curve(name: &str, steps: &[KaplanMeierStep], grid: &[f64]) -> SurvivalCurve {
    SurvivalCurve {
        name: name.to_owned(),
        steps: steps
            .iter()
            .map(|step| SurvivalStep {
                time: step.time,
                survival: step.survival,
                lower: step.lower,
                upper: step.upper,
                censored: step.censored > 0.0,
            })
            .collect(),
        // Who leaves at a time is still at risk at it.
        at_risk: grid
            .iter()
            .map(|at| {
                steps
                    .iter()
                    .find(|step| step.time >= *at)
                    .map_or(0, |step| step.at_risk.round() as u64)
            })
            .collect(),
    }
}

/// Writes a picture.
pub(super) fn write_svg(out: &Path, svg: &str) -> anyhow::Result<()> {
    let is_svg = out
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
    if !is_svg {
        bail!("{}: a plot is written as .svg", out.display());
    }
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    Ok(sirt_store::write_whole(out, svg.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_round_and_short() {
        assert_eq!(grid(44.0), [0.0, 6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0]);
        assert_eq!(grid(0.0), [0.0]);
        assert!(grid(1234.0).len() <= 9);
    }
}

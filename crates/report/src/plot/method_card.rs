//! The activity that each method asks for, territory by territory.

use crate::error::ReportError;

use super::axis::Axis;
use super::canvas::{
    Anchor, BLUE, Canvas, FAINT, INK, MESH, SMALL, TYPE, WIDTH, picture, shortened,
};

const PLOT: &str = "plot of methods";
/// The part of the chosen activity that the band reaches to both sides.
const BAND: f64 = 0.2;
const ROW: f64 = 23.0;
const HEAD: f64 = 30.0;
const FOOT: f64 = 48.0;
const LEFT: f64 = 176.0;
const RIGHT: f64 = 16.0;
const NAME_LETTERS: usize = 24;

/// What all methods ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodCardPlot {
    /// A panel each, in order.
    pub territories: Vec<TerritoryMethods>,
}

/// The methods of one territory.
#[derive(Debug, Clone, PartialEq)]
pub struct TerritoryMethods {
    /// As printed above the panel.
    pub name: String,
    /// A row each, in order.
    pub methods: Vec<MethodActivity>,
}

/// What one method asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodActivity {
    /// As printed beside the row.
    pub method: String,
    /// Activity in GBq, not negative; none where the method gives no result.
    pub activity_gbq: Option<f64>,
    /// Its interval with k = 2 in GBq: low and high.
    pub interval_gbq: Option<[f64; 2]>,
    /// Whether this is the one the plan follows.
    pub chosen: bool,
}

/// A dot with its interval for each method, the chosen one as a larger square
/// with its name in bold, and a band of 20 % to both sides of the chosen
/// activity.
///
/// All panels share one scale, from 0 GBq.
///
/// # Errors
/// [`ReportError::Plot`]: no territory or no method, values that are negative
/// or not finite, an interval whose ends are swapped.
pub fn method_card(plot: &MethodCardPlot) -> Result<String, ReportError> {
    let refused = |reason: String| ReportError::Plot { plot: PLOT, reason };
    if plot.territories.is_empty() {
        return Err(refused("no territory; at least one is needed".to_owned()));
    }
    let mut highest = 0.0_f64;
    for (position, territory) in plot.territories.iter().enumerate() {
        let number = position + 1;
        if territory.methods.is_empty() {
            return Err(refused(format!(
                "territory {number} has no method; at least one is needed"
            )));
        }
        for method in &territory.methods {
            let [low, high] = method.interval_gbq.unwrap_or([0.0, 0.0]);
            let activity = method.activity_gbq.unwrap_or(0.0);
            if [low, high, activity]
                .iter()
                .any(|value| !(value.is_finite() && *value >= 0.0))
                || low > high
            {
                return Err(refused(format!(
                    "territory {number}, {}: {activity} GBq in {low}..{high} GBq; needed are \
                     values from 0 on, the lower first",
                    method.method
                )));
            }
            let band = if method.chosen {
                activity * (1.0 + BAND)
            } else {
                activity
            };
            highest = highest.max(high).max(band);
        }
    }
    let end = if highest > 0.0 { highest * 1.04 } else { 1.0 };
    let height = plot.territories.iter().map(panel_height).sum::<f64>() + 20.0;
    picture(PLOT, height, |canvas| {
        let mut top = 0.0;
        for territory in &plot.territories {
            panel(canvas, territory, top, end)?;
            top += panel_height(territory);
        }
        legend(canvas, height - 12.0)
    })
}

fn panel_height(territory: &TerritoryMethods) -> f64 {
    HEAD + ROW * territory.methods.len() as f64 + FOOT
}

fn panel(
    canvas: &Canvas<'_>,
    territory: &TerritoryMethods,
    top: f64,
    end: f64,
) -> Result<(), String> {
    let axis = Axis::new([0.0, end], [LEFT, WIDTH - RIGHT]);
    let first = top + HEAD;
    let last = first + ROW * territory.methods.len() as f64;
    canvas.bold(
        &shortened(&territory.name, 52),
        [6.0, top + 15.0],
        Anchor::Left,
        TYPE,
        INK,
    )?;
    let chosen = territory
        .methods
        .iter()
        .find(|method| method.chosen)
        .and_then(|method| method.activity_gbq);
    if let Some(activity) = chosen {
        let [low, high] = [1.0 - BAND, 1.0 + BAND].map(|factor| axis.kept(activity * factor));
        canvas.fill([[low, first], [high, last]], BLUE, 0.13)?;
    }
    for (value, text) in axis.ticks(6.0) {
        let x = axis.at(value);
        canvas.line(&[[x, first], [x, last]], MESH, 0.75)?;
        canvas.line(&[[x, last], [x, last + 4.0]], FAINT, 1.0)?;
        canvas.text(&text, [x, last + 13.0], Anchor::Centre, SMALL, FAINT)?;
    }
    if let Some(activity) = chosen {
        let x = axis.at(activity);
        canvas.dashed(&[[x, first], [x, last]], &[4.0, 3.0], BLUE, 1.0)?;
    }
    canvas.line(&[[LEFT, last], [WIDTH - RIGHT, last]], FAINT, 1.0)?;
    canvas.text(
        "Activity [GBq]",
        [(LEFT + WIDTH - RIGHT) / 2.0, last + 31.0],
        Anchor::Centre,
        SMALL,
        INK,
    )?;
    for (position, method) in territory.methods.iter().enumerate() {
        row(canvas, method, first + ROW * (position as f64 + 0.5), &axis)?;
    }
    Ok(())
}

fn row(canvas: &Canvas<'_>, method: &MethodActivity, y: f64, axis: &Axis) -> Result<(), String> {
    let name = shortened(&method.method, NAME_LETTERS);
    let at = [LEFT - 8.0, y];
    let colour = if method.chosen { BLUE } else { INK };
    if method.chosen {
        canvas.bold(&name, at, Anchor::Right, SMALL, colour)?;
    } else {
        canvas.text(&name, at, Anchor::Right, SMALL, colour)?;
    }
    let Some(activity) = method.activity_gbq else {
        return canvas.text("no result", [LEFT + 6.0, y], Anchor::Left, SMALL, FAINT);
    };
    let width = if method.chosen { 2.4 } else { 1.4 };
    if let Some([low, high]) = method.interval_gbq {
        let [low, high] = [low, high].map(|value| axis.at(value));
        canvas.line(&[[low, y], [high, y]], colour, width)?;
        for x in [low, high] {
            canvas.line(&[[x, y - 4.0], [x, y + 4.0]], colour, width)?;
        }
    }
    let x = axis.at(activity);
    if method.chosen {
        canvas.fill([[x - 5.5, y - 5.5], [x + 5.5, y + 5.5]], colour, 1.0)
    } else {
        canvas.disc([x, y], 4.2, colour)
    }
}

fn legend(canvas: &Canvas<'_>, y: f64) -> Result<(), String> {
    canvas.fill([[6.0, y - 5.0], [17.0, y + 6.0]], BLUE, 1.0)?;
    canvas.text("chosen", [23.0, y], Anchor::Left, SMALL, INK)?;
    canvas.fill([[82.0, y - 6.0], [110.0, y + 7.0]], BLUE, 0.13)?;
    canvas.text("± 20 % of it", [116.0, y], Anchor::Left, SMALL, INK)?;
    canvas.line(&[[214.0, y], [246.0, y]], INK, 1.4)?;
    canvas.disc([230.0, y], 4.2, INK)?;
    canvas.text(
        "result, interval k = 2",
        [254.0, y],
        Anchor::Left,
        SMALL,
        INK,
    )
}

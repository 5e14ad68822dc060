//! Recovery coefficients: how much of a small structure's concentration an
//! image shows.
//!
//! `RC(v) = 1 − 1/(1 + (v/b₁)^b₂)` with the volume `v` (mL) and the fitted
//! `b₁` (mL) and `b₂`; `d ln RC/d ln v = (1 − RC)·b₂`.
//! The mean is corrected by `C = (C_meas − (1 − RC)·C_bkg)/RC`.
//! Only the mean: a histogram scaled by RC would still have the shape of the
//! blurred image, so nothing here touches a histogram.
//! Coefficients are data of one scanner, reconstruction and way of drawing
//! ([`RecoveryTable`]); spheres stand for every shape of the same volume.
//! Source: Gear 2018 (`gear2018`), section on recovery.

use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, Capacity};

use crate::DosimetryError;

const TABLE: &str = "recovery table";

/// Largest number of steps of the fit; it takes about ten.
const FIT_STEPS: usize = 200;

/// A measured coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPoint {
    /// Volume of the object, mL.
    pub volume_ml: f64,
    /// Measured over true mean concentration.
    pub rc: f64,
    /// Standard uncertainty of `rc`, relative.
    pub relative_uncertainty: f64,
}

/// The coefficients of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryTable {
    /// Scanner by maker and model.
    pub scanner: String,
    /// Reconstruction with its parameters.
    pub reconstruction: String,
    /// Nuclide.
    pub nuclide: String,
    /// The objects and their activity.
    pub phantom: String,
    /// Bibliography key, or the site's own protocol.
    pub source: String,
    /// Whether a value was not checked against its source.
    pub doubtful: bool,
    /// What is in doubt; empty where nothing is.
    #[serde(default)]
    pub doubt: String,
    /// The measurements, ascending in volume.
    #[serde(rename = "point")]
    pub points: Vec<RecoveryPoint>,
}

/// The fitted curve of a site.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RecoveryCurve {
    /// Volume with a coefficient of one half, mL.
    pub b1_ml: f64,
    /// Steepness.
    pub b2: f64,
    /// Covariance of `(ln b1, b2)`.
    pub covariance: [[f64; 2]; 2],
    /// Sum of squared residuals over their uncertainties, per degree of
    /// freedom; 0 where two points determine the curve.
    pub reduced_chi_square: f64,
    /// Smallest and largest volume that was measured, mL.
    pub measured_ml: [f64; 2],
}

impl RecoveryTable {
    /// A published table, to show the form; a site needs its own.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out.
    pub fn example() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../data/recovery_darienzo2017.toml"))
    }

    /// Reads a table in the form of `data/recovery_darienzo2017.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, fewer than
    /// two points, volumes that do not ascend, or values that are not positive.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if table.points.len() < 2 {
            return Err(wrong(format!(
                "{} points, at least 2 are needed",
                table.points.len()
            )));
        }
        for point in &table.points {
            for (name, value) in [
                ("volume_ml", point.volume_ml),
                ("rc", point.rc),
                ("relative_uncertainty", point.relative_uncertainty),
            ] {
                if !(value.is_finite() && value > 0.0) {
                    return Err(wrong(format!("{name} {value} is outside positive values")));
                }
            }
        }
        if let Some(pair) = table
            .points
            .windows(2)
            .find(|pair| pair[0].volume_ml >= pair[1].volume_ml)
        {
            return Err(wrong(format!(
                "volume {} mL does not come after {} mL",
                pair[1].volume_ml, pair[0].volume_ml
            )));
        }
        Ok(table)
    }

    /// The coefficient of a volume between the measured ones, linear in the
    /// logarithm of the volume.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] outside the measured volumes.
    pub fn interpolated(&self, volume: Capacity) -> Result<f64, DosimetryError> {
        let ml = volume.as_ml();
        self.points
            .windows(2)
            .find(|pair| (pair[0].volume_ml..=pair[1].volume_ml).contains(&ml))
            .map(|pair| {
                let along =
                    (ml / pair[0].volume_ml).ln() / (pair[1].volume_ml / pair[0].volume_ml).ln();
                pair[0].rc + along * (pair[1].rc - pair[0].rc)
            })
            .ok_or_else(|| DosimetryError::OutOfRange {
                what: "volume of a recovery coefficient",
                value: format!("{ml} mL"),
                allowed: "the measured volumes of the table",
            })
    }

    /// The curve of least squares, each point weighted by its uncertainty.
    ///
    /// With more points than two the covariance is widened by the reduced
    /// chi-square where that is over 1.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when no rising curve fits.
    pub fn fit(&self) -> Result<RecoveryCurve, DosimetryError> {
        let mut parameters = self.first_guess();
        let mut current = self.normal_equations(parameters);
        let mut damping = 1e-3;
        for _ in 0..FIT_STEPS {
            let [[a, b], [_, d]] = current.matrix;
            let damped = [[a * (1.0 + damping), b], [b, d * (1.0 + damping)]];
            let Some(inverse) = inverse(damped) else {
                break;
            };
            let step = apply(inverse, current.gradient);
            let moved = [parameters[0] + step[0], parameters[1] + step[1]];
            let next = self.normal_equations(moved);
            if next.chi_square <= current.chi_square {
                let done = step[0].abs().max(step[1].abs()) < 1e-12;
                (parameters, current) = (moved, next);
                damping *= 0.1;
                if done {
                    break;
                }
            } else {
                damping *= 10.0;
            }
        }
        let freedom = self.points.len().saturating_sub(2);
        let reduced_chi_square = if freedom == 0 {
            0.0
        } else {
            current.chi_square / freedom as f64
        };
        let widening = reduced_chi_square.max(1.0);
        let covariance = inverse(current.matrix)
            .filter(|_| parameters[1] > 0.0 && parameters[0].is_finite())
            .ok_or_else(|| DosimetryError::DataTable {
                table: TABLE,
                reason: "no rising curve 1 - 1/(1 + (v/b1)^b2) fits the points".to_owned(),
            })?
            .map(|row| row.map(|value| value * widening));
        Ok(RecoveryCurve {
            b1_ml: parameters[0].exp(),
            b2: parameters[1],
            covariance,
            reduced_chi_square,
            measured_ml: [
                self.points[0].volume_ml,
                self.points[self.points.len() - 1].volume_ml,
            ],
        })
    }

    /// `(ln b1, b2)` of the straight line through `ln(RC/(1 − RC))` over `ln v`.
    fn first_guess(&self) -> [f64; 2] {
        let line: Vec<(f64, f64)> = self
            .points
            .iter()
            .map(|point| {
                // Overshoot over 1 has no logit; it still counts in the fit itself.
                let rc = point.rc.clamp(0.01, 0.99);
                (point.volume_ml.ln(), (rc / (1.0 - rc)).ln())
            })
            .collect();
        let n = line.len() as f64;
        let (x, y) = line
            .iter()
            .fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / n, sy + y / n));
        let (xx, xy) = line.iter().fold((0.0, 0.0), |(xx, xy), (px, py)| {
            (xx + (px - x).powi(2), xy + (px - x) * (py - y))
        });
        // A table that does not rise starts from a gentle curve.
        let slope = Some(xy / xx).filter(|slope| *slope > 0.05).unwrap_or(1.0);
        [x - y / slope, slope]
    }

    fn normal_equations(&self, [log_b1, b2]: [f64; 2]) -> NormalEquations {
        let mut sums = NormalEquations {
            matrix: [[0.0; 2]; 2],
            gradient: [0.0; 2],
            chi_square: 0.0,
        };
        for point in &self.points {
            let distance = point.volume_ml.ln() - log_b1;
            let rc = 1.0 / (1.0 + (-b2 * distance).exp());
            let steepness = rc * (1.0 - rc);
            let weight = 1.0 / (point.relative_uncertainty * point.rc).powi(2);
            let derivative = [-b2 * steepness, distance * steepness];
            let residual = point.rc - rc;
            sums.chi_square += weight * residual * residual;
            for row in 0..2 {
                sums.gradient[row] += weight * derivative[row] * residual;
                for column in 0..2 {
                    sums.matrix[row][column] += weight * derivative[row] * derivative[column];
                }
            }
        }
        sums
    }
}

struct NormalEquations {
    matrix: [[f64; 2]; 2],
    gradient: [f64; 2],
    chi_square: f64,
}

fn inverse([[a, b], [c, d]]: [[f64; 2]; 2]) -> Option<[[f64; 2]; 2]> {
    let determinant = a * d - b * c;
    (determinant.is_finite() && determinant.abs() > f64::MIN_POSITIVE).then(|| {
        [
            [d / determinant, -b / determinant],
            [-c / determinant, a / determinant],
        ]
    })
}

fn apply(matrix: [[f64; 2]; 2], vector: [f64; 2]) -> [f64; 2] {
    matrix.map(|row| row[0] * vector[0] + row[1] * vector[1])
}

impl RecoveryCurve {
    /// Coefficient of a volume, 0 to 1.
    #[must_use]
    pub fn coefficient(&self, volume: Capacity) -> f64 {
        recovery_coefficient(volume, self.b1_ml, self.b2)
    }

    /// Standard uncertainty of the coefficient from that of the fit, relative;
    /// the uncertainty of the volume itself is not in it.
    #[must_use]
    pub fn relative_uncertainty(&self, volume: Capacity) -> f64 {
        let distance = (volume.as_ml() / self.b1_ml).ln();
        let derivative = [-self.b2, distance];
        let along = apply(self.covariance, derivative);
        let variance = derivative[0] * along[0] + derivative[1] * along[1];
        (1.0 - self.coefficient(volume)) * variance.max(0.0).sqrt()
    }

    /// `d ln RC/d ln v`.
    #[must_use]
    pub fn logarithmic_slope(&self, volume: Capacity) -> f64 {
        (1.0 - self.coefficient(volume)) * self.b2
    }

    /// Whether the volume lies outside the measured ones.
    #[must_use]
    pub fn is_extrapolated(&self, volume: Capacity) -> bool {
        !(self.measured_ml[0]..=self.measured_ml[1]).contains(&volume.as_ml())
    }

    /// Mean dose of a structure corrected for recovery, with the mean dose of
    /// its surroundings (zero where nothing surrounds it).
    #[must_use]
    pub fn corrected_mean(
        &self,
        mean: AbsorbedDose,
        background: AbsorbedDose,
        volume: Capacity,
    ) -> AbsorbedDose {
        let rc = self.coefficient(volume);
        (mean - background * (1.0 - rc)) / rc
    }
}

/// `1 − 1/(1 + (v/b₁)^b₂)`, 0 to 1.
#[must_use]
pub fn recovery_coefficient(volume: Capacity, b1_ml: f64, b2: f64) -> f64 {
    1.0 - 1.0 / (1.0 + (volume.as_ml() / b1_ml).powf(b2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(points: &[(f64, f64)]) -> RecoveryTable {
        let mut text = String::from(
            "scanner = \"s\"\nreconstruction = \"r\"\nnuclide = \"Y-90\"\nphantom = \"p\"\nsource = \"x\"\ndoubtful = false\n",
        );
        for (volume, rc) in points {
            text += &format!(
                "[[point]]\nvolume_ml = {volume:?}\nrc = {rc:?}\nrelative_uncertainty = 0.05\n"
            );
        }
        RecoveryTable::from_toml(&text).unwrap()
    }

    const SPHERES_ML: [f64; 6] = [0.52, 1.15, 2.57, 5.57, 11.49, 26.52];

    #[test]
    fn a_fit_finds_the_curve_its_points_lie_on() {
        let points =
            SPHERES_ML.map(|ml| (ml, recovery_coefficient(Capacity::from_ml(ml), 3.4, 0.83)));
        let curve = table(&points).fit().unwrap();
        assert!((curve.b1_ml - 3.4).abs() < 1e-9 && (curve.b2 - 0.83).abs() < 1e-9);
        assert!(curve.reduced_chi_square < 1e-15);
        assert!(!curve.is_extrapolated(Capacity::from_ml(10.0)));
        assert!(curve.is_extrapolated(Capacity::from_ml(0.3)));
    }

    #[test]
    fn two_points_determine_the_curve() {
        // 0.20 at 0.52 mL and 0.86 at 26.52 mL (`darienzo2017`).
        let curve = RecoveryTable::example().unwrap().fit().unwrap();
        assert!((curve.coefficient(Capacity::from_ml(0.52)) - 0.20).abs() < 1e-9);
        assert!((curve.coefficient(Capacity::from_ml(26.52)) - 0.86).abs() < 1e-9);
        // The uncertainty at a measured point is that of the point.
        let u = curve.relative_uncertainty(Capacity::from_ml(0.52));
        assert!((u - 0.05).abs() < 1e-6, "{u}");
    }

    #[test]
    fn logarithmic_slope_is_the_derivative() {
        let curve = RecoveryTable::example().unwrap().fit().unwrap();
        let at = |ml: f64| curve.coefficient(Capacity::from_ml(ml)).ln();
        let numeric = (at(5.0 * 1.0001) - at(5.0 / 1.0001)) / (2.0 * 1.0001_f64.ln());
        let slope = curve.logarithmic_slope(Capacity::from_ml(5.0));
        assert!((slope - numeric).abs() < 1e-7);
    }

    #[test]
    fn scatter_widens_the_covariance() {
        let scatter = [0.2, -0.2, 0.2, -0.2, 0.15, -0.1];
        let clean =
            SPHERES_ML.map(|ml| (ml, recovery_coefficient(Capacity::from_ml(ml), 3.4, 0.83)));
        let mut noisy = clean;
        for (point, shift) in noisy.iter_mut().zip(scatter) {
            point.1 *= 1.0 + shift;
        }
        let (clean, noisy) = (table(&clean).fit().unwrap(), table(&noisy).fit().unwrap());
        assert!(noisy.reduced_chi_square > 4.0);
        let volume = Capacity::from_ml(5.0);
        assert!(noisy.relative_uncertainty(volume) > 2.0 * clean.relative_uncertainty(volume));
    }

    #[test]
    fn corrects_the_mean_with_its_surroundings() {
        let curve = RecoveryTable::example().unwrap().fit().unwrap();
        let volume = Capacity::from_ml(0.52);
        // Blur of a true 100 Gy into 20 Gy: 0.2 · 100 + 0.8 · 20 = 36 Gy.
        let corrected = curve.corrected_mean(
            AbsorbedDose::from_gy(36.0),
            AbsorbedDose::from_gy(20.0),
            volume,
        );
        assert!((corrected.as_gy() - 100.0).abs() < 1e-6);
    }

    #[test]
    fn interpolates_between_points_only() {
        let table = table(&[(1.0, 0.4), (4.0, 0.8)]);
        let half_way = table.interpolated(Capacity::from_ml(2.0)).unwrap();
        assert!((half_way - 0.6).abs() < 1e-12);
        assert!(table.interpolated(Capacity::from_ml(5.0)).is_err());
    }

    #[test]
    fn refuses_tables_that_are_none() {
        let reason = |text: &str| RecoveryTable::from_toml(text).unwrap_err().to_string();
        let head = "scanner = \"s\"\nreconstruction = \"r\"\nnuclide = \"Y-90\"\nphantom = \"p\"\nsource = \"x\"\ndoubtful = false\n";
        let point = |ml: f64| {
            format!("[[point]]\nvolume_ml = {ml:?}\nrc = 0.5\nrelative_uncertainty = 0.05\n")
        };
        assert!(reason(&(head.to_owned() + &point(1.0))).contains("1 points, at least 2"));
        let twice = head.to_owned() + &point(2.0) + &point(1.0);
        assert!(reason(&twice).contains("1 mL does not come after 2 mL"));
        // Points that fall with volume fit no rising curve well, and never panic.
        let falling = table(&[(1.0, 0.9), (4.0, 0.5), (9.0, 0.1)]).fit();
        assert!(falling.is_err() || falling.unwrap().reduced_chi_square > 10.0);
    }
}

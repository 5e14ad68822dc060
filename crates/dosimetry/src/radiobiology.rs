//! Biologically effective dose of decaying, trapped activity.
//!
//! Linear-quadratic model with the Lea-Catcheside factor for a dose rate that
//! decays with one half-life while sublethal damage is repaired with another:
//!
//! `G = λ/(λ + μ) = T_rep/(T_rep + T_eff)`, `BED = D·(1 + G·D/(α/β))`,
//! `EQD2 = BED/(1 + 2 Gy/(α/β))`
//!
//! with absorbed dose `D` (Gy), `λ = ln 2/T_eff` and `μ = ln 2/T_rep` (1/h).
//! Two treatments `Δt` apart interact while the first still decays:
//! `BED = BED₁ + BED₂ + 2·G_x·D₁·D₂/(α/β)` ([`cross_term_factor`]).
//! Assumes complete decay, one repair component, no repopulation, and a dose
//! that is uniform on the scale of cells: at equal mean dose glass and resin
//! microspheres differ in toxicity, which no `G` explains.
//! Sources: Dale 1985 (`dale1985`), Brenner 1991 (`brenner1991`); parameters
//! stand with theirs in `data/radiobiology.toml`.

use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, AlphaBeta, Bed, Eqd2, TimeSpan};

use crate::DosimetryError;

const TABLE: &str = "radiobiology table";

/// How a tissue responds: parameters of the linear-quadratic model with their source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TissueResponse {
    /// Short name, for example `liver`.
    pub name: String,
    /// α/β.
    #[serde(rename = "alpha_beta_gy")]
    pub alpha_beta: AlphaBeta,
    /// Half-time of the repair of sublethal damage.
    #[serde(rename = "repair_half_time_h")]
    pub repair_half_time: TimeSpan,
    /// Where the values were taken from.
    pub source: String,
    /// Whether a value was not checked against its source.
    pub doubtful: bool,
    /// What is in doubt; empty where nothing is.
    #[serde(default)]
    pub doubt: String,
}

impl TissueResponse {
    /// The parameter sets that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Vec<Self>, DosimetryError> {
        Self::from_toml(include_str!("../data/radiobiology.toml"))
    }

    /// Reads parameter sets in the form of `data/radiobiology.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table or a value
    /// that is not positive.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, DosimetryError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            tissue: Vec<TissueResponse>,
        }
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let table: Table = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for tissue in &table.tissue {
            let (ratio, repair) = (
                tissue.alpha_beta.as_gy(),
                tissue.repair_half_time.as_hours(),
            );
            if !(ratio.is_finite() && ratio > 0.0 && repair.is_finite() && repair >= 0.0) {
                return Err(wrong(format!(
                    "tissue `{}`: alpha/beta {ratio} Gy and repair half-time {repair} h are outside positive values",
                    tissue.name
                )));
            }
        }
        Ok(table.tissue)
    }

    /// The built-in set of a name.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] with the list of known names.
    pub fn named(name: &str) -> Result<Self, DosimetryError> {
        let known = Self::built_in()?;
        let names: Vec<String> = known.iter().map(|tissue| tissue.name.clone()).collect();
        known
            .into_iter()
            .find(|tissue| tissue.name == name)
            .ok_or_else(|| DosimetryError::DataTable {
                table: TABLE,
                reason: format!("tissue `{name}` is unknown; known are {}", names.join(", ")),
            })
    }

    /// BED of a dose that is delivered with the effective half-life.
    #[must_use]
    pub fn bed(&self, dose: AbsorbedDose, effective_half_life: TimeSpan) -> Bed {
        let factor = lea_catcheside_factor(effective_half_life, self.repair_half_time);
        biologically_effective_dose(dose, self.alpha_beta, factor)
    }

    /// EQD2 of a BED.
    #[must_use]
    pub fn eqd2(&self, bed: Bed) -> Eqd2 {
        equieffective_dose(bed, self.alpha_beta)
    }
}

/// Lea-Catcheside factor `G` of a mono-exponential dose rate under
/// mono-exponential repair: 1 for a dose at once, 0 for infinitely slow delivery.
#[must_use]
pub fn lea_catcheside_factor(effective_half_life: TimeSpan, repair_half_time: TimeSpan) -> f64 {
    repair_half_time / (repair_half_time + effective_half_life)
}

/// `BED = D·(1 + G·D/(α/β))`.
#[must_use]
pub fn biologically_effective_dose(
    dose: AbsorbedDose,
    alpha_beta: AlphaBeta,
    lea_catcheside: f64,
) -> Bed {
    let dose_gy = dose.as_gy();
    Bed::from_gy(dose_gy * (1.0 + lea_catcheside * dose_gy / alpha_beta.as_gy()))
}

/// The dose that has a BED; the inverse of [`biologically_effective_dose`].
#[must_use]
pub fn dose_for_biologically_effective_dose(
    bed: Bed,
    alpha_beta: AlphaBeta,
    lea_catcheside: f64,
) -> AbsorbedDose {
    // D² G/(α/β) + D − BED = 0, in the form that survives G = 0.
    let discriminant = 1.0 + 4.0 * lea_catcheside * bed.as_gy() / alpha_beta.as_gy();
    AbsorbedDose::from_gy(2.0 * bed.as_gy() / (1.0 + discriminant.sqrt()))
}

/// `EQD2 = BED/(1 + 2 Gy/(α/β))`.
#[must_use]
pub fn equieffective_dose(bed: Bed, alpha_beta: AlphaBeta) -> Eqd2 {
    Eqd2::from_gy(bed.as_gy() / (1.0 + 2.0 / alpha_beta.as_gy()))
}

/// Factor `G_x` of the interaction of two treatments.
///
/// The second starts `delay` after the first (not negative); both decay
/// mono-exponentially.
/// Derivation from the double integral of both dose rates in
/// `docs/methods/radiobiology.md`:
///
/// `G_x = λ₁λ₂·[ (e^(−λ₁Δt) − e^(−μΔt))/(μ − λ₁)/(μ + λ₂)
///             + e^(−λ₁Δt)/((λ₁ + λ₂)(μ + λ₂))
///             + e^(−λ₁Δt)/((λ₁ + λ₂)(μ + λ₁)) ]`
///
/// It is `G` for equal half-lives and no delay, and falls to 0 with the delay.
#[must_use]
pub fn cross_term_factor(
    first_half_life: TimeSpan,
    second_half_life: TimeSpan,
    delay: TimeSpan,
    repair_half_time: TimeSpan,
) -> f64 {
    let per_hour = |half_life: TimeSpan| std::f64::consts::LN_2 / half_life.as_hours();
    let (first, second) = (per_hour(first_half_life), per_hour(second_half_life));
    if repair_half_time.as_hours() <= 0.0 {
        // Damage that is repaired at once never meets other damage.
        return 0.0;
    }
    let repair = per_hour(repair_half_time);
    let delay_h = delay.as_hours().max(0.0);
    let left_of_first = (-first * delay_h).exp();
    // (e^(−λt) − e^(−μt))/(μ − λ), symmetric in λ and μ and smooth where they meet.
    let (slow, fast) = (first.min(repair), first.max(repair));
    let difference = (fast - slow) * delay_h;
    let mean_span = if difference < 1e-12 {
        delay_h
    } else {
        -(-difference).exp_m1() / (fast - slow)
    };
    let earlier_damage = (-slow * delay_h).exp() * mean_span / (repair + second);
    let overlap =
        left_of_first / (first + second) * (1.0 / (repair + second) + 1.0 / (repair + first));
    first * second * (earlier_damage + overlap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const Y90: TimeSpan = TimeSpan::from_hours(64.1);

    fn bed_and_eqd2(tissue: &TissueResponse, dose_gy: f64, half_life: TimeSpan) -> (f64, f64) {
        let bed = tissue.bed(AbsorbedDose::from_gy(dose_gy), half_life);
        (bed.as_gy(), tissue.eqd2(bed).as_gy())
    }

    #[test]
    fn liver_and_tumour_of_the_test_vectors() {
        // TV-C7, printed to three decimals.
        let liver = TissueResponse::named("liver").unwrap();
        let tumour = TissueResponse::named("tumour").unwrap();
        let g = lea_catcheside_factor(Y90, liver.repair_half_time);
        assert!((g - 0.037538).abs() < 0.5e-6);
        let g = lea_catcheside_factor(Y90, tumour.repair_half_time);
        assert!((g - 0.022866).abs() < 0.5e-6);
        for (tissue, dose, bed, eqd2) in [
            (&liver, 40.0, 64.024, 35.569),
            (&liver, 70.0, 143.574, 79.763),
            (&liver, 30.0, 43.514, 24.174),
            (&tumour, 120.0, 152.927, 127.439),
            (&tumour, 200.0, 291.463, 242.886),
        ] {
            let (got_bed, got_eqd2) = bed_and_eqd2(tissue, dose, Y90);
            assert!(
                (got_bed - bed).abs() < 0.5e-3 + 1e-9,
                "{dose} Gy: {got_bed}"
            );
            assert!(
                (got_eqd2 - eqd2).abs() < 0.5e-3 + 1e-9,
                "{dose} Gy: {got_eqd2}"
            );
        }
        let (ho166, _) = bed_and_eqd2(&liver, 40.0, TimeSpan::from_hours(26.8));
        assert!((ho166 - 94.608).abs() < 0.5e-3);
    }

    #[test]
    fn dose_and_bed_are_inverse() {
        for g in [0.0, 0.0375, 1.0] {
            let bed = biologically_effective_dose(
                AbsorbedDose::from_gy(73.0),
                AlphaBeta::from_gy(2.5),
                g,
            );
            let dose = dose_for_biologically_effective_dose(bed, AlphaBeta::from_gy(2.5), g);
            assert!((dose.as_gy() - 73.0).abs() < 1e-10);
        }
    }

    /// `∫∫` of both dose rates (unit doses) with repair between, by the
    /// midpoint rule on a fine lattice of times: the definition itself.
    fn cross_term_by_summation(first_h: f64, second_h: f64, delay_h: f64, repair_h: f64) -> f64 {
        let ln2 = std::f64::consts::LN_2;
        let (l1, l2, mu) = (ln2 / first_h, ln2 / second_h, ln2 / repair_h);
        let step = 0.01;
        let rate_1 = |t: f64| l1 * (-l1 * t).exp();
        let rate_2 = |t: f64| {
            if t < delay_h {
                0.0
            } else {
                l2 * (-l2 * (t - delay_h)).exp()
            }
        };
        // Damage of each that is not yet repaired, carried along in time.
        let (mut open_1, mut open_2, mut sum) = (0.0, 0.0, 0.0);
        let (keep, half) = ((-mu * step).exp(), (-mu * step / 2.0).exp());
        for n in 0..(40.0 * first_h.max(second_h) / step) as usize {
            let t = (n as f64 + 0.5) * step;
            let (d1, d2) = (rate_1(t) * step, rate_2(t) * step);
            sum += d2 * (open_1 * half + d1 / 2.0) + d1 * (open_2 * half + d2 / 2.0);
            open_1 = open_1 * keep + d1 * half;
            open_2 = open_2 * keep + d2 * half;
        }
        sum
    }

    #[test]
    fn cross_term_is_the_double_integral() {
        for (first, second, delay, repair) in [
            (64.1, 64.1, 0.0, 2.5),
            (64.1, 64.1, 24.0, 2.5),
            (64.1, 26.8, 72.0, 1.5),
            // Repair as slow as decay: the closed form has a 0/0 there.
            (30.0, 50.0, 20.0, 30.0),
            (20.0, 20.0, 10.0, 90.0),
        ] {
            let hours = TimeSpan::from_hours;
            let closed =
                cross_term_factor(hours(first), hours(second), hours(delay), hours(repair));
            let summed = cross_term_by_summation(first, second, delay, repair);
            // Midpoint steps of 0.01 h against time scales over 1.5 h.
            assert!((closed / summed - 1.0).abs() < 1e-4, "{closed} {summed}");
        }
    }

    #[test]
    fn treatments_at_once_are_one_and_far_apart_are_two() {
        let liver = TissueResponse::named("liver").unwrap();
        let at = |delay_h: f64| {
            cross_term_factor(
                Y90,
                Y90,
                TimeSpan::from_hours(delay_h),
                liver.repair_half_time,
            )
        };
        assert!((at(0.0) - lea_catcheside_factor(Y90, liver.repair_half_time)).abs() < 1e-12);
        // TV-C8: two of 20 Gy far apart are 52.012 Gy, one of 40 Gy is 64.024 Gy.
        let single = liver.bed(AbsorbedDose::from_gy(20.0), Y90).as_gy();
        let pair = |delay_h: f64| 2.0 * single + 2.0 * at(delay_h) * 400.0 / 2.5;
        assert!((pair(1e4) - 52.012).abs() < 0.5e-3);
        assert!((pair(0.0) - 64.024).abs() < 0.5e-3);
        // At two weeks 2.64 % of the decays are left; damage still open when the
        // second begins makes it (1 + λ/(μ − λ)) = 1.0406 times as much.
        assert!((at(336.0) / at(0.0) - 0.0264 * 1.0406).abs() < 1e-4);
    }

    #[test]
    fn a_table_with_a_wrong_value_is_refused() {
        let text = "[[tissue]]\nname = \"x\"\nalpha_beta_gy = 0.0\nrepair_half_time_h = 1.0\nsource = \"\"\ndoubtful = true\n";
        let error = TissueResponse::from_toml(text).unwrap_err().to_string();
        assert!(error.contains("tissue `x`: alpha/beta 0 Gy"), "{error}");
        assert!(
            TissueResponse::named("bone")
                .unwrap_err()
                .to_string()
                .contains("known are")
        );
    }
}

//! WHO 1979: the sum of products of two diameters.
//!
//! $s = \sum_i a_i b_i$ with the longest diameter $a$ and the longest one
//! across it $b$; no limit of number, no least size.
//! Complete: all gone. Partial: $s \le 0.5\,s_0$. Progression: one lesion with
//! $a b \ge 1.25$ times its smallest product, or a new lesion.
//!
//! WHO does not say whether progression counts from baseline or from the
//! smallest size, and users differ on one lesion or the sum: both are variants
//! (`who-baseline`, `who-sum`), the common choice is `who`.
//! Minor response (25 % to below 50 %) is in neither WHO nor RECIST; it is a
//! criterion of its own (`minor-response`).
//! Single lesions by area are `lesion-level`, as the leaflet's pilot study
//! counts them: 4 complete, 5 partial (more than 50 %), 1 minor of 10 lesions
//! of two patients, which is no rate of patients.
//! Source: miller1981.

use super::{CriterionRules, LesionFinding};

impl CriterionRules {
    /// The product of two diameters in ticks of mm²; a node's short axis stands for the one across.
    pub(crate) fn product(&self, finding: &LesionFinding) -> Option<i64> {
        let across = finding.perpendicular.or(finding.short_axis);
        let long = self.diameter_of(finding, finding.long_axis)?;
        let across = self.diameter_of(finding, across)?;
        Some(i64::from(long) * i64::from(across))
    }
}

#[cfg(test)]
mod tests {
    use crate::response::ChangeLimit;

    #[test]
    fn areas_of_a_sphere_are_those_of_the_table() {
        // DOMAIN D.1: diameter -30 % is area -51.0 %; +20 % is +44 %;
        // area -50 % is diameter -29.3 %; +25 % is +11.8 %.
        let area = |diameter: i64| diameter * diameter;
        let half = ChangeLimit::parse(">= 50").unwrap();
        assert_eq!(area(1000) - area(700), 510_000);
        assert_eq!(area(1200) - area(1000), 440_000);
        assert!(half.is_fall(area(10_000), area(7071)));
        assert!(!half.is_fall(area(10_000), area(7072)));
        let quarter = ChangeLimit::parse(">= 25").unwrap();
        assert!(quarter.is_rise(area(10_000), area(11_181)));
        assert!(!quarter.is_rise(area(10_000), area(11_180)));
    }
}

//! mRECIST, EASL, qEASL: what enhances in the arterial phase.
//!
//! | criterion | measure of the viable part | partial | progression |
//! |---|---|---|---|
//! | mRECIST | longest diameter, sum | $\ge 30$ % less | $\ge 20$ % more than the smallest |
//! | EASL | product of two diameters, sum | $\ge 50$ % less | $> 25$ % more |
//! | qEASL | volume, sum | $\ge 65$ % less | $\ge 73$ % more |
//!
//! Complete is no enhancement in any target. Targets have to enhance over at
//! least 10 mm in mRECIST; what lies outside of the liver counts by its size.
//! Hilar nodes from 20 mm and the rest of HCC's conventions are a variant
//! (`mrecist-hcc`), because metastases of neuroendocrine tumours are not HCC.
//! An arterial phase that is missing is not evaluable: nothing stands in for it.
//! Sources: lencioni2010, bruix2001, chapiro2015.

use super::{CriterionRules, Lesion, LesionFinding, Organ};

/// What enhances is asked of the liver; elsewhere size counts.
fn in_liver(lesion: &Lesion) -> bool {
    matches!(lesion.organ, Organ::Liver | Organ::Unknown)
}

impl CriterionRules {
    /// The diameter of what enhances, in ticks.
    pub(crate) fn enhancing_diameter(
        &self,
        lesion: &Lesion,
        finding: &LesionFinding,
    ) -> Option<i64> {
        if self.is_node(lesion) || !in_liver(lesion) {
            return self.diameter(lesion, finding);
        }
        self.diameter_of(finding, finding.enhancing_long_axis)
            .map(i64::from)
    }

    /// The product of the diameters of what enhances, in ticks of mm².
    pub(crate) fn enhancing_product(
        &self,
        lesion: &Lesion,
        finding: &LesionFinding,
    ) -> Option<i64> {
        if !in_liver(lesion) {
            return self.product(finding);
        }
        let long = self.diameter_of(finding, finding.enhancing_long_axis)?;
        if long == 0 {
            // Nothing enhances: there is nothing across it either.
            return Some(0);
        }
        let across = self.diameter_of(finding, finding.enhancing_perpendicular)?;
        Some(i64::from(long) * i64::from(across))
    }
}

//! One row of tumour results as a finding of a lesion.
//!
//! | TRTESTCD | what | units |
//! |---|---|---|
//! | LDIAM, DIAMETER | longest diameter; DIAMETER of a node: short axis | mm, cm |
//! | LPERP | diameter across; of a node without SAXIS: short axis | mm, cm |
//! | SAXIS | short axis | mm, cm |
//! | ELDIAM, ELPERP | diameters of what enhances in the arterial phase | mm, cm |
//! | VOLUME, EVOLUME | volume; volume of what enhances | mL, cm3, mm3 |
//! | DENSITY | mean density | HU |
//! | SUVMAX, SULPEAK, TLG | uptake, glycolysis | g/mL, g |
//! | VISUPT | uptake as seen against baseline: NORMAL, LESS, SAME, MORE | |
//! | TUMSTATE, LNSTATE | there, gone, worse beyond doubt, not evaluable | |
//!
//! ELDIAM, ELPERP, EVOLUME and VISUPT are no terms of CDISC, which has none for them.

use sirt_outcome::{
    Attenuation, Diameter, Glycolysis, LesionFinding, LesionState, LesionVolume, OutcomeError,
    Uptake, VisualUptake,
};

/// What a row says beside the finding itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowMeaning {
    /// It is in the finding.
    Finding,
    /// The lesion is new and may be none.
    Equivocal,
    /// The test is none of a lesion, or not one that is read.
    NotRead,
}

/// A row of results.
pub(super) struct ResultRow<'a> {
    pub(super) test: &'a str,
    /// The result, as standardised where it is.
    pub(super) result: &'a str,
    pub(super) unit: &'a str,
    /// What TRSTAT says.
    pub(super) status: &'a str,
    pub(super) is_node: bool,
}

/// Whether a text is a number.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

impl ResultRow<'_> {
    /// Puts the row into the finding of its lesion.
    pub(super) fn read_into(&self, finding: &mut LesionFinding) -> Result<RowMeaning, String> {
        let test = self.test.to_uppercase();
        let known = matches!(
            test.as_str(),
            "LDIAM"
                | "DIAMETER"
                | "LPERP"
                | "SAXIS"
                | "ELDIAM"
                | "ELPERP"
                | "VOLUME"
                | "EVOLUME"
                | "DENSITY"
                | "SUVMAX"
                | "SULPEAK"
                | "TLG"
                | "VISUPT"
                | "TUMSTATE"
                | "LNSTATE"
        );
        if !known {
            return Ok(RowMeaning::NotRead);
        }
        if self.status.eq_ignore_ascii_case("NOT DONE") {
            finding.state = LesionState::NotEvaluable;
            return Ok(RowMeaning::Finding);
        }
        if test == "VISUPT" {
            finding.visual = Some(match self.result.to_uppercase().as_str() {
                "NORMAL" => VisualUptake::Normal,
                "LESS" => VisualUptake::Less,
                "SAME" => VisualUptake::Same,
                "MORE" => VisualUptake::More,
                _ => {
                    return Err(format!(
                        "`{}` is none of NORMAL, LESS, SAME, MORE",
                        self.result
                    ));
                }
            });
            return Ok(RowMeaning::Finding);
        }
        if !is_number(self.result) {
            return self.read_state(finding);
        }
        let said = |error: OutcomeError| error.to_string();
        match test.as_str() {
            "LDIAM" => {
                let length = self.length()?;
                finding.long_axis = Some(length);
                if length == Diameter::ZERO && finding.state == LesionState::Present {
                    finding.state = LesionState::Absent;
                }
            }
            "DIAMETER" => {
                let length = self.length()?;
                if self.is_node {
                    finding.short_axis = Some(length);
                } else {
                    finding.long_axis = Some(length);
                }
                if length == Diameter::ZERO && finding.state == LesionState::Present {
                    finding.state = LesionState::Absent;
                }
            }
            "LPERP" => finding.perpendicular = Some(self.length()?),
            "SAXIS" => {
                let length = self.length()?;
                finding.short_axis = Some(length);
                if length == Diameter::ZERO && finding.state == LesionState::Present {
                    finding.state = LesionState::Absent;
                }
            }
            "ELDIAM" => finding.enhancing_long_axis = Some(self.length()?),
            "ELPERP" => finding.enhancing_perpendicular = Some(self.length()?),
            "VOLUME" => finding.volume = Some(self.volume()?),
            "EVOLUME" => finding.enhancing_volume = Some(self.volume()?),
            "DENSITY" => {
                self.expect_unit(&["HU", "[HNSF'U]"])?;
                finding.density = Some(Attenuation::parse(self.result).map_err(said)?);
            }
            "SUVMAX" => finding.suv_max = Some(Uptake::parse(self.result).map_err(said)?),
            "SULPEAK" => finding.sul_peak = Some(Uptake::parse(self.result).map_err(said)?),
            "TLG" => finding.glycolysis = Some(Glycolysis::parse(self.result).map_err(said)?),
            other => return Err(format!("{other} is no number, found `{}`", self.result)),
        }
        Ok(RowMeaning::Finding)
    }

    /// A result in words.
    fn read_state(&self, finding: &mut LesionFinding) -> Result<RowMeaning, String> {
        let words = self.result.to_uppercase();
        finding.state = match words.as_str() {
            "PRESENT" | "PATHOLOGICAL" | "PRESENT, NOT MEASURABLE" | "UNCHANGED" | "DECREASED" => {
                LesionState::Present
            }
            "ABSENT" | "DISAPPEARED" | "NON-PATHOLOGICAL" | "NONPATHOLOGICAL" | "NORMAL"
            | "RESOLVED" => LesionState::Absent,
            "TOO SMALL TO MEASURE" | "TSTM" => LesionState::TooSmall,
            "NOT EVALUABLE" | "NOT ASSESSABLE" | "NE" | "NOT ASSESSED" | "UNKNOWN" | "" => {
                LesionState::NotEvaluable
            }
            "UNEQUIVOCAL PROGRESSION" | "PROGRESSION" | "PROGRESSED" => LesionState::Progressed,
            "UNEQUIVOCAL" => LesionState::Present,
            "EQUIVOCAL" => return Ok(RowMeaning::Equivocal),
            _ => {
                return Err(format!(
                    "`{}` is none of PRESENT, ABSENT, TOO SMALL TO MEASURE, UNEQUIVOCAL PROGRESSION, EQUIVOCAL, UNEQUIVOCAL, NOT EVALUABLE, nor a number",
                    self.result
                ));
            }
        };
        Ok(RowMeaning::Finding)
    }

    fn length(&self) -> Result<Diameter, String> {
        let said = |error: OutcomeError| error.to_string();
        match self.unit.to_lowercase().as_str() {
            "mm" => Diameter::parse(self.result).map_err(said),
            "cm" => {
                let value: f64 = self
                    .result
                    .parse()
                    .map_err(|_| format!("`{}` is no number", self.result))?;
                Diameter::from_mm(10.0 * value).map_err(said)
            }
            _ => Err(self.no_unit("mm, cm")),
        }
    }

    fn volume(&self) -> Result<LesionVolume, String> {
        let said = |error: OutcomeError| error.to_string();
        match self.unit.to_lowercase().as_str() {
            "ml" | "cm3" | "cm^3" | "cc" => LesionVolume::parse(self.result).map_err(said),
            "mm3" | "mm^3" => {
                let value: f64 = self
                    .result
                    .parse()
                    .map_err(|_| format!("`{}` is no number", self.result))?;
                LesionVolume::from_ml(value / 1000.0).map_err(said)
            }
            _ => Err(self.no_unit("mL, cm3, mm3")),
        }
    }

    fn expect_unit(&self, allowed: &[&str]) -> Result<(), String> {
        if allowed
            .iter()
            .any(|unit| unit.eq_ignore_ascii_case(self.unit))
        {
            return Ok(());
        }
        Err(self.no_unit(allowed.first().copied().unwrap_or("")))
    }

    fn no_unit(&self, allowed: &str) -> String {
        if self.unit.is_empty() {
            format!(
                "{} {} has no unit; allowed are {allowed}",
                self.test, self.result
            )
        } else {
            format!("{} in `{}`; allowed are {allowed}", self.test, self.unit)
        }
    }
}

/// The short axis of a node that only has a diameter across.
pub(super) fn complete_node(finding: &mut LesionFinding) {
    if finding.short_axis.is_none() {
        finding.short_axis = finding.perpendicular;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(test: &str, result: &str, unit: &str) -> Result<LesionFinding, String> {
        let mut finding = LesionFinding::default();
        ResultRow {
            test,
            result,
            unit,
            status: "",
            is_node: false,
        }
        .read_into(&mut finding)
        .map(|_| finding)
    }

    #[test]
    fn turns_centimetres_and_cubic_millimetres_at_the_door() {
        let length = |text| Some(Diameter::parse(text).unwrap());
        assert_eq!(read("LDIAM", "2.4", "cm").unwrap().long_axis, length("24"));
        assert_eq!(read("LDIAM", "24", "mm").unwrap().long_axis, length("24"));
        assert_eq!(
            read("VOLUME", "12340", "mm3").unwrap().volume,
            Some(LesionVolume::parse("12.34").unwrap())
        );
        assert_eq!(read("LDIAM", "0", "mm").unwrap().state, LesionState::Absent);
    }

    #[test]
    fn refuses_lengths_without_unit_and_words_it_does_not_know() {
        assert_eq!(
            read("LDIAM", "24", "").unwrap_err(),
            "LDIAM 24 has no unit; allowed are mm, cm"
        );
        assert_eq!(
            read("LDIAM", "24", "in").unwrap_err(),
            "LDIAM in `in`; allowed are mm, cm"
        );
        assert!(read("TUMSTATE", "SMALLER", "").is_err());
        assert_eq!(
            read("TUMSTATE", "Absent", "").unwrap().state,
            LesionState::Absent
        );
    }
}

//! What settles an open question of an input: options of a command, or keys
//! of the case file.

use sirt_dicom::{Severity, Topic};

use crate::dicom_inputs::finding as told;
use crate::failure;
use crate::result::Finding;

/// Where a person answers what an input leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettledBy {
    /// By options of `sirt dose` and its like.
    Options,
    /// By options of `sirt shunt`, which compares counts within one image.
    ShuntOptions,
    /// By keys of case.toml for the images of a work-up, whose counts are
    /// compared within one image.
    Case,
    /// By keys of case.toml for an image after treatment.
    Administration,
}

impl SettledBy {
    const fn by_options(self) -> bool {
        matches!(self, Self::Options | Self::ShuntOptions)
    }

    /// How a role is given to a structure.
    pub(crate) fn role(self, name: &str) -> String {
        match self {
            Self::Options | Self::ShuntOptions => {
                format!("--role '{name}=ROLE' with tumour, liver, normal-liver, lung or other")
            }
            Self::Case | Self::Administration => format!(
                "[[structure]] in case.toml with name = \"{name}\" and role = \"tumour\", \"liver\", \"normal_liver\", \"lung\" or \"other\""
            ),
        }
    }

    /// How a name without structure was given a role.
    pub(crate) fn unknown_role(self, name: &str) -> String {
        match self {
            Self::Options | Self::ShuntOptions => format!("--role {name}"),
            Self::Case | Self::Administration => {
                format!("case.toml: [[structure]] name = \"{name}\"")
            }
        }
    }

    /// How all livers but one lose their role.
    pub(crate) fn role_of_the_others(self) -> &'static str {
        match self {
            Self::Options | Self::ShuntOptions => {
                "--role NAME=other for all but one, or give a structure of normal liver"
            }
            Self::Case | Self::Administration => {
                "[[structure]] in case.toml with role = \"other\" for all but one, or give a structure of normal liver"
            }
        }
    }

    /// How a registration is given.
    pub(crate) const fn registration(self) -> &'static str {
        match self {
            Self::Options | Self::ShuntOptions => "--registration FILE",
            Self::Case => "registration = \"FILE\" in [images] of case.toml",
            Self::Administration => {
                "registration = \"FILE\" in [administration.image] of case.toml"
            }
        }
    }

    /// How one of several series is named.
    pub(crate) const fn series(self) -> &'static str {
        match self {
            Self::Options => "name one by its UID or the UID's end (--series), or give its folder",
            Self::ShuntOptions => "give the folder or the file of one",
            Self::Case => "give the folder or the file of one in [images] of case.toml",
            Self::Administration => {
                "give the folder or the file of one in [administration.image] of case.toml"
            }
        }
    }

    /// Where structures are given.
    pub(crate) const fn structures(self) -> &'static str {
        match self {
            Self::Options | Self::ShuntOptions => "--structures",
            Self::Case => "structures in [images] of case.toml",
            Self::Administration => "structures in [administration.image] of case.toml",
        }
    }

    /// How the unit of an image's numbers is stated.
    const fn units(self) -> &'static str {
        match self {
            Self::Options | Self::ShuntOptions => "--units",
            Self::Case => "maa_spect_units in [images] of case.toml",
            Self::Administration => "units in [administration.image] of case.toml",
        }
    }

    /// How a series that lacks slices is taken all the same.
    const fn missing_slices(self) -> &'static str {
        if self.by_options() {
            "--accept-missing-slices"
        } else {
            "accepted = [\"missing_slices\"] with accepted_reason in [images] of case.toml"
        }
    }

    /// A finding of a reader of activity images, in the words of where it is
    /// settled.
    ///
    /// What concerns the calibration of an activity is only noted where counts
    /// are compared within one image.
    ///
    /// # Errors
    /// For slices that are missing where that is not accepted, and for whatever
    /// stops and cannot be settled.
    pub(crate) fn finding(
        self,
        found: &sirt_dicom::Finding,
        accept_missing_slices: bool,
    ) -> anyhow::Result<Finding> {
        let finding = told(found);
        let is_relative = matches!(self, Self::ShuntOptions | Self::Case);
        Ok(match (found.topic, self) {
            (Topic::MissingSlices, _) if accept_missing_slices => Finding {
                severity: "weakens",
                fix: format!(
                    "accepted by {}; totals and shares are those of the slices that are there",
                    self.missing_slices()
                ),
                ..finding
            },
            (Topic::MissingSlices, _) => anyhow::bail!(failure::Ambiguous(format!(
                "{}: {}; give the whole series, or {} if it was cut on purpose",
                found.tag,
                found.rule,
                self.missing_slices()
            ))),
            (_, Self::Options) => finding,
            (Topic::Units, _) => Finding {
                severity: if is_relative {
                    "weakens"
                } else {
                    finding.severity
                },
                fix: self.units().to_owned(),
                ..finding
            },
            (Topic::Calibration, _) if is_relative => Finding {
                severity: "note",
                fix: "none needed: counts are compared within one image".to_owned(),
                ..finding
            },
            (Topic::Calibration, _) => Finding {
                fix: "nuclide, half-life and activity are those of the case; at in [administration.image] states the instant of the numbers".to_owned(),
                ..finding
            },
            _ if found.severity == Severity::Stops => anyhow::bail!("{found}"),
            _ => finding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(topic: Topic, severity: Severity, fix: &str) -> sirt_dicom::Finding {
        sirt_dicom::Finding {
            severity,
            topic,
            tag: "(0018,1075) RadionuclideHalfLife".to_owned(),
            rule: "missing".to_owned(),
            fix: fix.to_owned(),
        }
    }

    #[test]
    fn a_case_is_told_keys_and_no_options() {
        for by in [SettledBy::Case, SettledBy::Administration] {
            for (topic, fix) in [
                (Topic::Calibration, "--half-life"),
                (Topic::Units, "--units"),
                (
                    Topic::Calibration,
                    "--nuclide, --half-life, --administered and --reference-time as needed",
                ),
                (Topic::MissingSlices, "--accept-missing-slices"),
            ] {
                let stop = found(topic, Severity::Stops, fix);
                let said = by.finding(&stop, true).unwrap();
                assert!(!said.fix.contains("--"), "{}", said.fix);
                if by == SettledBy::Case {
                    assert_ne!(said.severity, "stops");
                }
                let of_dose = SettledBy::Options.finding(&stop, true).unwrap();
                assert!(of_dose.fix.contains("--"), "{}", of_dose.fix);
            }
            for text in [
                by.role("x"),
                by.unknown_role("x"),
                by.registration().to_owned(),
                by.series().to_owned(),
                by.structures().to_owned(),
                by.role_of_the_others().to_owned(),
                by.units().to_owned(),
                by.missing_slices().to_owned(),
            ] {
                assert!(!text.contains("--"), "{text}");
                assert!(text.contains("case.toml"), "{text}");
            }
        }
    }

    #[test]
    fn missing_slices_and_unknown_stops_are_refused_whatever_their_words() {
        let all = [
            SettledBy::Options,
            SettledBy::ShuntOptions,
            SettledBy::Case,
            SettledBy::Administration,
        ];
        for by in all {
            // The words of a fix have no meaning for the program.
            let slices = found(Topic::MissingSlices, Severity::Stops, "--units");
            let said = by.finding(&slices, false).unwrap_err().to_string();
            assert!(said.contains(by.missing_slices()), "{said}");
        }
        for by in &all[1..] {
            let unknown = found(Topic::Other, Severity::Stops, "--units");
            assert!(by.finding(&unknown, true).is_err());
            let weaker = found(Topic::Other, Severity::Weakens, "--units");
            assert_eq!(by.finding(&weaker, true).unwrap().severity, "weakens");
        }
    }
}

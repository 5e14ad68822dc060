//! What settles an open question of an input: options of a command, or keys
//! of the case file.

use crate::result::Finding;

/// Where a person answers what an input leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettledBy {
    /// By options of the command.
    Options,
    /// By keys of case.toml.
    Case,
}

impl SettledBy {
    /// How a role is given to a structure.
    pub(crate) fn role(self, name: &str) -> String {
        match self {
            Self::Options => {
                format!("--role '{name}=ROLE' with tumour, liver, normal-liver, lung or other")
            }
            Self::Case => format!(
                "[[structure]] in case.toml with name = \"{name}\" and role = \"tumour\", \"liver\", \"normal_liver\", \"lung\" or \"other\""
            ),
        }
    }

    /// How a name without structure was given a role.
    pub(crate) fn unknown_role(self, name: &str) -> String {
        match self {
            Self::Options => format!("--role {name}"),
            Self::Case => format!("case.toml: [[structure]] name = \"{name}\""),
        }
    }

    /// How all livers but one lose their role.
    pub(crate) fn role_of_the_others(self) -> &'static str {
        match self {
            Self::Options => {
                "--role NAME=other for all but one, or give a structure of normal liver"
            }
            Self::Case => {
                "[[structure]] in case.toml with role = \"other\" for all but one, or give a structure of normal liver"
            }
        }
    }

    /// How a registration is given.
    pub(crate) const fn registration(self) -> &'static str {
        match self {
            Self::Options => "--registration FILE",
            Self::Case => "registration = \"FILE\" in [images] of case.toml",
        }
    }

    /// How one of several series is named.
    pub(crate) const fn series(self) -> &'static str {
        match self {
            Self::Options => "name one by its UID or the UID's end (--series), or give its folder",
            Self::Case => "give the folder or the file of one in [images] of case.toml",
        }
    }

    /// Where structures are given.
    pub(crate) const fn structures(self) -> &'static str {
        match self {
            Self::Options => "--structures",
            Self::Case => "structures in [images] of case.toml",
        }
    }

    /// A finding of a reader, in the words of where it is settled.
    ///
    /// What concerns the calibration of an activity is only noted in a plan,
    /// which compares counts within one image.
    pub(crate) fn finding(self, finding: Finding) -> Finding {
        if self == Self::Options || !finding.fix.contains("--") {
            return finding;
        }
        if finding.fix.contains("--units") {
            return Finding {
                severity: "weakens",
                fix: "maa_spect_units in [images] of case.toml".to_owned(),
                ..finding
            };
        }
        if finding.fix.contains("--accept-missing-slices") {
            return Finding {
                severity: "weakens",
                fix: "give the whole series; what the missing slices held is in no count"
                    .to_owned(),
                ..finding
            };
        }
        Finding {
            severity: "note",
            fix: "none needed: a plan compares counts within the MAA image".to_owned(),
            ..finding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(fix: &str) -> Finding {
        Finding {
            severity: "stops",
            subject: "(0018,1075)".to_owned(),
            rule: "missing".to_owned(),
            fix: fix.to_owned(),
        }
    }

    #[test]
    fn a_case_is_told_keys_and_no_options() {
        for fix in [
            "--half-life",
            "--units",
            "--nuclide, --half-life, --administered and --reference-time as needed",
            "give the whole series, or --accept-missing-slices if it was cut on purpose",
        ] {
            let told = SettledBy::Case.finding(finding(fix));
            assert!(!told.fix.contains("--"), "{}", told.fix);
            assert_ne!(told.severity, "stops");
            assert_eq!(SettledBy::Options.finding(finding(fix)).fix, fix);
        }
        for text in [
            SettledBy::Case.role("x"),
            SettledBy::Case.unknown_role("x"),
            SettledBy::Case.registration().to_owned(),
            SettledBy::Case.series().to_owned(),
            SettledBy::Case.structures().to_owned(),
            SettledBy::Case.role_of_the_others().to_owned(),
        ] {
            assert!(!text.contains("--"), "{text}");
            assert!(text.contains("case.toml"), "{text}");
        }
    }
}

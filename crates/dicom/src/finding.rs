//! What stops or weakens dosimetry, as values.
//!
//! A [`Finding`] names the tag, the rule that is broken and what to do about
//! it; a list of findings answers "why not" without reading a log.
//! Its text never holds an identifier of a patient.

/// How much a finding matters for absorbed dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No dose can be computed before it is settled.
    Stops,
    /// A dose can be computed, with more uncertainty than it shows.
    Weakens,
    /// Worth knowing.
    Note,
}

/// What a finding is about, so that whoever reads an image for a purpose can
/// tell what that purpose needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Topic {
    /// The unit of the numbers is not known.
    Units,
    /// What turns the numbers of an activity image into activity at
    /// administration: nuclide, half-life, decay correction, instants, activity.
    Calibration,
    /// Slices of the series are not there.
    MissingSlices,
    /// Anything else; where it stops, nobody settles it but by other images.
    #[default]
    Other,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub topic: Topic,
    /// The attribute, for example `(0020,0032) ImagePositionPatient`.
    pub tag: String,
    /// What was expected and what stands there.
    pub rule: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    pub(crate) fn stops(
        tag: dicom_core::Tag,
        rule: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Stops, tag, rule, fix)
    }

    pub(crate) fn weakens(
        tag: dicom_core::Tag,
        rule: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Weakens, tag, rule, fix)
    }

    pub(crate) fn note(
        tag: dicom_core::Tag,
        rule: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Note, tag, rule, fix)
    }

    /// The same about a topic.
    pub(crate) fn about(self, topic: Topic) -> Self {
        Self { topic, ..self }
    }

    fn new(
        severity: Severity,
        tag: dicom_core::Tag,
        rule: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            topic: Topic::default(),
            tag: crate::read::attribute_name(tag),
            rule: rule.into(),
            fix: fix.into(),
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.tag, self.rule, self.fix)
    }
}

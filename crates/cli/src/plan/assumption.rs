//! What a plan assumes where nothing is stated, or prefers where two things are.

use std::fmt;

use serde::{Serialize, Serializer};

/// What an assumption is about, so that a report need not read its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssumptionKind {
    /// The mass of the lungs is that of the CT.
    LungMassByCt,
    /// The mass of the lungs is the conventional one.
    LungMassByConvention,
    /// Liver and tumour volumes are those of the structures.
    LiverByStructures,
    /// What the case states was taken over what the images show.
    StatedOverMeasured,
    /// A territory is taken to hold no tumour.
    NoTumour,
    /// Nothing is taken to be left in vial and tubing.
    NoResidual,
    /// A clearance names nothing that was found.
    UnusedClearance,
}

/// An assumption in words; as JSON its words alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assumption {
    pub(crate) kind: AssumptionKind,
    pub(crate) text: String,
}

impl Assumption {
    pub(super) fn new(kind: AssumptionKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Assumption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

//! Groups of responses that rates are told of.

use crate::response::Response;

/// A group of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Complete or partial.
    Objective,
    /// Complete, partial or minor: smaller than before.
    Fallen,
    /// Complete, partial, minor, stable, or neither complete nor progressive.
    Control,
    /// Complete.
    Complete,
    /// Partial.
    Partial,
    /// Minor, of criteria that know it.
    Minor,
    /// Stable, or neither complete nor progressive.
    Stable,
    /// Progressive.
    Progressive,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Objective,
        Self::Fallen,
        Self::Control,
        Self::Complete,
        Self::Partial,
        Self::Minor,
        Self::Stable,
        Self::Progressive,
    ];

    /// The name in keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Objective => "objective",
            Self::Fallen => "fallen",
            Self::Control => "control",
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Minor => "minor",
            Self::Stable => "stable",
            Self::Progressive => "progressive",
        }
    }

    /// The name in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Objective => "response (CR + PR)",
            Self::Fallen => "response or minor response",
            Self::Control => "disease control (CR + PR + SD)",
            Self::Complete => "complete response",
            Self::Partial => "partial response",
            Self::Minor => "minor response",
            Self::Stable => "stable disease",
            Self::Progressive => "progressive disease",
        }
    }

    /// Whether a response belongs to it.
    #[must_use]
    pub const fn holds(self, response: Response) -> bool {
        match self {
            Self::Objective => response.is_objective(),
            Self::Fallen => response.is_objective() || matches!(response, Response::Minor),
            Self::Control => !matches!(response, Response::Progressive | Response::NotEvaluable),
            Self::Complete => matches!(response, Response::Complete),
            Self::Partial => matches!(response, Response::Partial),
            Self::Minor => matches!(response, Response::Minor),
            Self::Stable => matches!(
                response,
                Response::Stable | Response::NonCompleteNonProgressive
            ),
            Self::Progressive => matches!(response, Response::Progressive),
        }
    }

    /// Whether it holds several responses.
    #[must_use]
    pub const fn is_group(self) -> bool {
        matches!(self, Self::Objective | Self::Fallen | Self::Control)
    }

    /// From its name in keys.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_response_is_control_and_no_objective_response() {
        assert!(Category::Control.holds(Response::Minor));
        assert!(!Category::Objective.holds(Response::Minor));
        assert!(Category::Stable.holds(Response::NonCompleteNonProgressive));
        for category in Category::ALL {
            assert!(!category.holds(Response::NotEvaluable));
            assert_eq!(Category::named(category.name()), Some(category));
        }
    }
}

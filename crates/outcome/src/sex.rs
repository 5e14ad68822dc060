//! Sex, as formulas of the clinic ask for it.

use serde::{Deserialize, Serialize};

use crate::OutcomeError;

/// Sex, as formulas of the clinic ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// The name that files and options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }
}

impl std::fmt::Display for Sex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Sex {
    type Err = OutcomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Female, Self::Male]
            .into_iter()
            .find(|sex| sex.name() == text)
            .ok_or_else(|| OutcomeError::UnknownName {
                what: "sex",
                name: text.to_owned(),
                known: "female, male",
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_names_and_no_other() {
        for sex in [Sex::Female, Sex::Male] {
            assert_eq!(sex.to_string().parse(), Ok(sex));
        }
        assert_eq!(
            "F".parse::<Sex>().map_err(|error| error.to_string()),
            Err("sex `F` is unknown; known are female, male".to_owned())
        );
    }
}

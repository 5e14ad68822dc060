//! A percentage as printed, and the counts that print so.

use serde::{Deserialize, Serialize};

use crate::OutcomeError;

/// How a printer shortened a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// To the nearest, halves up.
    HalfUp,
    /// To the nearest, halves to the even digit.
    HalfEven,
    /// Digits cut off.
    Truncated,
}

impl Rounding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::HalfUp, Self::HalfEven, Self::Truncated];

    /// The name in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfUp => "rounded half up",
            Self::HalfEven => "rounded half to even",
            Self::Truncated => "truncated",
        }
    }
}

/// A percentage with as many decimals as were printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintedPercent {
    /// The digits without the point.
    digits: u128,
    decimals: u32,
}

impl PrintedPercent {
    /// More decimals than this are no printed percentage.
    const MOST_DECIMALS: usize = 6;

    /// The counts of n that print so by a rule.
    fn counts(self, n: u64, rule: Rounding) -> impl Iterator<Item = u64> {
        let all = u128::from(n);
        let unit = 100 * 10_u128.pow(self.decimals);
        // k lies at v·n/unit to within one printed digit on either side.
        let from = self.digits.saturating_sub(1) * all / unit;
        let to = ((self.digits + 1) * all / unit + 1).min(all);
        (from..=to)
            .filter(move |k| self.prints(*k, all, unit, rule))
            .filter_map(|k| u64::try_from(k).ok())
    }

    fn prints(self, k: u128, n: u128, unit: u128, rule: Rounding) -> bool {
        let (whole, rest) = (unit * k / n, unit * k % n);
        let printed = match rule {
            Rounding::Truncated => whole,
            Rounding::HalfUp => whole + u128::from(2 * rest >= n),
            Rounding::HalfEven => {
                whole + u128::from(2 * rest > n || (2 * rest == n && whole % 2 == 1))
            }
        };
        printed == self.digits
    }

    /// All k of exactly n that print so by a rule.
    #[must_use]
    pub fn solutions_of(self, n: u64, rule: Rounding) -> Vec<Solution> {
        if n == 0 {
            return Vec::new();
        }
        self.counts(n, rule).map(|k| Solution { k, n }).collect()
    }

    /// All k of n up to a largest n that print so by a rule.
    #[must_use]
    pub fn solutions_to(self, largest: u64, rule: Rounding) -> Vec<Solution> {
        (1..=largest)
            .flat_map(|n| self.solutions_of(n, rule))
            .collect()
    }
}

impl std::str::FromStr for PrintedPercent {
    type Err = OutcomeError;

    /// Reads `66` or `22.5`, with or without the sign.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || OutcomeError::Argument {
            what: "percentage",
            value: format!("`{text}`"),
            allowed: "0 to 100 in digits as printed, with up to six decimals, like 66 or 22.5",
        };
        let number = text.trim().trim_end_matches('%').trim_end();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 3
            || decimals.len() > Self::MOST_DECIMALS
            || !plain(whole)
            || !plain(decimals)
            || (decimals.is_empty() && number.contains('.'))
        {
            return Err(refuse());
        }
        let digits: u128 = format!("{whole}{decimals}").parse().map_err(|_| refuse())?;
        let decimals = decimals.len() as u32;
        if digits > 100 * 10_u128.pow(decimals) {
            return Err(refuse());
        }
        Ok(Self { digits, decimals })
    }
}

impl std::fmt::Display for PrintedPercent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10_u128.pow(self.decimals);
        write!(f, "{}", self.digits / unit)?;
        if self.decimals > 0 {
            let width = self.decimals as usize;
            write!(f, ".{:0width$}", self.digits % unit)?;
        }
        Ok(())
    }
}

/// A count and its denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Solution {
    /// Those with the property.
    pub k: u64,
    /// All.
    pub n: u64,
}

impl std::fmt::Display for Solution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.k, self.n)
    }
}

/// Counts by the rule that prints them so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RuledSolutions {
    /// Rounded, halves up.
    pub half_up: Vec<Solution>,
    /// Rounded, halves to the even digit.
    pub half_even: Vec<Solution>,
    /// Truncated.
    pub truncated: Vec<Solution>,
}

impl RuledSolutions {
    fn of(solutions: impl Fn(Rounding) -> Vec<Solution>) -> Self {
        Self {
            half_up: solutions(Rounding::HalfUp),
            half_even: solutions(Rounding::HalfEven),
            truncated: solutions(Rounding::Truncated),
        }
    }

    /// Those that a rounding prints so, either way of halves, in order.
    #[must_use]
    pub fn rounded(&self) -> Vec<Solution> {
        let mut all: Vec<Solution> = self
            .half_up
            .iter()
            .chain(&self.half_even)
            .copied()
            .collect();
        all.sort_unstable_by_key(|solution| (solution.n, solution.k));
        all.dedup();
        all
    }
}

/// One printed percentage against one stated denominator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureCheck {
    /// As printed.
    pub percent: String,
    /// The stated denominator.
    pub of: u64,
    /// Counts of exactly that.
    pub equal: RuledSolutions,
    /// Counts of that or fewer.
    pub at_most: RuledSolutions,
    /// The counts of exactly that whose percentages lie next to the printed
    /// one, below and above.
    pub neighbours: Vec<Neighbour>,
}

/// A count beside the printed percentage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Neighbour {
    /// Those with the property.
    pub k: u64,
    /// All.
    pub n: u64,
    /// Their percentage.
    pub percent: f64,
}

/// Largest stated denominator: all smaller ones are gone through.
const LARGEST_DENOMINATOR: u64 = 100_000;

/// Checks one figure.
///
/// # Errors
/// [`OutcomeError::Argument`] for a text that is no percentage or a
/// denominator of 0 or over 100,000.
pub fn check_figure(percent: &str, of: u64) -> Result<FigureCheck, OutcomeError> {
    let printed: PrintedPercent = percent.parse()?;
    if of == 0 || of > LARGEST_DENOMINATOR {
        return Err(OutcomeError::Argument {
            what: "denominator",
            value: of.to_string(),
            allowed: "1 to 100000",
        });
    }
    let unit = 100 * 10_u128.pow(printed.decimals);
    let below = u64::try_from(printed.digits * u128::from(of) / unit).unwrap_or(of);
    let neighbours = [below, below + 1]
        .into_iter()
        .filter(|k| *k <= of)
        .map(|k| Neighbour {
            k,
            n: of,
            percent: 100.0 * k as f64 / of as f64,
        })
        .collect();
    Ok(FigureCheck {
        percent: printed.to_string(),
        of,
        equal: RuledSolutions::of(|rule| printed.solutions_of(of, rule)),
        at_most: RuledSolutions::of(|rule| printed.solutions_to(of, rule)),
        neighbours,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to_34(percent: &str, rule: Rounding) -> Vec<String> {
        let printed: PrintedPercent = percent.parse().unwrap();
        printed
            .solutions_to(34, rule)
            .iter()
            .map(Solution::to_string)
            .collect()
    }

    #[test]
    fn reproduces_the_table_of_the_34() {
        // DOMAIN F, S3, GRIM [C], n up to 34.
        for (percent, expected) in [
            ("24", "4/17 5/21 6/25 7/29 8/33 8/34"),
            ("68", "13/19 15/22 17/25 19/28 21/31 23/34"),
            ("9", "1/11 2/22 2/23 3/32 3/33 3/34"),
            ("91", "10/11 20/22 21/23 29/32 30/33 31/34"),
            ("83", "5/6 10/12 15/18 19/23 20/24 24/29 25/30"),
            ("80", "4/5 8/10 12/15 16/20 20/25 24/30"),
            ("53", "8/15 9/17 10/19 16/30 17/32 18/34"),
            ("60", "3/5 6/10 9/15 12/20 15/25 18/30"),
            ("66", "19/29 21/32"),
            ("12", "1/8 2/16 2/17 3/24 3/25 3/26 4/32 4/33 4/34"),
        ] {
            let both = check_figure(percent, 34).unwrap().at_most.rounded();
            let found: Vec<String> = both.iter().map(Solution::to_string).collect();
            assert_eq!(found.join(" "), expected, "{percent}");
        }
        // 12.5 prints 12 only with halves to even; the table rounds halves up.
        assert_eq!(
            to_34("12", Rounding::HalfUp).join(" "),
            "2/17 3/25 3/26 4/33 4/34"
        );
        assert!(to_34("66", Rounding::Truncated).contains(&"2/3".to_owned()));
        assert_eq!(
            check_figure("66", 34).unwrap().equal,
            RuledSolutions::default()
        );
    }

    #[test]
    fn eighty_percent_of_84_has_36_denominators() {
        // DOMAIN F, S1 [C]: 36 different n up to 84 print 80 %.
        let printed: PrintedPercent = "80".parse().unwrap();
        let mut denominators: Vec<u64> = printed
            .solutions_to(84, Rounding::HalfUp)
            .iter()
            .map(|solution| solution.n)
            .collect();
        denominators.dedup();
        assert_eq!(denominators.len(), 36);
    }

    #[test]
    fn decimals_are_part_of_what_is_printed() {
        // DOMAIN F.8: Paprottka 22.5/75.0/2.5 of 40.
        for (percent, k) in [("22.5", 9), ("75.0", 30), ("2.5 %", 1)] {
            let printed: PrintedPercent = percent.parse().unwrap();
            assert_eq!(
                printed.solutions_of(40, Rounding::HalfUp),
                [Solution { k, n: 40 }]
            );
        }
        assert_eq!(
            "2.50".parse::<PrintedPercent>().unwrap().to_string(),
            "2.50"
        );
        for wrong in [
            "",
            "101",
            "-3",
            "6.",
            "1e2",
            "0.1234567",
            ".5",
            "66,7",
            "12345678901234567890",
        ] {
            assert!(wrong.parse::<PrintedPercent>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_count_is_among_the_solutions_of_its_own_percentage(
            n in 1_u64..2000,
            share in 0.0..=1.0_f64,
            decimals in 0_u32..3,
        ) {
            let k = ((n as f64) * share) as u64;
            let unit = 100 * 10_u64.pow(decimals);
            for rule in Rounding::ALL {
                let (whole, rest) = (unit * k / n, unit * k % n);
                let digits = match rule {
                    Rounding::Truncated => whole,
                    Rounding::HalfUp => whole + u64::from(2 * rest >= n),
                    Rounding::HalfEven => whole + u64::from(2 * rest > n || (2 * rest == n && whole % 2 == 1)),
                };
                let printed = PrintedPercent { digits: u128::from(digits), decimals };
                let own = Solution { k, n };
                prop_assert!(printed.solutions_of(n, rule).contains(&own));
                let again: PrintedPercent = printed.to_string().parse().unwrap();
                prop_assert_eq!(again, printed);
            }
        }
    }
}

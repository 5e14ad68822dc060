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

    /// Where counts that print so begin and end: `k` of `n` does where
    /// `lower(n) <= k < upper(n)`, from `from <= k/n` and `k/n < to` (or `<=`)
    /// in whole numbers.
    fn bounds(self, rule: Rounding) -> Bounds {
        let unit = 100 * 10_u128.pow(self.decimals);
        // Halves of a printed digit, so that the middle between two is whole.
        let (from, to) = match rule {
            Rounding::Truncated => (2 * self.digits, 2 * self.digits + 2),
            _ => ((2 * self.digits).saturating_sub(1), 2 * self.digits + 1),
        };
        let even = self.digits.is_multiple_of(2);
        Bounds {
            whole: 2 * unit,
            from,
            to,
            with_from: self.digits == 0 || rule != Rounding::HalfEven || even,
            with_to: rule == Rounding::HalfEven && even,
        }
    }

    /// Numbers with `low n <= scale k < high n` for every k of n that prints so
    /// by a rule that takes its lower end in; low, high, scale.
    pub(in crate::evidence) fn edges(self, rule: Rounding) -> [f64; 3] {
        let bounds = self.bounds(rule);
        [bounds.from, bounds.to, bounds.whole].map(|edge| edge as f64)
    }

    /// The counts of n that print so by a rule.
    fn counts(self, n: u64, rule: Rounding) -> std::ops::Range<u64> {
        let bounds = self.bounds(rule);
        let n = u128::from(n);
        let narrow = |k: u128| u64::try_from(k).unwrap_or(u64::MAX);
        narrow(bounds.lower(n))..narrow(bounds.upper(n).min(n + 1))
    }

    /// All k of exactly n that print so by a rule, in order.
    pub fn solutions_of(self, n: u64, rule: Rounding) -> impl Iterator<Item = Solution> {
        let counts = if n == 0 { 0..0 } else { self.counts(n, rule) };
        counts.map(move |k| Solution { k, n })
    }

    /// All k of n up to a largest n that print so by a rule, in order.
    pub fn solutions_to(self, largest: u64, rule: Rounding) -> impl Iterator<Item = Solution> {
        (1..=largest).flat_map(move |n| self.solutions_of(n, rule))
    }

    /// How many k of exactly n print so by a rule.
    #[must_use]
    pub fn count_of(self, n: u64, rule: Rounding) -> u64 {
        let counts = if n == 0 { 0..0 } else { self.counts(n, rule) };
        counts.end.saturating_sub(counts.start)
    }

    /// How many k of n up to a largest n print so by a rule: the length of
    /// [`Self::solutions_to`] without going through it.
    #[must_use]
    pub fn count_to(self, largest: u64, rule: Rounding) -> u64 {
        let bounds = self.bounds(rule);
        let n = u128::from(largest);
        // 100 % and all below it that prints so ends with n of n.
        let upper = if self.digits == bounds.whole / 2 {
            n * (n + 3) / 2
        } else {
            bounds.sum(n, bounds.to, !bounds.with_to)
        };
        let lower = bounds.sum(n, bounds.from, bounds.with_from);
        u64::try_from(upper.saturating_sub(lower)).unwrap_or(u64::MAX)
    }
}

/// The shares that print alike, in parts of `whole`.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    whole: u128,
    from: u128,
    to: u128,
    with_from: bool,
    with_to: bool,
}

impl Bounds {
    /// The first count of n.
    fn lower(self, n: u128) -> u128 {
        first_from(self.from * n, self.whole, self.with_from)
    }

    /// The first count of n that is too large.
    fn upper(self, n: u128) -> u128 {
        first_from(self.to * n, self.whole, !self.with_to)
    }

    /// `first_from(part · i, whole)` added up over i from 1 to n.
    fn sum(self, n: u128, part: u128, with: bool) -> u128 {
        // The rounding up of a quotient is the rounding down of one a little larger.
        let more = if with { self.whole - 1 } else { self.whole };
        floor_sum(n + 1, self.whole, part, more) - more / self.whole
    }
}

/// The smallest k with `k · whole >= value`, or `>` without it itself.
const fn first_from(value: u128, whole: u128, with: bool) -> u128 {
    if with {
        value.div_ceil(whole)
    } else {
        value / whole + 1
    }
}

/// `⌊(a·i + b)/m⌋` added up over i from 0 to n − 1, by Euclid's steps: the
/// points of a lattice below a line, counted column by column or row by row.
fn floor_sum(n: u128, m: u128, a: u128, b: u128) -> u128 {
    let (mut n, mut m, mut a, mut b) = (n, m, a, b);
    let mut sum = 0;
    loop {
        sum += n * n.saturating_sub(1) / 2 * (a / m) + n * (b / m);
        a %= m;
        b %= m;
        let last = a * n + b;
        if last < m {
            return sum;
        }
        (n, b) = (last / m, last % m);
        (m, a) = (a, m);
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

/// Counts by the rule that prints them so; each list ends after 10,000 of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RuledSolutions {
    /// Rounded, halves up.
    pub half_up: Vec<Solution>,
    /// Rounded, halves to the even digit.
    pub half_even: Vec<Solution>,
    /// Truncated.
    pub truncated: Vec<Solution>,
    /// How many there are, in the lists or not.
    pub counts: RuledCounts,
}

/// How many counts print so by each rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct RuledCounts {
    /// Rounded, halves up.
    pub half_up: u64,
    /// Rounded, halves to the even digit.
    pub half_even: u64,
    /// Truncated.
    pub truncated: u64,
}

/// Solutions in a list.
const MOST_LISTED: usize = 10_000;

impl RuledSolutions {
    fn of<I: Iterator<Item = Solution>>(
        solutions: impl Fn(Rounding) -> I,
        count: impl Fn(Rounding) -> u64,
    ) -> Self {
        let listed = |rule| solutions(rule).take(MOST_LISTED).collect();
        Self {
            half_up: listed(Rounding::HalfUp),
            half_even: listed(Rounding::HalfEven),
            truncated: listed(Rounding::Truncated),
            counts: RuledCounts {
                half_up: count(Rounding::HalfUp),
                half_even: count(Rounding::HalfEven),
                truncated: count(Rounding::Truncated),
            },
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

/// Largest stated denominator: no study of patients is larger by much.
pub(super) const LARGEST_DENOMINATOR: u64 = 100_000;

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
        equal: RuledSolutions::of(
            |rule| printed.solutions_of(of, rule),
            |rule| printed.count_of(of, rule),
        ),
        at_most: RuledSolutions::of(
            |rule| printed.solutions_to(of, rule),
            |rule| printed.count_to(of, rule),
        ),
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
            .map(|solution| solution.to_string())
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
                printed
                    .solutions_of(40, Rounding::HalfUp)
                    .collect::<Vec<_>>(),
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

    #[test]
    fn large_denominators_are_counted_without_listing_all() {
        // Of n patients n/100 counts print a whole percentage, to within one:
        // up to 100,000 there are 50,000,000 ± 100,000.
        let found = check_figure("50", 100_000).unwrap();
        assert_eq!(found.equal.counts.half_up, 1000);
        assert!(found.at_most.counts.half_up.abs_diff(50_000_000) < 100_000);
        assert_eq!(found.at_most.half_up.len(), MOST_LISTED);
        assert_eq!(
            check_figure("50", 100_001).unwrap_err().to_string(),
            "denominator 100001 is not allowed; allowed is 1 to 100000"
        );
        assert!(check_figure("50", u64::MAX).is_err());
        assert!(check_figure("50", 0).is_err());
    }

    proptest! {
        #[test]
        fn counting_is_trying_every_count(
            n in 1_u64..160,
            digits in 0_u128..=1000,
            decimals in 0_u32..2,
        ) {
            let unit = 100 * 10_u128.pow(decimals);
            // Both ends in a third of the cases.
            let digits = match digits % 6 {
                0 => 0,
                1 => unit,
                _ => digits.min(unit),
            };
            let printed = PrintedPercent { digits, decimals };
            for rule in Rounding::ALL {
                let prints = |k: u64, n: u64| {
                    let (k, n) = (u128::from(k), u128::from(n));
                    let (whole, rest) = (unit * k / n, unit * k % n);
                    digits == match rule {
                        Rounding::Truncated => whole,
                        Rounding::HalfUp => whole + u128::from(2 * rest >= n),
                        Rounding::HalfEven => {
                            whole + u128::from(2 * rest > n || (2 * rest == n && whole % 2 == 1))
                        }
                    }
                };
                let tried: Vec<Solution> = (1..=n)
                    .flat_map(|n| (0..=n).map(move |k| Solution { k, n }))
                    .filter(|solution| prints(solution.k, solution.n))
                    .collect();
                let found: Vec<Solution> = printed.solutions_to(n, rule).collect();
                prop_assert_eq!(printed.count_to(n, rule), tried.len() as u64);
                prop_assert_eq!(
                    printed.count_of(n, rule),
                    tried.iter().filter(|solution| solution.n == n).count() as u64
                );
                prop_assert_eq!(found, tried);
            }
        }

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
                prop_assert!(printed.solutions_of(n, rule).any(|found| found == own));
                let again: PrintedPercent = printed.to_string().parse().unwrap();
                prop_assert_eq!(again, printed);
            }
        }
    }
}

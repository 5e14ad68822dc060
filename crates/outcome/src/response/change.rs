//! Changes as fractions of integers, so that boundaries are exact.
//!
//! With whole numbers $b$ (reference) and $n$ (now), and a limit of $p$ per
//! cent held as $P = 10^4 p$:
//!
//! fall of at least $p$: $10^6\,(b - n) \ge P\,b$; rise: $10^6\,(n - b) \ge P\,b$.
//!
//! No percentage is rounded and no float is compared: 100.0 mm to 70.0 mm is
//! −30 % exactly, and a rise over nothing is a rise.

use serde::{Deserialize, Serialize};

use super::amount::shown_decimal;
use crate::OutcomeError;

/// Ticks of a whole: 100 % in ten-thousandths of a per cent.
const WHOLE: i128 = 1_000_000;

/// A limit of a change, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenLimit", into = "WrittenLimit")]
pub struct ChangeLimit {
    ticks: u32,
    inclusive: bool,
}

/// A limit as tables write it: `">= 30"` or `"> 25"`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct WrittenLimit(String);

impl TryFrom<WrittenLimit> for ChangeLimit {
    type Error = OutcomeError;

    fn try_from(written: WrittenLimit) -> Result<Self, Self::Error> {
        Self::parse(&written.0)
    }
}

impl From<ChangeLimit> for WrittenLimit {
    fn from(limit: ChangeLimit) -> Self {
        Self(limit.to_string())
    }
}

impl std::fmt::Display for ChangeLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {}",
            if self.inclusive { ">=" } else { ">" },
            shown_decimal(i128::from(self.ticks), 4)
        )
    }
}

impl ChangeLimit {
    /// Reads `>= 30` or `> 25`, in per cent.
    ///
    /// # Errors
    /// [`OutcomeError::UnknownName`] for any other text.
    pub fn parse(text: &str) -> Result<Self, OutcomeError> {
        let wrong = || OutcomeError::UnknownName {
            what: "limit of a change",
            name: text.to_owned(),
            known: "`>= P` and `> P` with P in per cent",
        };
        let (inclusive, number) = match text.trim().strip_prefix(">=") {
            Some(number) => (true, number),
            None => (false, text.trim().strip_prefix('>').ok_or_else(wrong)?),
        };
        let ticks = super::Diameter::parse(number.trim())
            .map_err(|_| wrong())?
            .ticks();
        Ok(Self { ticks, inclusive })
    }

    /// Whether `now` lies so far below `reference`; never when the reference is not positive.
    #[must_use]
    pub fn is_fall(self, reference: i64, now: i64) -> bool {
        let (reference, now) = (i128::from(reference), i128::from(now));
        reference > 0 && self.reached((reference - now) * WHOLE, reference)
    }

    /// Whether `now` lies so far above `reference`; anything lies above nothing.
    #[must_use]
    pub fn is_rise(self, reference: i64, now: i64) -> bool {
        if reference <= 0 {
            return now > 0;
        }
        let (reference, now) = (i128::from(reference), i128::from(now));
        self.reached((now - reference) * WHOLE, reference)
    }

    fn reached(self, difference: i128, reference: i128) -> bool {
        let needed = i128::from(self.ticks) * reference;
        if self.inclusive {
            difference >= needed
        } else {
            difference > needed
        }
    }
}

/// The change of a number against its reference, in per cent with a sign and
/// one decimal, cut off and not rounded: −29.99 % is never shown as −30.0 %.
pub(crate) fn shown_percent(now: i64, reference: i64) -> String {
    if reference <= 0 {
        return if now > 0 {
            "more than nothing".to_owned()
        } else {
            "0.0 %".to_owned()
        };
    }
    let tenths = (i128::from(now) - i128::from(reference)) * 1000 / i128::from(reference);
    let exact = tenths * i128::from(reference) == (i128::from(now) - i128::from(reference)) * 1000;
    let sign = match now.cmp(&reference) {
        std::cmp::Ordering::Less => "-",
        std::cmp::Ordering::Equal => "",
        std::cmp::Ordering::Greater => "+",
    };
    format!(
        "{sign}{}.{}{} %",
        tenths.abs() / 10,
        tenths.abs() % 10,
        if exact { "" } else { "…" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_exact() {
        let thirty = ChangeLimit::parse(">= 30").unwrap();
        assert!(thirty.is_fall(1_000_000, 700_000));
        assert!(!thirty.is_fall(1_000_000, 700_001));
        // 0.3 has no exact float: 10.0 to 7.0 mm would miss it.
        assert!(thirty.is_fall(100_000, 70_000));
        let over = ChangeLimit::parse("> 25").unwrap();
        assert!(!over.is_rise(400, 500));
        assert!(over.is_rise(400, 501));
        assert!(over.is_rise(0, 1));
        assert!(!over.is_rise(0, 0));
        assert!(!thirty.is_fall(0, 0));
        let volume = ChangeLimit::parse(">= 65.7").unwrap();
        assert!(volume.is_fall(1_000_000, 343_000));
        assert!(!volume.is_fall(1_000_000, 343_001));
        assert_eq!(volume.to_string(), ">= 65.7");
    }

    #[test]
    fn survives_the_largest_sums() {
        let limit = ChangeLimit::parse(">= 20").unwrap();
        assert!(limit.is_rise(i64::MAX / 2, i64::MAX));
        assert!(!limit.is_rise(i64::MAX, i64::MAX));
    }

    #[test]
    fn refuses_a_limit_without_its_side() {
        for text in ["30", "= 30", ">= x", "<= 3", ""] {
            assert!(ChangeLimit::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_percentages_without_rounding_over_a_limit() {
        assert_eq!(shown_percent(700_001, 1_000_000), "-29.9… %");
        assert_eq!(shown_percent(700_000, 1_000_000), "-30.0 %");
        assert_eq!(shown_percent(72, 60), "+20.0 %");
        assert_eq!(shown_percent(5, 0), "more than nothing");
    }
}

//! Dates, times and time zones of DICOM.
//!
//! A DA is `YYYYMMDD`, a TM `HHMMSS.ffffff` and a DT both with an optional
//! `&ZZXX` (DICOM PS3.5 section 6.2).
//! Date-times come out in the local time of the acquisition: a DT that carries
//! an offset other than the object's (0008,0201) TimezoneOffsetFromUTC is
//! turned into the object's zone, and without (0008,0201) it is as written.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use super::element::DataSet;

/// A DA; the old form `YYYY.MM.DD` too.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let digits: String = text.trim().chars().filter(|c| *c != '.').collect();
    let digits = digits.get(..8)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| {
        Date::new(
            digits[..4].parse().ok()?,
            digits[4..6].parse().ok()?,
            digits[6..].parse().ok()?,
        )
        .ok()
    })?
}

/// A TM of at least hours and minutes; the old form `HH:MM:SS` too.
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let text: String = text.trim().chars().filter(|c| *c != ':').collect();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(whole.len() == 4 || whole.len() == 6) || !digits(whole) || !digits(fraction) {
        return None;
    }
    // A leap second is the last second of its minute.
    let second: i8 = whole
        .get(4..)
        .filter(|s| !s.is_empty())
        .unwrap_or("0")
        .parse()
        .ok()?;
    let nanoseconds: i32 = format!("{:0<9}", fraction.get(..fraction.len().min(9))?)
        .parse()
        .ok()?;
    Time::new(
        whole[..2].parse().ok()?,
        whole[2..4].parse().ok()?,
        second.min(59),
        nanoseconds,
    )
    .ok()
}

/// A DT of at least a date, hours and minutes, with its offset in minutes.
pub(crate) fn parse_date_time(text: &str) -> Option<(DateTime, Option<i64>)> {
    let text = text.trim();
    if !text.is_ascii() || text.len() < 12 {
        return None;
    }
    let (local, offset) = match text[8..].find(['+', '-']) {
        Some(at) => (&text[..8 + at], Some(parse_offset(&text[8 + at..])?)),
        None => (text, None),
    };
    let date = parse_date(local.get(..8)?)?;
    Some((date.to_datetime(parse_time(local.get(8..)?)?), offset))
}

/// `+0130` as minutes.
pub(crate) fn parse_offset(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    Some(sign * (60 * hours + minutes))
}

impl DataSet<'_> {
    /// Date and time from a DA and a TM.
    pub(crate) fn date_and_time(&self, date: Tag, time: Tag) -> Option<DateTime> {
        let date = parse_date(&self.text(date)?)?;
        Some(date.to_datetime(parse_time(&self.text(time)?)?))
    }

    /// (0008,0201) TimezoneOffsetFromUTC, minutes.
    pub(crate) fn zone_minutes(&self) -> Option<i64> {
        parse_offset(&self.text(tags::TIMEZONE_OFFSET_FROM_UTC)?)
    }

    /// A DT in the local time of `zone_minutes`.
    pub(crate) fn local_date_time(&self, tag: Tag, zone_minutes: Option<i64>) -> Option<DateTime> {
        let (local, offset) = parse_date_time(&self.text(tag)?)?;
        match (offset, zone_minutes) {
            (Some(own), Some(zone)) => local.checked_add((zone - own).minutes()).ok(),
            _ => Some(local),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_and_times_in_both_forms() {
        assert_eq!(parse_date("20240229"), Some(date(2024, 2, 29)));
        assert_eq!(parse_date("2024.02.29"), Some(date(2024, 2, 29)));
        assert_eq!(parse_date("20230229"), None);
        assert_eq!(
            parse_time("134501.25"),
            Time::new(13, 45, 1, 250_000_000).ok()
        );
        assert_eq!(parse_time("13:45:01"), Time::new(13, 45, 1, 0).ok());
        assert_eq!(parse_time("1345"), Time::new(13, 45, 0, 0).ok());
        assert_eq!(parse_time("13"), None);
        assert_eq!(parse_time("256100"), None);
    }

    #[test]
    fn offsets_are_kept_in_minutes() {
        let (local, offset) = parse_date_time("20240229233000.5-0330").unwrap();
        assert_eq!(local, date(2024, 2, 29).at(23, 30, 0, 500_000_000));
        assert_eq!(offset, Some(-210));
        assert_eq!(parse_date_time("20240229"), None);
        assert_eq!(parse_date_time("2024022912\u{e9}00"), None);
    }
}

//! Laboratory values (LB) and adverse events (AE) of a patient.
//!
//! Values stay in the unit of their table; what has an absolute limit is
//! turned into the unit of that limit: albumin and haemoglobin g/L, platelets
//! 10⁹/L, lymphocytes /mm³. A value without a day, a number that can be or the
//! unit that is asked for is left out with a note, and so is one of another
//! specimen than blood: creatinine of urine is no creatinine of serum.

use sirt_outcome::{Attribution, Day};

use super::subject::Row;
use super::visit::VisitDate;

/// A laboratory value of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyLaboratory {
    /// The test by the name that grades know, or the name of the marker.
    pub test: String,
    /// Whether it is a tumour marker.
    pub is_marker: bool,
    /// The day of the sample.
    pub day: Day,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Lower limit of normal.
    pub lower_limit: Option<f64>,
    /// Upper limit of normal.
    pub upper_limit: Option<f64>,
    /// Laboratory, method and specimen; markers of different ones are not compared.
    pub assay: Option<String>,
}

/// An adverse event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyEvent {
    /// The preferred term, else the words of the record.
    pub term: String,
    /// Grade of CTCAE, 1 to 5.
    pub grade: Option<u8>,
    /// Day of onset.
    pub onset: Day,
    /// Day of its end.
    pub resolved: Option<Day>,
    /// The organ system, as AEBODSYS or AESOC has it.
    pub system: Option<String>,
    /// How the investigator has it stand to the treatment (AEREL).
    pub related: Option<Attribution>,
}

/// LBTESTCD, the name that grades know, and the unit of absolute limits.
const TESTS: [(&str, &str, Option<&str>); 14] = [
    ("BILI", "bilirubin", None),
    ("ALT", "alt", None),
    ("AST", "ast", None),
    ("ALP", "alp", None),
    ("GGT", "ggt", None),
    ("ALB", "albumin", Some("g/L")),
    ("LYM", "lymphocytes", Some("/mm3")),
    ("PLAT", "platelets", Some("10^9/L")),
    ("HGB", "haemoglobin", Some("g/L")),
    ("INR", "inr", None),
    ("CREAT", "creatinine", None),
    ("LIPASE", "lipase", None),
    ("LIPASET", "lipase", None),
    ("AMYLASE", "amylase", None),
];

/// Words of LBTEST that name a marker, and whether it is one of urine as well.
const MARKERS: [(&str, &str, bool); 4] = [
    ("CHROMOGRANIN", "chromogranin A", false),
    ("ENOLASE", "neuron-specific enolase", false),
    ("HYDROXYINDOLEACETIC", "5-HIAA", true),
    ("PANCREASTATIN", "pancreastatin", false),
];

/// Specimens (LBSPEC) whose values and limits are those of blood; none is taken for one.
const OF_BLOOD: [&str; 4] = ["", "SERUM", "PLASMA", "BLOOD"];

/// Largest value that is taken for one of a laboratory, in any unit.
const LARGEST_VALUE: f64 = 1.0e12;

/// What a number of `unit` is multiplied by to be one of `wanted`.
fn factor(unit: &str, wanted: &str) -> Option<f64> {
    let unit = unit.to_lowercase().replace(['^', ' '], "");
    match (wanted, unit.as_str()) {
        ("g/L", "g/l") => Some(1.0),
        ("g/L", "g/dl") => Some(10.0),
        ("10^9/L", "109/l" | "10e9/l" | "gi/l" | "103/ul" | "10e3/ul" | "thou/ul") => Some(1.0),
        ("/mm3", "/mm3" | "/ul") => Some(1.0),
        ("/mm3", "109/l" | "10e9/l" | "gi/l" | "103/ul" | "10e3/ul" | "thou/ul") => Some(1000.0),
        _ => None,
    }
}

/// The row as a value; none for a test that is not read, an error for one that cannot be.
pub(super) fn laboratory(row: Row<'_>) -> Result<Option<StudyLaboratory>, String> {
    let code = row.get("LBTESTCD").to_uppercase();
    let name = row.get("LBTEST").to_uppercase();
    let test = TESTS.iter().find(|(known, _, _)| *known == code);
    let marker = MARKERS.iter().find(|(words, _, _)| name.contains(words));
    let (name, wanted, of_urine) = match (test, marker) {
        (Some((_, name, wanted)), _) => (*name, *wanted, false),
        (None, Some((_, name, of_urine))) => (*name, None, *of_urine),
        (None, None) => return Ok(None),
    };
    if row.get("LBSTAT").eq_ignore_ascii_case("NOT DONE") {
        return Ok(None);
    }
    let specimen = row.get("LBSPEC").to_uppercase();
    if !(OF_BLOOD.contains(&specimen.as_str()) || of_urine && specimen == "URINE") {
        return Err(row.wrong(
            "LBSPEC",
            format!("{name} of `{specimen}` is not read; allowed are SERUM, PLASMA and BLOOD"),
        ));
    }
    let text = row.get("LBSTRESN");
    let text = if text.is_empty() {
        row.get("LBSTRESC")
    } else {
        text
    };
    let value: f64 = text
        .parse()
        .map_err(|_| row.wrong("LBSTRESN", format!("`{text}` is no number")))?;
    let can_be = |value: f64| (0.0..LARGEST_VALUE).contains(&value);
    if !can_be(value) {
        return Err(row.wrong(
            "LBSTRESN",
            format!("{name} {text} is outside 0..1e12 of its unit"),
        ));
    }
    let unit = row.get("LBSTRESU");
    let scale = match wanted {
        None => 1.0,
        Some(wanted) => factor(unit, wanted)
            .ok_or_else(|| row.wrong("LBSTRESU", format!("{code} in `{unit}`, not in {wanted}")))?,
    };
    let VisitDate::Exact(day) =
        VisitDate::parse(row.get("LBDTC")).map_err(|reason| row.wrong("LBDTC", reason))?
    else {
        return Err(row.wrong("LBDTC", "a value without a day".to_owned()));
    };
    let limit = |column: &str| match row.get(column).parse::<f64>() {
        Ok(limit) if can_be(limit) => Ok(Some(limit * scale)),
        Ok(limit) => Err(row.wrong(
            column,
            format!("a limit of {limit} is outside 0..1e12 of its unit"),
        )),
        Err(_) => Ok(None),
    };
    let assay = [row.get("LBNAM"), row.get("LBMETHOD"), &specimen]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    Ok(Some(StudyLaboratory {
        test: name.to_owned(),
        is_marker: test.is_none(),
        day,
        value: value * scale,
        unit: wanted.unwrap_or(unit).to_owned(),
        lower_limit: limit("LBSTNRLO")?,
        upper_limit: limit("LBSTNRHI")?,
        assay: Some(assay).filter(|assay| !assay.is_empty()),
    }))
}

/// The row as an event.
pub(super) fn event(row: Row<'_>) -> Result<StudyEvent, String> {
    let exact = |column: &str| {
        VisitDate::parse(row.get(column))
            .map(|date| match date {
                VisitDate::Exact(day) => Some(day),
                _ => None,
            })
            .map_err(|reason| row.wrong(column, reason))
    };
    let term = row.get("AEDECOD");
    let term = if term.is_empty() {
        row.get("AETERM")
    } else {
        term
    };
    let grade = row.get("AETOXGR");
    let grade = match grade.trim_end_matches(".0").parse::<u8>() {
        Ok(grade @ 1..=5) => Some(grade),
        _ if grade.is_empty() => None,
        _ => return Err(row.wrong("AETOXGR", format!("`{grade}` is outside 1..=5"))),
    };
    let system = [row.get("AEBODSYS"), row.get("AESOC")]
        .into_iter()
        .find(|system| !system.is_empty())
        .map(str::to_owned);
    let related = row.get("AEREL").to_uppercase();
    let related = match related.as_str() {
        "" => None,
        "Y" | "RELATED" | "DEFINITE" | "DEFINITELY RELATED" | "PROBABLE" | "PROBABLY RELATED" => {
            Some(Attribution::Probable)
        }
        "POSSIBLE" | "POSSIBLY RELATED" => Some(Attribution::Possible),
        "N" | "NOT RELATED" | "UNRELATED" | "UNLIKELY" | "UNLIKELY RELATED" | "REMOTE" | "NONE" => {
            Some(Attribution::Unlikely)
        }
        _ => {
            return Err(row.wrong(
                "AEREL",
                format!(
                    "`{related}` is unknown; allowed are RELATED, PROBABLE, POSSIBLE, UNLIKELY, NOT RELATED, Y and N"
                ),
            ));
        }
    };
    Ok(StudyEvent {
        system,
        related,
        term: term.to_owned(),
        grade,
        onset: exact("AESTDTC")?
            .ok_or_else(|| row.wrong("AESTDTC", "an event without a day of onset".to_owned()))?,
        resolved: exact("AEENDTC")?,
    })
}

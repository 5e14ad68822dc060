//! SAS transport files, version 5: the form in which studies are submitted.
//!
//! Records of 80 bytes: library and member headers, one description of 140
//! bytes (136 on VAX) per variable, then rows of fixed length without a break.
//! Numbers are floats of IBM's System/360: sign, exponent to 16 with an offset
//! of 64, and a fraction of up to 56 bits; a first byte of `.`, `_` or `A`
//! to `Z` with zeros behind it is a missing value. A library may hold several
//! members; a file with more than one is refused, since a table has one file.

use super::table::{StudyTable, wrong};
use crate::StoreError;

const RECORD: usize = 80;
/// Most variables, and bytes of a row: past any study, small for any machine.
const MOST_VARIABLES: usize = 10_000;
const LONGEST_ROW: usize = 1 << 22;

/// A column of a row.
struct Variable {
    name: String,
    numeric: bool,
    start: usize,
    length: usize,
}

/// Reads the one member of a transport file.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<StudyTable, StoreError> {
    let fail = |reason: &str| wrong(file, 1, "", reason.to_owned());
    if bytes.starts_with(b"HEADER RECORD*******LIBV8") {
        return Err(fail("a transport file of version 8; version 5 is read"));
    }
    if !bytes.starts_with(b"HEADER RECORD*******LIBRARY") {
        return Err(fail("no SAS transport file"));
    }
    let member = find(bytes, 0, b"HEADER RECORD*******MEMBER").ok_or_else(|| fail("no member"))?;
    let description =
        number(bytes, member + 74, 4).ok_or_else(|| fail("a damaged member header"))?;
    if !(136..=140).contains(&description) {
        return Err(fail(
            "a member header with another length of descriptions than 136 or 140",
        ));
    }
    let names =
        find(bytes, member, b"HEADER RECORD*******NAMESTR").ok_or_else(|| fail("no variables"))?;
    let count =
        number(bytes, names + 54, 4).ok_or_else(|| fail("a damaged header of variables"))?;
    if count == 0 || count > MOST_VARIABLES {
        return Err(fail("an impossible number of variables"));
    }
    let mut variables = Vec::with_capacity(count);
    let mut row = 0;
    for at in 0..count {
        let start = names + RECORD + at * description;
        let text = bytes
            .get(start..start + description)
            .ok_or_else(|| fail("the file ends among its variables"))?;
        let length = short(text, 4).ok_or_else(|| fail("a damaged variable"))?;
        let place = text
            .get(84..88)
            .and_then(|place| <[u8; 4]>::try_from(place).ok())
            .and_then(|place| usize::try_from(i32::from_be_bytes(place)).ok())
            .ok_or_else(|| fail("a damaged variable"))?;
        let numeric = short(text, 0) == Some(1);
        if length == 0 || place + length > LONGEST_ROW || (numeric && !(2..=8).contains(&length)) {
            return Err(fail("a variable of an impossible length"));
        }
        row = row.max(place + length);
        variables.push(Variable {
            name: characters(&text[8..16]).to_uppercase(),
            numeric,
            start: place,
            length,
        });
    }
    let described = count * description;
    let data = names + RECORD + described.div_ceil(RECORD) * RECORD;
    if !bytes
        .get(data..)
        .is_some_and(|rest| rest.starts_with(b"HEADER RECORD*******OBS"))
    {
        return Err(fail("no rows after the variables"));
    }
    let start = data + RECORD;
    if find(bytes, start, b"HEADER RECORD*******MEMBER").is_some() {
        return Err(fail(
            "a second member after the first; allowed is one table in a file, so write each to its own",
        ));
    }
    let rows = bytes.get(start..).unwrap_or_default();
    let mut table = StudyTable {
        file: file.to_owned(),
        columns: variables
            .iter()
            .map(|variable| variable.name.clone())
            .collect(),
        rows: Vec::new(),
    };
    let whole = rows.chunks_exact(row);
    // What is left over fills up the last record with blanks, or is a row cut off.
    let rest = whole.remainder();
    if rest.iter().any(|byte| *byte != b' ') {
        return Err(fail(&format!(
            "the file ends within row {}, after {} of its {row} bytes",
            rows.len() / row + 1,
            rest.len()
        )));
    }
    for of_row in whole {
        // Records are filled up with blanks, which short rows look like.
        if of_row.iter().all(|byte| *byte == b' ') {
            continue;
        }
        table.rows.push(
            variables
                .iter()
                .map(|variable| {
                    let cell = &of_row[variable.start..variable.start + variable.length];
                    if variable.numeric {
                        float(cell).map_or_else(String::new, |value| value.to_string())
                    } else {
                        characters(cell)
                    }
                })
                .collect(),
        );
    }
    Ok(table)
}

/// The next record that starts so, from a whole number of records after `from` on.
fn find(bytes: &[u8], from: usize, words: &[u8]) -> Option<usize> {
    (from..bytes.len())
        .step_by(RECORD)
        .find(|at| bytes[*at..].starts_with(words))
}

/// A number in digits.
fn number(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let digits = bytes.get(start..start + length)?;
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = <[u8; 2]>::try_from(bytes.get(at..at + 2)?).ok()?;
    usize::try_from(i16::from_be_bytes(pair)).ok()
}

/// Text without its blanks; bytes past ASCII are read as UTF-8, else as Latin-1.
fn characters(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.trim_matches([' ', '\0']).to_owned()
}

/// A float of IBM's System/360; none for a missing value.
fn float(cell: &[u8]) -> Option<f64> {
    let first = *cell.first()?;
    let rest_is_zero = cell[1..].iter().all(|byte| *byte == 0);
    if rest_is_zero && (first == b'.' || first == b'_' || first.is_ascii_uppercase()) {
        return None;
    }
    let mut fraction = 0_u64;
    for at in 1..8 {
        fraction = fraction << 8 | u64::from(cell.get(at).copied().unwrap_or(0));
    }
    if fraction == 0 {
        return Some(0.0);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "56 bits into 53: what was a double before comes back exactly"
    )]
    let size = fraction as f64;
    let exponent = 4 * (i32::from(first & 0x7f) - 64) - 56;
    let value = size * 2_f64.powi(exponent);
    Some(if first & 0x80 == 0 { value } else { -value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_floats_of_the_system_360() {
        // IBM System/360 Principles of Operation: -118.625 is C276A00000000000.
        assert_eq!(float(&[0xc2, 0x76, 0xa0, 0, 0, 0, 0, 0]), Some(-118.625));
        // Python: 24.48.hex() is 0x1.87ae147ae147bp+4, which is 0x42 0x18.7ae147ae147b.
        assert_eq!(
            float(&[0x42, 0x18, 0x7a, 0xe1, 0x47, 0xae, 0x14, 0x7b]),
            Some(24.48)
        );
        assert_eq!(float(&[0x41, 0x10]), Some(1.0));
        assert_eq!(float(&[0; 8]), Some(0.0));
        assert_eq!(float(b".\0\0\0\0\0\0\0"), None);
        assert_eq!(float(b"A\0\0\0\0\0\0\0"), None);
    }

    /// A member of one variable of four characters, `ID`, with these rows.
    fn member(rows: &[u8]) -> Vec<u8> {
        let record = |words: &str| format!("{words:<80}").into_bytes();
        let mut bytes = Vec::new();
        let number = |words: &str, at: usize, digits: &str| {
            let mut record = record(words);
            record[at..at + digits.len()].copy_from_slice(digits.as_bytes());
            record
        };
        bytes.extend(number("HEADER RECORD*******MEMBER", 74, "0140"));
        bytes.extend(record("HEADER RECORD*******DSCRPTR"));
        bytes.extend(number("HEADER RECORD*******NAMESTR", 54, "0001"));
        let mut variable = vec![0; 140];
        variable[1] = 2;
        variable[5] = 4;
        variable[8..16].copy_from_slice(b"ID      ");
        variable.resize(160, b' ');
        bytes.extend(variable);
        bytes.extend(record("HEADER RECORD*******OBS"));
        bytes.extend(rows);
        bytes.resize(bytes.len().div_ceil(RECORD) * RECORD, b' ');
        bytes
    }

    fn library(members: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = format!("{:<80}", "HEADER RECORD*******LIBRARY").into_bytes();
        members.iter().for_each(|member| bytes.extend(member));
        bytes
    }

    #[test]
    fn a_row_cut_off_and_a_second_member_are_refused() {
        let whole = library(&[member(b"0001000200030004")]);
        let table = read("tr.xpt", &whole).unwrap();
        assert_eq!(table.columns, ["ID"]);
        assert_eq!(table.rows, [["0001"], ["0002"], ["0003"], ["0004"]]);
        // The header ends after 6 records of 80 bytes; two bytes of the fourth row are left.
        let cut = &whole[..whole.len() - RECORD + 14];
        assert_eq!(
            read("tr.xpt", cut).unwrap_err().to_string(),
            "tr.xpt:1: the file ends within row 4, after 2 of its 4 bytes"
        );
        let two = library(&[member(b"0001"), member(b"0002")]);
        let said = read("tr.xpt", &two).unwrap_err().to_string();
        assert!(said.contains("a second member after the first"), "{said}");
    }

    #[test]
    fn refuses_what_is_no_transport_file() {
        for bytes in [&b""[..], b"PK", b"HEADER RECORD*******LIBRARY"] {
            assert!(read("x.xpt", bytes).is_err());
        }
        let mut new = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!".to_vec();
        new.resize(80, b' ');
        assert_eq!(
            read("tr.xpt", &new).unwrap_err().to_string(),
            "tr.xpt:1: a transport file of version 8; version 5 is read"
        );
    }
}

//! Tables of EGSnrc: columns by name.

use crate::TransportError;
use crate::element::rows;

/// Columns of a table, in the order of `names`.
///
/// Columns that hold words are passed over.
pub(super) fn columns<const N: usize>(
    table: &'static str,
    text: &str,
    names: [&str; N],
) -> Result<[Vec<f64>; N], TransportError> {
    let wrong = |reason: String| TransportError::DataTable { table, reason };
    let head = text
        .lines()
        .find(|line| !line.starts_with('#') && !line.is_empty())
        .ok_or_else(|| wrong("it has no line of column names".to_owned()))?;
    let numbers: Vec<usize> = head
        .split(',')
        .enumerate()
        .filter(|(_, name)| *name != "medium")
        .map(|(at, _)| at)
        .collect();
    let names_of_numbers: Vec<&str> = head.split(',').filter(|name| *name != "medium").collect();
    let without_words: String = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let kept: Vec<&str> = numbers
                .iter()
                .filter_map(|at| fields.get(*at).copied())
                .collect();
            kept.join(",") + "\n"
        })
        .collect();
    let rows = rows(table, &without_words)?;
    let mut found: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rows.len()));
    for (name, column) in names.into_iter().zip(&mut found) {
        let at = names_of_numbers
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| wrong(format!("there is no column `{name}`")))?;
        for row in &rows {
            column.push(
                *row.get(at)
                    .ok_or_else(|| wrong(format!("a row has {} fields", row.len())))?,
            );
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_by_name_and_words_are_passed_over() {
        let text = "# head\nz,medium,dose\n1,lung,2.5\n2,tissue,3.5\n";
        let [dose, z] = columns("t", text, ["dose", "z"]).unwrap();
        assert_eq!(dose, [2.5, 3.5]);
        assert_eq!(z, [1.0, 2.0]);
        let missing = columns("t", text, ["mass"]).unwrap_err().to_string();
        assert!(missing.contains("`mass`"), "{missing}");
        assert!(columns("t", "z\none\n", ["z"]).is_err());
        assert!(columns("t", "", ["z"]).is_err());
    }
}

//! Tables with a head of `#` lines, a line of column names, and values.

use crate::ReferenceError;
use crate::shared::shared_file;

/// A table as text, with its columns by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The head without its `#`: where the numbers come from.
    pub provenance: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Fields of each row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads comma separated text (no quotes, as the tables have none).
    ///
    /// # Errors
    /// [`ReferenceError::Table`] without column names or for a row with
    /// another number of fields.
    pub fn from_csv(text: &str) -> Result<Self, ReferenceError> {
        let provenance = text
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .map(|line| line.trim().to_owned())
            .collect();
        let fields = |line: &str| -> Vec<String> {
            line.split(',')
                .map(|field| field.trim().to_owned())
                .collect()
        };
        let mut lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
        let (_, names) = lines.next().ok_or_else(|| ReferenceError::Table {
            reason: "no line of column names".to_owned(),
        })?;
        let columns = fields(names);
        let rows = lines
            .map(|(number, line)| {
                let row = fields(line);
                if row.len() == columns.len() {
                    return Ok(row);
                }
                Err(ReferenceError::Table {
                    reason: format!(
                        "line {} has {} fields where the table has {} columns",
                        number + 1,
                        row.len(),
                        columns.len()
                    ),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            provenance,
            columns,
            rows,
        })
    }

    /// The numbers of a column.
    ///
    /// # Errors
    /// [`ReferenceError::Table`] for a name that is no column, or a field that
    /// is no number.
    pub fn numbers(&self, column: &str) -> Result<Vec<f64>, ReferenceError> {
        let at = self
            .columns
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| ReferenceError::Table {
                reason: format!(
                    "no column `{column}`; there are {}",
                    self.columns.join(", ")
                ),
            })?;
        self.rows
            .iter()
            .map(|row| {
                row[at].parse().map_err(|_| ReferenceError::Table {
                    reason: format!("`{}` in column `{column}` is no number", row[at]),
                })
            })
            .collect()
    }
}

/// A table of `shared/physics` by its file name; `None`, with a printed line,
/// where it is absent.
///
/// # Errors
/// [`ReferenceError::Table`] for a file that cannot be read or is no table.
pub fn physics_table(name: &str) -> Result<Option<Table>, ReferenceError> {
    let Some(path) = shared_file(&format!("physics/{name}")) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(|error| ReferenceError::Table {
        reason: format!("{name}: {error}"),
    })?;
    Table::from_csv(&text).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_head_columns_and_numbers() {
        let table =
            Table::from_csv("# made by hand\nr_mm,medium,s\n0,water,1.5\n1,lung,2e-3\n").unwrap();
        assert_eq!(table.provenance, ["made by hand"]);
        assert_eq!(table.numbers("s"), Ok(vec![1.5, 2e-3]));
        assert!(table.numbers("medium").is_err());
        assert!(table.numbers("dose").is_err());
    }

    #[test]
    fn a_short_row_is_named_by_its_line() {
        let error = Table::from_csv("# head\na,b\n1,2\n3\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "table: line 4 has 1 fields where the table has 2 columns"
        );
        assert!(Table::from_csv("# head only\n").is_err());
    }

    #[test]
    fn the_physics_tables_read_and_close_their_energy() {
        let Some(table) = physics_table("dpk_y90_water.csv").unwrap() else {
            return;
        };
        let shells: f64 = table.numbers("energy_fraction").unwrap().iter().sum();
        let cumulative = table.numbers("cumulative_fraction").unwrap();
        // Printed to seven digits, in 84 shells.
        assert!((shells - cumulative.last().unwrap()).abs() < 1e-6);
        // The README gives 0.9961 inside 12 mm.
        let outer = table.numbers("r_out_mm").unwrap();
        let at_12 = outer.iter().position(|r| (r - 12.0).abs() < 1e-9).unwrap();
        assert!((cumulative[at_12] - 0.9961).abs() < 0.5e-4);
        for name in [
            "dpk_1.0MeV_water.csv",
            "voxelS_y90_3.00mm_tissue.csv",
            "slab_tissue_lung_y90.csv",
            "sphere20mm_y90_water.csv",
            "y90_spectrum.csv",
        ] {
            assert!(
                physics_table(name)
                    .unwrap()
                    .is_some_and(|table| table.rows.len() > 10)
            );
        }
    }
}

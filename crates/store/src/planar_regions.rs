//! Outlines of lungs, liver and background in planar views, as a file.
//!
//! ```toml
//! schema = "opensirt-planar-regions/1"
//! unit = "pixel" # or "mm"; from the upper left corner of the image
//!
//! [[region]]
//! role = "lungs"
//! polygon = [[20, 30], [44, 30], [44, 90], [20, 90]]
//!
//! [[region]]
//! role = "liver"
//! view = "posterior"
//! polygon = [[60, 95.5], [110, 95.5], [110, 150]]
//! ```
//!
//! Corners are `[x, y]`, x to the right and y down; the centre of the first
//! pixel is at 0.5. An outline without `view` is one of the anterior view and,
//! mirrored left to right, of the posterior one, as gamma cameras copy them.

use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::StoreError;
use crate::check::checked_rows;
use crate::place::{Places, joined};
use crate::schema::without_null;
use crate::vocabulary::{PlanarRegionRole, PlanarUnit, PlanarViewName};
use crate::written_number::shortest;

/// What the key `schema` of a file of planar regions has to say.
pub const PLANAR_REGIONS_VERSION: &str = "opensirt-planar-regions/1";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "OpenSIRT planar regions")]
struct PlanarRegionsRow {
    /// Kind and version of the file.
    #[schemars(schema_with = "version")]
    #[expect(dead_code, reason = "checked before the rows are read")]
    schema: String,
    /// What corners are written in.
    unit: PlanarUnit,
    /// Outlines, one table for each.
    region: Vec<OutlineRow>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OutlineRow {
    /// What the outline is drawn around.
    role: PlanarRegionRole,
    /// View that it is drawn in; without it both, mirrored.
    view: Option<PlanarViewName>,
    /// Corners, each x and y.
    polygon: Vec<Vec<f64>>,
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": [PLANAR_REGIONS_VERSION] })
}

/// One closed outline.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarOutline {
    /// What it is drawn around.
    pub role: PlanarRegionRole,
    /// View that it is drawn in; none for the anterior one and, mirrored left
    /// to right, the posterior one.
    pub view: Option<PlanarViewName>,
    /// At least three corners, x to the right and y down from the upper left
    /// corner of the image.
    pub polygon: Vec<[f64; 2]>,
}

/// Outlines in planar views: for each view lungs and liver, and background for
/// both or for none.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarRegions {
    /// What corners are written in.
    pub unit: PlanarUnit,
    /// The outlines as the file orders them.
    pub outlines: Vec<PlanarOutline>,
}

impl PlanarRegions {
    /// Reads a file.
    ///
    /// # Errors
    /// [`StoreError`] with file, line and key for whatever is wrong.
    pub fn read(file: &Path) -> Result<Self, StoreError> {
        let text = std::fs::read_to_string(file).map_err(|source| StoreError::Read {
            file: file.to_owned(),
            source,
        })?;
        Self::from_toml(&file.display().to_string(), &text)
    }

    /// Reads a text that errors name by `file`.
    ///
    /// # Errors
    /// [`StoreError`] with line and key for whatever is wrong.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, StoreError> {
        let (row, places): (PlanarRegionsRow, Places) =
            checked_rows(file, text, PLANAR_REGIONS_VERSION, &schema())?;
        let outlines = row
            .region
            .into_iter()
            .enumerate()
            .map(|(index, row)| outline(row, &joined("region", &index.to_string()), &places))
            .collect::<Result<_, _>>()?;
        let regions = Self {
            unit: row.unit,
            outlines,
        };
        regions.check_complete(&places)?;
        Ok(regions)
    }

    /// The outlines around something in a view, as they lie in an image of a
    /// width (in the unit of the file).
    #[must_use]
    pub fn in_view(
        &self,
        role: PlanarRegionRole,
        view: PlanarViewName,
        width: f64,
    ) -> Vec<Vec<[f64; 2]>> {
        self.outlines
            .iter()
            .filter(|outline| outline.role == role)
            .filter_map(|outline| match (outline.view, view) {
                (None, PlanarViewName::Posterior) => Some(
                    outline
                        .polygon
                        .iter()
                        .map(|[x, y]| [width - x, *y])
                        .collect(),
                ),
                (None, PlanarViewName::Anterior) => Some(outline.polygon.clone()),
                (Some(drawn), _) => (drawn == view).then(|| outline.polygon.clone()),
            })
            .collect()
    }

    /// The text of a file with these outlines.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "schema = \"{PLANAR_REGIONS_VERSION}\"\nunit = \"{}\" # from the upper left corner of the image, x to the right, y down\n",
            self.unit
        );
        for outline in &self.outlines {
            text.push_str(&format!("\n[[region]]\nrole = \"{}\"\n", outline.role));
            if let Some(view) = outline.view {
                text.push_str(&format!("view = \"{view}\"\n"));
            }
            let corners: Vec<String> = outline
                .polygon
                .iter()
                .map(|[x, y]| format!("[{}, {}]", shortest(*x), shortest(*y)))
                .collect();
            text.push_str(&format!("polygon = [{}]\n", corners.join(", ")));
        }
        text
    }

    fn has(&self, role: PlanarRegionRole, view: PlanarViewName) -> bool {
        self.outlines
            .iter()
            .any(|outline| outline.role == role && outline.view.is_none_or(|drawn| drawn == view))
    }

    fn check_complete(&self, places: &Places) -> Result<(), StoreError> {
        use PlanarRegionRole::{Background, Liver, LiverBackground, Lungs, LungsBackground};
        let missing = |reason: String| {
            Err(StoreError::Value {
                place: places.at("region"),
                reason,
            })
        };
        for role in [Lungs, Liver] {
            for view in PlanarViewName::ALL {
                if !self.has(role, *view) {
                    return missing(format!(
                        "no outline of the {role} in the {view} view; draw one there, or one without `view`, which is mirrored"
                    ));
                }
            }
        }
        let [front, back] = [PlanarViewName::Anterior, PlanarViewName::Posterior];
        for role in [Background, LungsBackground, LiverBackground] {
            if self.has(role, front) != self.has(role, back) {
                return missing(format!(
                    "{role} is drawn in one view only; draw it in both or in none"
                ));
            }
        }
        if self.has(Background, front)
            && (self.has(LungsBackground, front) || self.has(LiverBackground, front))
        {
            return missing(
                "background stands beside that of lungs or liver; give one for both, or one for each"
                    .to_owned(),
            );
        }
        if self.has(LungsBackground, front) != self.has(LiverBackground, front) {
            return missing(
                "background is drawn for one of lungs and liver only; draw it for both or for none"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// The schema of the file.
fn schema() -> Value {
    let mut schema = schemars::schema_for!(PlanarRegionsRow).to_value();
    without_null(&mut schema);
    schema
}

fn outline(row: OutlineRow, path: &str, places: &Places) -> Result<PlanarOutline, StoreError> {
    let place = || places.at(&joined(path, "polygon"));
    if row.polygon.len() < 3 {
        return Err(StoreError::OutOfRange {
            place: place(),
            value: format!("{} corners", row.polygon.len()),
            allowed: "3 corners or more".to_owned(),
        });
    }
    let polygon = row
        .polygon
        .iter()
        .map(|corner| match corner.as_slice() {
            [x, y] if x.is_finite() && y.is_finite() => Ok([*x, *y]),
            other => Err(StoreError::Value {
                place: place(),
                reason: format!(
                    "a corner of {} numbers; write x and y, such as [20, 30.5]",
                    other.len()
                ),
            }),
        })
        .collect::<Result<_, _>>()?;
    Ok(PlanarOutline {
        role: row.role,
        view: row.view,
        polygon,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(regions: &str) -> String {
        format!("schema = \"{PLANAR_REGIONS_VERSION}\"\nunit = \"pixel\"\n{regions}")
    }

    fn region(role: &str, more: &str) -> String {
        format!("[[region]]\nrole = \"{role}\"\n{more}polygon = [[1, 2], [5.5, 2], [5.5, 8]]\n")
    }

    fn read(regions: &str) -> Result<PlanarRegions, String> {
        PlanarRegions::from_toml("r.toml", &text(regions)).map_err(|error| error.to_string())
    }

    #[test]
    fn an_outline_without_view_is_mirrored_for_the_posterior_one() {
        let both = format!("{}{}", region("lungs", ""), region("liver", ""));
        let regions = read(&both).unwrap();
        let role = PlanarRegionRole::Lungs;
        assert_eq!(
            regions.in_view(role, PlanarViewName::Posterior, 10.0),
            [[[9.0, 2.0], [4.5, 2.0], [4.5, 8.0]]]
        );
        assert_eq!(
            regions.in_view(role, PlanarViewName::Anterior, 10.0),
            [[[1.0, 2.0], [5.5, 2.0], [5.5, 8.0]]]
        );
        assert_eq!(
            PlanarRegions::from_toml("r.toml", &regions.to_toml()).unwrap(),
            regions
        );
    }

    #[test]
    fn what_is_missing_or_ambiguous_is_refused_with_its_place() {
        let lungs = region("lungs", "");
        let liver = region("liver", "");
        let both = format!("{lungs}{liver}");
        for (regions, said) in [
            (
                lungs.clone(),
                "no outline of the liver in the anterior view",
            ),
            (
                format!("{lungs}{}", region("liver", "view = \"anterior\"\n")),
                "no outline of the liver in the posterior view",
            ),
            (
                format!("{both}{}", region("background", "view = \"anterior\"\n")),
                "background is drawn in one view only",
            ),
            (
                format!("{both}{}", region("lungs_background", "")),
                "for one of lungs and liver only",
            ),
            (
                format!(
                    "{both}{}{}{}",
                    region("background", ""),
                    region("lungs_background", ""),
                    region("liver_background", "")
                ),
                "background stands beside",
            ),
            (
                both.replace("[5.5, 8]", "[5.5]"),
                "r.toml:5: [[region]] 1, polygon: a corner of 1 numbers",
            ),
            (
                both.replace(", [5.5, 8]", ""),
                "2 corners is outside 3 corners or more",
            ),
            (
                both.replace("\"liver\"", "\"livr\""),
                "did you mean `liver`?",
            ),
            (both.replace("polygon", "polygone"), "no such key"),
        ] {
            let error = read(&regions).unwrap_err();
            assert!(error.contains(said), "{said}: {error}");
        }
        let other = text(&both).replace("regions/1", "regions/2");
        let error = PlanarRegions::from_toml("r.toml", &other).unwrap_err();
        assert!(error.to_string().contains("expected \"opensirt-planar"));
    }
}

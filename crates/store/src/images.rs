//! Where the images of a case are.
//!
//! Paths are relative to the folder of the case and stay inside, so that the
//! folder can be moved as a whole; a whole (absolute) path says openly that
//! it does not.

use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sirt_image::PixelUnits;
use sirt_quantity::Length;

use crate::place::{Places, joined};
use crate::row::{DeliveredImageRow, ImagesRow};
use crate::vocabulary::{ImageDifference, PlanarViewName};
use crate::written::Written;
use crate::{Instant, StoreError};

/// Unit of the numbers of an image that does not say it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum ImageUnits {
    /// Counts.
    #[serde(rename = "counts")]
    Counts,
    /// Becquerel per millilitre.
    #[serde(rename = "Bq/mL")]
    BqPerMl,
    /// Kilobecquerel per millilitre.
    #[serde(rename = "kBq/mL")]
    KbqPerMl,
    /// Megabecquerel per millilitre.
    #[serde(rename = "MBq/mL")]
    MbqPerMl,
}

impl ImageUnits {
    /// The word of the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::BqPerMl => "Bq/mL",
            Self::KbqPerMl => "kBq/mL",
            Self::MbqPerMl => "MBq/mL",
        }
    }

    /// The unit to compute in, and the factor to it.
    #[must_use]
    pub const fn pixel_units(self) -> (PixelUnits, f64) {
        match self {
            Self::Counts => (PixelUnits::Counts, 1.0),
            Self::BqPerMl => (PixelUnits::BecquerelPerMl, 1.0),
            Self::KbqPerMl => (PixelUnits::BecquerelPerMl, 1e3),
            Self::MbqPerMl => (PixelUnits::BecquerelPerMl, 1e6),
        }
    }
}

/// How a voxel dose is computed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DoseMethod {
    /// Betas are spread by a voxel kernel.
    Kernel,
    /// All energy stays in the voxel of the decay.
    Local,
    /// Monte Carlo of electrons and photons.
    Transport,
}

impl DoseMethod {
    /// The word of the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Local => "local",
            Self::Transport => "transport",
        }
    }
}

/// What shows where the activity of an infusion went.
#[derive(Debug, Clone, PartialEq)]
pub enum DeliveredSource {
    /// PET or SPECT.
    Activity(PathBuf),
    /// `result.json` of an earlier calculation.
    Result(PathBuf),
}

/// The image after an infusion, each path from the folder of the case, or the
/// whole one.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveredImage {
    /// The image, or what was computed from it.
    pub source: DeliveredSource,
    /// Unit of its numbers, where the file does not say it.
    pub units: Option<ImageUnits>,
    /// Instant that its numbers refer to, where the file does not say it.
    pub at: Option<Instant>,
    /// Its resolution, full width at half maximum.
    pub resolution: Option<Length>,
    /// CT; where there is none, that of the work-up.
    pub ct: Option<PathBuf>,
    /// Structures; where there are none, those of the work-up.
    pub structures: Vec<PathBuf>,
    /// Rigid registration between frames of reference.
    pub registration: Option<PathBuf>,
    /// How dose is computed; without it by a kernel where the nuclide has one.
    pub method: Option<DoseMethod>,
    /// Territories whose infusions it shows beside its own.
    pub territories: Vec<String>,
}

impl DeliveredImage {
    /// The image of `[images]`, which shows all infusions.
    #[must_use]
    pub fn of_images(images: &Images, territories: Vec<String>) -> Option<Self> {
        Some(Self {
            source: DeliveredSource::Activity(images.y90.clone()?),
            units: images.y90_units,
            at: None,
            resolution: None,
            ct: None,
            structures: Vec::new(),
            registration: None,
            method: None,
            territories,
        })
    }

    pub(crate) fn from_row(
        row: DeliveredImageRow,
        path: &str,
        places: &Places,
    ) -> Result<Self, StoreError> {
        let one = |key: &str, text: Option<String>| {
            text.map(|text| inside(&joined(path, key), text, places))
                .transpose()
        };
        let without_meaning = |key: &'static str| StoreError::WithoutMeaning {
            place: places.at(&joined(path, key)),
            key,
            without: "beside `result`, which holds it already",
        };
        let source = match (one("activity", row.activity)?, one("result", row.result)?) {
            (Some(activity), None) => DeliveredSource::Activity(activity),
            (None, Some(result)) => DeliveredSource::Result(result),
            (activity, result) => {
                return Err(StoreError::OneOf {
                    place: places.at(path),
                    keys: "activity, result",
                    found: usize::from(activity.is_some()) + usize::from(result.is_some()),
                });
            }
        };
        if matches!(source, DeliveredSource::Result(_)) {
            for (key, stated) in [
                ("units", row.units.is_some()),
                ("at", row.at.is_some()),
                ("resolution", row.resolution.is_some()),
                ("ct", row.ct.is_some()),
                ("structures", !row.structures.is_empty()),
                ("registration", row.registration.is_some()),
                ("method", row.method.is_some()),
            ] {
                if stated {
                    return Err(without_meaning(key));
                }
            }
        }
        Ok(Self {
            source,
            units: row.units,
            at: row.at.map(|at| at.0),
            resolution: resolution("resolution", row.resolution, path, places)?,
            ct: one("ct", row.ct)?,
            structures: row
                .structures
                .into_iter()
                .enumerate()
                .map(|(index, text)| {
                    inside(&joined(path, &format!("structures.{index}")), text, places)
                })
                .collect::<Result<_, _>>()?,
            registration: one("registration", row.registration)?,
            method: row.method,
            territories: row.territories,
        })
    }

    /// The same with paths that start from the folder of the case.
    #[must_use]
    pub fn in_folder(&self, folder: &Path) -> Self {
        let one = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
        Self {
            source: match &self.source {
                DeliveredSource::Activity(path) => DeliveredSource::Activity(folder.join(path)),
                DeliveredSource::Result(path) => DeliveredSource::Result(folder.join(path)),
            },
            ct: one(&self.ct),
            structures: self
                .structures
                .iter()
                .map(|path| folder.join(path))
                .collect(),
            registration: one(&self.registration),
            ..self.clone()
        }
    }

    /// Refuses paths at which there is nothing.
    pub(crate) fn check_there(
        &self,
        folder: &Path,
        path: &str,
        places: &Places,
    ) -> Result<(), StoreError> {
        let source = match &self.source {
            DeliveredSource::Activity(path) => ("activity", path),
            DeliveredSource::Result(path) => ("result", path),
        };
        let named = [Some(source)]
            .into_iter()
            .chain([
                self.ct.as_ref().map(|path| ("ct", path)),
                self.registration
                    .as_ref()
                    .map(|path| ("registration", path)),
            ])
            .flatten()
            .map(|(key, path)| (key.to_owned(), path));
        let structures = self
            .structures
            .iter()
            .enumerate()
            .map(|(index, path)| (format!("structures.{index}"), path));
        for (key, at) in named.chain(structures) {
            if !folder.join(at).exists() {
                return Err(StoreError::NothingThere {
                    place: places.at(&joined(path, &key)),
                    path: at.display().to_string(),
                });
            }
        }
        Ok(())
    }
}

/// A path that stays inside the folder of the case, or a whole one.
fn inside(key: &str, text: String, places: &Places) -> Result<PathBuf, StoreError> {
    let path = PathBuf::from(&text);
    if path.is_absolute() || (!text.is_empty() && stays_inside(&path)) {
        return Ok(path);
    }
    Err(StoreError::LeavesCase {
        place: places.at(key),
        path: text,
    })
}

/// A resolution that counts can be corrected for.
fn resolution(
    key: &str,
    written: Option<Written<Length>>,
    table: &str,
    places: &Places,
) -> Result<Option<Length>, StoreError> {
    let Some(written) = written else {
        return Ok(None);
    };
    if (0.0..=50.0).contains(&written.0.as_mm()) {
        return Ok(Some(written.0));
    }
    Err(StoreError::OutOfRange {
        place: places.at(&joined(table, key)),
        value: format!("{} mm", written.0.as_mm()),
        allowed: "0..=50 mm".to_owned(),
    })
}

/// The images of a case, each with its path from the folder of the case, or
/// the whole one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Images {
    /// SPECT of MAA.
    pub maa_spect: Option<PathBuf>,
    /// Unit of its numbers, where the file does not say it.
    pub maa_spect_units: Option<ImageUnits>,
    /// Its resolution, full width at half maximum.
    pub maa_spect_resolution: Option<Length>,
    /// The part of it that a filter adds.
    pub maa_spect_filter: Option<Length>,
    /// How dose is predicted from it; without it by a kernel where the nuclide
    /// has one.
    pub maa_spect_method: Option<DoseMethod>,
    /// Planar views of MAA, one path for both, or the front and the back.
    pub maa_planar: Vec<PathBuf>,
    /// Views of all planar frames in their order; empty where the files say them.
    pub maa_planar_views: Vec<PlanarViewName>,
    /// Outlines of lungs, liver and background in the planar views.
    pub maa_planar_regions: Option<PathBuf>,
    /// CT.
    pub ct: Option<PathBuf>,
    /// Structures.
    pub structures: Vec<PathBuf>,
    /// Rigid registration between frames of reference.
    pub registration: Option<PathBuf>,
    /// PET or SPECT after treatment.
    pub y90: Option<PathBuf>,
    /// Unit of its numbers, where the file does not say it.
    pub y90_units: Option<ImageUnits>,
    /// What may differ between images and case.
    pub accepted: AcceptedDifferences,
}

/// Differences between images and case that a person accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcceptedDifferences {
    /// What may differ.
    pub differences: Vec<ImageDifference>,
    /// Why; empty where nothing may.
    pub reason: String,
}

impl AcceptedDifferences {
    /// Whether a difference was accepted.
    #[must_use]
    pub fn holds(&self, difference: ImageDifference) -> bool {
        self.differences.contains(&difference)
    }
}

impl Images {
    /// The same with paths that start from the folder of the case.
    #[must_use]
    pub fn in_folder(&self, folder: &Path) -> Self {
        let one = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
        let all = |paths: &[PathBuf]| paths.iter().map(|path| folder.join(path)).collect();
        Self {
            maa_spect: one(&self.maa_spect),
            maa_spect_units: self.maa_spect_units,
            maa_spect_resolution: self.maa_spect_resolution,
            maa_spect_filter: self.maa_spect_filter,
            maa_spect_method: self.maa_spect_method,
            maa_planar: all(&self.maa_planar),
            maa_planar_views: self.maa_planar_views.clone(),
            maa_planar_regions: one(&self.maa_planar_regions),
            ct: one(&self.ct),
            structures: all(&self.structures),
            registration: one(&self.registration),
            y90: one(&self.y90),
            y90_units: self.y90_units,
            accepted: self.accepted.clone(),
        }
    }

    pub(crate) fn from_row(row: ImagesRow, places: &Places) -> Result<Self, StoreError> {
        let inside = |key: &str, text: String| inside(&joined("images", key), text, places);
        let one = |key: &str, text: Option<String>| text.map(|text| inside(key, text)).transpose();
        let maa_planar = match (
            row.maa_planar,
            row.maa_planar_anterior,
            row.maa_planar_posterior,
        ) {
            (None, None, None) => Vec::new(),
            (Some(both), None, None) => vec![inside("maa_planar", both)?],
            (None, Some(front), Some(back)) => vec![
                inside("maa_planar_anterior", front)?,
                inside("maa_planar_posterior", back)?,
            ],
            (both, front, back) => {
                return Err(StoreError::OneOf {
                    place: places.at("images"),
                    keys: "maa_planar, or maa_planar_anterior with maa_planar_posterior",
                    found: usize::from(both.is_some())
                        + usize::from(front.is_some() || back.is_some()),
                });
            }
        };
        let maa_planar_views = views_of(&maa_planar, row.maa_planar_views, places)?;
        let accepted = accepted(row.accepted, row.accepted_reason, places)?;
        let length = |key: &str, written| resolution(key, written, "images", places);
        for (key, is_given, has_image) in [
            (
                "maa_spect_units",
                row.maa_spect_units.is_some(),
                row.maa_spect.is_some(),
            ),
            (
                "maa_spect_method",
                row.maa_spect_method.is_some(),
                row.maa_spect.is_some(),
            ),
            ("y90_units", row.y90_units.is_some(), row.y90.is_some()),
            (
                "maa_planar_regions",
                row.maa_planar_regions.is_some(),
                !maa_planar.is_empty(),
            ),
        ] {
            if is_given && !has_image {
                return Err(StoreError::WithoutMeaning {
                    place: places.at(&joined("images", key)),
                    key,
                    without: "without its image",
                });
            }
        }
        Ok(Self {
            maa_spect: one("maa_spect", row.maa_spect)?,
            maa_spect_units: row.maa_spect_units,
            maa_spect_resolution: length("maa_spect_resolution", row.maa_spect_resolution)?,
            maa_spect_filter: length("maa_spect_filter", row.maa_spect_filter)?,
            maa_spect_method: row.maa_spect_method,
            maa_planar,
            maa_planar_views,
            maa_planar_regions: one("maa_planar_regions", row.maa_planar_regions)?,
            ct: one("ct", row.ct)?,
            structures: row
                .structures
                .into_iter()
                .enumerate()
                .map(|(index, text)| inside(&format!("structures.{index}"), text))
                .collect::<Result<_, _>>()?,
            registration: one("registration", row.registration)?,
            y90: one("y90", row.y90)?,
            y90_units: row.y90_units,
            accepted,
        })
    }

    /// Refuses paths at which there is nothing.
    pub(crate) fn check_there(&self, folder: &Path, places: &Places) -> Result<(), StoreError> {
        let planar = match &self.maa_planar[..] {
            [front, back] => vec![
                ("maa_planar_anterior".to_owned(), front),
                ("maa_planar_posterior".to_owned(), back),
            ],
            others => others
                .iter()
                .map(|path| ("maa_planar".to_owned(), path))
                .collect(),
        };
        let named = [
            ("maa_spect", &self.maa_spect),
            ("maa_planar_regions", &self.maa_planar_regions),
            ("ct", &self.ct),
            ("registration", &self.registration),
            ("y90", &self.y90),
        ]
        .into_iter()
        .filter_map(|(key, path)| Some((key.to_owned(), path.as_ref()?)));
        let structures = self
            .structures
            .iter()
            .enumerate()
            .map(|(index, path)| (format!("structures.{index}"), path));
        for (key, path) in named.chain(planar).chain(structures) {
            if !folder.join(path).exists() {
                return Err(StoreError::NothingThere {
                    place: places.at(&joined("images", &key)),
                    path: path.display().to_string(),
                });
            }
        }
        Ok(())
    }
}

/// Two files say their views by their keys, one by its headers or by a list.
fn views_of(
    paths: &[PathBuf],
    stated: Vec<PlanarViewName>,
    places: &Places,
) -> Result<Vec<PlanarViewName>, StoreError> {
    let key = "maa_planar_views";
    let without_meaning = |without| {
        Err(StoreError::WithoutMeaning {
            place: places.at(&joined("images", key)),
            key,
            without,
        })
    };
    match (paths.len(), stated.is_empty()) {
        (0, false) => without_meaning("without its images"),
        (2, false) => without_meaning(
            "beside maa_planar_anterior and maa_planar_posterior, which say the views",
        ),
        (2, true) => Ok(vec![PlanarViewName::Anterior, PlanarViewName::Posterior]),
        _ => Ok(stated),
    }
}

fn accepted(
    differences: Vec<ImageDifference>,
    reason: Option<String>,
    places: &Places,
) -> Result<AcceptedDifferences, StoreError> {
    match (differences.is_empty(), reason) {
        (true, None) => Ok(AcceptedDifferences::default()),
        (false, Some(reason)) => Ok(AcceptedDifferences {
            differences,
            reason,
        }),
        (true, Some(_)) => Err(StoreError::WithoutMeaning {
            place: places.at("images.accepted_reason"),
            key: "accepted_reason",
            without: "without `accepted`",
        }),
        (false, None) => Err(StoreError::MissingKey {
            place: places.at("images.accepted"),
            key: "accepted_reason".to_owned(),
            meaning: "why images and case may differ".to_owned(),
        }),
    }
}

/// Whether a relative path never climbs above where it starts.
fn stays_inside(path: &Path) -> bool {
    let mut depth = 0_i32;
    path.components().all(|component| {
        match component {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
        depth >= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_until_it_climbs_past_its_start() {
        for (path, expected) in [
            ("ct", true),
            ("./maa/../ct", true),
            ("..", false),
            ("maa/../../ct", false),
        ] {
            assert_eq!(stays_inside(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn units_carry_their_factor() {
        assert_eq!(
            ImageUnits::KbqPerMl.pixel_units(),
            (PixelUnits::BecquerelPerMl, 1e3)
        );
        assert_eq!(ImageUnits::Counts.pixel_units(), (PixelUnits::Counts, 1.0));
    }

    #[test]
    fn whole_paths_are_not_joined_to_the_folder() {
        let images = Images {
            ct: Some(PathBuf::from("ct")),
            y90: Some(PathBuf::from("/elsewhere/y90")),
            ..Images::default()
        };
        let here = images.in_folder(Path::new("/case"));
        assert_eq!(here.ct, Some(PathBuf::from("/case/ct")));
        assert_eq!(here.y90, images.y90);
    }
}

//! Planned against delivered dose, structure by structure.

use anyhow::Context as _;
use serde::Serialize;
use sirt_dosimetry::{
    CardTerritory, MeanDose, MethodRow, PlannedDelivered, PlannedShare, Role, planned_delivered,
};
use sirt_quantity::{AbsorbedDose, Activity};

use super::delivered_dose::{
    Blur, DeliveredImageResult, FiledStructure, Group, Measured, Treated, groups, measured, names,
    normal_of,
};
use super::images::TerritoryFigures;
use super::orders::of_territory;
use crate::progress::Stages;
use crate::result::Finding;

/// Volumes of one structure in two sets that differ by more are told.
const WORTH_TELLING: f64 = 0.10;

/// A structure, planned and delivered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ComparisonRow {
    pub(crate) structure: String,
    pub(crate) role: Role,
    /// Territories whose infusions give it its dose.
    pub(crate) territories: Vec<String>,
    /// By the plan.
    pub(crate) volume_ml: Option<f64>,
    /// In the image after treatment.
    pub(crate) delivered_volume_ml: Option<f64>,
    pub(crate) planned_source: String,
    /// The image, or `assays` where there is none.
    pub(crate) delivered_source: String,
    #[serde(flatten)]
    pub(crate) doses: PlannedDelivered,
    /// Of a tumour that the image after treatment blurs: part of what differs.
    pub(crate) blur: Option<Blur>,
    pub(crate) notes: Vec<String>,
}

/// What was compared and what could not be.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) rows: Vec<ComparisonRow>,
    pub(crate) images: Vec<DeliveredImageResult>,
    pub(crate) notes: Vec<String>,
    pub(crate) findings: Vec<Finding>,
}

/// Compares everything that was given.
pub(super) fn compared(treated: &Treated<'_>, stages: &Stages) -> anyhow::Result<Compared> {
    let mut compared = Compared::default();
    for group in groups(treated, &mut compared)? {
        let measured = match &group.image {
            Some(image) => {
                stages.begin("dose after treatment");
                Some(measured(treated, &group, image, stages, &mut compared)?)
            }
            None => None,
        };
        rows_of(treated, &group, measured.as_ref(), &mut compared)?;
    }
    Ok(compared)
}

/// A territory of a group with its plan, and what was given to it.
struct Planned<'a> {
    territory: &'a CardTerritory,
    figures: Option<&'a TerritoryFigures>,
    row: &'a MethodRow,
    /// Intended for the infusions of the group and delivered by them.
    activity: [Activity; 2],
    /// Part of what was intended for the territory that these were to give.
    part: f64,
}

impl Planned<'_> {
    fn by_voxel(&self) -> bool {
        self.row.name.is_by_voxel() && self.territory.voxel.is_some()
    }

    /// What the infusions of the group were to give of a dose that is planned
    /// once for the territory.
    fn share(&self, dose: MeanDose) -> PlannedShare {
        let [planned, delivered] = self.activity;
        PlannedShare {
            dose: dose.scaled(self.part),
            planned,
            delivered,
        }
    }

    fn source(&self) -> String {
        let model = if self.by_voxel() {
            "voxel prediction on the MAA image"
        } else if self.territory.tumour_to_normal.is_some() {
            "partition model"
        } else {
            "one compartment"
        };
        format!("{model}, activity by {}", self.row.name.name())
    }
}

fn mean(dose: Option<f64>, interval: Option<[f64; 2]>) -> Option<MeanDose> {
    Some(MeanDose {
        mean: AbsorbedDose::from_gy(dose?),
        interval: interval.map(|ends| ends.map(AbsorbedDose::from_gy)),
    })
}

fn rows_of(
    treated: &Treated<'_>,
    group: &Group,
    measured: Option<&Measured>,
    compared: &mut Compared,
) -> anyhow::Result<()> {
    let mut planned = Vec::new();
    for name in names(treated, group) {
        let row = treated.chosen.iter().find(|row| row.territory == name);
        let territory = treated
            .facts
            .territories
            .iter()
            .zip(&treated.facts.figures)
            .find(|(territory, _)| territory.name == name);
        let (Some(row), Some((territory, figures))) = (row, territory) else {
            compared.notes.push(format!(
                "nothing was planned for `{name}`, so that its doses are not compared"
            ));
            continue;
        };
        let of_group = || {
            group
                .infusions
                .iter()
                .map(|at| &treated.delivered[*at])
                .filter(|infusion| infusion.territory == name)
                .map(|infusion| infusion.activity)
        };
        let activity = [
            of_group().map(|infusion| infusion.intended).sum(),
            of_group().map(|infusion| infusion.delivered).sum(),
        ];
        planned.push(Planned {
            territory,
            figures: figures.as_ref(),
            row,
            part: activity[0] / of_territory(treated.delivered, &name)[0],
            activity,
        });
    }
    if planned.is_empty() {
        return Ok(());
    }
    let rows = RowsOfGroup {
        treated,
        planned: &planned,
        measured,
    };
    rows.tumours(compared)?;
    rows.normal_liver(compared)?;
    rows.lungs(compared)
}

/// What the rows of one group are made from.
struct RowsOfGroup<'a> {
    treated: &'a Treated<'a>,
    planned: &'a [Planned<'a>],
    measured: Option<&'a Measured>,
}

/// A row before its doses.
struct Draft {
    structure: String,
    role: Role,
    territories: Vec<String>,
    volume_ml: Option<f64>,
    source: String,
    shares: Vec<PlannedShare>,
}

impl RowsOfGroup<'_> {
    fn territories(&self) -> Vec<String> {
        self.planned
            .iter()
            .map(|planned| planned.territory.name.clone())
            .collect()
    }

    fn source(&self) -> String {
        let mut sources: Vec<String> = self.planned.iter().map(Planned::source).collect();
        sources.dedup();
        sources.join("; ")
    }

    /// Finishes a row with what was measured, volume and mean.
    fn push(
        &self,
        draft: Draft,
        found: Option<(MeanDose, f64)>,
        compared: &mut Compared,
    ) -> anyhow::Result<()> {
        let mut notes = Vec::new();
        let blur = self
            .measured
            .filter(|_| draft.role == Role::Tumour)
            .and_then(|measured| measured.named(&draft.structure)?.blur());
        if let (Some(planned), Some((_, delivered))) = (draft.volume_ml, found)
            && (delivered / planned - 1.0).abs() > WORTH_TELLING
        {
            notes.push(format!(
                "{planned:.1} mL by the plan, {delivered:.1} mL after treatment"
            ));
        }
        if self.measured.is_some() && found.is_none() {
            notes.push("no structure of this name after treatment".to_owned());
        }
        let doses = planned_delivered(&draft.shares, found.map(|(dose, _)| dose))
            .with_context(|| format!("planned and delivered dose of `{}`", draft.structure))?;
        compared.rows.push(ComparisonRow {
            structure: draft.structure,
            role: draft.role,
            territories: draft.territories,
            volume_ml: draft.volume_ml,
            delivered_volume_ml: found.map(|(_, volume)| volume),
            planned_source: draft.source,
            delivered_source: match (self.measured, found) {
                (Some(measured), Some(_)) => measured.source.clone(),
                _ => "assays".to_owned(),
            },
            doses,
            blur,
            notes,
        });
        Ok(())
    }

    fn tumours(&self, compared: &mut Compared) -> anyhow::Result<()> {
        let mut done: Vec<String> = Vec::new();
        for planned in self.planned {
            let Some(figures) = planned
                .figures
                .filter(|figures| !figures.tumours.is_empty())
            else {
                self.tumours_together(planned, &mut done, compared)?;
                continue;
            };
            for tumour in &figures.tumours {
                if !done.contains(&tumour.name) {
                    done.push(tumour.name.clone());
                    self.tumour(&tumour.name, compared)?;
                }
            }
        }
        if let Some(measured) = self.measured {
            for structure in &measured.structures {
                if structure.role == Role::Tumour && !done.contains(&structure.name) {
                    compared.notes.push(format!(
                        "tumour `{}` after treatment ({:.1} ± {:.1} Gy) has no planned dose",
                        structure.name, structure.dose_gy.mean, structure.uncertainty_gy
                    ));
                }
            }
        }
        Ok(())
    }

    /// One tumour, with the shares of all territories that hold a part of it.
    fn tumour(&self, name: &str, compared: &mut Compared) -> anyhow::Result<()> {
        let parts: Vec<_> = self
            .planned
            .iter()
            .filter_map(|planned| {
                let tumours = &planned.figures?.tumours;
                Some((planned, tumours.iter().find(|tumour| tumour.name == name)?))
            })
            .collect();
        let volume_ml: f64 = parts.iter().map(|(_, tumour)| tumour.volume_ml).sum();
        let mut shares = Vec::new();
        let mut sources = Vec::new();
        let mut territories = Vec::new();
        for (planned, tumour) in &parts {
            let row = planned.row;
            let Some(together) = mean(row.tumour_gy, row.tumour_interval_gy) else {
                continue;
            };
            // The tumours of a territory together have the dose of the row; each
            // has that times its own concentration over their mean.
            let of_joint = if planned.by_voxel() {
                planned.territory.voxel.and_then(|voxel| {
                    let own = planned.figures?.structure_gy_per_gbq.iter();
                    let (_, own) = own.into_iter().find(|(known, _)| known == name)?;
                    Some(own / voxel.tumour_gy_per_gbq?)
                })
            } else {
                planned
                    .figures
                    .and_then(|figures| figures.tumour_to_normal)
                    .map(|joint| tumour.tumour_to_normal / joint * tumour.volume_ml / volume_ml)
            };
            let Some(of_joint) = of_joint else { continue };
            let counting = tumour.standard_uncertainty / tumour.tumour_to_normal;
            let own = together.scaled(of_joint).widened(if counting.is_finite() {
                counting
            } else {
                0.0
            });
            shares.push(planned.share(own));
            sources.push(planned.source());
            territories.push(planned.territory.name.clone());
        }
        if shares.is_empty() {
            compared
                .notes
                .push(format!("tumour `{name}` has no planned dose of its own"));
            return Ok(());
        }
        sources.dedup();
        let found = self
            .measured
            .and_then(|measured| measured.named(name))
            .map(|found| {
                let outline = found.outline_volume_ml.unwrap_or(found.volume_ml);
                (found.dose(), outline)
            });
        let draft = Draft {
            structure: name.to_owned(),
            role: Role::Tumour,
            territories,
            volume_ml: Some(volume_ml),
            source: sources.join("; "),
            shares,
        };
        self.push(draft, found, compared)
    }

    /// Tumours of a territory without images of the work-up, as one; where it
    /// has no T/N, all that it perfuses.
    fn tumours_together(
        &self,
        planned: &Planned<'_>,
        done: &mut Vec<String>,
        compared: &mut Compared,
    ) -> anyhow::Result<()> {
        let name = &planned.territory.name;
        let of_case = self.treated.case.territory(name);
        let row = planned.row;
        let Some(together) = mean(row.tumour_gy, row.tumour_interval_gy) else {
            let Some(perfused) = mean(row.perfused_gy, None) else {
                return Ok(());
            };
            let found = self.measured.and_then(|measured| {
                let structure = measured.named(of_case?.structure.as_ref()?)?;
                Some((structure.dose(), structure.volume_ml))
            });
            let draft = Draft {
                structure: format!("perfused volume of {name}"),
                role: Role::Other,
                territories: vec![name.clone()],
                volume_ml: Some(planned.territory.perfused.total().as_ml()),
                source: planned.source(),
                shares: vec![planned.share(perfused)],
            };
            return self.push(draft, found, compared);
        };
        let listed: &[String] = of_case.map_or(&[][..], |territory| &territory.tumours[..]);
        let alone = self.planned.len() == 1;
        let found = match self.measured {
            Some(measured) => {
                let mine = measured.structures.iter().filter(|structure| {
                    structure.role == Role::Tumour
                        && (listed.contains(&structure.name) || (listed.is_empty() && alone))
                });
                let mine: Vec<&FiledStructure> = mine.collect();
                done.extend(mine.iter().map(|structure| structure.name.clone()));
                Measured::joint(mine.into_iter())?
            }
            None => None,
        };
        let draft = Draft {
            structure: format!("tumours of {name}"),
            role: Role::Tumour,
            territories: vec![name.clone()],
            volume_ml: Some(planned.territory.perfused.tumour().as_ml()),
            source: planned.source(),
            shares: vec![planned.share(together)],
        };
        self.push(draft, found, compared)
    }

    /// Normal liver of each territory, and all of it.
    fn normal_liver(&self, compared: &mut Compared) -> anyhow::Result<()> {
        for planned in self.planned {
            let row = planned.row;
            let Some(dose) = mean(row.normal_liver_gy, row.normal_liver_interval_gy) else {
                continue;
            };
            let name = &planned.territory.name;
            let found = self
                .measured
                .and_then(|measured| measured.named(&normal_of(name)))
                .map(|found| (found.dose(), found.volume_ml));
            let perfused = planned.territory.perfused;
            let draft = Draft {
                structure: normal_of(name),
                role: Role::NormalLiver,
                territories: vec![name.clone()],
                volume_ml: Some((perfused.total() - perfused.tumour()).as_ml()),
                source: planned.source(),
                shares: vec![planned.share(dose)],
            };
            self.push(draft, found, compared)?;
        }
        let whole_ml = match (self.treated.facts.patient.liver, self.treated.images) {
            (Some(liver), _) => (liver.total() - liver.tumour()).as_ml(),
            (None, Some(images)) => match images.normal_liver() {
                Some(named) => named.mask.capacity().as_ml(),
                None => return Ok(()),
            },
            (None, None) => {
                compared.notes.push(
                    "the volume of all normal liver is not known, so that its dose is not compared"
                        .to_owned(),
                );
                return Ok(());
            }
        };
        let mut shares = Vec::new();
        for planned in self.planned {
            let row = planned.row;
            let Some(dose) = mean(row.normal_liver_gy, row.normal_liver_interval_gy) else {
                return Ok(());
            };
            let perfused = planned.territory.perfused;
            let by_voxel = planned
                .by_voxel()
                .then(|| {
                    let name = &self.treated.images?.normal_liver()?.name;
                    let known = &planned.figures?.structure_gy_per_gbq;
                    let (_, all) = known.iter().find(|(known, _)| known == name)?;
                    Some(all / planned.territory.voxel?.normal_liver_gy_per_gbq)
                })
                .flatten();
            let part =
                by_voxel.unwrap_or((perfused.total() - perfused.tumour()).as_ml() / whole_ml);
            shares.push(planned.share(dose.scaled(part)));
        }
        let found = self.measured.and_then(|measured| {
            let mine = |structure: &&FiledStructure| {
                structure.role == Role::NormalLiver
                    && !self
                        .planned
                        .iter()
                        .any(|planned| normal_of(&planned.territory.name) == structure.name)
            };
            let found = measured.structures.iter().find(mine)?;
            Some((found.dose(), found.volume_ml))
        });
        let draft = Draft {
            structure: "normal liver".to_owned(),
            role: Role::NormalLiver,
            territories: self.territories(),
            volume_ml: Some(whole_ml),
            source: self.source(),
            shares,
        };
        self.push(draft, found, compared)
    }

    fn lungs(&self, compared: &mut Compared) -> anyhow::Result<()> {
        let mut shares = Vec::new();
        for planned in self.planned {
            let row = planned.row;
            if let Some(dose) = mean(row.lung_gy, row.lung_interval_gy) {
                shares.push(planned.share(dose));
            }
        }
        if shares.is_empty() {
            return Ok(());
        }
        let found = match self.measured {
            Some(measured) => {
                Measured::joint(measured.structures.iter().filter(|structure| {
                    structure.role == Role::Lung && structure.derived.is_none()
                }))?
            }
            None => None,
        };
        let draft = Draft {
            structure: "lungs".to_owned(),
            role: Role::Lung,
            territories: self.territories(),
            volume_ml: self
                .treated
                .images
                .and_then(|images| images.lung_mass)
                .map(|mass| mass.capacity().as_ml()),
            source: "lung shunt".to_owned(),
            shares,
        };
        self.push(draft, found, compared)
    }
}

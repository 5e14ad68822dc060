//! Structures: read, brought into the frame of the activity, weighted on its grid.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use sirt_dicom::Registration;
use sirt_dosimetry::{NamedMask, Role, RoleByName, derived_normal_liver};
use sirt_image::{Contour, ContourStack, FrameOfReference, Grid, Structure, mask_contours};
use sirt_quantity::Length;

use crate::inputs;
use crate::result::Finding;
use crate::settled_by::SettledBy;

/// A structure that loses more than this of its volume on the dose grid is
/// partly outside of the image; resampling alone stays below (docs/methods/resampling.md).
const LOST_VOLUME_WORTH_A_FINDING: f64 = 0.02;

/// All structures of some files, and what is wrong with the files.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<(Vec<Structure>, Vec<Finding>)> {
    let mut findings = Vec::new();
    let mut structures = Vec::new();
    for path in paths {
        let (read, of_file) = inputs::read_structures(path)?;
        findings.extend(of_file);
        structures.extend(read);
    }
    Ok((structures, findings))
}

/// All structures of some files on a grid, and what is wrong with them.
pub(crate) fn on_grid(
    paths: &[PathBuf],
    grid: &Grid,
    frame: Option<&FrameOfReference>,
    registration: Option<&Registration>,
    roles: &[(String, Role)],
    settled_by: SettledBy,
) -> anyhow::Result<(Vec<NamedMask>, Vec<Finding>)> {
    let (structures, mut findings) = read(paths)?;
    let place = Place {
        grid,
        frame,
        registration,
    };
    let (masks, of_masks) = weighted(&structures, place, roles, settled_by)?;
    findings.extend(of_masks);
    Ok((masks, findings))
}

/// Where structures are wanted.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) grid: &'a Grid,
    pub(crate) frame: Option<&'a FrameOfReference>,
    pub(crate) registration: Option<&'a Registration>,
}

/// Structures on a grid, and what is wrong with them.
pub(crate) fn weighted(
    structures: &[Structure],
    place: Place<'_>,
    roles: &[(String, Role)],
    settled_by: SettledBy,
) -> anyhow::Result<(Vec<NamedMask>, Vec<Finding>)> {
    let mut findings = Vec::new();
    for (name, _) in roles {
        if !structures.iter().any(|structure| structure.name == *name) {
            let known: Vec<_> = structures
                .iter()
                .map(|structure| structure.name.as_str())
                .collect();
            bail!(
                "{}: no structure has this name; structures are {}",
                settled_by.unknown_role(name),
                known.join(", ")
            );
        }
    }
    let mut masks = Vec::new();
    for structure in structures {
        let structure = in_frame(structure, place, settled_by)?;
        let mask = structure
            .on_grid(place.grid)
            .with_context(|| format!("structure `{}`", structure.name))?;
        let outline_ml = structure.capacity().as_ml();
        let lost = 1.0 - mask.capacity().as_ml() / outline_ml;
        if mask.is_empty() {
            findings.push(Finding {
                severity: "weakens",
                subject: format!("structure `{}`", structure.name),
                rule: "it has no voxel on the grid of the image".to_owned(),
                fix: "check that structures and image belong together".to_owned(),
            });
            continue;
        }
        if lost > LOST_VOLUME_WORTH_A_FINDING {
            findings.push(Finding {
                severity: "weakens",
                subject: format!("structure `{}`", structure.name),
                rule: format!(
                    "{:.1} % of its {outline_ml:.1} mL lie outside the image",
                    lost * 100.0
                ),
                fix: "its dose is that of the part inside; image the whole structure".to_owned(),
            });
        }
        let role = match stated_role(roles, &structure.name) {
            Some(role) => role,
            None => {
                let read = Role::by_name(&structure.name);
                findings.extend(doubtful_role(&structure.name, read, settled_by));
                read.role
            }
        };
        masks.push(NamedMask {
            name: structure.name.clone(),
            role,
            derived: None,
            outline_volume_ml: Some(outline_ml),
            mask,
        });
    }
    let normal_liver = derived_normal_liver(&masks)?;
    findings.extend(ambiguous(&masks, normal_liver.is_some(), settled_by));
    masks.extend(normal_liver);
    Ok((masks, findings))
}

/// The role that the command line gives to a name.
pub(crate) fn stated_role(roles: &[(String, Role)], name: &str) -> Option<Role> {
    roles
        .iter()
        .find(|(stated, _)| stated == name)
        .map(|(_, role)| *role)
}

/// A role that a name tells with a doubt.
fn doubtful_role(name: &str, read: RoleByName, settled_by: SettledBy) -> Option<Finding> {
    read.doubt.map(|doubt| Finding {
        severity: "weakens",
        subject: format!("structure `{name}`"),
        rule: format!(
            "its name gives it the role {}, but {doubt}",
            read.role.words()
        ),
        fix: settled_by.role(name),
    })
}

/// Contours around the masks, for the structure set, and which of them do not
/// enclose the volume of their mask.
pub(crate) fn contours(masks: &[NamedMask]) -> anyhow::Result<(Vec<Vec<Contour>>, Vec<Finding>)> {
    let mut all = Vec::with_capacity(masks.len());
    let mut findings = Vec::new();
    for named in masks {
        let contours = mask_contours(&named.mask)
            .with_context(|| format!("contours of structure `{}`", named.name))?;
        let enclosed_ml = if contours.is_empty() {
            0.0
        } else {
            let thickness = Length::from_mm(named.mask.grid().spacing_mm()[2]);
            ContourStack::with_single_plane_thickness(contours.clone(), thickness)
                .with_context(|| format!("contours of structure `{}`", named.name))?
                .capacity()
                .as_ml()
        };
        let volume_ml = named.mask.capacity().as_ml();
        if (enclosed_ml / volume_ml - 1.0).abs() > LOST_VOLUME_WORTH_A_FINDING {
            findings.push(Finding {
                severity: "note",
                subject: format!("structure `{}`", named.name),
                rule: format!(
                    "its contours in structure_set.dcm enclose {enclosed_ml:.3} mL where the mask has {volume_ml:.3} mL"
                ),
                fix: "use segmentation.dcm, which holds the mask itself".to_owned(),
            });
        }
        all.push(contours);
    }
    Ok((all, findings))
}

/// Names that stand for several structures, and livers among which none is
/// the one to take the tumours from.
fn ambiguous(
    masks: &[NamedMask],
    normal_liver_is_derived: bool,
    settled_by: SettledBy,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names: Vec<&str> = masks.iter().map(|named| named.name.as_str()).collect();
    names.sort_unstable();
    for same in names.chunk_by(|a, b| a == b).filter(|same| same.len() > 1) {
        findings.push(Finding {
            severity: "weakens",
            subject: format!("structure `{}`", same[0]),
            rule: format!(
                "{} structures have this name, and their rows cannot be told apart",
                same.len()
            ),
            fix: "rename them, or give each file once".to_owned(),
        });
    }
    let count = |role| masks.iter().filter(|named| named.role == role).count();
    let livers = count(Role::Liver);
    if !normal_liver_is_derived
        && livers > 0
        && count(Role::NormalLiver) == 0
        && count(Role::Tumour) > 0
    {
        findings.push(Finding {
            severity: "weakens",
            subject: "normal liver".to_owned(),
            rule: if livers == 1 {
                "not derived: the tumours cover all of the liver".to_owned()
            } else {
                format!(
                    "not derived: {livers} structures are liver and differ, or the tumours cover all of it; tumours may be taken from one only"
                )
            },
            fix: settled_by.role_of_the_others().to_owned(),
        });
    }
    findings
}

/// The structure in the frame of the activity.
fn in_frame<'a>(
    structure: &'a Structure,
    place: Place<'_>,
    settled_by: SettledBy,
) -> anyhow::Result<Cow<'a, Structure>> {
    let (Some(of_structure), Some(wanted)) = (&structure.frame_of_reference, place.frame) else {
        // Formats without frames of reference state places in the patient as they are.
        return Ok(Cow::Borrowed(structure));
    };
    if of_structure == wanted {
        return Ok(Cow::Borrowed(structure));
    }
    let Some(motion) = place
        .registration
        .and_then(|registration| registration.between(of_structure, wanted))
    else {
        bail!(
            "structure `{}` is in another frame of reference, (0020,0052) FrameOfReferenceUID, than the image; give the registration that joins them ({})",
            structure.name,
            settled_by.registration()
        );
    };
    structure
        .moved(&motion, Some(wanted.clone()))
        .map(Cow::Owned)
        .with_context(|| format!("structure `{}`", structure.name))
}

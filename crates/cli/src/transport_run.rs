//! A Monte Carlo run under the eyes of a user: progress, goals, Ctrl-C, and a
//! file to go on from.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dosimetry::{
    DecayData, DoseDistribution, Medium, MonteCarlo, NamedMask, SphereLoad, TissueTable,
    TransportGoal, TransportProgress, USUAL_VOXEL_UNCERTAINTY,
};
use sirt_image::Volume;
use sirt_quantity::{AbsorbedDose, ActivityConcentration};
use uuid::Uuid;

use crate::arguments::{DoseArguments, MethodArgument, TransportArguments};
use crate::failure;
use crate::progress::Stages;
use crate::result::Finding;

/// Seed where none is given.
const SEED: u64 = 1;
/// Name space of the fingerprints of runs (version 5).
const NAME_SPACE: Uuid = Uuid::from_u128(0x0b0f_8d0a_53a1_5f0e_8c7d_41b7_9c2e_6a10);
/// First line of a file that a run is kept in.
const HEAD: &str = "OpenSIRT Monte Carlo run 1";
/// Values that are taken into a fingerprint at a time.
const BLOCK: usize = 65_536;
/// Whether the user wants the run to end.
static STOP: AtomicBool = AtomicBool::new(false);

/// How a run was made and how far it came.
#[derive(Debug, Serialize)]
pub(crate) struct TransportResult {
    /// Decays that were followed.
    pub(crate) histories: u64,
    pub(crate) batches: u64,
    pub(crate) seed: u64,
    /// Wall time of this run, s.
    pub(crate) seconds: f64,
    /// What the run went on to.
    pub(crate) goal: String,
    /// `goal`, `time limit` or `interrupted`.
    pub(crate) ended_by: &'static str,
    /// Mean relative standard deviation (k = 1) of the dose in voxels with more
    /// than half of the largest one.
    pub(crate) voxel_uncertainty: Option<f64>,
    /// Deposited and escaped energy over what was emitted, less 1.
    pub(crate) energy_error: f64,
    /// Materials of the world.
    pub(crate) materials: Vec<String>,
}

/// What a run gives.
pub(crate) struct Transported {
    pub(crate) distribution: DoseDistribution,
    pub(crate) result: TransportResult,
    pub(crate) dose_to_water: Option<Volume<AbsorbedDose>>,
    pub(crate) findings: Vec<Finding>,
}

/// What is followed.
pub(crate) struct Followed<'a> {
    pub(crate) activity: &'a Volume<ActivityConcentration>,
    pub(crate) medium: Medium<'a>,
    pub(crate) data: &'a DecayData,
    pub(crate) tissue: &'a TissueTable,
    pub(crate) masks: &'a [NamedMask],
    /// Microspheres that are part of the medium.
    pub(crate) spheres: Option<&'a SphereLoad>,
}

/// Refuses options of Monte Carlo with another method.
///
/// # Errors
/// Names the option.
pub(crate) fn require_transport(arguments: &DoseArguments) -> anyhow::Result<()> {
    let given = arguments.transport.given();
    if arguments.method != MethodArgument::Transport
        && let Some(option) = given.first()
    {
        bail!(failure::WrongUse(format!(
            "{option} belongs to --method transport"
        )));
    }
    Ok(())
}

impl Followed<'_> {
    /// Follows decays until the goal is met, the time is over or the user stops.
    ///
    /// # Errors
    /// For a goal that cannot be met and a kept run of other inputs.
    pub(crate) fn run(
        &self,
        arguments: &TransportArguments,
        stages: &Stages,
    ) -> anyhow::Result<Transported> {
        let (goal, told) = self.goal(arguments)?;
        stages.begin("tables of cross sections");
        let seed = arguments.seed.unwrap_or(SEED);
        let mut run = MonteCarlo::new(
            self.activity,
            self.medium,
            self.data,
            self.tissue,
            self.masks,
            self.spheres,
            seed,
        )?;
        let state = arguments
            .run_state
            .as_deref()
            .map(|path| (path, self.fingerprint(seed)));
        if let Some((path, fingerprint)) = &state
            && path.exists()
        {
            run.resume(&kept(path, fingerprint)?)
                .with_context(|| path.display().to_string())?;
        }
        stop_on_interrupt()?;
        let started = Instant::now();
        let limit = arguments
            .time_limit
            .map(|limit| Duration::from_secs_f64(limit.as_seconds()));
        let mut ended_by = "goal";
        run.run(goal, |progress| {
            stages.begin(line(progress, &told));
            if STOP.load(Ordering::Relaxed) {
                ended_by = "interrupted";
                return ControlFlow::Break(());
            }
            if limit.is_some_and(|limit| started.elapsed() >= limit) && progress.batches > 0 {
                ended_by = "time limit";
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        let seconds = started.elapsed().as_secs_f64();
        if let Some((path, fingerprint)) = &state {
            keep(path, fingerprint, &run.state())?;
        }
        stages.begin("dose and its noise");
        let distribution = run.distribution()?;
        let statistics = distribution
            .statistics
            .as_ref()
            .context("a run without statistics")?;
        let result = TransportResult {
            histories: statistics.histories,
            batches: statistics.batches,
            seed,
            seconds,
            goal: told,
            ended_by,
            voxel_uncertainty: statistics.voxel_uncertainty,
            energy_error: statistics.energy_error,
            materials: statistics.materials.clone(),
        };
        Ok(Transported {
            dose_to_water: arguments
                .dose_to_water
                .then(|| run.dose_to_water())
                .transpose()?,
            findings: unfinished(&result, arguments.run_state.is_some())
                .into_iter()
                .collect(),
            distribution,
            result,
        })
    }

    fn goal(&self, arguments: &TransportArguments) -> anyhow::Result<(TransportGoal, String)> {
        if let Some(histories) = arguments.histories {
            return Ok((
                TransportGoal::Histories(histories),
                format!("{histories} decays"),
            ));
        }
        let wanted = arguments
            .statistical_uncertainty
            .unwrap_or(USUAL_VOXEL_UNCERTAINTY);
        let percent = wanted * 100.0;
        let Some(name) = &arguments.until_structure else {
            return Ok((
                TransportGoal::VoxelUncertainty(wanted),
                format!("{percent} % in voxels over half of the maximum"),
            ));
        };
        let region = self
            .masks
            .iter()
            .position(|mask| mask.name == *name)
            .with_context(|| {
                let names: Vec<&str> = self.masks.iter().map(|mask| mask.name.as_str()).collect();
                format!(
                    "--until-structure {name}: no such structure; there are {}",
                    names.join(", ")
                )
            })?;
        Ok((
            TransportGoal::RegionUncertainty {
                region,
                relative: wanted,
            },
            format!("{percent} % of the mean of {name}"),
        ))
    }

    /// What a run depends on, in a few letters.
    fn fingerprint(&self, seed: u64) -> String {
        let head = format!(
            "{HEAD} {} {seed} {:?} {:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            self.data,
            self.activity.grid(),
            self.spheres.map(SphereLoad::material)
        );
        let mut so_far = Uuid::new_v5(&NAME_SPACE, head.as_bytes());
        so_far = and_numbers(so_far, self.activity.values());
        so_far = match self.medium {
            Medium::Homogeneous(density) => {
                Uuid::new_v5(&so_far, &density.as_g_per_ml().to_le_bytes())
            }
            Medium::Heterogeneous(density) => and_numbers(so_far, density.values()),
        };
        for named in self.masks {
            let (lower, size) = named.mask.bounding_box();
            let place = format!("{} {lower:?} {size:?}", named.name);
            so_far = and_numbers(
                Uuid::new_v5(&so_far, place.as_bytes()),
                named.mask.box_weights(),
            );
        }
        so_far.to_string()
    }
}

/// A fingerprint with more numbers in it, block by block: no volume is copied.
fn and_numbers(so_far: Uuid, values: &[f32]) -> Uuid {
    values.chunks(BLOCK).fold(so_far, |so_far, block| {
        let bytes: Vec<u8> = block.iter().flat_map(|value| value.to_le_bytes()).collect();
        Uuid::new_v5(&so_far, &bytes)
    })
}

/// What the user reads while the run goes on.
fn line(progress: &TransportProgress, goal: &str) -> String {
    let reached = progress.uncertainty.map_or_else(String::new, |reached| {
        format!(", {:.2} % reached", reached * 100.0)
    });
    format!(
        "Monte Carlo: {:.1} million decays{reached} (goal: {goal}; Ctrl-C keeps what is done)",
        progress.histories as f64 * 1e-6
    )
}

/// That a run ended before its goal.
fn unfinished(result: &TransportResult, is_kept: bool) -> Option<Finding> {
    (result.ended_by != "goal").then(|| Finding {
        severity: "weakens",
        subject: "Monte Carlo".to_owned(),
        rule: format!(
            "ended by {} after {} decays{}, before its goal of {}",
            match result.ended_by {
                "interrupted" => "the user",
                _ => "the time limit",
            },
            result.histories,
            result
                .voxel_uncertainty
                .map_or_else(String::new, |reached| format!(
                    " with {:.2} % in voxels over half of the maximum",
                    reached * 100.0
                )),
            result.goal
        ),
        fix: if is_kept {
            "the same command goes on from --run-state".to_owned()
        } else {
            "more time, or --run-state FILE to go on later".to_owned()
        },
    })
}

/// Ctrl-C ends the run with what is done; a second one ends the program.
fn stop_on_interrupt() -> anyhow::Result<()> {
    STOP.store(false, Ordering::Relaxed);
    let handler = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    match handler {
        // That of an earlier run of this program does the same.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(error).context("Ctrl-C cannot be watched for"),
    }
}

/// Reads a run that was kept.
fn kept(path: &Path, fingerprint: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let head = format!("{HEAD}\n");
    let Some(rest) = bytes.strip_prefix(head.as_bytes()) else {
        bail!(
            "{}: is no run that `sirt dose --run-state` kept (its first line is to be `{HEAD}`)",
            path.display()
        );
    };
    let head = format!("{fingerprint}\n");
    let Some(state) = rest.strip_prefix(head.as_bytes()) else {
        bail!(
            "{}: was kept with other inputs, seed or version; give another file, or the inputs that it was kept with",
            path.display()
        );
    };
    Ok(state.to_vec())
}

/// Keeps a run, whole or not at all.
fn keep(path: &Path, fingerprint: &str, state: &[u8]) -> anyhow::Result<()> {
    let mut bytes = format!("{HEAD}\n{fingerprint}\n").into_bytes();
    bytes.extend_from_slice(state);
    Ok(sirt_store::write_whole(path, &bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_run_is_of_its_inputs_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        keep(&path, "abc", &[1, 2, 3]).unwrap();
        assert_eq!(kept(&path, "abc").unwrap(), [1, 2, 3]);
        let other = kept(&path, "abd").unwrap_err().to_string();
        assert!(other.contains("other inputs"), "{other}");
        std::fs::write(&path, "something").unwrap();
        let foreign = kept(&path, "abc").unwrap_err().to_string();
        assert!(foreign.contains("is no run"), "{foreign}");
    }
}

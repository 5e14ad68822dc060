//! The patient at one date.

use sirt_image::{Grid, Volume, WeightMask};
use sirt_quantity::{
    AbsorbedDose, Activity, ActivityConcentration, Capacity, Density, Mass, NuclideLibrary,
};

use crate::PhantomError;
use crate::anatomy::{Anatomy, Changes, Part, Region, TRUNK_Z_MM};
use crate::course::{CourseLaw, changes_at};
use crate::lesion::{LESIONS, Lobe, TREATED_LESIONS};
use crate::organ::Organ;
use crate::raster::{index_box, rasterise, rasterise_values};
use crate::tissue::Tissue;
use crate::treatment::{Concentrations, Treatment, liver_outside_tumours_ml, sphere_ml};

/// Name and number of the patient, such that nobody takes it for a person.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Identity {
    /// DICOM person name.
    pub patient_name: &'static str,
    /// Patient ID.
    pub patient_id: &'static str,
    /// DICOM sex: other.
    pub patient_sex: &'static str,
    /// Weight, kg: of the trunk that is drawn and of what is not.
    pub patient_weight_kg: f64,
    /// Height, m.
    pub patient_size_m: f64,
}

/// Who the built-in patient is.
pub const IDENTITY: Identity = Identity {
    patient_name: "OPENSIRT^PHANTOM",
    patient_id: "SIRT-PHANTOM-1",
    patient_sex: "O",
    patient_weight_kg: 75.0,
    patient_size_m: 1.75,
};

/// The built-in patient at one date.
#[derive(Debug, Clone, PartialEq)]
pub struct Phantom {
    pub(crate) treatment: Treatment,
    pub(crate) law: CourseLaw,
    month: f64,
    diameters_mm: [Option<f64>; LESIONS.len()],
    lobes: [f64; 2],
    anatomy: Anatomy,
}

impl Phantom {
    /// The patient at treatment.
    ///
    /// # Errors
    /// [`PhantomError::Setting`] for a treatment outside its ranges.
    pub fn new(treatment: Treatment) -> Result<Self, PhantomError> {
        treatment.check()?;
        let mut diameters_mm = [None; LESIONS.len()];
        for (diameter, design) in diameters_mm.iter_mut().zip(&LESIONS[..TREATED_LESIONS]) {
            *diameter = Some(design.diameter_mm);
        }
        let changes = Changes {
            lobes: [1.0; 2],
            diameters_mm,
            deposit: treatment
                .extrahepatic
                .map(|deposit| (deposit.centre, deposit.diameter.as_mm())),
        };
        Ok(Self::with_changes(
            treatment,
            CourseLaw::BUILT_IN,
            0.0,
            &changes,
        ))
    }

    fn with_changes(treatment: Treatment, law: CourseLaw, month: f64, changes: &Changes) -> Self {
        Self {
            treatment,
            law,
            month,
            diameters_mm: changes.diameters_mm,
            lobes: changes.lobes,
            anatomy: Anatomy::new(changes),
        }
    }

    /// The patient `month` months after treatment, by [`CourseLaw`] from the
    /// doses of [`Phantom::local_lesion_doses`].
    ///
    /// # Errors
    /// [`PhantomError::Setting`] for a month outside 0..=36.
    pub fn at_month(&self, month: f64) -> Result<Self, PhantomError> {
        self.at_month_with_doses(month, &self.local_lesion_doses()?)
    }

    /// As [`Phantom::at_month`], from mean doses of the treated lesions that
    /// were computed elsewhere.
    ///
    /// # Errors
    /// As [`Phantom::at_month`]; [`PhantomError::DoseCount`] when there is not
    /// one dose for each lesion.
    pub fn at_month_with_doses(
        &self,
        month: f64,
        lesion_doses: &[AbsorbedDose],
    ) -> Result<Self, PhantomError> {
        let right = self.local_lobe_dose(Lobe::Right)?;
        let changes = changes_at(&self.law, lesion_doses, right, month)?;
        if month <= 0.0 {
            return Self::new(self.treatment.clone());
        }
        Ok(Self::with_changes(
            self.treatment.clone(),
            self.law,
            month,
            &changes,
        ))
    }

    /// Months since treatment.
    #[must_use]
    pub fn month(&self) -> f64 {
        self.month
    }

    /// What was given.
    #[must_use]
    pub fn treatment(&self) -> &Treatment {
        &self.treatment
    }

    /// The law that the patient changes by.
    #[must_use]
    pub fn law(&self) -> CourseLaw {
        self.law
    }

    /// The solids.
    #[must_use]
    pub fn anatomy(&self) -> &Anatomy {
        &self.anatomy
    }

    /// Diameter of a lesion by its position in [`LESIONS`], mm; `None` while
    /// it is not there.
    #[must_use]
    pub fn lesion_diameter_mm(&self, lesion: usize) -> Option<f64> {
        self.diameters_mm.get(lesion).copied().flatten()
    }

    /// Volume of a lobe over that at treatment.
    #[must_use]
    pub fn relative_lobe_capacity(&self, lobe: Lobe) -> f64 {
        self.lobes[usize::from(lobe == Lobe::Left)]
    }

    /// All organs and lesions that there are contours of at this date.
    #[must_use]
    pub fn organs(&self) -> Vec<Organ> {
        Organ::ALWAYS
            .into_iter()
            .chain(
                (0..LESIONS.len())
                    .filter(|lesion| self.diameters_mm[*lesion].is_some())
                    .map(Organ::Lesion),
            )
            .collect()
    }

    /// Volume of an organ at this date, in closed form; lungs by one integral.
    /// Organs count with what lies in them: the liver with its tumours, the
    /// stomach with its gas.
    #[must_use]
    pub fn capacity(&self, organ: Organ) -> Capacity {
        let closed = |part| {
            self.anatomy
                .solid(part)
                .and_then(crate::solid::Solid::capacity_mm3)
                .unwrap_or(0.0)
        };
        Capacity::from_mm3(match organ {
            Organ::Body => closed(Part::Fat),
            Organ::RightLung => Anatomy::lung_capacity_mm3(Lobe::Right),
            Organ::LeftLung => Anatomy::lung_capacity_mm3(Lobe::Left),
            Organ::Liver => closed(Part::Liver(Lobe::Right)) + closed(Part::Liver(Lobe::Left)),
            Organ::RightLobe => closed(Part::Liver(Lobe::Right)),
            Organ::LeftLobe => closed(Part::Liver(Lobe::Left)),
            Organ::Spleen => closed(Part::Spleen),
            Organ::Spine => closed(Part::Spine),
            Organ::Gallbladder => closed(Part::Gallbladder),
            Organ::Stomach => closed(Part::Stomach),
            Organ::Lesion(lesion) => closed(Part::Lesion(lesion)),
        })
    }

    /// Partial-voxel weights of an organ on any grid, from the solids.
    ///
    /// # Errors
    /// Those of [`WeightMask::from_weights`].
    pub fn mask(&self, organ: Organ, grid: &Grid) -> Result<WeightMask, PhantomError> {
        let regions = self.anatomy.regions();
        let values: Vec<f64> = regions
            .iter()
            .map(|region| f64::from(u8::from(organ.holds(region.part))))
            .collect();
        let reach = regions
            .iter()
            .filter(|region| organ.holds(region.part))
            .map(|region| index_box(grid, &region.solid))
            .reduce(|all, one| all.union(&one));
        let Some((lower, size)) = reach.and_then(|reach| reach.voxels(grid)) else {
            return Ok(WeightMask::from_box(
                grid.clone(),
                [0; 3],
                [0; 3],
                Vec::new(),
            )?);
        };
        let part = grid.part(lower, size)?;
        let weights: Vec<f32> = rasterise_values(&part, regions, &values, 0.0)
            .into_iter()
            // Sums of pieces may pass 1 by rounding.
            .map(|weight| (weight as f32).clamp(0.0, 1.0))
            .collect();
        Ok(WeightMask::from_box(grid.clone(), lower, size, weights)?)
    }

    /// True mass density on any grid, g/mL, air around the patient included.
    ///
    /// # Errors
    /// Those of [`Volume::new`].
    pub fn true_density(&self, grid: &Grid) -> Result<Volume<Density>, PhantomError> {
        Ok(rasterise(
            grid,
            self.anatomy.regions(),
            |region: &Region| region.tissue.density.as_g_per_ml(),
            Tissue::AIR.density.as_g_per_ml(),
        )?)
    }

    /// True concentration of Y-90 at administration on any grid, Bq/mL.
    ///
    /// # Errors
    /// [`PhantomError::NoActivity`] at a later date.
    pub fn true_activity(
        &self,
        grid: &Grid,
    ) -> Result<Volume<ActivityConcentration>, PhantomError> {
        let concentrations = self.y90_concentrations()?;
        Ok(rasterise(
            grid,
            self.anatomy.regions(),
            |region: &Region| concentrations.of(region.part).as_bq_per_ml(),
            0.0,
        )?)
    }

    /// Concentrations of Y-90 at administration, part by part.
    pub(crate) fn y90_concentrations(&self) -> Result<Concentrations, PhantomError> {
        self.require_activity()?;
        Ok(self.treatment.concentrations(
            self.treatment.administered,
            &self.treatment.tumour_to_normal,
        ))
    }

    /// Concentrations of Tc-99m at administration, part by part.
    pub(crate) fn maa_concentrations(&self) -> Result<Concentrations, PhantomError> {
        self.require_activity()?;
        Ok(self.treatment.concentrations(
            self.treatment.maa_administered,
            &self.treatment.maa_tumour_to_normal,
        ))
    }

    fn require_activity(&self) -> Result<(), PhantomError> {
        if self.month > 0.0 {
            return Err(PhantomError::NoActivity { month: self.month });
        }
        Ok(())
    }

    /// Y-90 in an organ at administration, in closed form.
    #[must_use]
    pub fn administered_to(&self, organ: Organ) -> Activity {
        let concentrations = self.treatment.concentrations(
            self.treatment.administered,
            &self.treatment.tumour_to_normal,
        );
        let in_part = |part, ml: f64| concentrations.of(part) * Capacity::from_ml(ml);
        let lobe_alone = |lobe| in_part(Part::Liver(lobe), liver_outside_tumours_ml(lobe));
        let lesion =
            |number: usize| in_part(Part::Lesion(number), sphere_ml(LESIONS[number].diameter_mm));
        let whole_lobe = |lobe| {
            (0..TREATED_LESIONS)
                .filter(|number| LESIONS[*number].lobe == lobe)
                .map(lesion)
                .fold(lobe_alone(lobe), |total, activity| total + activity)
        };
        let lung = |lobe| {
            in_part(
                Part::RightLung,
                Capacity::from_mm3(Anatomy::lung_capacity_mm3(lobe)).as_ml(),
            )
        };
        match organ {
            Organ::Body => self.treatment.administered,
            Organ::RightLung => lung(Lobe::Right),
            Organ::LeftLung => lung(Lobe::Left),
            Organ::Liver => whole_lobe(Lobe::Right) + whole_lobe(Lobe::Left),
            Organ::RightLobe => whole_lobe(Lobe::Right),
            Organ::LeftLobe => whole_lobe(Lobe::Left),
            Organ::Lesion(number) if number < TREATED_LESIONS => lesion(number),
            Organ::Lesion(_)
            | Organ::Spleen
            | Organ::Spine
            | Organ::Gallbladder
            | Organ::Stomach => Activity::ZERO,
        }
    }

    /// Mean dose of each treated lesion if all energy stayed where it is
    /// released: `k·A/m` with the default dose factor of Y-90.
    ///
    /// # Errors
    /// Those of the nuclide table.
    pub fn local_lesion_doses(&self) -> Result<Vec<AbsorbedDose>, PhantomError> {
        (0..TREATED_LESIONS)
            .map(|lesion| {
                let design = &LESIONS[lesion];
                let density = Tissue::metastasis(design.hounsfield).density;
                let volume = Capacity::from_ml(sphere_ml(design.diameter_mm));
                local_dose(
                    self.administered_to(Organ::Lesion(lesion)),
                    density * volume,
                )
            })
            .collect()
    }

    /// Volume of a lobe outside its tumours at treatment, and the Y-90 in it
    /// at administration.
    #[must_use]
    pub fn liver_outside_tumours(&self, lobe: Lobe) -> (Capacity, Activity) {
        let concentrations = self.treatment.concentrations(
            self.treatment.administered,
            &self.treatment.tumour_to_normal,
        );
        let volume = Capacity::from_ml(liver_outside_tumours_ml(lobe));
        (volume, concentrations.of(Part::Liver(lobe)) * volume)
    }

    /// Mean dose of a lobe outside tumours if all energy stayed where it is
    /// released.
    ///
    /// # Errors
    /// Those of the nuclide table.
    pub fn local_lobe_dose(&self, lobe: Lobe) -> Result<AbsorbedDose, PhantomError> {
        let (volume, activity) = self.liver_outside_tumours(lobe);
        local_dose(activity, Tissue::LIVER.density * volume)
    }

    /// A grid along the patient axes around the middle of the trunk, with at
    /// least the trunk's height.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn grid(in_plane: [usize; 2], spacing_mm: [f64; 3]) -> Result<Grid, PhantomError> {
        let height = TRUNK_Z_MM[1] - TRUNK_Z_MM[0];
        let slices = (height / spacing_mm[2] - 1e-9).ceil().max(1.0) as usize;
        Ok(centred_grid(
            [in_plane[0], in_plane[1], slices],
            spacing_mm,
            0.0,
        )?)
    }

    /// The grid of the truth: the box of lungs and liver with 15 mm around it
    /// at least, in cubes.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn truth_grid(spacing_mm: f64) -> Result<Grid, PhantomError> {
        // Lungs and liver reach from x −146 to 144, y ±88 and z −111 to 190.
        let counts =
            [330.0, 220.0, 330.0].map(|length: f64| (length / spacing_mm).ceil().max(1.0) as usize);
        Ok(centred_grid(counts, [spacing_mm; 3], 40.0)?)
    }
}

fn local_dose(activity: Activity, mass: Mass) -> Result<AbsorbedDose, PhantomError> {
    let library = NuclideLibrary::built_in()?;
    let factor = library.named("Y-90")?.dose_factor();
    Ok(factor.map_or(AbsorbedDose::ZERO, |factor| factor.dose(activity, mass)))
}

/// A grid whose middle is at x = y = 0 and `middle_z_mm`.
pub(crate) fn centred_grid(
    size: [usize; 3],
    spacing_mm: [f64; 3],
    middle_z_mm: f64,
) -> Result<Grid, sirt_image::ImageError> {
    let middle = [0.0, 0.0, middle_z_mm];
    let origin = std::array::from_fn(|axis| {
        middle[axis] - (size[axis] as f64 - 1.0) / 2.0 * spacing_mm[axis]
    });
    Grid::axis_aligned(size, spacing_mm, sirt_image::PatientPoint(origin))
}

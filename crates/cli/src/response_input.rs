//! What dose-response models say about a structure, and its equivalent uniform dose.

use serde::Serialize;
use sirt_dosimetry::{
    DoseResponseModel, DoseVolumeHistogram, NamedMask, ResponseEstimate, Role, TissueResponse,
    generalised_equivalent_uniform_dose,
};
use sirt_image::Volume;
use sirt_quantity::{AbsorbedDose, Bed, TimeSpan};

use crate::arguments::FigureArguments;
use crate::histogram_figures::{SurvivalDose, VolumeAtDose, survival_dose, volumes_at_doses};

/// Exponent of the equivalent uniform dose of tumours: cold spots count
/// (worked example TV-C6); other structures take 1, their mean.
const TUMOUR_EXPONENT: f64 = -10.0;

/// Generalised equivalent uniform dose with its exponent.
#[derive(Debug, Serialize)]
pub(crate) struct UniformDose {
    pub(crate) gy: f64,
    pub(crate) exponent: f64,
}

/// What a histogram tells beside its Dx.
pub(crate) struct Response {
    pub(crate) uniform: UniformDose,
    pub(crate) survival: Option<SurvivalDose>,
    pub(crate) volume_at_dose: Vec<VolumeAtDose>,
    /// Of all models of the structure's tissue; each carries its device,
    /// population and doubt.
    pub(crate) estimates: Vec<ResponseEstimate>,
}

/// Equivalent uniform doses, Vx and the estimates of all models.
pub(crate) fn of_structure(
    named: &NamedMask,
    dose: &Volume<AbsorbedDose>,
    half_life: TimeSpan,
    models: &[DoseResponseModel],
    asked: &FigureArguments,
) -> anyhow::Result<Response> {
    let histogram = DoseVolumeHistogram::of_structure(dose, &named.mask)?;
    let exponent = if named.role == Role::Tumour {
        TUMOUR_EXPONENT
    } else {
        1.0
    };
    let uniform = UniformDose {
        gy: generalised_equivalent_uniform_dose(&histogram, exponent)?,
        exponent,
    };
    let estimates = match named.role {
        Role::Tumour | Role::NormalLiver => {
            let response = TissueResponse::named(named.role.tissue())?;
            let bed: DoseVolumeHistogram<Bed> =
                histogram.map(|gy| response.bed(AbsorbedDose::from_gy(gy), half_life).as_gy())?;
            models
                .iter()
                .filter(|model| model.applies_to == named.role)
                .map(|model| model.estimate(&histogram, &bed))
                .collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    Ok(Response {
        uniform,
        survival: survival_dose(&histogram, asked.alpha)?,
        volume_at_dose: volumes_at_doses(&histogram, &asked.vx),
        estimates,
    })
}

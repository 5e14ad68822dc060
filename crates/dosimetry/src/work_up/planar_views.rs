//! Lung shunt fraction from anterior and posterior planar views.
//!
//! For each region `r` (lungs, liver) the geometric mean of both views
//!
//! `N_r = √((C_ant − B_ant)·(C_post − B_post))`,  `L = N_lung/(N_lung + N_liver)`
//!
//! with the counts `C = Σ_p w_p·c_p` of its pixels, each by the part `w_p` of
//! it that lies inside the outline, and the background `B = Σ_p w_p·b̄` with
//! the mean counts `b̄` of a pixel of the background region. Background is
//! taken off before the mean, and only where such a region is given.
//! Attenuation and scatter are not corrected, so that it reads high.
//!
//! The standard uncertainty holds
//! - counting: `σ²(C) = Σ w²·c`, `σ²(B) = (Σw)²·Σ w_b²·c/(Σ w_b)²`, first order;
//! - borders: outlines that lie within one pixel of the right one are all
//!   alike, `σ = |L(region grown by a pixel) − L(shrunk by one)|/(2√3)`, for
//!   lungs and liver each.
//!
//! The bias by attenuation is not in it, and neither is breathing.
//! Source: vanroekel2021thesis p. 30 (TV-B13); the borders are ours;
//! `docs/methods/lung_shunt.md`.

use sirt_image::{Contour, ContourStack, Counts, Grid, PatientPoint, Volume, WeightMask};
use sirt_quantity::{Length, LungShuntFraction};

use crate::work_up::lung_shunt::{ShuntEstimate, ShuntMethod};
use crate::{DosimetryError, dvh::SAME_GRID_MM};

/// Half of a rectangular distribution over its standard deviation, `√3`.
const HALF_WIDTH_PER_DEVIATION: f64 = 1.732_050_807_568_877_2;

/// Counts of a region in one view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ViewCounts {
    counts: f64,
    background: f64,
    variance: f64,
}

impl ViewCounts {
    /// Counts and background counts in as many pixels, each by counting.
    #[must_use]
    pub const fn counted(counts: f64, background: f64) -> Self {
        Self {
            counts,
            background,
            variance: counts + background,
        }
    }

    /// Counts of a region of a view; the background is the mean of another
    /// region, for as many pixels.
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] for a region on another grid,
    /// [`DosimetryError::EmptyStructure`] for one without pixels.
    pub fn of_region(
        view: &Volume<Counts>,
        region: &WeightMask,
        background: Option<&WeightMask>,
    ) -> Result<Self, DosimetryError> {
        let inside = weighted(view, region)?;
        let (mean, mean_variance) = match background {
            Some(background) => {
                let around = weighted(view, background)?;
                (
                    around.counts / around.pixels,
                    around.variance / (around.pixels * around.pixels),
                )
            }
            None => (0.0, 0.0),
        };
        Ok(Self {
            counts: inside.counts,
            background: mean * inside.pixels,
            variance: inside.variance + mean_variance * inside.pixels * inside.pixels,
        })
    }

    /// Counts above the background, and their relative variance.
    fn net(self, what: &'static str) -> Result<(f64, f64), DosimetryError> {
        let net = self.counts - self.background;
        if self.counts >= 0.0 && self.background >= 0.0 && net > 0.0 && net.is_finite() {
            Ok((net, self.variance / (net * net)))
        } else {
            Err(DosimetryError::OutOfRange {
                what,
                value: format!("{} less background {}", self.counts, self.background),
                allowed: "counts above their background, both at least 0",
            })
        }
    }
}

/// Sums over a region of a view.
struct Weighted {
    pixels: f64,
    counts: f64,
    variance: f64,
}

fn weighted(view: &Volume<Counts>, region: &WeightMask) -> Result<Weighted, DosimetryError> {
    if !view.grid().matches(region.grid(), SAME_GRID_MM) {
        return Err(DosimetryError::GridMismatch {
            what: "planar view and region",
        });
    }
    let mut sums = Weighted {
        pixels: 0.0,
        counts: 0.0,
        variance: 0.0,
    };
    for (at, weight) in region.iter() {
        let (weight, counts) = (f64::from(weight), f64::from(view.values()[at]));
        sums.pixels += weight;
        sums.counts += weight * counts;
        sums.variance += weight * weight * counts.max(0.0);
    }
    if sums.pixels > 0.0 {
        Ok(sums)
    } else {
        Err(DosimetryError::EmptyStructure)
    }
}

/// Counts of a region in both views.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanarRegion {
    /// From the front.
    pub anterior: ViewCounts,
    /// From behind.
    pub posterior: ViewCounts,
}

impl PlanarRegion {
    /// Geometric mean after subtraction, and its relative variance.
    fn geometric_mean(&self, what: &'static str) -> Result<(f64, f64), DosimetryError> {
        let (anterior, front) = self.anterior.net(what)?;
        let (posterior, back) = self.posterior.net(what)?;
        Ok(((anterior * posterior).sqrt(), (front + back) / 4.0))
    }

    fn has_background(&self) -> bool {
        self.anterior.background + self.posterior.background > 0.0
    }
}

/// Lung shunt from the planar counts of lungs and liver; the uncertainty is
/// that of counting.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for counts that do not stand above their
/// background.
pub fn planar_lung_shunt(
    lungs: &PlanarRegion,
    liver: &PlanarRegion,
) -> Result<ShuntEstimate, DosimetryError> {
    let (lung_counts, lung_variance) = lungs.geometric_mean("planar counts of the lungs")?;
    let (liver_counts, liver_variance) = liver.geometric_mean("planar counts of the liver")?;
    let fraction = lung_counts / (lung_counts + liver_counts);
    // d ln(L) = (1 - L)·(d ln N_lung - d ln N_liver).
    let sigma = fraction * (1.0 - fraction) * (lung_variance + liver_variance).sqrt();
    Ok(ShuntEstimate {
        method: ShuntMethod::Planar,
        fraction: LungShuntFraction::from_fraction(fraction)?,
        standard_uncertainty: Some(sigma),
        lung_counts: Some(lung_counts),
        liver_counts: Some(liver_counts),
        notes: vec![
            if lungs.has_background() || liver.has_background() {
                "background was subtracted".to_owned()
            } else {
                "no background was subtracted".to_owned()
            },
            "attenuation and scatter are not corrected: planar views read high".to_owned(),
        ],
        reference: "vanroekel2021thesis, p. 30".to_owned(),
    })
}

/// One planar view with its regions, all on one grid of one pixel in depth.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanarView {
    /// Counts.
    pub image: Volume<Counts>,
    /// Both lungs.
    pub lungs: WeightMask,
    /// The liver.
    pub liver: WeightMask,
    /// Where the background of the lungs is taken from.
    pub lung_background: Option<WeightMask>,
    /// Where the background of the liver is taken from.
    pub liver_background: Option<WeightMask>,
}

/// What to do with the regions of a view before they are counted.
#[derive(Clone, Copy)]
enum Border {
    AsDrawn,
    LungsBy(f64),
    LiverBy(f64),
}

impl PlanarView {
    /// Counts of lungs and liver.
    fn counts(&self, border: Border) -> Result<[ViewCounts; 2], DosimetryError> {
        let (lungs, liver) = match border {
            Border::AsDrawn => (self.lungs.clone(), self.liver.clone()),
            Border::LungsBy(pixels) => (moved_border(&self.lungs, pixels)?, self.liver.clone()),
            Border::LiverBy(pixels) => (self.lungs.clone(), moved_border(&self.liver, pixels)?),
        };
        Ok([
            ViewCounts::of_region(&self.image, &lungs, self.lung_background.as_ref())?,
            ViewCounts::of_region(&self.image, &liver, self.liver_background.as_ref())?,
        ])
    }

    /// Part of the smaller region that belongs to both.
    fn shared(&self) -> Result<f64, DosimetryError> {
        let outside = self.lungs.without(&self.liver)?.capacity();
        let (lungs, liver) = (self.lungs.capacity(), self.liver.capacity());
        Ok((lungs - outside).as_ml() / lungs.as_ml().min(liver.as_ml()))
    }
}

/// A region whose border is moved outward by a number of pixels, or inward.
fn moved_border(region: &WeightMask, pixels: f64) -> Result<WeightMask, DosimetryError> {
    let [across, down, _] = region.grid().spacing_mm();
    let by = Length::from_mm(pixels.abs() * f64::midpoint(across, down));
    if pixels >= 0.0 {
        return Ok(region.grown(by)?);
    }
    let rest: Vec<f32> = region.dense().iter().map(|weight| 1.0 - weight).collect();
    let rest = WeightMask::from_weights(region.grid().clone(), &rest)?;
    Ok(region.without(&rest.grown(by)?)?)
}

/// Lung shunt from two views with their regions; the uncertainty is that of
/// counting and of borders within one pixel.
///
/// # Errors
/// Those of [`ViewCounts::of_region`] and [`planar_lung_shunt`].
pub fn lung_shunt_of_views(
    anterior: &PlanarView,
    posterior: &PlanarView,
) -> Result<ShuntEstimate, DosimetryError> {
    let shunt = |border| {
        let [front_lungs, front_liver] = anterior.counts(border)?;
        let [back_lungs, back_liver] = posterior.counts(border)?;
        let region = |anterior, posterior| PlanarRegion {
            anterior,
            posterior,
        };
        planar_lung_shunt(
            &region(front_lungs, back_lungs),
            &region(front_liver, back_liver),
        )
    };
    let mut estimate = shunt(Border::AsDrawn)?;
    let counting = estimate.standard_uncertainty.unwrap_or(0.0);
    let as_drawn = estimate.fraction.as_fraction();
    let by_border = |border: fn(f64) -> Border| {
        // A region of a pixel or two shrinks to nothing: then half of it is known.
        let moved = |pixels| shunt(border(pixels)).map(|moved| moved.fraction.as_fraction());
        match (moved(1.0), moved(-1.0)) {
            (Ok(grown), Ok(shrunk)) => (grown - shrunk).abs() / 2.0,
            (Ok(one), Err(_)) | (Err(_), Ok(one)) => (one - as_drawn).abs(),
            (Err(_), Err(_)) => as_drawn,
        }
    };
    let borders =
        by_border(Border::LungsBy).hypot(by_border(Border::LiverBy)) / HALF_WIDTH_PER_DEVIATION;
    estimate.standard_uncertainty = Some(counting.hypot(borders));
    estimate.notes.push(format!(
        "standard uncertainty: {:.3} % by counting, {:.3} % by borders within one pixel",
        counting * 100.0,
        borders * 100.0
    ));
    let shared = anterior.shared()?.max(posterior.shared()?);
    // Below that it is the rounding of outlines that touch.
    if shared > 0.02 {
        estimate.notes.push(format!(
            "lungs and liver share {:.0} % of the smaller region, whose counts are in both",
            shared * 100.0
        ));
    }
    Ok(estimate)
}

/// Grid of a planar view: places in it are mm from the upper left corner of
/// the image, to the right and down, at depth 0.
///
/// # Errors
/// [`DosimetryError::Image`] for a size or spacing that is not positive.
pub fn planar_grid(size: [usize; 2], spacing_mm: [f64; 2]) -> Result<Grid, DosimetryError> {
    let [across, down] = spacing_mm;
    Ok(Grid::axis_aligned(
        [size[0], size[1], 1],
        [across, down, 1.0],
        PatientPoint([across / 2.0, down / 2.0, 0.0]),
    )?)
}

/// What closed polygons enclose in a view, all of them together; corners are
/// in mm from the upper left corner of the image, to the right and down.
/// A pixel belongs by the part of it that lies inside.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a corner outside of the image,
/// [`DosimetryError::Image`] for a polygon without area.
pub fn polygons_on_view(
    grid: &Grid,
    polygons: &[Vec<[f64; 2]>],
) -> Result<Option<WeightMask>, DosimetryError> {
    let [across, down, _] = grid.spacing_mm();
    let end = [across * grid.size()[0] as f64, down * grid.size()[1] as f64];
    let mut joined: Option<WeightMask> = None;
    for polygon in polygons {
        for corner in polygon {
            // Half a pixel beyond the border is the width of a drawn line.
            let slack = [across / 2.0, down / 2.0];
            if (0..2).any(|axis| !(-slack[axis]..=end[axis] + slack[axis]).contains(&corner[axis]))
            {
                return Err(DosimetryError::OutOfRange {
                    what: "corner of a planar region",
                    value: format!(
                        "({:.1}, {:.1}) mm in an image of {:.1} x {:.1} mm",
                        corner[0], corner[1], end[0], end[1]
                    ),
                    allowed: "the image, from its upper left corner to the right and down",
                });
            }
        }
        let contour = Contour {
            points: polygon
                .iter()
                .map(|[x, y]| PatientPoint([*x, *y, 0.0]))
                .collect(),
        };
        let mask = ContourStack::with_single_plane_thickness(vec![contour], Length::from_mm(1.0))?
            .on_grid(grid)?;
        joined = Some(match joined {
            None => mask,
            Some(before) => before.union(&mask)?,
        });
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn region(anterior: f64, posterior: f64) -> PlanarRegion {
        PlanarRegion {
            anterior: ViewCounts::counted(anterior, 0.0),
            posterior: ViewCounts::counted(posterior, 0.0),
        }
    }
    const LUNGS: PlanarRegion = region(12_000.0, 15_000.0);
    const LIVER: PlanarRegion = region(180_000.0, 210_000.0);

    #[test]
    fn planar_views_of_the_worked_example() {
        // TV-B13, six decimals.
        let shunt = planar_lung_shunt(&LUNGS, &LIVER).unwrap();
        assert!((shunt.fraction.as_fraction() - 0.064_552).abs() < 0.5e-6);
        // "with subtraction (2000, 2500, 3000, 3500)".
        let lungs = PlanarRegion {
            anterior: ViewCounts::counted(12_000.0, 2_000.0),
            posterior: ViewCounts::counted(15_000.0, 2_500.0),
        };
        let liver = PlanarRegion {
            anterior: ViewCounts::counted(180_000.0, 3_000.0),
            posterior: ViewCounts::counted(210_000.0, 3_500.0),
        };
        let shunt = planar_lung_shunt(&lungs, &liver).unwrap();
        assert!((shunt.fraction.as_fraction() - 0.055_249).abs() < 0.5e-6);
        // Relative variances (C + B)/(C - B)^2 of four views, a quarter of each.
        let variance: f64 = [
            (12_000.0, 2_000.0),
            (15_000.0, 2_500.0),
            (180_000.0, 3_000.0),
            (210_000.0, 3_500.0),
        ]
        .iter()
        .map(|(c, b): &(f64, f64)| (c + b) / ((c - b) * (c - b)) / 4.0)
        .sum();
        let expected = 0.055_249 * (1.0 - 0.055_249) * variance.sqrt();
        let sigma = shunt.standard_uncertainty.unwrap();
        assert!((sigma / expected - 1.0).abs() < 1e-4, "{sigma}");
        assert_eq!(shunt.notes[0], "background was subtracted");
    }

    #[test]
    fn counts_below_their_background_are_refused() {
        let lungs = PlanarRegion {
            posterior: ViewCounts::counted(15_000.0, 15_000.0),
            ..LUNGS
        };
        assert_eq!(
            planar_lung_shunt(&lungs, &LIVER).unwrap_err().to_string(),
            "planar counts of the lungs 15000 less background 15000 is outside counts above their background, both at least 0"
        );
        let negative = PlanarRegion {
            anterior: ViewCounts::counted(-1.0, 0.0),
            ..LIVER
        };
        assert!(planar_lung_shunt(&LUNGS, &negative).is_err());
    }

    const SIZE: [usize; 2] = [40, 60];

    fn rectangle(x: [f64; 2], y: [f64; 2]) -> Vec<[f64; 2]> {
        vec![[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]]
    }

    /// A view of 2 mm pixels with 4 counts of background everywhere, lungs of
    /// `lung` counts above it and liver of `liver`.
    fn view(lung: f32, liver: f32, with_background: bool) -> PlanarView {
        let grid = planar_grid(SIZE, [2.0, 2.0]).unwrap();
        let mask = |polygons: &[Vec<[f64; 2]>]| polygons_on_view(&grid, polygons).unwrap().unwrap();
        let lungs = mask(&[
            rectangle([10.0, 34.0], [10.0, 50.0]),
            rectangle([46.0, 70.0], [10.0, 50.0]),
        ]);
        let liver_mask = mask(&[rectangle([10.0, 60.0], [56.0, 96.0])]);
        let values = lungs
            .dense()
            .iter()
            .zip(liver_mask.dense())
            .map(|(a, b)| 4.0 + lung * a + liver * b)
            .collect();
        let background = with_background.then(|| mask(&[rectangle([0.0, 8.0], [0.0, 100.0])]));
        PlanarView {
            image: Volume::new(grid, None, values).unwrap(),
            lungs,
            liver: liver_mask,
            lung_background: background.clone(),
            liver_background: background,
        }
    }

    #[test]
    fn background_of_a_region_is_taken_off_for_as_many_pixels() {
        let (front, back) = (view(5.0, 100.0, true), view(8.0, 90.0, true));
        let shunt = lung_shunt_of_views(&front, &back).unwrap();
        // 480 pixels of lung, 500 of liver.
        let lung = 480.0 * (5.0_f64 * 8.0).sqrt();
        let liver = 500.0 * (100.0_f64 * 90.0).sqrt();
        assert!((shunt.lung_counts.unwrap() / lung - 1.0).abs() < 1e-6);
        assert!((shunt.fraction.as_fraction() - lung / (lung + liver)).abs() < 1e-8);
        // Without it the 4 counts stay in.
        let (front, back) = (view(5.0, 100.0, false), view(8.0, 90.0, false));
        let shunt = lung_shunt_of_views(&front, &back).unwrap();
        let lung = 480.0 * (9.0_f64 * 12.0).sqrt();
        assert!((shunt.lung_counts.unwrap() / lung - 1.0).abs() < 1e-6);
        assert_eq!(shunt.notes[0], "no background was subtracted");
    }

    #[test]
    fn variance_of_a_background_is_scaled_by_pixels() {
        let front = view(5.0, 100.0, true);
        let counts =
            ViewCounts::of_region(&front.image, &front.lungs, front.lung_background.as_ref())
                .unwrap();
        // 480 pixels of 9; background 200 pixels of 4, for 480: 480^2·800/200^2.
        let expected = 480.0 * 9.0 + 480.0 * 480.0 * 800.0 / (200.0 * 200.0);
        assert!((counts.variance / expected - 1.0).abs() < 1e-6);
        assert!((counts.background - 480.0 * 4.0).abs() < 1e-3);
    }

    #[test]
    fn borders_count_where_the_neighbourhood_differs() {
        let (front, back) = (view(5.0, 100.0, true), view(5.0, 100.0, true));
        let shunt = lung_shunt_of_views(&front, &back).unwrap();
        // By hand: grown regions hold the same net counts. Shrunk ones lose a
        // pixel all round: lungs 2·(10·18) of 480 pixels, liver 23·18 of 500.
        let of = |lung: f64, liver: f64| 5.0 * lung / (5.0 * lung + 100.0 * liver);
        let lungs = (of(480.0, 500.0) - of(360.0, 500.0)).abs() / 2.0;
        let liver = (of(480.0, 500.0) - of(480.0, 414.0)).abs() / 2.0;
        let borders = lungs.hypot(liver) / 3.0_f64.sqrt();
        let counting = planar_lung_shunt(
            &PlanarRegion {
                anterior: front.counts(Border::AsDrawn).unwrap()[0],
                posterior: back.counts(Border::AsDrawn).unwrap()[0],
            },
            &PlanarRegion {
                anterior: front.counts(Border::AsDrawn).unwrap()[1],
                posterior: back.counts(Border::AsDrawn).unwrap()[1],
            },
        )
        .unwrap()
        .standard_uncertainty
        .unwrap();
        let sigma = shunt.standard_uncertainty.unwrap();
        assert!(
            (sigma / counting.hypot(borders) - 1.0).abs() < 1e-5,
            "{sigma}"
        );
    }

    #[test]
    fn a_corner_outside_of_the_image_is_refused() {
        let grid = planar_grid(SIZE, [2.0, 2.0]).unwrap();
        let said = polygons_on_view(&grid, &[rectangle([10.0, 90.0], [0.0, 10.0])])
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("(90.0, 0.0) mm in an image of 80.0 x 120.0 mm"),
            "{said}"
        );
        assert!(polygons_on_view(&grid, &[]).unwrap().is_none());
    }
}

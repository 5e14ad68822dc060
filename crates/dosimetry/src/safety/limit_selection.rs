//! Which targets and limits speak about a patient.
//!
//! A row is the patient's own when device, tumour and scenario are among
//! those it was made for and it is a guideline's, a label's or a convention.
//! Its conditions are settled by the facts given; where a fact is missing, or
//! lies on the boundary that the source leaves open, the row is shown as
//! undecided with what would settle it, and so is its counterpart.
//! Where no guideline speaks for the tumour, as for neuroendocrine
//! metastases, there is no consensus value: rows of the same device for other
//! tumours are shown as borrowed, each with the population it comes from.
//! A row of another device is never shown.

use serde::Serialize;
use sirt_quantity::{AbsorbedDose, Fraction};

use super::dose_limit::{
    Compartment, Condition, DoseLimit, DoseLimitTable, Purpose, Scenario, Standing, TumourType,
};
use crate::Device;

/// Two numbers nearer than this, relative, are the same: facts come from
/// sums and differences of fractions.
const SAME: f64 = 1e-9;

/// What decides between rows; what is not known stays `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LimitFacts {
    /// Total bilirubin, mg/dL.
    pub bilirubin_mg_per_dl: Option<f64>,
    /// Untreated part of normal liver.
    pub hepatic_reserve: Option<Fraction>,
    /// Whether the liver was treated before (chemotherapy, radioembolisation).
    pub pretreated: Option<bool>,
    /// Whether liver function is compromised.
    pub compromised_liver_function: Option<bool>,
    /// Whether a physician judges liver function as more favourable than usual.
    pub favourable_liver_function: Option<bool>,
    /// Whether there is cirrhosis.
    pub cirrhosis: Option<bool>,
    /// Mean dose of the whole liver that the plan gives.
    pub whole_liver_dose: Option<AbsorbedDose>,
}

/// A row that may apply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SelectedLimit {
    /// The row.
    pub limit: DoseLimit,
    /// What is not known and would settle whether it applies; empty where it does.
    pub undecided: Vec<String>,
}

impl SelectedLimit {
    /// Whether all its conditions are known to hold.
    #[must_use]
    pub fn applies(&self) -> bool {
        self.undecided.is_empty()
    }
}

/// A row made for other tumours, or by some centres, with the same device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BorrowedLimit {
    /// The row.
    #[serde(flatten)]
    pub selected: SelectedLimit,
    /// The tumours it was made for.
    pub from: Vec<TumourType>,
}

/// Rows for a device, a tumour and a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitSelection {
    /// The device of all rows.
    pub device: Device,
    /// Targets and limits that were made for the patient's tumour.
    pub own: Vec<SelectedLimit>,
    /// Targets and limits of others; empty where there is a consensus.
    pub borrowed: Vec<BorrowedLimit>,
    /// Dose-effect numbers of device and tumour; no limits.
    pub evidence: Vec<DoseLimit>,
    /// Whether a guideline speaks about the liver for this tumour.
    pub consensus: bool,
    /// Why the rows are what they are.
    pub reasons: Vec<String>,
}

impl LimitSelection {
    /// The smallest upper value that may apply to a compartment: undecided
    /// rows count, rows to be chosen by a person and borrowed ones do not.
    #[must_use]
    pub fn strictest(&self, compartment: Compartment) -> Option<&SelectedLimit> {
        self.own
            .iter()
            .filter(|row| {
                row.limit.compartment == compartment
                    && row.limit.purpose == Purpose::Limit
                    && !row.limit.only_if_chosen
                    && row.limit.quantity == super::LimitQuantity::AbsorbedDoseGy
            })
            .filter_map(|row| row.limit.bound.upper().map(|upper| (upper, row)))
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, row)| row)
    }
}

/// Whether a condition holds, or what is missing to tell.
enum Settled {
    Holds,
    Fails,
    Undecided(String),
}

impl DoseLimitTable {
    /// The rows that speak about a device, a tumour and a scenario.
    #[must_use]
    pub fn applicable(
        &self,
        device: Device,
        tumour_type: TumourType,
        scenario: Scenario,
        facts: &LimitFacts,
    ) -> LimitSelection {
        let of_device = || {
            self.rows()
                .iter()
                .filter(move |row| row.devices.holds(&device) && row.scenarios.holds(&scenario))
        };
        let counts = |row: &DoseLimit| row.purpose != Purpose::Evidence;
        let official = |row: &DoseLimit| {
            matches!(
                row.standing,
                Standing::Guideline | Standing::Label | Standing::Convention
            )
        };
        let mut reasons = Vec::new();
        let own: Vec<SelectedLimit> = of_device()
            .filter(|row| counts(row) && official(row) && row.tumour_types.holds(&tumour_type))
            .filter_map(|row| settle(row, facts))
            .collect();
        let consensus = of_device().any(|row| {
            counts(row)
                && row.standing == Standing::Guideline
                && row.tumour_types.holds(&tumour_type)
        });
        let mut borrowed = Vec::new();
        if !consensus {
            reasons.push(format!(
                "no consensus value: the EANM 2022 table of {device} has no row for {tumour_type} tumours; rows of other tumours and of practice are shown as borrowed, each with its population"
            ));
            borrowed = of_device()
                .filter(|row| {
                    counts(row)
                        && match row.standing {
                            Standing::Guideline => true,
                            Standing::Practice => row.tumour_types.holds(&tumour_type),
                            Standing::Label
                            | Standing::Convention
                            | Standing::Study
                            | Standing::Case => false,
                        }
                })
                .filter_map(|row| settle(row, facts))
                .map(|selected| BorrowedLimit {
                    from: selected.limit.tumour_types.named().to_vec(),
                    selected,
                })
                .collect();
        }
        if scenario == Scenario::WholeLiver {
            reasons.push(
                "the EANM 2022 tables have no row named whole liver; the rows of bilobar treatment are shown"
                    .to_owned(),
            );
        }
        let shown = own.iter().chain(borrowed.iter().map(|row| &row.selected));
        for why in shown.flat_map(|row| &row.undecided) {
            let reason = format!("{why}; every row that it would decide is shown");
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        LimitSelection {
            device,
            own,
            borrowed,
            evidence: of_device()
                .filter(|row| !counts(row) && row.tumour_types.holds(&tumour_type))
                .cloned()
                .collect(),
            consensus,
            reasons,
        }
    }
}

/// The row with what is undecided, unless a condition is known to fail.
fn settle(row: &DoseLimit, facts: &LimitFacts) -> Option<SelectedLimit> {
    let mut undecided = Vec::new();
    for condition in &row.conditions {
        match settled(*condition, facts) {
            Settled::Holds => {}
            Settled::Fails => return None,
            Settled::Undecided(why) => undecided.push(why),
        }
    }
    Some(SelectedLimit {
        limit: row.clone(),
        undecided,
    })
}

fn settled(condition: Condition, facts: &LimitFacts) -> Settled {
    let reserve_percent = facts.hepatic_reserve.map(Fraction::as_percent);
    let dose_gy = facts.whole_liver_dose.map(AbsorbedDose::as_gy);
    let bilirubin = ("total bilirubin", facts.bilirubin_mg_per_dl, "mg/dL");
    let reserve = ("hepatic reserve", reserve_percent, "%");
    let whole_liver = ("whole-liver dose", dose_gy, "Gy");
    match condition {
        Condition::BilirubinAboveMgPerDl(bound) => above(bilirubin, bound),
        Condition::BilirubinBelowMgPerDl(bound) => below(bilirubin, bound),
        Condition::HepaticReserveAbovePercent(bound) => above(reserve, bound),
        Condition::HepaticReserveBelowPercent(bound) => below(reserve, bound),
        Condition::WholeLiverDoseBelowGy(bound) => below(whole_liver, bound),
        Condition::PretreatedOrCompromised(wanted) => {
            let either = match (facts.pretreated, facts.compromised_liver_function) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
            yes_or_no("prior treatment and liver function", either, wanted)
        }
        Condition::FavourableLiverFunction(wanted) => yes_or_no(
            "whether liver function is more favourable",
            facts.favourable_liver_function,
            wanted,
        ),
        Condition::Cirrhosis(wanted) => yes_or_no("cirrhosis", facts.cirrhosis, wanted),
    }
}

fn yes_or_no(what: &str, known: Option<bool>, wanted: bool) -> Settled {
    match known {
        Some(known) if known == wanted => Settled::Holds,
        Some(_) => Settled::Fails,
        None => Settled::Undecided(format!("{what} is not stated")),
    }
}

type Fact<'a> = (&'a str, Option<f64>, &'a str);

fn above(fact: Fact<'_>, bound: f64) -> Settled {
    compared(fact, bound, |known| known > bound)
}

fn below(fact: Fact<'_>, bound: f64) -> Settled {
    compared(fact, bound, |known| known < bound)
}

fn compared((what, known, unit): Fact<'_>, bound: f64, holds: impl Fn(f64) -> bool) -> Settled {
    match known {
        None => Settled::Undecided(format!("{what} is not stated")),
        Some(known) if (known - bound).abs() <= SAME * bound => Settled::Undecided(format!(
            "{what} is {bound} {unit} itself, for which the source names no side"
        )),
        Some(known) if holds(known) => Settled::Holds,
        // A value that is no number fails no comparison: it is as good as none.
        Some(known) if known.is_nan() => Settled::Undecided(format!("{what} is not stated")),
        Some(_) => Settled::Fails,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(
        device: Device,
        tumour_type: TumourType,
        scenario: Scenario,
        facts: &LimitFacts,
    ) -> LimitSelection {
        DoseLimitTable::built_in()
            .unwrap()
            .applicable(device, tumour_type, scenario, facts)
    }

    /// Own targets and limits of the guideline: compartment and bound.
    fn printed(selection: &LimitSelection) -> Vec<String> {
        selection
            .own
            .iter()
            .filter(|row| row.limit.standing == Standing::Guideline)
            .map(|row| format!("{} {}", row.limit.compartment, row.limit.bound))
            .collect()
    }

    #[test]
    fn every_row_of_the_guideline_is_reached_with_its_printed_value() {
        use Device::{Glass, Holmium, Resin};
        use Scenario::{Bilobar, Lobectomy, Segmentectomy, Unilobar};
        use TumourType::{Hcc, Icc, Mcrc};
        // weber2022eanm, tables 2, 3 and 4, as printed; where a fact is not
        // known every row that it would decide.
        let rows: &[(Device, &[TumourType], &[Scenario], &str)] = &[
            (Glass, &[Hcc, Icc, Mcrc], &[Segmentectomy], "perfused > 400"),
            (
                Glass,
                &[Hcc],
                &[Lobectomy],
                "perfused > 150; perfused 140–150; normal_perfused ≥ 88; normal_whole < 75; normal_whole < 50; normal_whole < 90; tumour ≥ 205; tumour ≥ 250–300",
            ),
            (
                Glass,
                &[Hcc],
                &[Unilobar],
                "perfused > 150; perfused 80–150; normal_whole < 75; normal_whole < 50; normal_whole < 90; normal_perfused < 120; tumour ≥ 205; tumour ≥ 250–300",
            ),
            (
                Glass,
                &[Hcc],
                &[Bilobar],
                "perfused 80–150; normal_whole < 50; normal_whole < 90; tumour ≥ 205",
            ),
            (
                Glass,
                &[Icc],
                &[Lobectomy],
                "perfused 140–150; normal_whole < 75; normal_whole < 50; normal_whole < 90; tumour ≥ 260",
            ),
            (
                Glass,
                &[Icc],
                &[Unilobar, Bilobar],
                "perfused 80–150; normal_whole < 75; normal_whole < 50; normal_whole < 90; tumour ≥ 260",
            ),
            (
                Glass,
                &[Mcrc],
                &[Lobectomy],
                "perfused 140–150; normal_whole < 75; normal_whole < 50; normal_whole < 90; tumour ≥ 189",
            ),
            (
                Glass,
                &[Mcrc],
                &[Unilobar, Bilobar],
                "perfused 80–150; normal_whole < 75; normal_whole < 50; normal_whole < 90; tumour ≥ 189",
            ),
            (Resin, &[Hcc, Icc, Mcrc], &[Segmentectomy], "perfused > 150"),
            (
                Resin,
                &[Hcc, Icc],
                &[Lobectomy],
                "perfused not recommended; normal_perfused > 70; tumour ≥ 100–120",
            ),
            (
                Resin,
                &[Mcrc],
                &[Lobectomy],
                "perfused not recommended; normal_perfused > 70; tumour > 100",
            ),
            (
                Resin,
                &[Hcc, Icc],
                &[Unilobar],
                "normal_perfused < 40; tumour ≥ 100–120",
            ),
            (
                Resin,
                &[Mcrc],
                &[Unilobar],
                "normal_perfused < 40; tumour > 100",
            ),
            (
                Resin,
                &[Hcc, Icc],
                &[Bilobar],
                "normal_perfused < 40; normal_perfused < 30; tumour ≥ 100–120",
            ),
            (
                Resin,
                &[Mcrc],
                &[Bilobar],
                "normal_perfused < 40; normal_perfused < 30; tumour > 100",
            ),
            (Holmium, &[Hcc, Icc, Mcrc], &[Segmentectomy], "perfused 60"),
            (
                Holmium,
                &[Hcc],
                &[Lobectomy, Unilobar],
                "perfused 60; normal_whole < 60",
            ),
            (
                Holmium,
                &[Icc],
                &[Lobectomy, Unilobar],
                "perfused 60; normal_whole < 60; tumour > 150",
            ),
            (
                Holmium,
                &[Mcrc],
                &[Lobectomy, Unilobar],
                "perfused 60; normal_whole < 60; tumour > 90",
            ),
            (
                Holmium,
                &[Hcc],
                &[Bilobar],
                "perfused 60; normal_whole < 40; normal_whole ≤ 60",
            ),
            (
                Holmium,
                &[Icc],
                &[Bilobar],
                "perfused 60; normal_whole < 40; normal_whole ≤ 60; tumour > 150",
            ),
            (
                Holmium,
                &[Mcrc],
                &[Bilobar],
                "perfused 60; normal_whole < 40; normal_whole ≤ 60; tumour > 90",
            ),
        ];
        let mut seen = 0;
        for (device, tumours, scenarios, expected) in rows {
            for tumour in *tumours {
                for scenario in *scenarios {
                    let selection = select(*device, *tumour, *scenario, &LimitFacts::default());
                    assert_eq!(
                        printed(&selection).join("; "),
                        *expected,
                        "{device} {tumour} {scenario}"
                    );
                    assert!(selection.consensus && selection.borrowed.is_empty());
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 3 * 3 * 4);
    }

    #[test]
    fn bilirubin_switches_the_limit_of_glass_and_both_are_shown_when_unknown() {
        let whole = |bilirubin: Option<f64>| {
            let facts = LimitFacts {
                bilirubin_mg_per_dl: bilirubin,
                ..LimitFacts::default()
            };
            let selection = select(Device::Glass, TumourType::Hcc, Scenario::Bilobar, &facts);
            let rows: Vec<(f64, bool)> = selection
                .own
                .iter()
                .filter(|row| row.limit.compartment == Compartment::NormalWhole)
                .map(|row| (row.limit.bound.upper().unwrap(), row.applies()))
                .collect();
            let strictest = selection.strictest(Compartment::NormalWhole).unwrap();
            (
                rows,
                strictest.limit.bound.upper().unwrap(),
                selection.reasons,
            )
        };
        assert_eq!(whole(Some(1.11)).0, [(50.0, true)]);
        assert_eq!(whole(Some(1.09)).0, [(90.0, true)]);
        let (rows, strictest, reasons) = whole(None);
        assert_eq!(rows, [(50.0, false), (90.0, false)]);
        assert!((strictest - 50.0).abs() < 1e-12);
        assert_eq!(
            reasons,
            ["total bilirubin is not stated; every row that it would decide is shown"]
        );
        // The source says over and under, and nothing of 1.1 itself.
        let (rows, _, reasons) = whole(Some(1.1));
        assert_eq!(rows, [(50.0, false), (90.0, false)]);
        assert!(
            reasons[0].starts_with("total bilirubin is 1.1 mg/dL itself"),
            "{reasons:?}"
        );
        assert_eq!(whole(Some(f64::NAN)).0, [(50.0, false), (90.0, false)]);
    }

    #[test]
    fn reserve_prior_treatment_and_liver_function_decide_their_rows() {
        let shown = |device, scenario, facts: &LimitFacts, compartment| {
            select(device, TumourType::Hcc, scenario, facts)
                .own
                .iter()
                .filter(|row| {
                    row.limit.compartment == compartment
                        && row.limit.standing == Standing::Guideline
                })
                .map(|row| row.limit.bound.to_string())
                .collect::<Vec<_>>()
        };
        let reserve = |percent: f64| LimitFacts {
            hepatic_reserve: Some(Fraction::from_percent(percent).unwrap()),
            ..LimitFacts::default()
        };
        let perfused = Compartment::NormalPerfused;
        let glass = |percent| {
            shown(
                Device::Glass,
                Scenario::Unilobar,
                &reserve(percent),
                perfused,
            )
        };
        assert_eq!(glass(29.9), ["< 120"]);
        assert!(glass(30.1).is_empty());
        assert_eq!(glass(30.0), ["< 120"]);
        let lobe = |percent| {
            shown(
                Device::Resin,
                Scenario::Lobectomy,
                &reserve(percent),
                perfused,
            )
        };
        assert_eq!(lobe(35.0), ["> 70"]);
        assert!(lobe(25.0).is_empty());
        let treated = |pretreated, compromised| {
            let facts = LimitFacts {
                pretreated,
                compromised_liver_function: compromised,
                ..LimitFacts::default()
            };
            shown(Device::Resin, Scenario::Bilobar, &facts, perfused)
        };
        assert_eq!(treated(Some(true), None), ["< 30"]);
        assert_eq!(treated(None, Some(true)), ["< 30"]);
        assert_eq!(treated(Some(false), Some(false)), ["< 40"]);
        assert_eq!(treated(Some(false), None), ["< 40", "< 30"]);
        let favourable = |favourable| {
            let facts = LimitFacts {
                favourable_liver_function: favourable,
                ..LimitFacts::default()
            };
            let whole = Compartment::NormalWhole;
            shown(Device::Holmium, Scenario::Bilobar, &facts, whole)
        };
        assert_eq!(favourable(Some(true)), ["≤ 60"]);
        assert_eq!(favourable(Some(false)), ["< 40"]);
        assert_eq!(favourable(None), ["< 40", "≤ 60"]);
        let dose = |gy: f64| {
            let facts = LimitFacts {
                whole_liver_dose: Some(AbsorbedDose::from_gy(gy)),
                ..LimitFacts::default()
            };
            shown(
                Device::Glass,
                Scenario::Unilobar,
                &facts,
                Compartment::Perfused,
            )
        };
        assert_eq!(dose(140.0), ["> 150", "80–150"]);
        assert_eq!(dose(160.0), ["80–150"]);
        let partition = |cirrhosis: bool| {
            let facts = LimitFacts {
                cirrhosis: Some(cirrhosis),
                ..LimitFacts::default()
            };
            let selection = select(Device::Resin, TumourType::Hcc, Scenario::Unilobar, &facts);
            selection
                .own
                .iter()
                .filter(|row| row.limit.id.contains("partition"))
                .map(|row| row.limit.bound.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(partition(true), ["≤ 70"]);
        assert_eq!(partition(false), ["≤ 80"]);
    }

    #[test]
    fn neuroendocrine_tumours_have_no_consensus_and_borrow_with_the_population() {
        let selection = select(
            Device::Resin,
            TumourType::Neuroendocrine,
            Scenario::Bilobar,
            &LimitFacts::default(),
        );
        assert!(!selection.consensus);
        assert!(
            selection.reasons[0].starts_with("no consensus value: the EANM 2022 table of resin"),
            "{:?}",
            selection.reasons
        );
        // Its own are those of label and lung, and none of them limits the liver
        // unless a person chooses it.
        assert!(printed(&selection).is_empty());
        assert_eq!(selection.strictest(Compartment::NormalWhole), None);
        assert_eq!(selection.strictest(Compartment::NormalPerfused), None);
        let borrowed: Vec<String> = selection
            .borrowed
            .iter()
            .map(|row| {
                assert!(!row.selected.limit.population.is_empty() && !row.from.is_empty());
                let limit = &row.selected.limit;
                let from: Vec<&str> = row.from.iter().map(|tumour| tumour.name()).collect();
                format!(
                    "{} {} from {}",
                    limit.compartment,
                    limit.bound,
                    from.join(" ")
                )
            })
            .collect();
        assert_eq!(
            borrowed,
            [
                "normal_perfused < 40 from hcc icc mcrc",
                "normal_perfused < 30 from hcc icc mcrc",
                "tumour ≥ 100–120 from hcc icc",
                "tumour > 100 from mcrc",
                "tumour 100–120 from neuroendocrine",
                "normal_perfused < 40 from neuroendocrine",
            ]
        );
        let practice = &selection.borrowed[4].selected.limit;
        assert!(practice.doubtful && practice.standing == Standing::Practice);
        let evidence: Vec<&str> = selection.evidence.iter().map(|row| &row.id[..]).collect();
        assert!(evidence.contains(&"neuroendocrine-resin-tumour-191"));
        assert!(!evidence.contains(&"resin-hcc-tumour-120"));
        // Another rare tumour borrows the guideline's rows, not the practice.
        let other = select(
            Device::Resin,
            TumourType::Other,
            Scenario::Bilobar,
            &LimitFacts::default(),
        );
        assert!(!other.consensus);
        assert_eq!(other.borrowed.len(), 4);
    }

    #[test]
    fn no_row_of_a_device_is_ever_shown_for_another() {
        for device in Device::ALL {
            for tumour in TumourType::ALL {
                for scenario in Scenario::ALL {
                    let selection = select(device, *tumour, *scenario, &LimitFacts::default());
                    let limits = selection
                        .own
                        .iter()
                        .chain(selection.borrowed.iter().map(|row| &row.selected))
                        .map(|row| &row.limit)
                        .chain(&selection.evidence);
                    let mut count = 0;
                    for limit in limits {
                        count += 1;
                        assert!(limit.devices.holds(&device), "{} for {device}", limit.id);
                        for other in Device::ALL.into_iter().filter(|other| *other != device) {
                            assert!(
                                !limit.id.starts_with(&format!("eanm2022-{other}")),
                                "{} for {device}",
                                limit.id
                            );
                        }
                    }
                    assert!(count > 2);
                    // Lung limits are there for every device.
                    let lung = selection.strictest(Compartment::Lung).unwrap();
                    assert_eq!(lung.limit.id, "lung-single-30");
                }
            }
        }
    }

    #[test]
    fn a_whole_liver_treatment_is_shown_the_rows_of_bilobar() {
        let facts = LimitFacts::default();
        for device in Device::ALL {
            let whole = select(device, TumourType::Mcrc, Scenario::WholeLiver, &facts);
            let bilobar = select(device, TumourType::Mcrc, Scenario::Bilobar, &facts);
            assert_eq!(printed(&whole), printed(&bilobar));
            assert!(whole.reasons[0].contains("no row named whole liver"));
        }
    }
}

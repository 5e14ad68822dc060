//! Endpoints of single lesions, never mixed with those of patients.

use std::collections::BTreeSet;

use super::category::Category;
use super::compute::{EndpointOptions, ends};
use super::endpoint::{Endpoint, EndpointUnit, EstimateUnit};
use super::figure::Point;
use super::judged::{CriterionColumns, JudgedCohort};
use crate::OutcomeError;
use crate::evidence::proportion_interval;
use crate::response::Response;

impl JudgedCohort {
    /// The rows of lesions at a time point: of each the nearest in the window.
    fn lesion_rows(
        &self,
        columns: &CriterionColumns,
        months: f64,
    ) -> Result<Vec<usize>, OutcomeError> {
        let point = self.time_point(months)?;
        let [from, to] = point.window();
        let lesions = &columns.lesions;
        let mut order: Vec<usize> = (0..lesions.day.len())
            .filter(|row| (from..=to).contains(&lesions.day[*row]))
            .filter(|row| lesions.response[*row] != Response::NotEvaluable)
            .collect();
        order.sort_by_key(|row| {
            (
                lesions.patient[*row],
                lesions.lesion[*row],
                (lesions.day[*row] - point.day()).abs(),
                lesions.day[*row],
            )
        });
        order.dedup_by_key(|row| (lesions.patient[*row], lesions.lesion[*row]));
        Ok(order)
    }

    pub(super) fn lesions(
        &self,
        key: String,
        criterion: &str,
        category: Category,
        at: f64,
        options: &EndpointOptions,
    ) -> Result<Endpoint, OutcomeError> {
        let columns = self.criterion(criterion)?;
        let rows = self.lesion_rows(columns, at)?;
        let counted: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| category.holds(columns.lesions.response[*row]))
            .collect();
        let mut endpoint = Endpoint::named(key, format!("lesions with {}", category.words()));
        endpoint.unit = EndpointUnit::Lesion;
        endpoint.denominator = Some("lesions at the time point".to_owned());
        endpoint.n = Some(counted.len() as u64);
        endpoint.total = Some(rows.len() as u64);
        let patients = |rows: &[usize]| -> Vec<u32> {
            let found: BTreeSet<u32> = rows
                .iter()
                .map(|row| columns.lesions.patient[*row])
                .collect();
            found.into_iter().collect()
        };
        endpoint.counted = patients(&counted);
        endpoint.within = patients(&rows);
        endpoint.note = Some(format!(
            "lesions of {} patients: they are not independent, the interval is too narrow",
            endpoint.within.len()
        ));
        if !rows.is_empty() {
            let interval = proportion_interval(
                counted.len() as u64,
                rows.len() as u64,
                options.level,
                options.proportion,
            )?;
            endpoint = endpoint.with_interval(Some(interval));
        }
        Ok(self.placed(endpoint, &columns.name, Point::Months(at)))
    }

    pub(super) fn lesion_means(
        &self,
        key: String,
        criterion: &str,
        at: f64,
    ) -> Result<Endpoint, OutcomeError> {
        let columns = self.criterion(criterion)?;
        let rows = self.lesion_rows(columns, at)?;
        let mut endpoint = Endpoint::named(key, "fall of the mean lesion of a patient");
        endpoint.estimate_unit = EstimateUnit::Percent;
        endpoint.method = "least and most of the patients; mean over lesions".to_owned();
        let mut falls = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            let patient = columns.lesions.patient[rows[start]];
            let end = rows[start..]
                .iter()
                .position(|row| columns.lesions.patient[*row] != patient)
                .map_or(rows.len(), |length| start + length);
            let sums = rows[start..end]
                .iter()
                .try_fold((0_i64, 0_i64), |sums, row| {
                    let value = columns.lesions.value[*row]?;
                    Some((sums.0 + value, sums.1 + columns.lesions.baseline[*row]))
                });
            if let Some((now, baseline)) = sums.filter(|(_, baseline)| *baseline > 0) {
                falls.push(100.0 * (1.0 - now as f64 / baseline as f64));
                endpoint.counted.push(patient);
            }
            start = end;
        }
        endpoint.within = endpoint.counted.clone();
        endpoint.n = Some(falls.len() as u64);
        endpoint.total = Some(self.len() as u64);
        endpoint.values = ends(&falls);
        Ok(self.placed(endpoint, &columns.name, Point::Months(at)))
    }
}

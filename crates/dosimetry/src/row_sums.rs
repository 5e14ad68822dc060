//! Weighted sums of pairs of rows, the one inner loop of the convolution.
//!
//! `out_o(x) = sum_n w_no (a_n(x) + b_n(x))` for a handful of outputs at once:
//! each pair of rows is read and added once, and the sums stay in registers.
//! Written over fixed-size arrays so that the compiler uses the widest vector
//! instructions; which ones is chosen when the program runs. Products and sums
//! are rounded separately, so every machine gets the same bits.

/// Most outputs of one call: as many sums as the registers hold.
pub(crate) const MOST_OUTPUTS: usize = 6;

/// The sums of one call over a range of columns.
pub(crate) struct RowSums<'a> {
    /// Where the rows are.
    pub(crate) source: &'a [f32],
    /// Starts of the rows of each pair in `source`.
    pub(crate) pairs: &'a [[usize; 2]],
    /// Weights by pair, output (fastest).
    pub(crate) weights: &'a [f32],
    /// Columns to compute.
    pub(crate) columns: std::ops::Range<usize>,
    /// Distance between the outputs' rows in `target`, which starts at the
    /// first output's column 0.
    pub(crate) stride: usize,
}

impl RowSums<'_> {
    /// Writes `outputs` rows (1 to [`MOST_OUTPUTS`]) into `target`.
    pub(crate) fn write(&self, outputs: usize, target: &mut [f32]) {
        write_sums(self, outputs, target);
    }
}

#[multiversion::multiversion(targets("x86_64+avx2", "x86_64+avx"))]
fn write_sums(sums: &RowSums<'_>, outputs: usize, target: &mut [f32]) {
    match outputs {
        1 => in_lanes::<1, 64>(sums, target),
        2 => in_lanes::<2, 32>(sums, target),
        3 => in_lanes::<3, 16>(sums, target),
        4 => in_lanes::<4, 16>(sums, target),
        5 => in_lanes::<5, 16>(sums, target),
        _ => in_lanes::<6, 16>(sums, target),
    }
}

#[inline(always)]
fn in_lanes<const OUTPUTS: usize, const LANES: usize>(sums: &RowSums<'_>, target: &mut [f32]) {
    let mut column = sums.columns.start;
    let end = sums.columns.end;
    while column + LANES <= end {
        block::<OUTPUTS, LANES>(sums, column, target);
        column += LANES;
    }
    while column + 8 <= end {
        block::<OUTPUTS, 8>(sums, column, target);
        column += 8;
    }
    while column < end {
        block::<OUTPUTS, 1>(sums, column, target);
        column += 1;
    }
}

#[inline(always)]
fn block<const OUTPUTS: usize, const LANES: usize>(
    sums: &RowSums<'_>,
    column: usize,
    target: &mut [f32],
) {
    let mut totals = [[0.0_f32; LANES]; OUTPUTS];
    let (weights, _) = sums.weights.as_chunks::<OUTPUTS>();
    for (pair, weights) in sums.pairs.iter().zip(weights) {
        let a = &sums.source[pair[0] + column..][..LANES];
        let b = &sums.source[pair[1] + column..][..LANES];
        let mut both = [0.0_f32; LANES];
        for lane in 0..LANES {
            both[lane] = a[lane] + b[lane];
        }
        for output in 0..OUTPUTS {
            for lane in 0..LANES {
                totals[output][lane] += weights[output] * both[lane];
            }
        }
    }
    for (output, total) in totals.iter().enumerate() {
        target[output * sums.stride + column..][..LANES].copy_from_slice(total);
    }
}

//! Weighted sums of pairs of rows, the one inner loop of the convolution.
//!
//! `out_o(x) = sum_n w_no (a_n(x) + b_n(x))` for a handful of outputs at once:
//! each pair of rows is read and added once, and the sums stay in registers.
//! Written over fixed-size arrays so that the compiler uses the widest vector
//! instructions; which ones is chosen when the program runs. Where the machine
//! has fused multiply-add, products are not rounded before they are added: a
//! machine without it gets results that differ in the last bit.

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

#[multiversion::multiversion(targets("x86_64+avx2+fma", "x86_64+avx"))]
fn write_sums(sums: &RowSums<'_>, outputs: usize, target: &mut [f32]) {
    if multiversion::target::target_cfg_f!(target_feature = "fma") {
        by_outputs::<true>(sums, outputs, target);
    } else {
        by_outputs::<false>(sums, outputs, target);
    }
}

#[inline(always)]
fn by_outputs<const FUSED: bool>(sums: &RowSums<'_>, outputs: usize, target: &mut [f32]) {
    match outputs {
        1 => in_lanes::<1, 64, FUSED>(sums, target),
        2 => in_lanes::<2, 16, FUSED>(sums, target),
        3 => in_lanes::<3, 16, FUSED>(sums, target),
        4 => in_lanes::<4, 16, FUSED>(sums, target),
        5 => in_lanes::<5, 16, FUSED>(sums, target),
        _ => in_lanes::<6, 16, FUSED>(sums, target),
    }
}

#[inline(always)]
fn in_lanes<const OUTPUTS: usize, const LANES: usize, const FUSED: bool>(
    sums: &RowSums<'_>,
    target: &mut [f32],
) {
    let mut column = sums.columns.start;
    let end = sums.columns.end;
    while column + LANES <= end {
        block::<OUTPUTS, LANES, FUSED>(sums, column, target);
        column += LANES;
    }
    while column + 8 <= end {
        block::<OUTPUTS, 8, FUSED>(sums, column, target);
        column += 8;
    }
    while column < end {
        block::<OUTPUTS, 1, FUSED>(sums, column, target);
        column += 1;
    }
}

#[inline(always)]
fn block<const OUTPUTS: usize, const LANES: usize, const FUSED: bool>(
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
                let total = &mut totals[output][lane];
                *total = if FUSED {
                    weights[output].mul_add(both[lane], *total)
                } else {
                    *total + weights[output] * both[lane]
                };
            }
        }
    }
    for (output, total) in totals.iter().enumerate() {
        target[output * sums.stride + column..][..LANES].copy_from_slice(total);
    }
}

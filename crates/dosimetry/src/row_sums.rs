//! Weighted sums of rows, the inner loops of the convolution.
//!
//! `out_o(x) = sum_n w_no (a_n(x) + b_n(x))` for a handful of outputs at once:
//! each pair of rows is read and added once, and the sums stay in registers.
//! Vectors are as wide as the machine has them, chosen when the program runs.
//! Where it has fused multiply-add, products are not rounded before they are
//! added: a machine without it gets results that differ in the last bit.

use pulp::Simd;

/// Most outputs of one call: as many sums as the registers hold.
pub(crate) const MOST_OUTPUTS: usize = 6;

/// The sums of one call over a range of columns. What it writes starts at the
/// first output's column 0.
pub(crate) struct RowSums<'a> {
    /// Where the rows are.
    pub(crate) source: &'a [f32],
    /// Starts of the rows of each pair in `source`.
    pub(crate) pairs: &'a [[usize; 2]],
    /// Weights by pair, output (fastest).
    pub(crate) weights: &'a [f32],
    /// Columns to compute.
    pub(crate) columns: std::ops::Range<usize>,
    /// Distance between the outputs' rows in the target.
    pub(crate) stride: usize,
}

impl RowSums<'_> {
    /// Writes `outputs` rows (1 to [`MOST_OUTPUTS`]) into `target`: sums of
    /// pairs, or of single rows, the first of each pair.
    #[inline(always)]
    pub(crate) fn write<S: Simd, const PAIRED: bool>(
        &self,
        simd: S,
        outputs: usize,
        target: &mut [f32],
    ) {
        if S::REGISTER_COUNT >= 32 {
            self.write_in_blocks::<S, 4, 4, PAIRED>(simd, outputs, target);
        } else {
            self.write_in_blocks::<S, 4, 2, PAIRED>(simd, outputs, target);
        }
    }

    /// Blocks of `FEW` vectors for one or two outputs, of `MANY` for more.
    #[inline(always)]
    fn write_in_blocks<S: Simd, const FEW: usize, const MANY: usize, const PAIRED: bool>(
        &self,
        simd: S,
        outputs: usize,
        target: &mut [f32],
    ) {
        match outputs {
            1 => in_blocks::<S, 1, FEW, PAIRED>(simd, self, target),
            2 => in_blocks::<S, 2, FEW, PAIRED>(simd, self, target),
            3 => in_blocks::<S, 3, MANY, PAIRED>(simd, self, target),
            4 => in_blocks::<S, 4, MANY, PAIRED>(simd, self, target),
            5 => in_blocks::<S, 5, MANY, PAIRED>(simd, self, target),
            _ => in_blocks::<S, 6, MANY, PAIRED>(simd, self, target),
        }
    }
}

/// Columns in blocks of `VECTORS` vectors, then of one, then one by one.
#[inline(always)]
fn in_blocks<S: Simd, const OUTPUTS: usize, const VECTORS: usize, const PAIRED: bool>(
    simd: S,
    sums: &RowSums<'_>,
    target: &mut [f32],
) {
    let mut column = sums.columns.start;
    let end = sums.columns.end;
    while column + VECTORS * S::F32_LANES <= end {
        block::<S, OUTPUTS, VECTORS, PAIRED>(simd, sums, column, target);
        column += VECTORS * S::F32_LANES;
    }
    while column + S::F32_LANES <= end {
        block::<S, OUTPUTS, 1, PAIRED>(simd, sums, column, target);
        column += S::F32_LANES;
    }
    let scalar = pulp::Scalar::new();
    while column < end {
        block::<pulp::Scalar, OUTPUTS, 1, PAIRED>(scalar, sums, column, target);
        column += 1;
    }
}

#[inline(always)]
fn block<S: Simd, const OUTPUTS: usize, const VECTORS: usize, const PAIRED: bool>(
    simd: S,
    sums: &RowSums<'_>,
    column: usize,
    target: &mut [f32],
) {
    let lanes = VECTORS * S::F32_LANES;
    let mut totals = [[simd.splat_f32s(0.0); VECTORS]; OUTPUTS];
    let (weights, _) = sums.weights.as_chunks::<OUTPUTS>();
    for (pair, weights) in sums.pairs.iter().zip(weights) {
        let (a, _) = S::as_simd_f32s(&sums.source[pair[0] + column..][..lanes]);
        // Loops, not closures: those become functions of their own, which know
        // nothing of the vector instructions and are called for every vector.
        let mut both = [simd.splat_f32s(0.0); VECTORS];
        both.copy_from_slice(&a[..VECTORS]);
        if PAIRED {
            let (b, _) = S::as_simd_f32s(&sums.source[pair[1] + column..][..lanes]);
            for vector in 0..VECTORS {
                both[vector] = simd.add_f32s(both[vector], b[vector]);
            }
        }
        for output in 0..OUTPUTS {
            let weight = simd.splat_f32s(weights[output]);
            for vector in 0..VECTORS {
                totals[output][vector] =
                    simd.mul_add_e_f32s(weight, both[vector], totals[output][vector]);
            }
        }
    }
    for (output, total) in totals.iter().enumerate() {
        let (row, _) = S::as_mut_simd_f32s(&mut target[output * sums.stride + column..][..lanes]);
        row.copy_from_slice(total);
    }
}

/// `target(x) = sum_d rows_d(first + x - d) + rows_d(first + x + d)` over all
/// rows of `width` columns.
#[inline(always)]
pub(crate) fn add_shifted<S: Simd>(
    simd: S,
    rows: &[f32],
    width: usize,
    first: usize,
    target: &mut [f32],
) {
    let mut column = first;
    let (vectors, rest) = S::as_mut_simd_f32s(target);
    let (wide, narrow) = vectors.as_chunks_mut::<4>();
    for vectors in wide {
        *vectors = shifted_block(simd, rows, width, column);
        column += 4 * S::F32_LANES;
    }
    for vector in narrow {
        [*vector] = shifted_block(simd, rows, width, column);
        column += S::F32_LANES;
    }
    for value in rest {
        [*value] = shifted_block(pulp::Scalar::new(), rows, width, column);
        column += 1;
    }
}

#[inline(always)]
fn shifted_block<S: Simd, const VECTORS: usize>(
    simd: S,
    rows: &[f32],
    width: usize,
    column: usize,
) -> [S::f32s; VECTORS] {
    let lanes = VECTORS * S::F32_LANES;
    let mut total = [simd.splat_f32s(0.0); VECTORS];
    for (distance, row) in rows.chunks_exact(width).enumerate() {
        let (a, _) = S::as_simd_f32s(&row[column - distance..][..lanes]);
        for vector in 0..VECTORS {
            total[vector] = simd.add_f32s(total[vector], a[vector]);
        }
        if distance == 0 {
            // Twice the same vector.
            for vector in &mut total {
                *vector = simd.add_f32s(*vector, *vector);
            }
            continue;
        }
        let (b, _) = S::as_simd_f32s(&row[column + distance..][..lanes]);
        for vector in 0..VECTORS {
            total[vector] = simd.add_f32s(total[vector], b[vector]);
        }
    }
    total
}

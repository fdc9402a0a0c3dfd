"""Kernels in Triton: the scores of a tile of rows under all components, and the sums of one component over many rows.

With x_n a row, m_k the center in two parts (`center` + `rest`, so that x - m is exact to the rows' own precision even
when m needs more of it), G_k the whitener and r_nk the responsibility times the weight of the row, they compute

    score_nk = offset_k - 1/2 ||G_k (x_n - m_k)||^2            `score_rows`, one program a tile of rows
    count_k, shift_k, scatter_k = sum_n r_nk (1, y, y y^T)     `sum_rows`, one program a component and a span of rows

with y = x_n - m_k. With degrees of freedom v_k (DEGREES), and q = ||G_k y||^2, the score is that of a heavy tail,
``offset_k - (v_k + D)/2 log(1 + q / v_k)``; shift and scatter count r_nk u_nk times, with u = (v_k + D) / (v_k + q),
which `score_rows` keeps as `scales` (SCALED). A background is for the caller to add to what is said of a row.

Nothing of size (n, K, D) exists: differences are made in registers by both. Products are of the rows' type, in float32
by three products of the tensor cores' shorter type each (`PRECISION`), and added up in that type over at most `GROUP`
tiles of rows, whose sums are added in float64. Programs share no result, so the bits do not depend on the order in
which they run.

In the signatures `_n`, `_d`, `_k`, `_i`, `_j` are strides, in elements, of rows, features, components, and the two
sides of a whitener; `D_PADDED` is D up to a power of two of at least 16, which is what a product of tiles needs.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["n_rows"])
def score_rows(
    rows, rows_n, rows_d, center, rest, whitener, whitener_k, whitener_i, whitener_j, offset,
    scores, scores_n, scores_k, best_of_row, total_of_row, labels, degrees, scales, n_rows, n_features, n_components,
    N_TILE: tl.constexpr, D_PADDED: tl.constexpr, DENSE: tl.constexpr, HARD: tl.constexpr, KEEP: tl.constexpr,
    DEGREES: tl.constexpr, SCALED: tl.constexpr, PRECISION: tl.constexpr, LARGEST: tl.constexpr,
):  # fmt: skip
    """Write the scores of a tile of rows (with KEEP), the best of each row, and sum_k exp(score - best).

    There are `n_components` of each start, whose rows have a best and a sum for themselves. If HARD, that sum is one,
    and the component of the best score is written, the first among equals. The two parts of a log-sum-exp stay apart so
    that shares of a row sum to one however far away it is. LARGEST is the largest number of the type: as a constant,
    because Triton passes floating numbers as float32.
    """
    n = tl.program_id(0).to(tl.int64) * N_TILE + tl.arange(0, N_TILE)
    start = tl.program_id(1)
    d = tl.arange(0, D_PADDED)
    n_inside, d_inside = n < n_rows, d < n_features
    at_feature = d.to(tl.int64) * rows_d  # columns of many rows lie far apart
    x = tl.load(rows + n[:, None] * rows_n + at_feature[None, :], n_inside[:, None] & d_inside[None, :], 0.0)
    best = tl.full((N_TILE,), -LARGEST, x.dtype)
    total = tl.full((N_TILE,), 1.0 if HARD else 0.0, x.dtype)
    label = tl.zeros((N_TILE,), tl.int64)
    for k in range(start * n_components, (start + 1) * n_components):
        y = x - tl.load(center + k * n_features + d, d_inside, 0.0)[None, :]
        y -= tl.load(rest + k * n_features + d, d_inside, 0.0)[None, :]
        if DENSE:
            square = d_inside[:, None] & d_inside[None, :]
            at = k * whitener_k + d[None, :] * whitener_i + d[:, None] * whitener_j  # transposed
            white = tl.dot(y, tl.load(whitener + at, square, 0.0), input_precision=PRECISION, out_dtype=x.dtype)
        else:
            white = y * tl.load(whitener + k * whitener_k + d * whitener_i, d_inside, 0.0)[None, :]
        distance = tl.sum(white * white, axis=1)
        # A row so far away that its distance overflows is equally far from all: its score stays finite.
        distance = tl.where(distance < LARGEST / 4, distance, LARGEST / 4)
        if DEGREES:
            v = tl.load(degrees + k)
            ratio = distance / v
            ratio = tl.where(ratio < LARGEST / 4, ratio, LARGEST / 4)
            # log(1 + ratio), as exact as the logarithm however small the ratio is (Kahan).
            rounded = (1.0 + ratio) - 1.0
            tail = tl.where(rounded > 0.0, tl.log(1.0 + ratio) * (ratio / tl.where(rounded > 0.0, rounded, 1.0)), ratio)
            score = tl.load(offset + k) - 0.5 * (v + n_features) * tail
            if SCALED:
                tl.store(scales + k * n_rows + n, (v + n_features) / (v + distance), n_inside)
        else:
            score = tl.load(offset + k) - 0.5 * distance
        if KEEP:
            tl.store(scores + n * scores_n + k * scores_k, score, n_inside)
        higher = tl.maximum(best, score)
        if HARD:
            label = tl.where(score > best, k - start * n_components, label)
        else:
            total = total * tl.exp(best - higher) + tl.exp(score - higher)
        best = higher
    if HARD:
        tl.store(labels + start.to(tl.int64) * n_rows + n, label, n_inside)
    tl.store(best_of_row + start.to(tl.int64) * n_rows + n, best, n_inside)
    tl.store(total_of_row + start.to(tl.int64) * n_rows + n, total, n_inside)


@triton.jit(do_not_specialize=["n_rows", "n_span"])
def sum_rows(  # noqa: C901, PLR0912  (constants choose: each kernel that is compiled has few)
    rows, rows_n, rows_d, center, rest, shares, shares_n, shares_k, best, total, labels, weights, scales,
    count, shift, scatter, mass, log_mass, n_rows, n_features, n_components, n_of_start, n_span,
    N_TILE: tl.constexpr, D_PADDED: tl.constexpr, DENSE: tl.constexpr, SHARES: tl.constexpr, WEIGHTED: tl.constexpr,
    DEGREES: tl.constexpr, GROUP: tl.constexpr, PRECISION: tl.constexpr, SKIPS: tl.constexpr, LATE: tl.constexpr,
):  # fmt: skip
    """Sum the rows of a span under one component of all starts, which have `n_of_start` each.

    SHARES says what `shares` are: "scores", "labels" or "given". With SKIPS a tile of which the component has no share
    is not read. With LATE sums without a matrix are those of each row of a tile until a group ends.
    """
    program = tl.program_id(0).to(tl.int64)
    k, span = program % n_components, program // n_components
    of_start = k // n_of_start * n_rows
    first, last = span * n_span, tl.minimum((span + 1) * n_span, n_rows)
    d = tl.arange(0, D_PADDED)
    d_inside = d < n_features
    at_feature = d.to(tl.int64) * rows_d
    m = tl.load(center + k * n_features + d, d_inside, 0.0)
    m_rest = tl.load(rest + k * n_features + d, d_inside, 0.0)
    counts = tl.zeros((N_TILE,), tl.float64)
    masses = tl.zeros((N_TILE,), tl.float64)
    log_masses = tl.zeros((N_TILE,), tl.float64)
    shifts = tl.zeros((D_PADDED,), tl.float64)
    scatters = tl.zeros((D_PADDED, D_PADDED), tl.float64) if DENSE else tl.zeros((D_PADDED,), tl.float64)
    for group in range(first, last, N_TILE * GROUP):
        of_group = tl.zeros((D_PADDED, D_PADDED), m.dtype) if DENSE else tl.zeros((D_PADDED,), m.dtype)
        shift_of_group = tl.zeros((D_PADDED,), m.dtype)
        if LATE:
            shift_of_tile = tl.zeros((N_TILE, D_PADDED), m.dtype)
            of_tile = tl.zeros((N_TILE, D_PADDED), m.dtype)
        for tile in range(tl.minimum(GROUP, tl.cdiv(last - group, N_TILE))):
            n = group + tile * N_TILE + tl.arange(0, N_TILE)
            inside = n < last
            if SHARES == "labels":
                share = tl.where(tl.load(labels + of_start + n, inside, -1) == k % n_of_start, 1.0, 0.0).to(m.dtype)
            else:
                share = tl.load(shares + n * shares_n + k * shares_k, inside, 0.0)
                if SHARES == "scores":
                    share = tl.exp(share - tl.load(best + of_start + n, inside, 0.0))
                    share /= tl.load(total + of_start + n, inside, 1.0)
                    share = tl.where(inside, share, 0.0)
            if WEIGHTED:
                share *= tl.load(weights + n, inside, 0.0)
            counts += share.to(tl.float64)
            if DEGREES:
                scale = tl.load(scales + k * n_rows + n, inside, 1.0)
                log_masses += (share * tl.log(scale)).to(tl.float64)
                share *= scale
                masses += share.to(tl.float64)
            if not SKIPS or tl.max(share, axis=0) > 0.0:
                x = tl.load(rows + n[:, None] * rows_n + at_feature[None, :], inside[:, None] & d_inside[None, :], 0.0)
                y = x - m[None, :] - m_rest[None, :]
                weighted = y * share[:, None]
                if DENSE:
                    shift_of_group += tl.sum(weighted, axis=0)
                    of_group = tl.dot(tl.trans(weighted), y, of_group, input_precision=PRECISION, out_dtype=m.dtype)
                elif LATE:
                    shift_of_tile += weighted
                    of_tile += weighted * y
                else:
                    shift_of_group += tl.sum(weighted, axis=0)
                    of_group += tl.sum(weighted * y, axis=0)
        if LATE:
            shift_of_group += tl.sum(shift_of_tile, axis=0)
            of_group += tl.sum(of_tile, axis=0)
        scatters += of_group.to(tl.float64)
        shifts += shift_of_group.to(tl.float64)
    tl.store(count + program, tl.sum(counts, axis=0))
    if DEGREES:
        tl.store(mass + program, tl.sum(masses, axis=0))
        tl.store(log_mass + program, tl.sum(log_masses, axis=0))
    tl.store(shift + program * n_features + d, shifts, d_inside)
    if DENSE:
        at = (program * n_features + d[:, None]) * n_features + d[None, :]
        tl.store(scatter + at, scatters, d_inside[:, None] & d_inside[None, :])
    else:
        tl.store(scatter + program * n_features + d, scatters, d_inside)

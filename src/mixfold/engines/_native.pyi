"""The kernels of mixfold.engines.native.NativeEngine."""

from typing import overload

import numpy
import numpy.typing

def available_instruction_sets() -> list[str]: ...
def instruction_set() -> str: ...
def select_instruction_set(name: str) -> None: ...
@overload
def statistics(
    rows: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    hard: bool,
    guesses: numpy.typing.NDArray[numpy.int32] | None,
    chunk_rows: int,
    next_chunk: numpy.typing.NDArray[numpy.uint64],
    sums: numpy.typing.NDArray[numpy.float64],
    scatter_structure: int,
) -> None: ...
@overload
def statistics(
    rows: numpy.typing.NDArray[numpy.float32],
    weights: numpy.typing.NDArray[numpy.float32] | None,
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    hard: bool,
    guesses: numpy.typing.NDArray[numpy.int32] | None,
    chunk_rows: int,
    next_chunk: numpy.typing.NDArray[numpy.uint64],
    sums: numpy.typing.NDArray[numpy.float64],
    scatter_structure: int,
) -> None: ...
@overload
def moments(
    rows: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    responsibilities: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    sums: numpy.typing.NDArray[numpy.float64],
    scatter_structure: int,
) -> None: ...
@overload
def moments(
    rows: numpy.typing.NDArray[numpy.float32],
    weights: numpy.typing.NDArray[numpy.float32] | None,
    responsibilities: numpy.typing.NDArray[numpy.float32],
    center: numpy.typing.NDArray[numpy.float64],
    sums: numpy.typing.NDArray[numpy.float64],
    scatter_structure: int,
) -> None: ...
@overload
def log_density(
    rows: numpy.typing.NDArray[numpy.float64],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.float64],
) -> None: ...
@overload
def log_density(
    rows: numpy.typing.NDArray[numpy.float32],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.float32],
) -> None: ...
@overload
def responsibilities(
    rows: numpy.typing.NDArray[numpy.float64],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.float64],
) -> None: ...
@overload
def responsibilities(
    rows: numpy.typing.NDArray[numpy.float32],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.float32],
) -> None: ...
@overload
def scores(
    rows: numpy.typing.NDArray[numpy.float64],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.float64],
) -> None: ...
@overload
def scores(
    rows: numpy.typing.NDArray[numpy.float32],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.float32],
) -> None: ...
@overload
def labels(
    rows: numpy.typing.NDArray[numpy.float64],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.int64],
) -> None: ...
@overload
def labels(
    rows: numpy.typing.NDArray[numpy.float32],
    offset: numpy.typing.NDArray[numpy.float64],
    center: numpy.typing.NDArray[numpy.float64],
    whitener: numpy.typing.NDArray[numpy.float64],
    structure: int,
    degrees: numpy.typing.NDArray[numpy.float64] | None,
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    incomplete: bool,
    result: numpy.typing.NDArray[numpy.int64],
) -> None: ...
@overload
def expectation_maximization(
    rows: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    mixture_weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    structure: int,
    letters: str,
    start_covariances: numpy.typing.NDArray[numpy.float64] | None,
    start_structure: int,
    shared_out: bool,
    prior_scale: numpy.typing.NDArray[numpy.float64],
    prior_count: float,
    prior_jitter: numpy.typing.NDArray[numpy.float64],
    prior_likeness: float,
    ridge: float,
    log_prior_constant: float,
    max_steps: int,
    look: int,
    gain: float,
    hopes: float,
    rival: float,
    near: float,
    enough: float,
    leaping: bool,
    next_start: numpy.typing.NDArray[numpy.uint64],
    sums: numpy.typing.NDArray[numpy.float64],
    trace: numpy.typing.NDArray[numpy.float64],
    ends: numpy.typing.NDArray[numpy.int64],
) -> None: ...
@overload
def expectation_maximization(
    rows: numpy.typing.NDArray[numpy.float32],
    weights: numpy.typing.NDArray[numpy.float32] | None,
    mixture_weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    structure: int,
    letters: str,
    start_covariances: numpy.typing.NDArray[numpy.float64] | None,
    start_structure: int,
    shared_out: bool,
    prior_scale: numpy.typing.NDArray[numpy.float64],
    prior_count: float,
    prior_jitter: numpy.typing.NDArray[numpy.float64],
    prior_likeness: float,
    ridge: float,
    log_prior_constant: float,
    max_steps: int,
    look: int,
    gain: float,
    hopes: float,
    rival: float,
    near: float,
    enough: float,
    leaping: bool,
    next_start: numpy.typing.NDArray[numpy.uint64],
    sums: numpy.typing.NDArray[numpy.float64],
    trace: numpy.typing.NDArray[numpy.float64],
    ends: numpy.typing.NDArray[numpy.int64],
) -> None: ...
@overload
def exponential(values: numpy.typing.NDArray[numpy.float64], result: numpy.typing.NDArray[numpy.float64]) -> None: ...
@overload
def exponential(values: numpy.typing.NDArray[numpy.float32], result: numpy.typing.NDArray[numpy.float32]) -> None: ...
def noisy_statistics(
    values: numpy.typing.NDArray[numpy.float64],
    noise: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    log_weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    background: float,
    log_sides: numpy.typing.NDArray[numpy.float64] | None,
    hard: bool,
    result: numpy.typing.NDArray[numpy.float64],
) -> float: ...
def noisy_scores(
    values: numpy.typing.NDArray[numpy.float64],
    noise: numpy.typing.NDArray[numpy.float64],
    log_weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    result: numpy.typing.NDArray[numpy.float64],
) -> float: ...
@overload
def posterior_steps(
    rows: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    mean_precision: numpy.typing.NDArray[numpy.float64],
    degrees: numpy.typing.NDArray[numpy.float64],
    taken: numpy.typing.NDArray[numpy.float64],
    left: numpy.typing.NDArray[numpy.float64],
    concentration: numpy.typing.NDArray[numpy.float64],
    structure: int,
    are_equal: bool,
    is_stick: bool,
    prior_concentration: float,
    prior_rate: float,
    prior_discount: float,
    prior_mean: numpy.typing.NDArray[numpy.float64],
    prior_mean_precision: float,
    prior_scatter: numpy.typing.NDArray[numpy.float64],
    prior_degrees: float,
    log_norm: float,
    divergence: float,
    spread: numpy.typing.NDArray[numpy.float64] | None,
    jitter: numpy.typing.NDArray[numpy.float64] | None,
    max_steps: int,
    look: int,
    gain: float,
    hopes: float,
    rival: float,
    near: float,
    enough: float,
    sums: numpy.typing.NDArray[numpy.float64],
    trace: numpy.typing.NDArray[numpy.float64],
    ends: numpy.typing.NDArray[numpy.int64],
) -> None: ...
@overload
def posterior_steps(
    rows: numpy.typing.NDArray[numpy.float32],
    weights: numpy.typing.NDArray[numpy.float32] | None,
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    mean_precision: numpy.typing.NDArray[numpy.float64],
    degrees: numpy.typing.NDArray[numpy.float64],
    taken: numpy.typing.NDArray[numpy.float64],
    left: numpy.typing.NDArray[numpy.float64],
    concentration: numpy.typing.NDArray[numpy.float64],
    structure: int,
    are_equal: bool,
    is_stick: bool,
    prior_concentration: float,
    prior_rate: float,
    prior_discount: float,
    prior_mean: numpy.typing.NDArray[numpy.float64],
    prior_mean_precision: float,
    prior_scatter: numpy.typing.NDArray[numpy.float64],
    prior_degrees: float,
    log_norm: float,
    divergence: float,
    spread: numpy.typing.NDArray[numpy.float64] | None,
    jitter: numpy.typing.NDArray[numpy.float64] | None,
    max_steps: int,
    look: int,
    gain: float,
    hopes: float,
    rival: float,
    near: float,
    enough: float,
    sums: numpy.typing.NDArray[numpy.float64],
    trace: numpy.typing.NDArray[numpy.float64],
    ends: numpy.typing.NDArray[numpy.int64],
) -> None: ...
def kmeans_draws(components: int) -> int: ...
@overload
def kmeans_of_tables(
    rows: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    spans: numpy.typing.NDArray[numpy.int64],
    uniforms: numpy.typing.NDArray[numpy.float64],
    max_steps: int,
    tolerance: float,
    structure: int,
    next_table: numpy.typing.NDArray[numpy.uint64],
    centers: numpy.typing.NDArray[numpy.float64],
    sums: numpy.typing.NDArray[numpy.float64],
) -> None: ...
@overload
def kmeans_of_tables(
    rows: numpy.typing.NDArray[numpy.float32],
    weights: numpy.typing.NDArray[numpy.float32] | None,
    spans: numpy.typing.NDArray[numpy.int64],
    uniforms: numpy.typing.NDArray[numpy.float64],
    max_steps: int,
    tolerance: float,
    structure: int,
    next_table: numpy.typing.NDArray[numpy.uint64],
    centers: numpy.typing.NDArray[numpy.float64],
    sums: numpy.typing.NDArray[numpy.float64],
) -> None: ...
@overload
def climb_tables(
    rows: numpy.typing.NDArray[numpy.float64],
    weights: numpy.typing.NDArray[numpy.float64] | None,
    spans: numpy.typing.NDArray[numpy.int64],
    mixture_weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    structure: int,
    prior_scale: numpy.typing.NDArray[numpy.float64],
    prior_count: float,
    prior_jitter: numpy.typing.NDArray[numpy.float64],
    prior_likeness: float,
    ridge: float,
    max_steps: int,
    block: int,
    tolerance: float,
    resolution: float,
    leaping_work: float,
    next_table: numpy.typing.NDArray[numpy.uint64],
    values: numpy.typing.NDArray[numpy.float64],
    ends: numpy.typing.NDArray[numpy.int64],
) -> None: ...
@overload
def climb_tables(
    rows: numpy.typing.NDArray[numpy.float32],
    weights: numpy.typing.NDArray[numpy.float32] | None,
    spans: numpy.typing.NDArray[numpy.int64],
    mixture_weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    structure: int,
    prior_scale: numpy.typing.NDArray[numpy.float64],
    prior_count: float,
    prior_jitter: numpy.typing.NDArray[numpy.float64],
    prior_likeness: float,
    ridge: float,
    max_steps: int,
    block: int,
    tolerance: float,
    resolution: float,
    leaping_work: float,
    next_table: numpy.typing.NDArray[numpy.uint64],
    values: numpy.typing.NDArray[numpy.float64],
    ends: numpy.typing.NDArray[numpy.int64],
) -> None: ...
def cheapest_plan(
    costs: numpy.typing.NDArray[numpy.float64],
    rows: numpy.typing.NDArray[numpy.float64],
    columns: numpy.typing.NDArray[numpy.float64],
    plan: numpy.typing.NDArray[numpy.float64],
) -> None: ...
def nuclear_norms(
    a: numpy.typing.NDArray[numpy.float64],
    b: numpy.typing.NDArray[numpy.float64],
    least: float,
    norms: numpy.typing.NDArray[numpy.float64],
) -> None: ...
def merge_cheapest(
    weights: numpy.typing.NDArray[numpy.float64],
    means: numpy.typing.NDArray[numpy.float64],
    covariances: numpy.typing.NDArray[numpy.float64],
    losses: int,
    owners: numpy.typing.NDArray[numpy.int64],
) -> None: ...

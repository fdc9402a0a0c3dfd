"""Chunks on several devices of this machine: rows are brought there, and stay as far as there is room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from numbers import Integral
from typing import Any, Self, final

import array_api_compat
import numpy as np

from mixfold.errors import InputError, MissingExtraError
from mixfold.executors.abstract import not_reached
from mixfold.executors.local import LocalExecutor
from mixfold.rows import IndexedSource, Known, Marks, Result, Rows, Source, usual_chunk_rows
from mixfold.segments import Segment
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array, IntArray

THREADS_OF_A_DEVICE = 2
"""So that one brings a chunk while what the other has brought is computed."""


@final
class DevicesExecutor:
    """Devices of PyTorch in this machine, each of which computes every so-manieth chunk.

    Rows from memory or from files are brought chunk by chunk: through memory that the system does not move, beside what
    is computed. As many chunks stay on their device as have room there; the others are brought again in each walk. The
    sums of chunks are added in the order of the rows, so that a fit has the same bits on any number of devices of one
    kind, and wherever its rows stay.

    Parameters
    ----------
    devices : sequence of str or torch.device, optional
        By default all GPUs that PyTorch sees.
    kept_bytes : int, optional
        Of the rows that stay on each device. By default half of what is free there, and on a processor all.

    Raises
    ------
    InputError
        If `devices` is no sequence or `kept_bytes` no number of bytes; and on entering, if PyTorch cannot use a device.

    Notes
    -----
    Rows already on one device need no executor: a fit of a tensor is computed where the tensor is.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.executors import DevicesExecutor
    >>> X = np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]])
    >>> two = DevicesExecutor(["cpu", "cpu"])  # or ["cuda:0", "cuda:1"]
    >>> np.sort(GaussianMixture(2, executor=two, random_state=0).fit(X).means_.ravel()).round(2)
    array([1., 9.])
    """

    def __init__(self, devices: Sequence[Any] | None = None, *, kept_bytes: int | None = None) -> None:
        if devices is not None and (isinstance(devices, str) or not isinstance(devices, Sequence)):
            message = f"`devices` must be a sequence of devices, got {devices!r}. Put it in a list: [{str(devices)!r}]."
            raise InputError(message)
        room: Any = kept_bytes
        if room is not None and (not isinstance(room, Integral) or int(room) < 0):
            message = (
                f"`kept_bytes` must be a whole number of bytes, 0 or more, got {room!r}. Give 0 to keep no rows on the "
                "devices, or leave it out."
            )
            raise InputError(message)
        self.devices, self.kept_bytes = devices, kept_bytes
        self._local = LocalExecutor()
        self._threads = self._local
        self._stack = ExitStack()
        self._placed: PlacedSource | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Give itself: a place is not copied with the estimator that names it."""
        return self

    @property
    def local(self) -> LocalExecutor:
        """The calling thread."""
        return self._local

    def reaches(self, source: Source) -> bool:
        """Rows of NumPy and PyTorch that come to this process."""
        return source.place is None and _is_brought(source.first)

    def placed(self, source: Source) -> PlacedSource:
        """Give rows as tensors on the devices; those of a source that it has are where they were."""
        if isinstance(source, PlacedSource):
            return source
        if self._placed is None or self._placed.source is not source:
            devices = _opened(self.devices)
            self._placed = PlacedSource(source, devices, tuple(_room(device, self.kept_bytes) for device in devices))
        return self._placed

    def each(self, function: Callable[[Rows], Result], source: Source) -> Iterator[Result]:
        """Yield ``function(chunk)`` for each chunk, in order; arrays come back to where the rows came from."""
        first = _ours(source).source.first
        for result in self._mapped(lambda _, chunk: function(chunk), source):
            yield _home(result, first)

    def sum(self, function: Callable[[int, Rows], Segment], source: Source) -> SufficientStatistics:
        """Give the total of ``function(first_chunk, run)``, each run a chunk."""
        return reduce(Segment.join, self._mapped(function, source), Segment(0, ())).total

    def _mapped(self, function: Callable[[int, Rows], Result], source: Source) -> Iterator[Result]:
        def one(item: tuple[int, Callable[[], Rows]]) -> Result:
            at, bring = item
            return function(at, bring())

        return self._threads.map(one, enumerate(_ours(source).coming()))

    def __enter__(self) -> Self:
        """Start the threads of each device."""
        threads = LocalExecutor(THREADS_OF_A_DEVICE * len(_opened(self.devices)))
        self._stack.enter_context(self._local)
        self._threads = self._stack.enter_context(threads)
        return self

    def __exit__(self, *exception: object) -> None:
        """End them, and let go of the rows."""
        self._placed, self._threads = None, self._local
        self._stack.close()


@final
@dataclass(frozen=True, slots=True)
class PlacedSource(IndexedSource):
    """Rows of another source as tensors on devices, which take turns.

    Attributes
    ----------
    source : Source
    devices : tuple of torch.device
    room : tuple of float
        Bytes of the rows that stay on each.
    kept : dict
        Chunks that are there, by their place in the order.
    first : tensor of shape (1, n_features)
        The first row, on the first device.
    chunk_rows : int
        As many as keep a device busy.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.executors import DevicesExecutor
    >>> from mixfold.sources import ArraySource
    >>> there = DevicesExecutor(["cpu", "cpu"]).placed(ArraySource(np.zeros((10_000, 2))))
    >>> [chunk.values.shape for chunk in there.chunks()]
    [torch.Size([8192, 2]), torch.Size([1808, 2])]
    """

    source: Source
    devices: tuple[Any, ...]
    room: tuple[float, ...]
    kept: dict[int, Rows] = field(default_factory=dict, init=False, repr=False, compare=False)
    first: Array = field(init=False, repr=False, compare=False)
    chunk_rows: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bring the first row."""
        first = brought([Rows(self.source.first)], self.devices[0]).values
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "chunk_rows", usual_chunk_rows(first, self.source.n_features))

    @property
    def origin(self) -> Source:
        """The source of which they are brought."""
        return self.source

    @property
    def marks(self) -> Marks:
        """Those of the rows, where they come from."""
        return self.source.marks

    @property
    def known(self) -> Known:
        """What is known of the rows where they come from."""
        return self.source.known

    @property
    def n_rows(self) -> int:
        """Number of rows N."""
        return self.source.n_rows

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return self.source.n_features

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Names of the features, where the data have any."""
        return self.source.feature_names

    def chunks(self) -> Iterator[Rows]:
        """Yield the rows in order, all of them on the first device."""
        for group in _regrouped(self.source.runs(), self.chunk_rows):
            yield brought(group, self.devices[0])

    def runs(self) -> Iterator[Rows]:
        """Yield single chunks."""
        return self.chunks()

    def coming(self) -> Iterator[Callable[[], Rows]]:
        """Yield for each chunk what brings it to its device, or finds it there; nothing is read where all are there."""
        n_chunks = -(-self.n_rows // self.chunk_rows)
        if len(self.kept) == n_chunks:
            yield from (partial(self.kept.__getitem__, at) for at in range(n_chunks))
            return
        width = self.n_features * self.first.itemsize
        left = [room - width * sum(self.kept[at].n for at in self._of(turn)) for turn, room in enumerate(self.room)]
        for at, group in enumerate(_regrouped(self.source.runs(), self.chunk_rows)):
            turn, size = at % len(self.devices), width * sum(run.n for run in group)
            stays = at in self.kept or size <= left[turn]
            left[turn] -= size if stays and at not in self.kept else 0
            yield partial(self._chunk, at, group, stays=stays)

    def _of(self, turn: int) -> list[int]:
        return [at for at in list(self.kept) if at % len(self.devices) == turn]

    def _chunk(self, at: int, group: Sequence[Rows], *, stays: bool) -> Rows:
        there = self.kept.get(at) or brought(group, self.devices[at % len(self.devices)])
        if stays:
            self.kept[at] = there
        return there

    def take(self, indices: IntArray) -> Rows:
        """Give rows where they come from: in one walk if they cannot be read one by one."""
        if isinstance(self.source, IndexedSource):
            return self.source.take(indices)
        found = []
        for run in self.source.runs():
            bounds = np.searchsorted(indices, (run.span.start, run.span.stop))
            at = indices[slice(*bounds)] - run.start
            found.append(Rows(run.values[at], run.marks.take(at)))
        return Rows.join(found)

    def with_marks(self, marks: Marks) -> Self:
        """Give the same rows with other marks."""
        return replace(self, source=self.source.with_marks(marks))

    def where(self, row: int) -> str:
        """Say where a row comes from."""
        return self.source.where(row)


def brought(group: Sequence[Rows], device: Any) -> Rows:
    """Bring neighbors to a device together, as tensors.

    Parameters
    ----------
    group : sequence of Rows
        Of NumPy or PyTorch.
    device : torch.device

    Returns
    -------
    rows : Rows
        Their strata, noise and links stay NumPy's.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from mixfold.executors.devices import brought
    >>> from mixfold.rows import Rows
    >>> brought([Rows(np.zeros((2, 1))), Rows(np.ones((1, 1)), start=2)], torch.device("cpu")).values.ravel()
    tensor([0., 0., 1.], dtype=torch.float64)
    """
    import torch  # noqa: PLC0415  (optional extra)

    values, marks = [run.values for run in group], Marks.join([run.marks for run in group])
    if array_api_compat.is_torch_array(values[0]):
        there = torch.cat(values).to(device)
    else:
        is_far, dtype = device.type == "cuda", torch.float32 if values[0].dtype == np.float32 else torch.float64
        shape = sum(len(part) for part in values), values[0].shape[1]
        staged = torch.empty(shape, dtype=dtype, pin_memory=is_far)
        np.concatenate(values, out=staged.numpy(), casting="same_kind")
        there = _over(staged, device) if is_far else staged.to(device)
    if marks.weights is not None:
        marks = replace(marks, weights=torch.as_tensor(marks.weights, dtype=there.dtype, device=device))
    return Rows(there, marks, group[0].start)


def _over(staged: Any, device: Any) -> Any:
    """Copy beside what the device computes, and wait for the copy alone."""
    import torch  # noqa: PLC0415  (optional extra)

    stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.stream(stream):
        there = staged.to(device, non_blocking=True)
    stream.synchronize()
    there.record_stream(torch.cuda.current_stream(device))
    return there


def _regrouped(runs: Iterator[Rows], n_rows: int) -> Iterator[list[Rows]]:
    """Cut runs into groups of neighbors that have `n_rows` rows together; the last may have fewer."""
    group: list[Rows] = []
    wanted = n_rows
    for run in runs:
        at = 0
        while at < run.n:
            group.append(run.cut(slice(at, min(at + wanted, run.n))))
            at, wanted = at + group[-1].n, wanted - group[-1].n
            if not wanted:
                yield group
                group, wanted = [], n_rows
    if group:
        yield group


def _is_brought(values: Array) -> bool:
    return isinstance(values, np.ndarray) or array_api_compat.is_torch_array(values)


def _ours(source: Source) -> PlacedSource:
    if not isinstance(source, PlacedSource):
        raise TypeError(not_reached(source, "one that `DevicesExecutor.placed` gave"))
    return source


def _opened(devices: Sequence[Any] | None) -> tuple[Any, ...]:
    try:
        import torch  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingExtraError("torch", "torch", "Computing on devices") from error
    if devices is None:
        devices = [f"cuda:{at}" for at in range(torch.cuda.device_count())]
    if not devices:
        message = "`devices` must name at least one device, got none; PyTorch sees no GPU. Leave the executor out."
        raise InputError(message)
    return tuple(map(_usable, devices))


def _usable(name: Any) -> Any:
    """Give a device on which PyTorch can make a tensor, and refuse any other."""
    import torch  # noqa: PLC0415  (optional extra)

    try:
        return torch.empty(0, device=torch.device(name)).device
    except (RuntimeError, AssertionError, TypeError, ValueError) as error:  # a build without CUDA asserts
        reason, n_gpus = str(error).partition("\n")[0], torch.cuda.device_count()
        message = (
            f"`devices` must name devices that PyTorch can use here, got {name!r} ({reason}). PyTorch sees {n_gpus} "
            "GPU(s). Name those 'cuda:0', 'cuda:1' and so on, or the processor 'cpu'."
        )
        raise InputError(message) from error


def _room(device: Any, kept_bytes: int | None) -> float:
    """Give how many bytes of rows stay on a device."""
    if kept_bytes is not None:
        return kept_bytes
    if device.type != "cuda":
        return np.inf
    import torch  # noqa: PLC0415  (optional extra)

    return int(torch.cuda.mem_get_info(device)[0]) // 2


def _home(result: Any, like: Array) -> Any:
    """Bring what was said of rows to where they came from."""
    if not array_api_compat.is_torch_array(result):
        return result
    return result.to(like.device) if array_api_compat.is_torch_array(like) else result.cpu().numpy()

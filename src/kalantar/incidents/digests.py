"""What, when and where of many rows as digests, by which the same row is known again (`rules.same_as` is one of them)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import rules
from .rows import TYPES


def digests(
    type_: np.ndarray,
    at: np.ndarray,
    lon: np.ndarray,
    lat: np.ndarray,
    place_text: pa.Array | None,
    external_ref: pa.Array | None,
) -> np.ndarray:
    """The digest of `rules.same_as` without its last step, for many rows."""
    marks = np.array([rules.text_mark(code) for code in TYPES], np.uint64)
    state = _mixed(marks[type_], at.astype(np.uint64))
    has = np.isfinite(lon)
    words_ = _text_marks(place_text, len(type_))
    x = np.rint(np.where(has, lon, 0) * 10_000).astype(np.int64).astype(np.uint64)
    y = np.rint(np.nan_to_num(np.where(has, lat, 0)) * 10_000).astype(np.int64).astype(np.uint64)
    state = _mixed(state, np.where(has, x, words_))
    state = _mixed(state, np.where(has, y, np.uint64(1 << 40)))
    return _mixed(state, _text_marks(external_ref, len(type_)))


def spelled(at: np.ndarray, same: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The text of `rules.same_as` for many rows, as bytes (S24)."""
    whole = np.empty((len(at), 12), np.uint8)
    whole[:, :4] = (at & 0xFFFFFFFF).astype(">u4").view(np.uint8).reshape(-1, 4)
    whole[:, 4:] = _mixed(same, times.astype(np.uint64)).astype(">u8").view(np.uint8).reshape(-1, 8)
    return np.frombuffer(whole.tobytes().hex().encode(), "S24")


def times_before(same: np.ndarray) -> np.ndarray:
    """How often the same digest stood before in the file: 0 for the first."""
    order = np.argsort(same, kind="stable")
    ordered = same[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    run = np.arange(len(same)) - np.repeat(starts, np.diff(np.append(starts, len(same))))
    times = np.empty(len(same), np.int64)
    times[order] = run
    return times


def _mixed(state: np.ndarray, value: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = state + np.uint64(0x9E3779B97F4A7C15) + value
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _text_marks(column: pa.Array | None, n: int) -> np.ndarray:
    if column is None:
        return np.zeros(n, np.uint64)
    encoded = pc.dictionary_encode(column)
    marks = np.array([rules.text_mark(text) for text in encoded.dictionary.to_pylist()] or [0], np.uint64)
    return marks[encoded.indices.to_numpy()]

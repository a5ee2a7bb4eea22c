"""A status -> Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version

from edge.monitoring.status import State, Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "edge_matting_"
_VERSION = version("edge-matting")


def exposition(status: Status) -> bytes:
    """All metrics; what is not known has no sample. Counters start anew with the service."""
    return "".join(line + "\n" for line in _lines(status)).encode()


def _lines(status: Status) -> Iterator[str]:
    yield from _family("info", "gauge", "Always 1; its labels tell version and engine.", {_info(status): 1})
    states = {_label("state", state.value): int(state is status.state) for state in State}
    yield from _family("state", "gauge", "1 for the state that the service is in.", states)
    yield from _family("build_progress_ratio", "gauge", "How far the engine is built, 0 to 1.", _known(status.progress))
    yield from _family("queue_photos", "gauge", "Photos seen waiting.", {"": status.queue})
    yield from _family("in_hand_photos", "gauge", "Photos being cut.", {"": status.in_hand})
    outcomes = {"cut": status.cut, "failed": status.failed, "no-person": status.no_person}
    photos = {_label("outcome", outcome): count for outcome, count in outcomes.items()}
    yield from _family("photos_total", "counter", "Photos that came to an end.", photos)
    yield from _family("removed_files_total", "counter", "Files that the retention removed.", {"": status.removed})
    yield from _family("removed_bytes_total", "counter", "Bytes that the retention gained.", {"": status.removed_bytes})
    hooks = {_label("hook", hook): count for hook, count in status.hooks_failed.items()}
    yield from _family("hooks_failed_total", "counter", "Photos that a hook was not told of in the end.", hooks)
    yield from _stages(status)
    yield from _family("memory_bytes", "gauge", "Memory in use.", _memory(status))
    yield from _family("temperature_celsius", "gauge", "The board's hottest zone.", _known(status.temperature))
    yield from _family("disk_free_bytes", "gauge", "Room left on the outbox's disk.", {"": status.disk_free})
    up = {_label("source", source.name): int(source.up) for source in status.sources}
    yield from _family("source_up", "gauge", "1 while photos can come from it: inbox readable, camera gives frames.", up)
    yield from _family("start_time_seconds", "gauge", "When the service started, since 1970.", {"": status.started})
    yield from _family("report_time_seconds", "gauge", "When these figures were taken, since 1970.", {"": status.updated})


def _stages(status: Status) -> Iterator[str]:
    """A summary without quantiles: rate(sum) / rate(count) is the mean time."""
    name = _PREFIX + "stage_seconds"
    if status.stages:
        yield f"# HELP {name} Time that each stage of a photo took."
        yield f"# TYPE {name} summary"
    for stage, total in status.stages.items():
        yield f"{name}_sum{_label('stage', stage)} {total.seconds!r}"
        yield f"{name}_count{_label('stage', stage)} {total.count}"


def _memory(status: Status) -> dict[str, float]:
    shares = {
        "supervisor": status.supervisor_bytes,
        "worker": status.worker_bytes,
        "gpu": status.gpu_bytes,
        **{source.name: source.memory for source in status.sources},
    }
    return {_label("process", process): share for process, share in shares.items() if share}


def _family(name: str, kind: str, words: str, samples: Mapping[str, float]) -> Iterator[str]:
    """samples: labels -> value."""
    if samples:
        yield f"# HELP {_PREFIX}{name} {words}"
        yield f"# TYPE {_PREFIX}{name} {kind}"
    yield from (f"{_PREFIX}{name}{labels} {value!r}" for labels, value in samples.items())


def _known(value: float | None) -> dict[str, float]:
    return {} if value is None else {"": value}


def _info(status: Status) -> str:
    return "{" + f"{_pair('version', _VERSION)},{_pair('engine', status.engine)}" + "}"


def _label(name: str, value: str) -> str:
    return "{" + _pair(name, value) + "}"


def _pair(name: str, value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{escaped}"'

"""The camera as a source. Its photos lie in the inbox, since they must not be lost; the hot folder is told of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from edge.camera.checks import check_camera, check_gstreamer
from edge.camera.manager import CameraManager
from edge.camera.messages import StartCamera
from edge.delivery.attempts import Attempts
from edge.engine.kind import engine_beside
from edge.fs.names import printable
from edge.intake.source import Input, Opened, Output, SourceContext, SourceKind
from edge.monitoring.events import CutFacts
from edge.monitoring.status import SourceStatus
from matting.errors import MattingError
from matting.model import default_model_dir


class CameraSource:
    """See `Source`; all that it does is to keep the camera's process running."""

    name = "camera"

    def __init__(self, context: SourceContext) -> None:
        config = context.config
        assert config.camera is not None
        engine = engine_beside(config.engine)  # the worker has the GPU to itself
        model = config.model or default_model_dir()
        folders = config.folders
        start = StartCamera(
            config.camera, folders.inbox, folders.state, engine, model, context.budget.threads, config.log_level
        )

        def taken(path: PurePosixPath) -> None:
            context.announced.append(path)
            context.events.tell("taken", printable(path))

        self._manager = CameraManager(start, context.selector, taken)
        context.snaps.append(self._manager.snap)
        context.live.append(self._manager.show)

    def poll(self, now: float) -> None:
        self._manager.poll(now)

    def take(self, now: float, priority: int) -> Input | None:
        return None

    def open(self, photo: Input) -> Opened | None:
        return None

    def deliver(self, photo: Input, outputs: Sequence[Output], facts: CutFacts) -> str | None:
        return None

    def refuse(self, photo: Input, error: MattingError, attempts: Attempts) -> bool:
        return False

    def retry(self, photo: Input, attempts: Attempts) -> None:
        return

    def wait(self, now: float, *, taking: bool) -> float:
        return 1.0

    def drained(self, now: float) -> bool:
        return True

    def status(self) -> SourceStatus:
        camera = self._manager
        return SourceStatus(self.name, words=camera.words, up=camera.flowing, memory=camera.memory)

    def close(self) -> None:
        self._manager.close()


KIND = SourceKind(
    CameraSource.name,
    lambda context: context.config.camera is not None and not context.once and not context.careful,
    CameraSource,
    {"gstreamer": check_gstreamer, "camera": check_camera},
)

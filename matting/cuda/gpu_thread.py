"""The thread that owns the GPU. Photos are handed in from any thread; it takes what waits, in batches where it can."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack

from matting.cuda.batch import Batches, DeviceNetwork, Finished, Task
from matting.cuda.device import Device
from matting.errors import EngineError, GpuLost
from matting.model import ModelSpec


def taken(waiting: int, batches: tuple[int, ...]) -> int:
    """How many of the photos that wait (at least one) go into the next run: the largest batch that they fill.

    Never more: nobody waits for company, and no run is spent on empty slots. batches: see `DeviceNetwork`.
    """
    return max(batch for batch in batches if batch <= waiting)


class GpuThread:
    """A photo that comes alone is begun at once; the more wait, the fuller the batch that is begun next."""

    def __init__(
        self, model: ModelSpec, open_device: Callable[[], Device], open_network: Callable[[Device], DeviceNetwork]
    ) -> None:
        """Start the thread, and in it open the device and the network.

        Raises:
            EngineError: either cannot be had.
        """
        self._model = model
        self._open = (open_device, open_network)
        self._bytes = 0
        self._waiting: deque[Task] = deque()
        self._changed = threading.Condition()
        self._end: EngineError | None = None
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="gpu", daemon=True)
        self._thread.start()
        ready.result()

    def submit(self, task: Task) -> Future[Finished]:
        """Hand in a photo; the future ends with it or with its error (MattingError).

        Raises:
            GpuLost: the GPU was lost earlier; EngineError: the GPU thread is closed.
        """
        with self._changed:
            if self._end is not None:
                raise self._end
            self._waiting.append(task)
            self._changed.notify()
        return task.answer

    @property
    def bytes(self) -> int:
        """Memory of the GPU and page-locked memory held for photos; the network's own comes on top."""
        return self._bytes

    def close(self) -> None:
        """Finish the batch under way, fail what waits, and give the GPU back."""
        self._stop(EngineError("the GPU is closed"))
        self._thread.join()

    def _run(self, ready: Future[None]) -> None:
        with ExitStack() as opened:
            try:
                work, batches = self._opened(opened)
            except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits for us
                ready.set_exception(error)
                return
            ready.set_result(None)
            try:
                while tasks := self._next(batches):
                    work.do(tasks)
                    self._bytes = work.bytes
            except GpuLost as error:
                self._stop(error)

    def _opened(self, opened: ExitStack) -> tuple[Batches, tuple[int, ...]]:
        open_device, open_network = self._open
        device = open_device()
        opened.callback(device.close)
        network = open_network(device)
        opened.callback(network.close)
        work = Batches(self._model, device, network)
        opened.callback(work.close)
        return work, network.batches

    def _next(self, batches: tuple[int, ...]) -> list[Task]:
        """The photos of the next run, at most as many as wait; none once the GPU thread ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._end is not None)
            if self._end is not None:
                return []
            return [self._waiting.popleft() for _ in range(taken(len(self._waiting), batches))]

    def _stop(self, error: EngineError) -> None:
        with self._changed:
            self._end = self._end or error
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify()
        for task in left:
            task.answer.set_exception(error)

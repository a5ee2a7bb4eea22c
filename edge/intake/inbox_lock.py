"""One service to an inbox, whatever state folder it has: a lock on the inbox itself."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from pathlib import Path

from edge.fs.identity import file_id

log = logging.getLogger(__name__)

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EBADF, errno.EINVAL)  # some network file systems


class InboxLock:
    """Held until `close`, or the end of the process. It follows the inbox when that is made anew, or its disk comes back."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._descriptor: int | None = None
        self._file_id: tuple[int, int] | None = None

    def hold(self) -> bool:
        """Whether it is ours now, or there is nothing to lock; False where another service has it."""
        found = file_id(self._inbox)
        if found is None or found == self._file_id:
            return True
        try:
            descriptor = os.open(self._inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:  # it has just gone
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(descriptor)
                raise
            log.warning("the inbox cannot be locked (%s): see that no second service is given it", error.strerror)
        self.close()
        self._descriptor, self._file_id = descriptor, found
        return True

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = self._file_id = None

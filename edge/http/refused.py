"""Why a request gets no cut-out. Each contract says it in its own shape; the status codes are the same in all."""

from __future__ import annotations

from http import HTTPStatus

from edge.http.messages import TOO_LATE

# The errors of `matting.errors` by name; a photo's own fault is 422 unless it is here.
_OF_ERRORS = {
    "PhotoTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "SettingsError": HTTPStatus.BAD_REQUEST,
    "OutputError": HTTPStatus.INSUFFICIENT_STORAGE,
    "EngineError": HTTPStatus.SERVICE_UNAVAILABLE,
    "GpuLost": HTTPStatus.SERVICE_UNAVAILABLE,
    "OutOfMemory": HTTPStatus.SERVICE_UNAVAILABLE,
    "CameraError": HTTPStatus.CONFLICT,
    "MattingError": HTTPStatus.INTERNAL_SERVER_ERROR,
    TOO_LATE: HTTPStatus.GATEWAY_TIMEOUT,
}
NO_PERSON = "NoPersonFound"
BUSY, STOPPING, BODY_TOO_LARGE, UNAUTHORIZED, FORBIDDEN, INVALID = (
    *("Busy", "Stopping", "BodyTooLarge", "Unauthorized", "Forbidden", "InvalidParameter"),
)


class Refused(Exception):
    """status: of HTTP. name: of the kind, as `matting.errors` or the names above have it. `str` is the sentence for a person.
    retry_after: seconds after which another try makes sense, None where none does. close: whether the connection ends."""

    def __init__(self, status: int, name: str, words: str, retry_after: int | None = None, *, close: bool = False) -> None:
        super().__init__(words)
        self.status, self.name, self.retry_after, self.close = int(status), name, retry_after, close

    @property
    def headers(self) -> dict[str, str]:
        after = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return {**after, "Connection": "close"} if self.close else after


class ClientGone(Exception):
    """Nobody is there any more to be answered."""


def of_error(name: str, words: str) -> Refused:
    """What the supervisor said of a photo. name: of the error's class."""
    status = _OF_ERRORS.get(name, HTTPStatus.UNPROCESSABLE_ENTITY)
    return Refused(status, name, words, 5 if status is HTTPStatus.SERVICE_UNAVAILABLE else None)


def busy() -> Refused:
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, BUSY, "too many photos are waiting: send it again in some seconds", 2)


def stopping() -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, STOPPING, "the service is stopping: send the photo again later", 10)


def too_late() -> Refused:
    return Refused(HTTPStatus.GATEWAY_TIMEOUT, TOO_LATE, "the photo was not cut in time: send it again later")


def body_too_large(limit: int) -> Refused:
    words = f"the body is larger than the {limit >> 20} MB that this machine takes"
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, BODY_TOO_LARGE, words)


def invalid(words: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, INVALID, words)

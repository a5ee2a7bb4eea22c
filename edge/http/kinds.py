"""Which servers there are: one for everything, and one for live pictures alone, where an address of their own is given."""

from __future__ import annotations

from edge.config.http import HttpOptions, written
from edge.config.http_keys import needs_key, read_key
from edge.config.load import ConfigError
from edge.http.messages import StartHttp
from edge.http.source import HttpSource
from edge.intake.source import SourceContext, SourceKind
from matting.photo import Limits


def _everything(context: SourceContext) -> HttpSource:
    http = context.config.http
    assert http is not None
    return HttpSource(context, _start(context, "http.listen", http, slots=context.budget.http_slots, live_only=False))


def _live(context: SourceContext) -> HttpSource:
    address = _live_address(context)
    assert address is not None
    return HttpSource(context, _start(context, "live.address", HttpOptions(address), slots=0, live_only=True))


def _start(context: SourceContext, setting: str, http: HttpOptions, *, slots: int, live_only: bool) -> StartHttp:
    return StartHttp(
        setting=setting,
        http=http,
        live_only=live_only,
        defaults=context.config.options,
        key=_key(http),
        slots=slots,
        body=Limits(pixels=context.budget.pixels).bytes,
        log_level=context.config.log_level,
    )


def _live_address(context: SourceContext) -> tuple[str, int] | None:
    camera = context.config.camera
    return None if camera is None or context.once or context.careful else camera.live.address


def _key(http: HttpOptions) -> str:
    """What requests must show; "" where nothing.

    Raises:
        ConfigError: the file of the key cannot be read, or holds none; or none is named, and the address needs one.
    """
    if http.key_file is None:
        if needs_key(http.listen):  # an address that no configuration has seen, such as the command line's
            raise ConfigError(
                f"{written(http.listen)} is open to other machines, which needs http.key_file in a configuration"
            )
        return ""
    try:
        return read_key(http.key_file.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"http.key_file {http.key_file}: {why}") from error


HTTP = SourceKind("http", lambda context: context.config.http is not None and not context.once, _everything)
LIVE = SourceKind("live", lambda context: _live_address(context) is not None, _live)

"""Which sources there are: those that come with the product, and those that plugins have registered."""

from __future__ import annotations

from edge.camera.source import KIND as CAMERA
from edge.http.kinds import HTTP, LIVE
from edge.intake.hotfolder_source import KIND as HOT_FOLDER
from edge.intake.source import SourceKind, registered_sources


def source_kinds() -> list[SourceKind]:
    """All of them. A camera stands before the hot folder, which takes its pictures in."""
    return [CAMERA, HTTP, LIVE, HOT_FOLDER, *registered_sources()]

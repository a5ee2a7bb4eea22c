"""A filter of photobooth-app 9.0.0 that cuts people out with the edge-matting of this machine.

photobooth-app mounts its own background before it filters, so that the new background comes from here.
"""

from __future__ import annotations

import logging

from photobooth.plugins import hookimpl
from photobooth.plugins.base_plugin import BaseFilter
from PIL import Image

from .config import EdgeMattingConfig
from .edge_matting_client import Colour, cut_or_original, cut_out

logger = logging.getLogger(__name__)

_FILTER = "cut_out"


class EdgeMatting(BaseFilter[EdgeMattingConfig]):
    """Its name is the module's, as photobooth-app looks for it."""

    def __init__(self) -> None:
        super().__init__()
        self._config: EdgeMattingConfig = EdgeMattingConfig()

    @hookimpl
    def mp_avail_filter(self) -> list[str]:
        return [self.unify(_FILTER)]

    @hookimpl
    def mp_userselectable_filter(self) -> list[str]:
        return [self.unify(_FILTER)] if self._config.add_userselectable_filter else []

    @hookimpl
    def mp_filter_pipeline_step(self, image: Image.Image, plugin_filter: str, preview: bool) -> Image.Image | None:
        """None where another plug-in's filter is asked for; the photo itself where it was not cut."""
        if self.deunify(plugin_filter) != _FILTER:
            return None
        config = self._config
        return cut_or_original(
            image,
            lambda: cut_out(image, config.url, key=config.key.get_secret_value(), seconds=config.timeout),
            self._background,
            logger.warning,
        )

    def _background(self) -> Colour | Image.Image:
        if self._config.background_file is None:
            return self._config.background_color.as_rgb_tuple(alpha=False)
        return Image.open(self._config.background_file)

"""What the admin page shows of this plug-in; it is kept in config/plugin_edge_matting.json."""

from __future__ import annotations

from typing import Annotated

from photobooth import CONFIG_PATH
from photobooth.services.config.baseconfig import BaseConfig
from photobooth.services.config.serializer import contextual_serializer_password
from pydantic import Field, FilePath, PlainSerializer, SecretStr
from pydantic_extra_types.color import Color
from pydantic_settings import SettingsConfigDict


class EdgeMattingConfig(BaseConfig):
    model_config = SettingsConfigDict(
        title="edge-matting Plugin Config",
        json_file=f"{CONFIG_PATH}plugin_edge_matting.json",
        env_prefix="edge-matting-",
    )

    url: str = Field(default="http://127.0.0.1:7000", description="Where edge-matting listens, its http.listen.")
    key: Annotated[SecretStr, PlainSerializer(contextual_serializer_password)] = Field(
        default=SecretStr(""), description="Its key, if it asks for one, as in its http.key_file."
    )
    timeout: float = Field(
        default=10.0, gt=0, le=120, description="Seconds to wait for a cut-out. After that the photo stays as it was taken."
    )
    background_color: Color = Field(default=Color("#ffffff"), description="What stands behind the person.")
    background_file: FilePath | None = Field(
        default=None,
        description="A picture that stands behind the person, instead of the colour. It lies in userdata/.",
        json_schema_extra={"list_api": "/api/admin/enumerate/userfiles"},
    )
    add_userselectable_filter: bool = Field(default=True, description="Whether guests may choose the filter in the gallery.")

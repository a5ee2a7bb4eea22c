"""remove.bg's clients as they are published, against the real service."""

from __future__ import annotations

import base64
import importlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import requests

from tests.edge.hot import portrait
from tests.edge.http.conftest import Served
from tests.edge.http.test_contracts import opened
from tests.edge.http.wheels import npm_package, unpacked

pytestmark = pytest.mark.slow

SIDE = 800


def test_the_client_of_pypi(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """removebg 0.04, unmodified."""
    monkeypatch.syspath_prepend(str(unpacked("removebg==0.04", tmp_path)))
    client = importlib.import_module("removebg.removebg")
    monkeypatch.setattr(client, "API_ENDPOINT", f"{served.url}/v1.0/removebg")
    photo, out = tmp_path / "a.jpg", tmp_path / "out.png"
    photo.write_bytes(portrait(SIDE))
    rmbg = client.RemoveBg("any key", str(tmp_path / "errors.log"))
    rmbg.remove_background_from_img_file(str(photo), bg_color="green")
    green = np.asarray(opened((tmp_path / "a.jpg_no_bg.png").read_bytes())).astype(int)
    assert green.shape == (500, 500, 3) and np.abs(green[1, 1] - (0, 128, 0)).max() < 6
    rmbg.remove_background_from_base64_img(base64.b64encode(portrait(SIDE)).decode(), size="4k", new_file_name=str(out))
    image = opened(out.read_bytes())
    assert (image.mode, image.size) == ("RGBA", (SIDE, SIDE))
    with pytest.raises(requests.HTTPError, match="400"):
        rmbg.remove_background_from_img_url("http://example.com/a.jpg")


CLIENT = """
const from = require.resolve("remove.bg");
const source = require("fs").readFileSync(from, "utf8").replace("https://api.remove.bg/v1.0/removebg", process.argv[2]);
const client = new (require("module"))(from, module);
client.filename = from;
client.paths = module.paths;
client._compile(source, from);
const api = client.exports, apiKey = "any key", path = process.argv[3];
const base64img = require("fs").readFileSync(path).toString("base64");
const wrong = (promise) => promise.then(() => "cut", (errors) => errors);
(async () => {
  const options = {apiKey, path, size: "full", scale: "50%", position: "0% 0%", outputFile: process.argv[4]};
  console.log(JSON.stringify({
    file: await api.removeBackgroundFromImageFile(options),
    base64: await api.removeBackgroundFromImageBase64({apiKey, base64img, crop: true, crop_margin: "10%"}),
    url: await wrong(api.removeBackgroundFromImageUrl({apiKey, url: "http://example.com/a.jpg"})),
    shadow: await wrong(api.removeBackgroundFromImageBase64({apiKey, base64img, add_shadow: true})),
  }));
})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_client_of_npm(served: Served, tmp_path: Path) -> None:
    """remove.bg 1.3.0, but for the one string that is its endpoint."""
    script, photo, out = tmp_path / "client.js", tmp_path / "a.jpg", tmp_path / "out.png"
    script.write_text(CLIENT)
    photo.write_bytes(portrait(SIDE))
    environment = {**os.environ, "NODE_PATH": str(npm_package("remove.bg@1.3.0", tmp_path))}
    command = ["node", str(script), f"{served.url}/v1.0/removebg", str(photo), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment)
    said = json.loads(done.stdout)
    assert opened(out.read_bytes()).size == (SIDE, SIDE)
    file = said["file"]
    assert file["base64img"] == base64.b64encode(out.read_bytes()).decode()
    assert (file["resultWidth"], file["detectedType"], file["creditsCharged"]) == (str(SIDE), "person", "0")
    assert opened(base64.b64decode(said["base64"]["base64img"])).mode == "RGBA"
    assert "offline" in said["url"][0]["title"] and "shadow" in said["shadow"][0]["title"]

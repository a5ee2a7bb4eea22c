"""Clients that others wrote, unmodified, against a real service of ours."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from tests.edge.hot import portrait
from tests.edge.http.client import connect
from tests.edge.http.conftest import Served
from tests.edge.http.wheels import unpacked

pytestmark = pytest.mark.slow

# A package without its __init__, which would want napari, Qt, or a hub of models.
_ALONE = """
import sys, types
sys.path.insert(0, {folder!r})
package = types.ModuleType({package!r})
package.__path__ = [{folder!r} + "/" + {package!r}]
sys.modules[{package!r}] = package
"""
_NAPARI = """
import numpy as np
from PIL import Image
from napari_rembg.segmentation_api_client import SegmentationAPIClient
client = SegmentationAPIClient(endpoint={url!r} + "/api/remove")
for model in ("u2net", "sam"):
    mask = client.predict_via_api(np.asarray(Image.open({photo!r})), model_name=model)
    Image.fromarray(mask * 255).save({folder!r} + f"/{{model}}.png")
"""
# Its module of local models, of which the client takes one function, wants the hub to be importable; nothing calls it.
_WITHOUTBG = """
hub = types.ModuleType("huggingface_hub")
hub.hf_hub_download = None
sys.modules["huggingface_hub"] = hub
from withoutbg.api import WithoutBGAPIClient
from withoutbg.exceptions import APIError
client = WithoutBGAPIClient(api_key="any", base_url={url!r})
client.remove_background({photo!r}).save({folder!r} + "/cut.png")
try:
    client.remove_background({empty!r})
except APIError as error:
    print(error)
"""
_PHP = """<?php
$handle = curl_init();
curl_setopt($handle, CURLOPT_URL, $argv[1]);
curl_setopt($handle, CURLOPT_POST, true);
curl_setopt($handle, CURLOPT_POSTFIELDS, ['file' => new \\CURLFile($argv[2], 'image/png', 'input.png')]);
curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
curl_setopt($handle, CURLOPT_TIMEOUT, 60);
$answer = curl_exec($handle);
fwrite(STDERR, (string) curl_getinfo($handle, CURLINFO_HTTP_CODE));
echo $answer;
"""
# What the booth's defaults make of its query (src/Rembg.php and RembgConfiguration.php, 2026): rembg takes no notice of it.
_BOOTH_QUERY = urlencode({"model": "u2net", "a": "true", "ab": 10, "ae": 10, "af": 240})


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    file.write_bytes(portrait(400, kind="PNG"))
    return file


def ran(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_cut(data: bytes) -> bool:
    image = Image.open(io.BytesIO(data))
    alpha = np.asarray(image)[..., 3]
    return (image.format, image.mode, image.size) == ("PNG", "RGBA", (400, 400)) and alpha[0, 0] == 0 and alpha.max() == 255


def test_napari_rembg(served: Served, tmp_path: Path, photo: Path) -> None:
    folder = str(unpacked("napari-rembg==0.0.7", tmp_path))
    alone = _ALONE.format(folder=folder, package="napari_rembg")
    ran(alone + _NAPARI.format(url=served.url, photo=str(photo), folder=folder))
    person, rest = (np.asarray(Image.open(tmp_path / f"{model}.png")) > 0 for model in ("u2net", "sam"))
    assert person.shape == (400, 400) and 0.1 < person.mean() < 0.9
    assert not (person & rest).any()  # of "sam" it takes what is 0


def test_withoutbg(served: Served, tmp_path: Path, photo: Path) -> None:
    folder = str(unpacked("withoutbg==1.3.0", tmp_path))
    empty = tmp_path / "empty.jpg"
    Image.new("RGB", (400, 300), (90, 120, 90)).save(empty)
    given = {"url": served.url, "photo": str(photo), "folder": folder, "empty": str(empty)}
    said = ran(_ALONE.format(folder=folder, package="withoutbg") + _WITHOUTBG.format(**given))
    assert is_cut((tmp_path / "cut.png").read_bytes())
    assert said.startswith("API request failed: ") and len(said) > len("API request failed: \n")  # our own sentence


def test_curl(served: Served, tmp_path: Path, photo: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for name, arguments in {
        "form": ["-F", f"file=@{photo}", f"{served.url}/api/remove"],
        "body": ["--data-binary", f"@{photo}", f"{served.url}/cut"],
        "pipe": ["-T", str(photo), "-X", "POST", "-H", "Transfer-Encoding: chunked", f"{served.url}/cut"],
        "waits": ["-H", "Expect: 100-continue", "-F", f"file=@{photo}", f"{served.url}/api/remove"],
    }.items():
        out = tmp_path / f"{name}.out"
        subprocess.run(["curl", "-sS", "--fail", "--noproxy", "*", "-o", str(out), *arguments], check=True, timeout=60)
        assert is_cut(out.read_bytes()), name


def test_php_photobooth_by_php_itself(served: Served, tmp_path: Path, photo: Path) -> None:
    """The calls that src/Rembg.php of PhotoboothProject/photobooth makes, in PHP's own curl."""
    php = shutil.which("php")
    if php is None or b"curl" not in subprocess.run([php, "-m"], capture_output=True, check=True).stdout.split():
        pytest.skip("PHP with curl is not installed (Debian: php-cli, php-curl); the raw request below stands for it")
    script = tmp_path / "request.php"
    script.write_text(_PHP)
    address = f"http://localhost:{served.port}/api/remove?{_BOOTH_QUERY}"
    done = subprocess.run([php, str(script), address, str(photo)], capture_output=True, timeout=90, check=True)
    assert done.stderr == b"200" and is_cut(done.stdout)


def test_php_photobooth_byte_for_byte(served: Served, photo: Path) -> None:
    """The same request as PHP 8.2 with libcurl 7.88 writes it on the socket: no User-Agent, and localhost as its host."""
    boundary = "------------------------d74496d66958873e"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="input.png"\r\nContent-Type: image/png\r\n\r\n'
    ).encode() + photo.read_bytes()
    body += f"\r\n--{boundary}--\r\n".encode()
    head = (
        f"POST /api/remove?{_BOOTH_QUERY} HTTP/1.1\r\nHost: localhost:{served.port}\r\nAccept: */*\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
    ).encode()
    with connect(served.port) as client:
        client.sendall(head + body)
        with client.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 200 ")
            length = 0
            while (line := answer.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert is_cut(answer.read(length))

"""Claim: a photo cut on the GPU looks as one cut on the CPU, and the network's alpha there is the CPU engine's."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from matting.cpu_work import CpuWork
from matting.cuda.gpu_thread import GpuThread
from matting.cuda.work import GpuWork
from matting.network_input import network_input
from matting.photo import Controls, Photo
from matting.pipeline import CutOut, cut
from matting.settings import Settings
from scripts.prove.gpu.setup import Bench, Section, photo

LEAST_PSNR = 40.0  # dB, as a new TensorRT engine must have
MOST_AWAY = 1e-3  # share of pixels more than 2 levels away, colours as they show


def prove(bench: Bench) -> Section:
    """The alpha of the network alone, then whole cut-outs."""
    section = Section("Network and cut-outs against the CPU")
    section.lines += [
        f"Network: {bench.network_name}.",
        "",
        "| Photo | Network's alpha, PSNR | Pixels more than 2 levels away |",
    ]
    section.lines.append("|---|---|---|")
    gpu_thread = GpuThread(bench.model, bench.open_device, bench.open_network)
    try:
        for number, (height, width) in enumerate(bench.sizes.compared):
            file = BytesIO()
            Image.fromarray(photo(height, width, number).rgb).save(file, "PNG", compress_level=0)
            settings = Settings(Controls(10, 1, 1.0))
            ours = cut(file.getvalue(), settings, GpuWork(gpu_thread))
            theirs = cut(file.getvalue(), settings, CpuWork(bench.engine, bench.model))
            away = float((np.abs(shown(ours) - shown(theirs)).max(axis=2) > 2).mean())
            alpha = psnr(bench, photo(height, width, number))
            section.lines.append(f"| {width}x{height} | {alpha:.1f} dB | {away:.1e} |")
            if alpha < LEAST_PSNR or away > MOST_AWAY:
                section.wrong.append(f"{width}x{height}: {alpha:.1f} dB, {away:.1e} of the pixels away")
    finally:
        gpu_thread.close()
    return section


def shown(result: CutOut) -> np.ndarray:
    """Colours times alpha: what lies under an alpha of 0 nobody sees."""
    pixels = np.asarray(Image.open(BytesIO(result.output))).astype(float)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels


def psnr(bench: Bench, one: Photo, batch: int = 1) -> float:
    """Of the network's alpha on the device against the CPU engine's, in dB: of the worst slot; 99 where they are equal."""
    tensor, _ = network_input(one, bench.model.input)
    expected = bench.engine.infer(tensor)
    device = bench.open_device()
    network = bench.open_network(device)
    try:
        given, out = device.allocate(batch * tensor.nbytes), device.allocate(batch * expected.nbytes)
        host, back = device.pinned(given.bytes), device.pinned(out.bytes)
        host.reshape(batch, -1)[:] = tensor.reshape(-1).view(np.uint8)
        device.upload(given, host)
        network.enqueue(batch, given.pointer, out.pointer, device.stream)
        device.download(back, out)
        device.synchronize()
        found = np.clip(back.view(np.float32).reshape(batch, *expected.shape).copy(), 0, 1)
        del host, back  # page-locked memory goes before its device
    finally:
        network.close()
        device.close()
    error = float(((found - expected) ** 2).mean(axis=(1, 2)).max())
    return min(99.0, -10 * np.log10(error)) if error else 99.0

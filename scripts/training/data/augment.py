"""What a camera, a lens and a codec do to a picture. All on uint8 H x W x 3 RGB; alpha is never touched here."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Random = np.random.Generator


def tone(photo: Pixels, random: Random) -> Pixels:
    """Exposure, contrast, gamma and a colour cast, as one look-up table; now and then extreme, now and then grey."""
    extreme = random.random() < 0.15
    gamma = np.exp(random.uniform(-0.9, 1.1) if extreme else random.normal(0, 0.18))
    gain = np.exp(random.uniform(-1.2, 0.7) if extreme else random.normal(0, 0.12))
    contrast = np.exp(random.normal(0, 0.15))
    cast = np.exp(random.normal(0, 0.06, 3))
    ramp = np.linspace(0, 1, 256)[:, None] ** gamma * gain * cast
    table = np.clip(((ramp - 0.5) * contrast + 0.5) * 255, 0, 255).astype(np.uint8)
    out = cv2.LUT(photo, table[None])
    if random.random() < 0.04:
        out = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return out.astype(np.uint8)


def blur(photo: Pixels, sigma: float) -> Pixels:
    """Gaussian blur, sigma in pixels."""
    return cv2.GaussianBlur(photo, (0, 0), sigma).astype(np.uint8)


def shake(photo: Pixels, random: Random) -> Pixels:
    """Motion blur: the camera moved along a straight line of 3 to 13 pixels while the shutter was open."""
    length = int(random.integers(1, 7)) * 2 + 1
    angle, middle = random.uniform(0, np.pi), length // 2
    kernel = np.zeros((length, length), np.float32)
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    first, last = (tuple(round(middle + sign * r) for r in reach) for sign in (-1, 1))
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA)
    return np.asarray(cv2.filter2D(photo, -1, kernel / kernel.sum()), np.uint8)


def noise(photo: Pixels, random: Random) -> Pixels:
    """Sensor noise of 2 to 12 grey levels; one small tile is repeated at a random phase, which is 10 times cheaper."""
    sigma = random.uniform(2, 12)
    tile = random.normal(0, sigma, (131, 131, 3)).astype(np.int16)
    height, width = photo.shape[:2]
    field = np.tile(tile, (height // 131 + 1, width // 131 + 1, 1))[:height, :width]
    out: Pixels = np.clip(photo + field, 0, 255).astype(np.uint8)
    return out


def jpeg(photo: Pixels, quality: int) -> Pixels:
    """There and back through JPEG."""
    _, data = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def degrade(photo: Pixels, random: Random) -> Pixels:
    """Any of the above, in the order in which a camera does them."""
    if random.random() < 0.12:
        photo = blur(photo, random.uniform(0.4, 1.3))
    elif random.random() < 0.08:
        photo = shake(photo, random)
    photo = tone(photo, random)
    if random.random() < 0.3:
        photo = noise(photo, random)
    if random.random() < 0.35:
        photo = jpeg(photo, int(random.integers(35, 95)))
    return photo


def harmonise(colours: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32], ground: Pixels, share: float) -> None:
    """Draw the person's mean colour towards the background's, in place, by a share of the way (0..1)."""
    small, weight = colours[::8, ::8], alpha[::8, ::8, None]
    mean = (small * weight).sum((0, 1)) / max(float(weight.sum()), 1e-3)
    goal = ground[::8, ::8].reshape(-1, 3).mean(0)
    colours *= np.clip(1 + share * (goal / np.maximum(mean, 8) - 1), 0.6, 1.5).astype(np.float32)


def alike(ground: Pixels, colours: npt.NDArray[np.float32], alpha: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The ground (H x W x 3) with its mean drawn onto that of the person's colours where alpha is partial: dark hair in
    a dark room, a white shirt before a white wall."""
    weight = (alpha * (1 - alpha))[::4, ::4, None]
    mean = (colours[::4, ::4] * weight).sum((0, 1)) / max(float(weight.sum()), 1e-3)
    gain = np.clip(np.maximum(mean, 6) / np.maximum(ground[::8, ::8].reshape(-1, 3).mean(0), 6), 0.15, 4)
    return np.asarray(np.clip(ground * gain, 0, 255), np.float32)

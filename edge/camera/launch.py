"""Source and options -> the command line of a GStreamer pipeline. A stage is an element with its properties."""

from __future__ import annotations

from edge.config.camera import CameraOptions, Flip
from edge.config.camera_source import CameraSource

Stage = list[str]

# The kernel ends the pipeline with us (a camera stays busy for as long as anybody holds it), and a crash ends it at
# once: gst-launch's own fault handler would keep the process, and the camera, for a debugger.
_LAUNCH = ("setpriv", "--pdeathsig", "KILL", "--", "gst-launch-1.0", "--quiet", "--no-fault")
_CSI_SIZE, _TEST_SIZE, _FPS = (1920, 1080), (1280, 720), 30
# videoflip's direction, and nvvidconv's number for the same.
_FLIPS: dict[Flip, tuple[str, int]] = {
    "none": ("identity", 0),
    "rotate-90": ("90r", 3),
    "rotate-180": ("180", 2),
    "rotate-270": ("90l", 1),
    "mirror": ("horiz", 4),
    "upside-down": ("vert", 6),
}


def feed(options: CameraOptions, source: CameraSource, *, jetson: bool) -> list[Stage]:
    """The pipeline from the camera to I420 pictures in GStreamer's data protocol, for `command` to write somewhere.

    jetson: with nvvidconv, which takes pictures out of the board's video memory, turned and converted on the way.
    """
    return [
        *_pictures(options, source),
        *_converted(options, source, jetson),
        *_cropped(options),
        _caps("video/x-raw,format=I420"),
        # Of a live source a picture that nobody fetched makes room for the next; a file goes by its clock instead.
        *([["queue", "leaky=downstream", "max-size-buffers=2"]] if source.live else []),
        ["gdppay"],
        ["fdsink", "fd=1", f"sync={'false' if source.live else 'true'}"],
    ]


def elements(stages: list[Stage]) -> list[str]:
    """The elements of a pipeline, each once."""
    return list(dict.fromkeys(stage[0] for stage in stages))


def command(stages: list[Stage]) -> list[str]:
    """The program and its arguments."""
    words: list[str] = []
    for stage in stages:
        words += ["!", *stage] if words else stage
    return [*_LAUNCH, *words]


def quoted(value: str) -> str:
    """A property's value in gst-launch's own syntax, whatever characters it has."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _pictures(options: CameraOptions, source: CameraSource) -> list[Stage]:
    """The camera in the mode that is asked for; what comes as JPEG or H.264 is decoded."""
    location = quoted(source.location)
    if source.kind == "csi":
        mode = _mode("video/x-raw(memory:NVMM)", options, _CSI_SIZE, _FPS)
        return [["nvarguscamerasrc", f"sensor-id={source.location}"], _caps(mode)]
    if source.kind == "test":
        mode = _mode("video/x-raw", options, _TEST_SIZE, _FPS)
        return [["videotestsrc", "is-live=true", f"pattern={source.location}"], _caps(mode)]
    if source.kind == "v4l2":
        # At high rates most USB cameras give JPEG only: the camera takes whichever of the two it has in this mode.
        modes = ";".join(_mode(kind, options, None, None) for kind in ("video/x-raw", "image/jpeg"))
        return [["v4l2src", f"device={location}"], _caps(modes), ["decodebin"]]
    if source.kind == "rtsp":
        return [["rtspsrc", f"location={location}", "latency=100"], _caps("application/x-rtp,media=video"), ["decodebin"]]
    return [["filesrc", f"location={location}"], ["decodebin"]]


def _caps(text: str) -> Stage:
    return ["capsfilter", f"caps={quoted(text)}"]


def _mode(kind: str, options: CameraOptions, size: tuple[int, int] | None, fps: int | None) -> str:
    """Caps of a kind, in the options' size and rate, else in these."""
    if options.width is not None and options.height is not None:
        size = options.width, options.height
    fps = options.fps or fps
    caps = [kind] + ([f"width={size[0]},height={size[1]}"] if size else []) + ([f"framerate={fps}/1"] if fps else [])
    return ",".join(caps)


def _converted(options: CameraOptions, source: CameraSource, jetson: bool) -> list[Stage]:
    """To plain memory, turned; in the rate and size asked for, where the source could not be told."""
    direction, number = _FLIPS[options.flip]
    rate = [] if source.chooses_mode or not options.fps else [["videorate", "drop-only=true", f"max-rate={options.fps}"]]
    if jetson and source.kind != "test":
        return [*rate, ["nvvidconv", f"flip-method={number}"], _caps("video/x-raw,format=I420"), *_scaled(options, source)]
    turn = [] if options.flip == "none" else [["videoflip", f"video-direction={direction}"]]
    return [*rate, ["videoconvert"], *turn, *_scaled(options, source)]


def _scaled(options: CameraOptions, source: CameraSource) -> list[Stage]:
    if source.chooses_mode or options.width is None or options.height is None:
        return []
    width, height = (options.height, options.width) if options.turned else (options.width, options.height)
    return [["videoscale"], _caps(f"video/x-raw,width={width},height={height},pixel-aspect-ratio=1/1")]


def _cropped(options: CameraOptions) -> list[Stage]:
    """From the left and top that are told; right and bottom follow from the size that is left."""
    if options.crop is None:
        return []
    left, top, width, height = options.crop
    crop = ["videocrop", f"left={left}", f"top={top}", "right=-1", "bottom=-1"]
    return [crop, _caps(f"video/x-raw,width={width},height={height}")]

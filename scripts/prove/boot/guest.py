"""A virtual machine of which a root shell can be asked, and whose power can be cut."""

from __future__ import annotations

import select
import socket
import subprocess
import time
from pathlib import Path
from uuid import uuid4


class GuestError(Exception):
    """The guest did not do, or not in time, what it was asked for."""


class Guest:
    """disk: as scripts/prove/boot/image makes it, with its companions; what is written stays in it. The console goes to
    `console`."""

    def __init__(self, disk: Path, console: Path) -> None:
        self._disk, self._console, self._monitor = disk, console, disk.with_name("monitor")
        self._heard, self._plugged = b"", False
        self._process: subprocess.Popen[bytes] | None = None

    def boot(self, seconds: float = 300, root: str = "rw") -> None:
        """Until its shell answers. root: rw or ro. The USB disk is not plugged in."""
        command = [
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "2", "-m", "2048",
            "-no-reboot", "-display", "none", "-net", "none",
            "-kernel", f"{self._disk}.kernel", "-initrd", f"{self._disk}.initrd",
            "-append", f"console=ttyS0 root=/dev/vda {root} quiet", "-drive", f"file={self._disk},if=virtio,format=raw",
            "-drive", f"file={self._disk}.state,if=virtio,format=raw",
            "-device", "qemu-xhci,id=usb", "-monitor", f"unix:{self._monitor},server=on,wait=off",
            "-blockdev", f"driver=raw,node-name=stick,file.driver=file,file.filename={self._disk}.usb",
            "-chardev", f"file,id=console,path={self._console},append=on", "-serial", "chardev:console", "-serial", "stdio",
        ]  # fmt: skip
        self._heard, self._plugged = b"", False
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        end = time.monotonic() + seconds
        while True:
            try:
                self.ask("true", 10)  # from here on without prompts
                self._heard = b""
                return
            except GuestError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise

    def ask(self, script: str, seconds: float = 120) -> str:
        """What the shell command prints. Raises GuestError when it fails or takes longer."""
        assert self._process is not None and self._process.stdin is not None
        mark = uuid4().hex
        # The mark is put together by the shell, so that no echo of the line can be taken for the answer.
        line = f"PS1= PS2=; ( {script}\n) 2>&1 </dev/null; printf '%s%s %d.\\n' {mark[:16]} {mark[16:]} $?\n"
        self._process.stdin.write(line.encode())
        said = self._until(mark.encode(), seconds, script)
        code = int(self._until(b".", 10, script).strip().decode())
        if code != 0:
            raise GuestError(f"{script}\nended with {code}:\n{said.decode(errors='replace')}")
        return said.decode(errors="replace").replace("\r", "").strip()

    def wait(self, condition: str, seconds: float = 120) -> None:
        """Until the shell command succeeds. It is asked once a second: the guest's processors are slow, and wanted."""
        # On a machine that has other work each look takes longer than that.
        script = f"for i in $(seq {int(seconds)}); do if {condition}; then exit 0; fi; sleep 1; done; exit 1"
        self.ask(script, seconds * 6 + 60)

    def cut_power(self) -> None:
        """At once: what the guest did not write to its disk is lost."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def plug(self) -> None:
        """The USB disk is put in, unless it is."""
        if not self._plugged:
            self._order("device_add usb-storage,id=plugged,bus=usb.0,drive=stick")
            self._plugged = True

    def unplug(self) -> None:
        """The USB disk is pulled out, whatever is being written."""
        self._order("device_del plugged")
        self._plugged = False

    def _order(self, command: str) -> None:
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self._monitor))
            monitor.settimeout(10)
            said = monitor.recv(4096)
            monitor.sendall(f"{command}\n".encode())
            while said.count(b"(qemu)") < 2:
                said += monitor.recv(4096)
        if b"Error" in said:
            raise GuestError(said.decode(errors="replace"))

    def _until(self, mark: bytes, seconds: float, script: str) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        end = time.monotonic() + seconds
        while mark not in self._heard:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise GuestError(
                    f"{script}\ndid not end within {seconds:.0f} s: {self._heard[-2000:].decode(errors='replace')}"
                )
            data = self._process.stdout.read(65536)
            if not data:
                raise GuestError(f"the machine went off during: {script}")
            self._heard += data
        before, self._heard = self._heard.split(mark, 1)
        return before

"""The demonstration as a stranger starts it, and people in a real browser."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Demo:
    """A running demonstration; `address` is where its pages are."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        self.address = ""
        self.port = random.SystemRandom().randrange(23_000, 31_000)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it as `make demo` does and waits for the address it prints."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DATAROOM_")}
        with open(self.log, "ab") as out:
            begin = out.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dataroom", "demo", "--folder", str(self.folder), "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        end = time.monotonic() + 400
        while time.monotonic() < end:
            said = self.log.read_text(errors="replace")[begin:]
            found = re.search(r"open at\s+(http://\S+)", said)
            if found:
                self.address = found.group(1)
                return
            if self._process.poll() is not None:
                raise AssertionError(f"the demonstration ended: {said[-2000:]}")
            time.sleep(0.2)
        raise AssertionError("the demonstration did not start in time")

    def stop(self) -> int:
        """Presses Ctrl-C and waits."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(60)


class Person:
    """Somebody at a browser of their own. `complaints` are what its console said against the page."""

    def __init__(self, browser: Browser, address: str, mail: str, name: str) -> None:
        self.address, self.name = address, name
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._sign_in(mail, name)

    def _heard(self, message: ConsoleMessage) -> None:
        expected = any(status in message.text for status in ("403", "404", "409", "410", "422"))
        if message.type == "error" and not expected:
            self.complaints.append(message.text)

    def step_up(self) -> None:
        """Confirms at the company, where the browser was sent, and comes back to the form."""
        expect(self.page.get_by_role("heading", name="Confirm who you are")).to_be_visible()
        self.page.get_by_role("button", name=re.compile(self.name)).first.click()
        expect(self.page.get_by_text("What you had entered is still here")).to_be_visible(timeout=20_000)

    def _sign_in(self, mail: str, name: str) -> None:
        self.page.goto(self.address)
        self.page.get_by_label("Work e-mail address").fill(mail)
        self.page.get_by_role("button", name="Continue").click()
        self.page.get_by_role("button", name=re.compile(name)).first.click()
        self.page.wait_for_url(self.address + "/**")

    def open(self, path: str) -> Page:
        """Goes to a path of the service."""
        self.page.goto(self.address + path)
        return self.page

    def confirm(self, button: str) -> None:
        """Says yes in the page's own dialogue."""
        self.page.get_by_role("dialog").get_by_role("button", name=button).click()


@contextmanager
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=_chromium(), args=SWITCHES)
        yield made
        made.close()


def _chromium() -> str:
    for name in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"):
        if Path(name).exists():
            return name
    raise AssertionError("The browser test needs Chromium: apt-get install chromium")

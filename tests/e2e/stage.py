"""The stage of the story: the demonstration, the people in it, and what one scene leaves for the next."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Download

from tests.e2e.room import Demo, Person

PEOPLE = {
    "ada": ("ada.quill@aldermoor.example", "Ada Quill"),
    "bram": ("bram.oakes@aldermoor.example", "Bram Oakes"),
    "cleo": ("cleo.hart@aldermoor.example", "Cleo Hart"),
    "carl": ("carl.ives@aldermoor.example", "Carl Ives"),
    "pia": ("pia.strand@borealis.example", "Pia Strand"),
    "paolo": ("paolo.neri@cassini.example", "Paolo Neri"),
}


@dataclass
class Story:
    """The stage and what earlier scenes left for later ones."""

    demo: Demo
    chromium: Browser
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    matter: str = ""
    document: str = ""
    redaction: str = ""

    def person(self, name: str) -> Person:
        """Somebody of the cast, signed in at a browser of their own."""
        if name not in self.people:
            self.people[name] = Person(self.chromium, self.demo.address, *PEOPLE[name])
        return self.people[name]

    def shot(self, name: str, title: str) -> None:
        """A picture of what somebody sees, where one was asked for (`SCREENSHOTS` names a folder)."""
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            for width in (1440, 390):
                page = self.person(name).page
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{folder}/{title}-{width}.png", full_page=True)
            page.set_viewport_size({"width": 1440, "height": 900})


def saved(download: Download, folder: Path) -> Path:
    """A downloaded file on disk."""
    path = folder / download.suggested_filename
    download.save_as(path)
    return path

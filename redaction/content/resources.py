"""The resources of one output stream: only what is used, under fresh names."""

import re
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Dictionary

GIVEN = re.compile(rb"/[FXGCPS][0-9]+")
PREFIX = {
    "/Font": "F",
    "/XObject": "X",
    "/ExtGState": "G",
    "/ColorSpace": "C",
    "/Pattern": "P",
    "/Shading": "S",
}


@dataclass
class Names:
    """Gives every used resource a name in its category."""

    given: dict[str, dict[object, tuple[str, pikepdf.Object]]] = field(default_factory=dict)

    def name(self, category: str, key: object, target: pikepdf.Object) -> bytes:
        """The name (with its slash) under which `target` is listed; the same key gives the same name."""
        entries = self.given.setdefault(category, {})
        if key not in entries:
            entries[key] = (f"/{PREFIX[category]}{len(entries) + 1}", target)
        return entries[key][0].encode()

    def fixed(self, name: str, target: pikepdf.Object) -> None:
        """List a colour space under a fixed name (the Default spaces)."""
        self.given.setdefault("/ColorSpace", {})[name] = (name, target)

    def dictionary(self, content: bytes | None = None) -> pikepdf.Dictionary:
        """The /Resources dictionary; with the content, of the names that stand in it (and the fixed ones)."""
        used = None if content is None else {name.decode() for name in GIVEN.findall(content)}
        result = Dictionary()
        for category, entries in self.given.items():
            listed = {
                name: target for key, (name, target) in entries.items() if used is None or name in used or key == name
            }
            if listed:
                result[category] = Dictionary(listed)
        return result

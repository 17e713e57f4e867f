"""Optional content: which layers a reader sees by default. Hidden ones are removed, never merely kept hidden."""

from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary


@dataclass
class Layers:
    """The default view of a document's layers. Groups are known by their object number."""

    base_on: bool = True
    on: set[tuple[int, int]] = field(default_factory=set)
    off: set[tuple[int, int]] = field(default_factory=set)

    def visible(self, layer: object) -> bool:
        """Whether content of a group or membership dictionary is seen; what is unclear is not."""
        if not isinstance(layer, Dictionary):
            return True
        kind = str(layer.get("/Type", "/OCG"))
        if kind == "/OCMD":
            return self._member(layer)
        if layer.objgen in self.off:
            return False
        return self.base_on or layer.objgen in self.on

    def _member(self, layer: pikepdf.Object) -> bool:
        rule = layer.get("/VE")
        if isinstance(rule, Array):
            return self._rule(rule, 0)
        groups = layer.get("/OCGs")
        listed = list(groups) if isinstance(groups, Array) else [groups]
        states = [self.visible(group) for group in listed if isinstance(group, Dictionary)]
        if not states:
            return True
        policy = str(layer.get("/P", "/AnyOn"))
        if policy == "/AllOn":
            return all(states)
        if policy == "/AnyOff":
            return not all(states)
        if policy == "/AllOff":
            return not any(states)
        return any(states)

    def _rule(self, rule: object, depth: int) -> bool:
        if isinstance(rule, Dictionary):
            return self.visible(rule)
        if not isinstance(rule, Array) or not len(rule) or depth > 10:
            return False
        parts = [self._rule(part, depth + 1) for part in list(rule)[1:]]
        word = str(rule[0])
        if word == "/Not" and len(parts) == 1:
            return not parts[0]
        if word == "/And":
            return all(parts)
        return word == "/Or" and any(parts)


def read_layers(root: pikepdf.Object) -> Layers:
    """The layers of a document catalog in their default configuration."""
    properties = root.get("/OCProperties")
    config = properties.get("/D") if isinstance(properties, Dictionary) else None
    if not isinstance(config, Dictionary):
        return Layers()
    layers = Layers(base_on=str(config.get("/BaseState", "/ON")) != "/OFF")
    for key, group in (("/ON", layers.on), ("/OFF", layers.off)):
        listed = config.get(key)
        if isinstance(listed, Array):
            group.update(item.objgen for item in listed if isinstance(item, Dictionary))
    return layers

"""What a reader is told of the whole document: the caller's title and a plain language code. Nothing else is said."""

import re
from dataclasses import dataclass

LANGUAGES = frozenset(
    "aa ab af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es "
    "et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg "
    "ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl "
    "nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv "
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
"""The codes of ISO 639-1."""
TAG = re.compile(r"([A-Za-z]{2})(?:-([A-Za-z]{2}))?")


@dataclass(frozen=True)
class Front:
    """The title and the language the result states; empty where it states none."""

    title: str = ""
    language: str = ""


NO_FRONT = Front()


def language_of(text: str) -> str:
    """A language of the list, with a country of two letters where one is given; empty for everything else, so that no
    tag of somebody's own making is taken over."""
    match = TAG.fullmatch(text)
    if match is None or match.group(1).lower() not in LANGUAGES:
        return ""
    return match.group(1).lower() + (f"-{match.group(2).upper()}" if match.group(2) else "")

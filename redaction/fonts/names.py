"""Names of fonts that are not embedded: only those of well-known families pass, others become a standard font."""

import re

FAMILIES = [
    "Arial",
    "Helvetica",
    "HelveticaNeue",
    "Times",
    "TimesNewRoman",
    "Courier",
    "CourierNew",
    "CourierStd",
    "Symbol",
    "ZapfDingbats",
    "Verdana",
    "Georgia",
    "Tahoma",
    "Calibri",
    "Cambria",
    "Garamond",
    "Palatino",
    "PalatinoLinotype",
    "Trebuchet",
    "TrebuchetMS",
    "Wingdings",
    "Webdings",
    "ComicSansMS",
    "Impact",
    "LucidaConsole",
    "Consolas",
    "BookAntiqua",
    "BookmanOldStyle",
    "CenturyGothic",
    "CenturySchoolbook",
    "NewCenturySchlbk",
    "MyriadPro",
    "Myriad",
    "MinionPro",
    "Minion",
    "SegoeUI",
    "Univers",
    "Optima",
    "Futura",
    "AvantGarde",
    "Bookman",
    "HeiseiMin",
    "HeiseiKakuGo",
    "STSong",
    "STSongStd",
    "MSung",
    "MSungStd",
    "MHei",
    "HYSMyeongJo",
    "HYSMyeongJoStd",
    "HYGothic",
    "KozMinPro",
    "KozMinPr6N",
    "KozGoPro",
    "KozGoPr6N",
    "MSMincho",
    "MSGothic",
    "MSPMincho",
    "MSPGothic",
    "SimSun",
    "SimHei",
    "MingLiU",
    "PMingLiU",
    "Batang",
    "Gulim",
    "AdobeSongStd",
    "AdobeMingStd",
    "AdobeMyungjoStd",
    "AdobeHeitiStd",
]
STYLE = "Bold|Italic|Oblique|Roman|Regular|Medium|Light|Black|Narrow|Condensed|Acro|W3|W5|W9|MT|PS|Demi|Book|Semibold"
KNOWN = re.compile(rf"(?:{'|'.join(sorted(FAMILIES, key=len, reverse=True))})(?:[-,]?(?:{STYLE}))*")
FIXED, SERIF, ITALIC, FORCE_BOLD = 1, 2, 64, 1 << 18


def safe_name(stated: str, flags: int) -> str:
    """A font name that cannot carry anything of the document."""
    bare = _bare(stated)
    if KNOWN.fullmatch(bare):
        return bare
    bold = "Bold" in bare or bool(flags & FORCE_BOLD)
    italic = "Italic" in bare or "Oblique" in bare or bool(flags & ITALIC)
    if flags & FIXED:
        return "Courier" + {(0, 0): "", (1, 0): "-Bold", (0, 1): "-Oblique", (1, 1): "-BoldOblique"}[bold, italic]
    if flags & SERIF:
        return "Times-" + {(0, 0): "Roman", (1, 0): "Bold", (0, 1): "Italic", (1, 1): "BoldItalic"}[bold, italic]
    return "Helvetica" + {(0, 0): "", (1, 0): "-Bold", (0, 1): "-Oblique", (1, 1): "-BoldOblique"}[bold, italic]


def is_known(stated: str) -> bool:
    """Whether a font name is one of a well-known family."""
    return KNOWN.fullmatch(_bare(stated)) is not None


def _bare(stated: str) -> str:
    return re.sub(r"^[A-Z]{6}\+", "", stated.lstrip("/")).replace(" ", "")

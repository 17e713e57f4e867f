"""The bounds of one run. A document past a bound is refused by name, never cut short."""

from .errors import Refused

MAX_INPUT_BYTES = 512 * 1024 * 1024
MAX_PAGES = 5_000
MAX_OBJECTS = 500_000
MAX_STREAM_BYTES = 256 * 1024 * 1024
MAX_TOTAL_BYTES = 1024 * 1024 * 1024
MAX_OPERATORS = 20_000_000
MAX_IMAGE_PIXELS = 120_000_000
MAX_DEPTH = 24
MAX_MARKS = 20_000
MAX_TILES = 2_500
MAX_PATH_POINTS = 5_000_000
MAX_RENDER_PIXELS = 40_000_000


def hold(name: str, amount: int, most: int) -> None:
    """Refuse with the code `too-<name>` when `amount` is more than `most`."""
    if amount > most:
        raise Refused(f"too-{name}", f"The document is past a bound of the engine: {name}, at most {most}.")

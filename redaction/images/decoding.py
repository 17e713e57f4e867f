"""From an image stream to samples: generic filters first, then the picture codec, if any."""

import zlib
from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name
from PIL import Image

from ..errors import Refused
from ..limits import MAX_IMAGE_PIXELS, MAX_STREAM_BYTES, hold

SHORT = {
    "/A85": "/ASCII85Decode",
    "/AHx": "/ASCIIHexDecode",
    "/Fl": "/FlateDecode",
    "/LZW": "/LZWDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
GENERIC = {"/ASCII85Decode", "/ASCIIHexDecode", "/FlateDecode", "/LZWDecode", "/RunLengthDecode"}
PICTURES = {"/DCTDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/JPXDecode"}


def size_of(image: pikepdf.Stream) -> tuple[int, int]:
    """Width and height in samples."""
    try:
        width, height = int(image.Width), int(image.Height)
    except (AttributeError, TypeError, ValueError) as error:
        raise Refused("image-data", "A picture does not say how large it is.") from error
    if width < 1 or height < 1:
        raise Refused("image-data", "A picture is empty.")
    hold("many-pixels", width * height, MAX_IMAGE_PIXELS)
    return width, height


def filters_of(stream: pikepdf.Stream) -> list[tuple[str, pikepdf.Object | None]]:
    """The filters of a stream with their parameters, in decoding order."""
    stated, parms = stream.get("/Filter"), stream.get("/DecodeParms")
    names = list(stated) if isinstance(stated, Array) else ([] if stated is None else [stated])
    extra = list(parms) if isinstance(parms, Array) else [parms]
    extra += [None] * len(names)
    pairs = [(SHORT.get(str(n), str(n)), p) for n, p in zip(names, extra, strict=False)]
    return [(name, parm if isinstance(parm, Dictionary) else None) for name, parm in pairs]


def unwrapped(stream: pikepdf.Stream) -> tuple[bytes, str | None, pikepdf.Object | None]:
    """The data with generic filters undone, the picture filter left (or None) and its parameters."""
    filters = filters_of(stream)
    special = filters[-1] if filters and filters[-1][0] in PICTURES else None
    plain = filters[:-1] if special else filters
    if any(name not in GENERIC for name, _ in plain):
        raise Refused("image-filter", "A picture uses a filter that is not supported.")
    raw = stream.read_raw_bytes()
    if plain:
        with pikepdf.new() as scratch:
            inner = pikepdf.Stream(scratch, raw)
            inner.Filter = Array([Name(name) for name, _ in plain])
            if any(parm is not None for _, parm in plain):
                inner.DecodeParms = Array([_plain_parms(parm) for _, parm in plain])
            try:
                raw = inner.read_bytes()
            except (pikepdf.PdfError, zlib.error) as error:
                raise Refused("image-data", "A picture is damaged.") from error
    hold("many-bytes", len(raw), MAX_STREAM_BYTES)
    return raw, special[0] if special else None, special[1] if special else None


def _plain_parms(parm: pikepdf.Object | None) -> pikepdf.Object | None:
    kept = Dictionary()
    for key in ("/Predictor", "/Colors", "/BitsPerComponent", "/Columns", "/EarlyChange"):
        if parm is not None and isinstance(parm.get(key), int):
            kept[key] = parm[key]
    return kept if len(kept) else None


def bilevel(data: bytes, name: str, parms: pikepdf.Object | None, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The samples of a CCITT or JBIG2 picture as True for 1, by PDFium."""
    width, height = size
    with pikepdf.new() as scratch:
        scratch.add_blank_page(page_size=(100, 100))
        image = pikepdf.Stream(scratch, data)
        image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, width, height
        image.ColorSpace, image.BitsPerComponent, image.Filter = Name.DeviceGray, 1, Name(name)
        if parms is not None:
            image.DecodeParms = _picture_parms(parms, scratch)
        page = scratch.pages[0]
        page.Resources = Dictionary(XObject=Dictionary(I=scratch.make_indirect(image)))
        page.Contents = scratch.make_stream(b"100 0 0 100 0 0 cm /I Do")
        out = BytesIO()
        scratch.save(out)
    return _pdfium_samples(out.getvalue(), size)


def _pdfium_samples(document: bytes, size: tuple[int, int]) -> NDArray[np.bool_]:
    pdf = pypdfium2.PdfDocument(document)
    try:
        objects = [item for item in pdf[0].get_objects() if isinstance(item, pypdfium2.PdfImage)]
        samples = objects[0].get_bitmap().to_numpy() if objects else np.zeros((0, 0), np.uint8)
        grey = np.array(samples if samples.ndim == 2 else samples[:, :, 0])
    except pypdfium2.PdfiumError as error:
        raise Refused("image-data", "A fax picture cannot be decoded.") from error
    finally:
        pdf.close()
    if grey.shape != (size[1], size[0]):
        raise Refused("image-data", "A fax picture cannot be decoded.")
    return grey > 127


FAX = ("/K", "/Columns", "/Rows", "/BlackIs1", "/EncodedByteAlign", "/EndOfLine", "/EndOfBlock")


def _picture_parms(parms: pikepdf.Object, owner: pikepdf.Pdf) -> pikepdf.Object:
    kept = fax_parms(parms)
    shared = parms.get("/JBIG2Globals")
    if isinstance(shared, pikepdf.Stream):
        kept.JBIG2Globals = owner.make_stream(shared.read_bytes())
    return kept


def fax_parms(parms: pikepdf.Object | None) -> pikepdf.Dictionary:
    """The allowed decoding parameters of a fax picture."""
    kept = Dictionary()
    for key in FAX:
        if parms is not None and isinstance(parms.get(key), bool | int):
            kept[key] = parms[key]
    return kept


def wavelet(data: bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The samples of a JPEG 2000 picture as (height, width, components) of 8 bits."""
    try:
        picture = Image.open(BytesIO(data))
        picture.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused("image-data", "A JPEG 2000 picture cannot be decoded.") from error
    if picture.size != size or picture.mode not in ("L", "RGB", "CMYK"):
        raise Refused("image-filter", "A JPEG 2000 picture has an unusual form.")
    samples = np.array(picture, dtype=np.uint8)
    return samples.reshape(size[1], size[0], -1)


def wavelet_without_notes(data: bytes) -> bytes:
    """A JPEG 2000 file with only the boxes that decoding needs."""
    if data[:4] == b"\xff\x4f\xff\x51":
        return data
    parts: list[bytes] = []
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        elif size == 0:
            size = len(data) - position
        if size < 8:
            raise Refused("image-data", "A JPEG 2000 picture is damaged.")
        if kind in (b"jP  ", b"ftyp", b"jp2h", b"jp2c"):
            parts.append(data[position : position + size])
        position += size
    return b"".join(parts)

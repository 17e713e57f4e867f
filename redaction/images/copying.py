"""Copying an image stream into the output, untouched or with polygons of it wiped."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pikepdf
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name

from ..errors import Refused
from ..geometry import Polygon
from ..graphics.colours import components_of, copy_colours
from ..graphics.copier import Copier, is_bool, is_whole, numbers
from . import jpeg
from .decoding import bilevel, fax_parms, filters_of, size_of, unwrapped, wavelet, wavelet_without_notes
from .masks import blanked, blocks, hole_mask, region, touched
from .packed import tight

WAVELET_MARGIN = 16
JPEG_NOISE = 12
SLANTED_MARGIN = 2.0
MaskCopy = Callable[[pikepdf.Stream], pikepdf.Object]


@dataclass
class Source:
    """An image stream opened to its picture codec. `components` counts samples a pixel, `bits` bits a sample."""

    stream: pikepdf.Stream
    size: tuple[int, int]
    data: bytes
    codec: str | None
    parms: pikepdf.Object | None
    stencil: bool
    components: int
    bits: int


def _opened(image: pikepdf.Stream, resources: pikepdf.Object | None) -> Source:
    size = size_of(image)
    return _stated(image, size, unwrapped(image), resources)


def _stated(
    image: pikepdf.Stream,
    size: tuple[int, int],
    content: tuple[bytes, str | None, pikepdf.Object | None],
    resources: pikepdf.Object | None,
) -> Source:
    data, codec, parms = content
    stencil = _is_true(image, "/ImageMask")
    bits = 1 if stencil else int(image.get("/BitsPerComponent", 8))
    if codec in ("/CCITTFaxDecode", "/JBIG2Decode"):
        bits = 1
    if bits not in (1, 2, 4, 8, 16):
        raise Refused("image-data", "A picture has an impossible number of bits.")
    space = image.get("/ColorSpace")
    if stencil:
        components = 1
    elif space is None:
        components = 0 if codec == "/JPXDecode" else 1
    else:
        components = components_of(space, resources)
    return Source(image, size, data, codec, parms, stencil, components, bits)


def clean_copy(image: pikepdf.Stream, copier: Copier, resources: pikepdf.Object | None) -> pikepdf.Object:
    """A copy with the same samples and none of the other data. Raises Refused "image-filter", "image-data"."""
    target = _packed_copy(image, copier, resources)
    if target is None:
        target = _plain_copy(image, copier, resources)
    _add_masks(image, target, lambda mask: clean_copy(mask, copier, resources))
    return target


def _packed_copy(image: pikepdf.Stream, copier: Copier, resources: pikepdf.Object | None) -> pikepdf.Object | None:
    """A copy whose samples stay packed as they are, None where they have to be written anew."""
    if [name for name, _ in filters_of(image)] != ["/FlateDecode"]:
        return None
    source = _stated(image, size_of(image), (b"", None, None), resources)
    packed = tight(image, source.size, (source.components, source.bits))
    if packed is None:
        return None
    target = _frame(source, copier, resources)
    _store(target, packed[0], Name.FlateDecode, packed[1])
    return target


def _plain_copy(image: pikepdf.Stream, copier: Copier, resources: pikepdf.Object | None) -> pikepdf.Object:
    source = _opened(image, resources)
    target = _frame(source, copier, resources)
    if source.codec is None:
        _store(target, _exact(source))
    elif source.codec == "/DCTDecode":
        _store(target, jpeg.stripped(source.data), Name.DCTDecode, _transform(source.parms))
    elif source.codec == "/JPXDecode":
        _store(target, wavelet_without_notes(source.data), Name.JPXDecode)
    elif source.codec == "/CCITTFaxDecode":
        _store(target, source.data, Name.CCITTFaxDecode, fax_parms(source.parms))
    else:
        samples = bilevel(source.data, source.codec, source.parms, source.size)
        _store(target, np.packbits(samples, axis=1).tobytes())
    return target


def wiped_copy(
    image: pikepdf.Stream, holes: list[Polygon], copier: Copier, resources: pikepdf.Object | None
) -> tuple[pikepdf.Object, tuple[float, float, float, float] | None]:
    """A copy with polygons (unit square of the image, origin bottom left) overwritten.

    Also returns the box really overwritten, in the unit square; None when no sample was touched.
    """
    source = _opened(image, resources)
    target = _frame(source, copier, resources)
    mask = hole_mask(holes, source.size, SLANTED_MARGIN)
    if source.codec == "/DCTDecode":
        data, mask = jpeg.wiped(jpeg.stripped(source.data), mask)
        adobe = b"\xff\xee\x00\x0eAdobe" in source.data[:4096]
        _store(target, data, Name.DCTDecode, None if adobe else _transform(source.parms))
    elif source.codec == "/JPXDecode":
        mask = blocks(mask, WAVELET_MARGIN, WAVELET_MARGIN)
        _store_wavelet(target, source, mask)
    elif source.codec is not None:
        samples = bilevel(source.data, source.codec, source.parms, source.size)
        samples[mask] = _blank(source)
        _store(target, np.packbits(samples, axis=1).tobytes())
    else:
        _store(target, _overwritten(source, mask))
    _add_masks(image, target, lambda inner: wiped_copy(inner, holes, copier, resources)[0])
    return target, touched(mask)


def _blank(source: Source) -> bool:
    """The stencil sample that paints nothing."""
    decode = source.stream.get("/Decode")
    return not (isinstance(decode, Array) and len(decode) and float(decode[0]) == 1) if source.stencil else False


def _exact(source: Source) -> bytes:
    width, height = source.size
    size = -(-width * source.components * source.bits // 8) * height
    return source.data[:size].ljust(size, b"\0")


def _overwritten(source: Source, mask: NDArray[np.bool_]) -> bytes:
    width, height = source.size
    rows = np.frombuffer(_exact(source), dtype=np.uint8).reshape(height, -1).copy()
    if source.bits >= 8:
        step = source.components * source.bits // 8
        blanked(rows.reshape(height, width, step), mask)
        return rows.tobytes()
    held = region(mask)
    if held is not None:
        tall = held[0]
        bits = np.unpackbits(rows[tall], axis=1)
        wide = np.repeat(mask[tall], source.components * source.bits, axis=1)
        bits[:, : wide.shape[1]][wide] = 1 if _blank(source) else 0
        rows[tall] = np.packbits(bits, axis=1)
    return rows.tobytes()


def _store_wavelet(target: pikepdf.Object, source: Source, mask: NDArray[np.bool_]) -> None:
    if int(source.stream.get("/SMaskInData", 0)):
        raise Refused("image-filter", "A JPEG 2000 picture carries its own transparency.")
    samples = wavelet(source.data, source.size)
    count = samples.shape[2]
    if source.components not in (0, count):
        raise Refused("image-filter", "A JPEG 2000 picture has an unusual form.")
    blanked(samples, mask)
    if source.components == 0:
        target.ColorSpace = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}[count]
    target.BitsPerComponent = 8
    _store(target, samples.tobytes())


def _frame(source: Source, copier: Copier, resources: pikepdf.Object | None) -> pikepdf.Object:
    image = source.stream
    new = copier.out.make_stream(b"")
    new.Type, new.Subtype = Name.XObject, Name.Image
    new.Width, new.Height = source.size
    if source.stencil:
        new.ImageMask = True
    else:
        space = image.get("/ColorSpace")
        if space is not None:
            new.ColorSpace = copy_colours(space, copier, resources)
        if source.codec != "/JPXDecode":
            new.BitsPerComponent = source.bits
            if space is None:
                new.ColorSpace = Name.DeviceGray
    decode = image.get("/Decode")
    if isinstance(decode, Array) and numbers(decode) is not None:
        new.Decode = Array(list(decode))
    if _is_true(image, "/Interpolate"):
        new.Interpolate = True
    if str(image.get("/Intent", "")) in (
        "/Perceptual",
        "/RelativeColorimetric",
        "/Saturation",
        "/AbsoluteColorimetric",
    ):
        new.Intent = Name(str(image.Intent))
    if source.codec == "/JPXDecode" and int(image.get("/SMaskInData", 0)) in (1, 2):
        new.SMaskInData = int(image.SMaskInData)
    return new


def _add_masks(image: pikepdf.Stream, target: pikepdf.Object, copy: MaskCopy) -> None:
    for key in ("/SMask", "/Mask"):
        mask = image.get(key)
        if isinstance(mask, pikepdf.Stream):
            if "/SMask" in mask or isinstance(mask.get("/Mask"), pikepdf.Stream):
                raise Refused("image-data", "The mask of a picture has a mask of its own.")
            target[key] = copy(mask)
            matte = mask.get("/Matte")
            if key == "/SMask" and isinstance(matte, Array):
                target[key].Matte = Array([float(value) for value in matte])
        elif key == "/Mask" and isinstance(mask, Array) and numbers(mask) is not None:
            target.Mask = Array(list(mask))


def _is_true(image: pikepdf.Object, key: str) -> bool:
    value: object = image.get(key)
    return is_bool(value) and bool(value)


def _transform(parms: pikepdf.Object | None) -> pikepdf.Dictionary | None:
    value = parms.get("/ColorTransform") if parms is not None else None
    return Dictionary(ColorTransform=value) if is_whole(value) else None


def _store(
    target: pikepdf.Object,
    data: bytes,
    name: pikepdf.Name | None = None,
    parms: pikepdf.Dictionary | None = None,
) -> None:
    if name is None:
        target.write(data)
    elif parms is not None and len(parms):
        target.write(data, filter=name, decode_parms=parms)
    else:
        target.write(data, filter=name)


def is_flat(image: pikepdf.Stream, holes: list[Polygon], resources: pikepdf.Object | None) -> bool:
    """Whether the samples under the holes, and those of the image's masks, all have one value."""
    source = _opened(image, resources)
    mask = hole_mask(holes, source.size)
    masks = [image.get(key) for key in ("/SMask", "/Mask")]
    if not all(is_flat(item, holes, resources) for item in masks if isinstance(item, pikepdf.Stream)):
        return False
    if not mask.any():
        return True
    width, height = source.size
    if source.codec == "/DCTDecode":
        samples = jpeg.samples(source.data)
        return bool((samples[mask].max(axis=0).astype(int) - samples[mask].min(axis=0) <= JPEG_NOISE).all())
    if source.codec == "/JPXDecode":
        samples = wavelet(source.data, source.size)
        return bool((samples[mask] == samples[mask][0]).all())
    if source.codec is not None:
        flags = bilevel(source.data, source.codec, source.parms, source.size)[mask]
        return bool((flags == flags[0]).all())
    rows = np.frombuffer(_exact(source), dtype=np.uint8).reshape(height, -1)
    bits = np.unpackbits(rows, axis=1)[:, : width * source.components * source.bits]
    cells = bits.reshape(height, width, source.components * source.bits)[mask]
    return bool((cells == cells[0]).all())

"""Content streams cut into instructions: by one regular expression, or by pikepdf's parser where that is not sure.

An instruction is (operator, operands): the operands are bytes in the syntax of a content stream, without comments.
A whole path with its painting operator is one instruction, `PATH`, whose operands hold everything but the painting
operator. An inline image is (`INLINE`, pikepdf's instruction). The expression must match the stream from its first
byte to its last and meet known operators only; otherwise the stream is parsed by pikepdf and written out in the
same form (ISO 32000-2, 7.2, 7.3 and 7.8.2).
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from .writing import num

Instruction = tuple[bytes, Any]
PATH, INLINE = b"path", b"inline image"

OPERATORS = frozenset(
    b"b B b* B* BDC BMC BT BX c cm CS cs d d0 d1 Do DP EMC ET EX f F f* G g gs h i j J K k l m M MP n q Q re RG rg "
    b"ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \"".split()
)
SPACE = rb"[\t\n\f\r ]"
NUMBER = rb"[+-]?(?:[0-9]{1,12}+(?:\.[0-9]{0,12}+)?+|\.[0-9]{1,12}+)(?=[\0\t\n\f\r /\[\]<(])"
REGULAR = rb"[^\0-\x20\x7f-\xff()<>\[\]{}/%#]*+"
NAME = rb"/" + REGULAR + rb"(?:#[2-7][0-9A-Fa-f]" + REGULAR + rb")*+"
LITERAL = rb"\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\))*+\)"
HEXADECIMAL = rb"<[0-9A-Fa-f\0\t\n\f\r ]*+>"
LIST = rb"\[(?:" + SPACE + rb"++|" + NUMBER + rb"|" + LITERAL + rb"|" + HEXADECIMAL + rb"|" + NAME + rb")*+\]"
ENTRIES = rb"<<(?:" + SPACE + rb"++|" + NUMBER + rb"|" + LITERAL + rb"|" + HEXADECIMAL + rb"|" + NAME + rb"|" + LIST
ENTRIES += rb"|[0-9.]++(?=>)|true|false|null)*+>>"
OPERAND = rb"(?:" + b"|".join((NAME, LITERAL, LIST, HEXADECIMAL, ENTRIES, NUMBER)) + rb")"
SPACED = rb"(?:" + NUMBER + SPACE + rb"++)"
PIECE = rb"(?:h|" + SPACED + rb"{2}(?:[ml]|" + SPACED + rb"{2}(?:re|[vy]|" + SPACED + rb"{2}c)))" + SPACE + rb"++"
EDGE = rb"(?![^\0\t\n\f\r /\[<(%])"
PAINT = rb"(?:W\*?" + SPACE + rb"++)?(?:[fBb]\*?|[FSsn])" + EDGE
INSTRUCTION = re.compile(
    rb"(?:" + SPACE + rb"++|%[^\r\n]*+(?=[\r\n]))*+"
    rb"(?:(" + SPACED + rb"*+(?>((?:m|re)" + SPACE + rb"++)(?:" + PIECE + rb")*+|(?:" + OPERAND + SPACE + rb"*+)*+))"
    rb"((?(2)(?:" + PAINT + rb")?+|[A-Za-z'\"][A-Za-z0-9*]*+" + EDGE + rb"))"
    rb"|(?:" + SPACE + rb"++|%[^\r\n]*+)*+\Z|(.++))",
    re.DOTALL,
)
"""Operands, whether they are a path, the operator (none for a path that is not painted); or all the rest, where it is
not sure."""
EITHER = re.compile(rb"(" + LITERAL + rb"|" + HEXADECIMAL + rb")", re.DOTALL)
STRING = re.compile(rb"(" + LITERAL + rb")|(" + HEXADECIMAL + rb")", re.DOTALL)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n?", re.DOTALL)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


def instructions(stream: pikepdf.Object) -> list[Instruction]:
    """The instructions of a page or a stream. Raises what pikepdf raises for content it cannot parse."""
    data = _content(stream)
    found = None if data is None else tiled(data)
    return parsed(stream) if found is None else found


def _content(stream: pikepdf.Object) -> bytes | None:
    """The decoded bytes; those of a page's several streams joined, as a token may not reach over."""
    if isinstance(stream, Stream):
        return stream.read_bytes()
    listed = stream.get("/Contents")
    if isinstance(listed, Stream):
        return listed.read_bytes()
    if isinstance(listed, Array) and all(isinstance(part, Stream) for part in listed):
        return b"\n".join([part.read_bytes() for part in listed])
    return None


def tiled(data: bytes) -> list[Instruction] | None:
    """The instructions by the regular expression; None when it does not cover every byte surely."""
    found: list[Instruction] = []
    add, known = found.append, OPERATORS
    for operands, path, operator, rest in INSTRUCTION.findall(data):
        if path:
            found += ((PATH, (operands, operator)),) if operator else _unpainted(operands)
        elif operator in known:
            add((operator, operands))
        elif operator or rest:
            return None
    return found


def _unpainted(path: bytes) -> list[Instruction]:
    """The operators of a path one by one."""
    found: list[Instruction] = []
    operands: list[bytes] = []
    for word in path.split():
        if word.isalpha():
            found.append((word, b" ".join(operands)))
            operands = []
        else:
            operands.append(word)
    return found


def parsed(stream: pikepdf.Object) -> list[Instruction]:
    """The instructions by pikepdf's parser, operands written out again."""
    found: list[Instruction] = []
    for instruction in pikepdf.parse_content_stream(stream):
        operator = str(instruction.operator)
        if operator == "INLINE IMAGE":
            found.append((INLINE, instruction))
        else:
            found.append((operator.encode("latin-1", "replace"), _written(instruction.operands)))
    return found


def _written(operands: Iterable[object]) -> bytes:
    return b" ".join(_operand(operand) for operand in operands)


def _operand(value: object) -> bytes:
    if value is None:
        return b"null"
    if isinstance(value, bool | int | float | Decimal):
        return num(value)
    if isinstance(value, pikepdf.String):
        return b"<" + bytes(value).hex().encode() + b">"
    if isinstance(value, Array):
        return b"[" + _written(value) + b"]"
    if isinstance(value, Name | Dictionary):
        return value.unparse()
    raise ValueError("an operand of an unknown kind")


def key_of(name: bytes) -> str:
    """The key a name is listed under in a dictionary."""
    if b"#" in name or not name.isascii():
        return str(pikepdf.Object.parse(name))
    return name.decode()


def string_of(raw: bytes) -> bytes:
    """What a string in brackets or in hexadecimal says."""
    if raw[:1] == b"(":
        inner = raw[1:-1]
        return ESCAPE.sub(_unescaped, inner) if b"\\" in inner or b"\r" in inner else inner
    digits = raw[1:-1].translate(None, b"\0\t\n\f\r ")
    return bytes.fromhex((digits + b"0" if len(digits) % 2 else digits).decode())


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match.group(1)
    if code is None:
        return b"\n"
    if code[:1].isdigit() and code[0] < 0x38:
        return bytes((int(code, 8) & 0xFF,))
    return ESCAPED.get(code, code)

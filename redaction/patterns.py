"""Built-in patterns for what often has to go: personal identifiers, accounts, amounts and rates.

Every pattern works on a page's folded text (one space for any white space, words of a broken line joined) and is made
of bounded parts, so that its time grows with the text alone. Numbers that carry check digits are checked: IBAN by
ISO 7064 mod 97-10 and the length of its country, card numbers by Luhn. A pattern proposes; it decides nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Span = tuple[int, int]

_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18,
    "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26,
    "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip
_CURRENCIES = "EUR|USD|GBP|CHF|JPY|CNY|RMB|KRW|SEK|NOK|DKK|PLN|CZK|INR|AUD|CAD|SGD|TWD|HKD"
_NAMED = "euros?|dollars?|pounds?(?: sterling)?|francs?|yen|yuan|renminbi"
_NUMBER = r"[0-9]{1,3}(?:[., '’][0-9]{3}){0,5}(?:[.,][0-9]{1,4})?(?![0-9])|[0-9]{1,15}(?:[.,][0-9]{1,4})?"
_SCALE = r"(?: ?(?:thousand|million|billion|mn|bn|mio\.?|mrd\.?|[kKmM](?![A-Za-z])))?"
_UNIT = (
    r"(?: ?(?:per|a|an|each|/) ?"
    r"(?:unit|device|handset|panel|piece|product|vehicle|copy|user|seat|subscriber|licence|license|set|chip))"
)
_ONES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|half|quarter"
_AMOUNT = rf"(?:{_NUMBER}){_SCALE}"
_SIGN = rf"(?:(?:{_CURRENCIES})(?![A-Za-z])|US\$|[€$£¥])"
_AFTER = rf"(?:[€£¥$]|(?:{_CURRENCIES}|{_NAMED})(?![A-Za-z]))"
_MONEY = rf"(?<![A-Za-z0-9]){_SIGN} ?{_AMOUNT}|(?<![A-Za-z0-9.,]){_AMOUNT} ?{_AFTER}"
_PERCENT = r"(?: ?[%‰]| (?:percent|per cent|per mille|percentage points?|basis points?|Prozent|bps?)(?![A-Za-z]))"


@dataclass(frozen=True)
class Pattern:
    """A pattern by its stable `id`, its name for a person, and `find`: the places [start, stop) in a text."""

    id: str
    label: str
    find: Callable[[str], Iterator[Span]]


def _matches(
    expression: str, *, group: int = 0, holds: Callable[[str], bool] = lambda text: True
) -> Callable[..., Iterator[Span]]:
    compiled = re.compile(expression, re.IGNORECASE if group else 0)

    def find(text: str) -> Iterator[Span]:
        for match in compiled.finditer(text):
            if holds(match[group]):
                yield match.span(group)

    return find


def _digits(text: str) -> str:
    return "".join(char for char in text if "0" <= char <= "9")


def passes_luhn(number: str) -> bool:
    """Whether the last digit of a number is its Luhn check digit."""
    total = 0
    for place, char in enumerate(reversed(number)):
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def passes_mod97(iban: str) -> bool:
    """Whether an IBAN without spaces has its country's length and the right check digits."""
    if _IBAN_LENGTHS.get(iban[:2]) != len(iban):
        return False
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def _card(text: str) -> bool:
    number = _digits(text)
    return 13 <= len(number) <= 19 and len(set(number)) > 1 and passes_luhn(number)


def _phone(text: str) -> bool:
    number = _digits(text)
    return 8 <= len(number) <= 15 and len(set(number)) > 2


def _ibans(text: str) -> Iterator[Span]:
    for head in re.finditer(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?= ?[A-Z0-9])", text):
        wanted, stop, taken = _IBAN_LENGTHS.get(head[0][:2], 0), head.end(), head[0]
        while len(taken) < wanted and stop < len(text):
            if text[stop] == " " and text[stop - 1] != " ":
                stop += 1
                continue
            if not ("0" <= text[stop] <= "9" or "A" <= text[stop] <= "Z"):
                break
            taken, stop = taken + text[stop], stop + 1
        if wanted and not text[stop : stop + 1].isalnum() and passes_mod97(taken):
            yield head.start(), stop


_PHONES = (
    r"(?<![\w+.,/-])(?:"
    r"(?:\+|00)[1-9][0-9]{0,2}[ .\-/‐]?(?:\(0?[0-9]{0,4}\)[ .\-/‐]?)?[0-9]{1,5}(?:[ .\-/‐]?[0-9]{2,5}){1,4}"
    r"|\(?[2-9][0-9]{2}\)?[ .\-‐][0-9]{3}[ .\-‐][0-9]{4}"
    r"|\(?0[1-9][0-9]{1,4}\)?[ /\-‐][0-9]{3,8}(?:[ \-‐][0-9]{2,5}){0,3}"
    r")(?![\w%])(?![.,][0-9])"
)

PATTERNS: Mapping[str, Pattern] = {
    pattern.id: pattern
    for pattern in (
        Pattern(
            "email",
            "E-mail address",
            _matches(
                r"(?<![\w.+-])[\w+-][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6}\.[A-Za-z]{2,24}(?![\w-])"
            ),
        ),
        Pattern("phone", "Telephone number", _matches(_PHONES, holds=_phone)),
        Pattern("iban", "Bank account (IBAN)", _ibans),
        Pattern(
            "account",
            "Account number",
            _matches(
                r"(?<![a-z])(?:account|acct|a/c|konto|kontonummer|compte|deposit)\.?"
                r"(?: ?(?:no|nr|number|nummer|num)\b\.?)?"
                r" ?[:#]? ?([0-9][0-9 .\-/]{4,26}[0-9])(?![0-9a-z])",
                group=1,
            ),
        ),
        Pattern(
            "card",
            "Payment card number",
            _matches(r"(?<![0-9A-Za-z.,-])[2-6][0-9](?:[ -]?[0-9]){11,17}(?![0-9A-Za-z])", holds=_card),
        ),
        Pattern(
            "ssn",
            "Social security number (US)",
            _matches(
                r"(?<![0-9A-Za-z-])(?!000|666|9[0-9]{2})[0-9]{3}([- ‐])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9A-Za-z-])"
            ),
        ),
        Pattern(
            "passport",
            "Passport or identity card number",
            _matches(
                r"(?<![a-z])(?:passport|reisepass|passeport|pasaporte|personalausweis|identity card|id card)"
                r"(?: ?(?:no|nr|number|nummer|num[eé]ro)\b\.?)? ?[:#]? ?"
                r"((?=[a-z]{0,3}[0-9])[a-z0-9]{6,10})(?![a-z0-9])",
                group=1,
            ),
        ),
        Pattern("money", "Amount of money", _matches(_MONEY)),
        Pattern(
            "rate",
            "Royalty rate or percentage",
            _matches(
                rf"(?<![A-Za-z0-9.,])[0-9]{{1,5}}(?:[.,][0-9]{{1,4}})?{_PERCENT}"
                rf"|(?:{_MONEY}){_UNIT}(?![A-Za-z])"
                rf"|\b(?:{_ONES})(?: and (?:a|one|three) (?:half|quarters?))? (?:percent|per cent)(?![A-Za-z])"
            ),
        ),
    )
}

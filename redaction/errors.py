"""The errors of the redaction library.

Every refusal has a short stable `code` and a sentence; nothing in either repeats the contents of the document.
"""


class RedactionError(Exception):
    """Base of everything this library raises on purpose."""


class Refused(RedactionError):
    """The document or the plan asks for something that is not understood, so nothing was written.

    `code` is a short stable name such as "encrypted"; `str(error)` is a sentence for a person.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class VerificationFailed(RedactionError):
    """The result was made and did not pass its own checks; it was thrown away.

    `failures` holds the names of the checks that failed, with their detail.
    """

    def __init__(self, failures: tuple[tuple[str, str], ...]) -> None:
        names = ", ".join(name for name, _ in failures)
        super().__init__(f"The redacted document did not pass verification: {names}.")
        self.failures = failures

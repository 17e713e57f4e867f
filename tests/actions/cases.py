"""Every case, by the name of its action."""

from __future__ import annotations

from tests.actions import cases_accounts, cases_documents, cases_matters, cases_redactions, cases_retention
from tests.actions.case import Case

EVERY: tuple[Case, ...] = (
    *cases_matters.CASES,
    *cases_documents.CASES,
    *cases_redactions.CASES,
    *cases_retention.CASES,
    *cases_accounts.CASES,
)
CASES: dict[str, Case] = {case.action: case for case in EVERY}

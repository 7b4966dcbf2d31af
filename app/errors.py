"""Every failure a person may see: what was found, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class Text:
    """One sentence in both languages of the product, written together so that they cannot drift."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return self.en


def joined(parts: Sequence[Text], *, zh: str = "；", en: str = "; ") -> Text:
    """The sentences one after the other, each language with its own separator."""
    return Text(zh.join(p.zh for p in parts), en.join(p.en for p in parts))


NO_TEXT = Text("", "")


class JiugaiError(Exception):
    """A failure that we can explain. ``code`` is stable; a face maps the class to status or exit code."""

    code = "error"

    def __init__(self, message: Text, *, where: str, fix: Text) -> None:
        super().__init__(message.en)
        self.message = message
        self.where = where
        self.fix = fix

    def as_json(self, language: Language = "zh") -> dict[str, str]:
        """The four keys that every JSON error has."""
        return {
            "code": self.code,
            "message": self.message.in_language(language),
            "where": self.where,
            "fix": self.fix.in_language(language),
        }


class UsageError(JiugaiError):
    """The request itself is wrong: an option, a parameter, a value out of its range."""

    code = "usage"


class SchemaError(JiugaiError):
    """A layer, column or code that the schema does not know."""

    code = "schema"


class CrsError(JiugaiError):
    """Coordinates whose reference system is missing, unfit or contradictory."""

    code = "crs"


class InputFileError(JiugaiError):
    """A delivered file that cannot be read: truncated, of another kind, incomplete."""

    code = "input_file"


class RefusedFileError(InputFileError):
    """A delivered file that may not be read: a driver, an archive or a mark that we do not let in."""

    code = "refused_file"


class InvalidDataError(JiugaiError):
    """Rows that break the schema; ``findings`` lists every fault, not the first."""

    code = "invalid_data"

    def __init__(
        self, message: Text, *, where: str, fix: Text, findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(message, where=where, fix=fix)
        self.findings = tuple(findings)


class NotFoundError(JiugaiError):
    """No such plan, layer, row, run or page for who asks."""

    code = "not_found"


class NotAllowedError(JiugaiError):
    """The policy does not let this actor do this."""

    code = "not_allowed"


class VersionClashError(JiugaiError):
    """The row was changed by somebody else since it was read; both versions travel with the error."""

    code = "version_clash"

    def __init__(
        self,
        message: Text,
        *,
        where: str,
        fix: Text,
        mine: dict[str, object] | None = None,
        theirs: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message, where=where, fix=fix)
        self.mine = mine
        self.theirs = theirs


class PlanError(JiugaiError):
    """A plan folder that is damaged, of another version, on an unfit disk or busy."""

    code = "plan"


class RuleTableError(InvalidDataError):
    """Rule tables with rows that cannot be used as rules; ``findings`` lists all of them."""

    code = "rule_table"


class AnalysisError(JiugaiError):
    """An analysis that cannot run on this input, or whose result may not be published."""

    code = "analysis"


class CancelledError(JiugaiError):
    """A long piece of work that a person cancelled."""

    code = "cancelled"


Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One fault or remark about delivered or stored data, with the place and the cure.

    ``row`` is the row's id, or its 1-based number in a delivered file; empty when the finding
    is about the layer as a whole.
    """

    code: str
    severity: Severity
    message: Text
    fix: Text
    layer: str = ""
    row: str = ""
    column: str = ""
    file: str = ""
    details: dict[str, object] = field(default_factory=dict, compare=False, hash=False)

    def as_json(self, language: Language = "zh") -> dict[str, str]:
        return {
            "code": self.code,
            "severity": self.severity,
            "layer": self.layer,
            "row": self.row,
            "column": self.column,
            "message": self.message.in_language(language),
            "fix": self.fix.in_language(language),
            **({"file": self.file} if self.file else {}),
        }

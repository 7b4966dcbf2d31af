"""What an import did, or would do: counts, reasons, mapping, places, and a look at the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.errors import Finding, Language, Text
from app.geo.crs import Datum
from app.geo.datum_detection import DatumGuess
from app.services.imports.mapping import ColumnUse

Secrecy = Literal["public", "internal", "sensitive"]
LISTED = 1000


# Under this name findings carry the layers of a drawing, and a dataset the classes chosen for them.
DRAWING = "drawing_layers"


@dataclass(frozen=True)
class ImportOptions:
    """What the person who imports says about the delivery; what is left out is found out or asked.

    ``columns`` goes from delivered header to ``column`` or ``column:unit`` of the plan.
    ``datum`` says whether degrees were shifted by a web map; "auto" asks the plan's own layers.
    ``update`` changes rows whose ids the plan has instead of turning them away.
    ``grid`` are the four parameters of a city's independent grid, as
    :func:`app.geo.similarity.parse_four_parameters` reads them; ``crs`` is then the system they
    lead to, the plan's own if it is not said. ``classes`` goes from a layer of a drawing to the
    code or name of a class, '' to leave the layer out. ``height_unit`` is that of terrain; "auto"
    takes what the file states, else metres.
    """

    layer: str | None = None
    crs: str | None = None
    datum: Literal["auto"] | Datum = "auto"
    grid: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    update: bool = False
    deliverer: str = ""
    as_of: str | None = None
    accuracy: str = ""
    height_datum: str = "unknown"
    height_unit: Literal["auto", "m", "ft"] = "auto"
    secrecy: Secrecy = "internal"
    licence: str = ""
    note: str = ""


@dataclass(frozen=True)
class Match:
    """One row of a table without coordinates and the row of the plan it belongs to."""

    row: int
    key: str
    target_id: str
    target: str

    def as_json(self) -> dict[str, object]:
        return {"row": self.row, "key": self.key, "id": self.target_id, "name": self.target}


@dataclass(frozen=True)
class Lies:
    """Where rows lie: the share in each township, and how far those are that lie in none."""

    townships: dict[str, float] = field(default_factory=dict)
    outside: float = 0.0
    nearest_km: float = 0.0
    farthest_km: float = 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "townships": {name: round(share, 4) for name, share in self.townships.items()},
            "outside": round(self.outside, 4),
            "nearest_km": round(self.nearest_km, 3),
            "farthest_km": round(self.farthest_km, 3),
        }


@dataclass
class LayerReport:
    """One delivered layer: ``read = kept + rejected``, and ``repaired`` of the kept were changed."""

    source: str
    layer: str
    read: int = 0
    kept: int = 0
    repaired: int = 0
    rejected: int = 0
    updated: int = 0
    crs: str = ""
    crs_certainty: str = ""
    crs_reason: Text = field(default_factory=lambda: Text("", ""))
    swapped: bool = False
    shift: DatumGuess = field(default_factory=DatumGuess)
    encoding: str = ""
    mapping: tuple[ColumnUse, ...] = ()
    ignored: tuple[str, ...] = ()
    reasons: Counter[str] = field(default_factory=Counter)
    preview: list[dict[str, Any]] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    measures: list[Text] = field(default_factory=list)
    lies: Lies | None = None
    sample: list[dict[str, Any]] = field(default_factory=list)
    bounds: tuple[float, float, float, float] | None = None
    matches: list[Match] = field(default_factory=list)
    unmatched: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self, language: Language) -> dict[str, Any]:
        from app.services.imports.preview import in_words, where_in_words

        return {
            "source": self.source,
            "layer": self.layer,
            "read": self.read,
            "kept": self.kept,
            "repaired": self.repaired,
            "rejected": self.rejected,
            "updated": self.updated,
            "reasons": dict(self.reasons),
            "crs": {
                "code": self.crs,
                "certainty": self.crs_certainty,
                "reason": self.crs_reason.in_language(language),
                "swapped": self.swapped,
            },
            "datum": {
                "code": self.shift.datum,
                "certainty": self.shift.certainty,
                "evidence": self.shift.evidence.in_language(language),
            },
            "encoding": self.encoding,
            "mapping": [use.as_json() for use in self.mapping],
            "ignored": list(self.ignored),
            "bounds": list(self.bounds) if self.bounds else None,
            "place": {
                "words": where_in_words(self, language),
                **(self.lies.as_json() if self.lies else {}),
            },
            "preview": self.preview,
            "preview_words": in_words(self, language),
            "matched": len(self.matches),
            "not_matched": len(self.unmatched),
            "matches": [match.as_json() for match in self.matches[:LISTED]],
            "unmatched": self.unmatched[:LISTED],
        }


@dataclass(frozen=True)
class ImportReport:
    """The whole delivery. ``batch_id`` is empty after a dry run or when no row was kept."""

    file: str
    sha256: str
    dry_run: bool
    layers: tuple[LayerReport, ...]
    findings: tuple[Finding, ...]
    batch_id: str = ""
    seconds: float = 0.0

    def total(self, name: Literal["read", "kept", "repaired", "rejected", "updated"]) -> int:
        return sum(int(getattr(layer, name)) for layer in self.layers)

    @property
    def drawing(self) -> list[dict[str, Any]]:
        """The layers of drawings: class, status, rows, and whether a person or a word told it."""
        held = [finding.details.get(DRAWING) for finding in self.findings]
        return [dict(one) for rows in held if isinstance(rows, list) for one in rows]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "read": self.total("read"),
            "kept": self.total("kept"),
            "repaired": self.total("repaired"),
            "rejected": self.total("rejected"),
            "updated": self.total("updated"),
        }

    def as_json(self, language: Language = "zh") -> dict[str, Any]:
        return {
            "file": self.file,
            "sha256": self.sha256,
            "dry_run": self.dry_run,
            "batch_id": self.batch_id,
            **self.counts,
            "layers": [layer.as_json(language) for layer in self.layers],
            "drawing": self.drawing,
            "findings": [finding.as_json(language) for finding in self.findings],
            "seconds": round(self.seconds, 3),
        }


class Faults:
    """Findings of one delivered layer, each with its row; a fault of all rows is not listed a
    million times but counted."""

    def __init__(self, file: str, layer: str, report: LayerReport) -> None:
        self._file, self._layer, self._report = file, layer, report
        self.findings: list[Finding] = []
        self._listed: Counter[tuple[str, str]] = Counter()

    def add(self, finding: Finding) -> None:
        """A finding that is about the layer as a whole."""
        self.findings.append(finding)

    def rows(
        self,
        code: str,
        severity: Literal["error", "warning", "info"],
        numbers: Sequence[int],
        messages: Sequence[Text] | Text,
        fix: Text,
        *,
        column: str = "",
        rejected: bool,
    ) -> None:
        """The same kind of finding about some rows."""
        if rejected:
            self._report.reasons[code] += len(numbers)
        for position, number in enumerate(numbers):
            self._listed[code, column] += 1
            if self._listed[code, column] > LISTED:
                continue
            message = messages if isinstance(messages, Text) else messages[position]
            self.findings.append(
                Finding(
                    code,
                    severity,
                    message,
                    fix,
                    layer=self._layer,
                    row=str(number),
                    column=column,
                    file=self._file,
                )
            )

    def closed(self) -> list[Finding]:
        """All findings, with one more for each kind that has too many rows to list."""
        closing = [
            Finding(
                code,
                "warning",
                Text(
                    f"还有 {count - LISTED} 行有同样的问题（共 {count} 行）",
                    f"{count - LISTED} more rows have the same fault ({count} in all)",
                ),
                Text("见以上各行的处理办法", "see the cure of the rows above"),
                layer=self._layer,
                column=column,
                file=self._file,
            )
            for (code, column), count in self._listed.items()
            if count > LISTED
        ]
        return self.findings + closing

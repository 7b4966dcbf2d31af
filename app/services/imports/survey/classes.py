"""Classes of a survey: from codes, names, the table's name or the point number, whichever tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.rules.book import PIPE_CODES, SURVEY_WORDS
from app.rules.intake import bare_header
from app.rules.survey import SurveyWordTable
from app.schema import DOMAINS
from app.services.imports.survey.tables import SurveyTable, as_text
from app.store.rule_files import load_rules

_THINGS = ("附属物", "fsw", "appurtenance", "subsid")
_FEATURES = ("特征", "特征点", "tz", "feature")
_LETTERS = re.compile(r"^[A-Za-z]+")
Code = tuple[str, str]  # class, subclass


@dataclass(frozen=True)
class Classes:
    """What the words of a survey mean in the codes of the schema."""

    codes: Mapping[str, Code]
    words: SurveyWordTable

    @classmethod
    def read(cls) -> Classes:
        """Codes and names of the code table, the shipped words for the rest."""
        found: dict[str, Code] = {}
        rows = list(load_rules(PIPE_CODES.name).rows)
        for level in ("class", "subclass", "alias"):
            for row in rows:
                if row.level != level:
                    continue
                code = (row.class_code, "" if level == "class" else row.code)
                if level == "alias":
                    code = found.get(row.name_zh, (row.class_code, ""))
                for word in (row.code or row.class_code, row.name_zh):
                    found.setdefault(word.upper(), code)
        words = load_rules(SURVEY_WORDS.name)
        assert isinstance(words, SurveyWordTable)
        return cls(found, words)

    def code(self, word: str) -> Code | None:
        """Class and subclass of one word: JS, 给水, YS, 雨水, 雨水管线."""
        if not word:
            return None
        direct = self.codes.get(word.upper())
        if direct is not None:
            return direct
        drawn = self.words.drawn_layer(word)
        return (drawn.pipe_class, drawn.subclass) if drawn and drawn.pipe_class else None

    def of_table(self, table: SurveyTable) -> list[Code]:
        """Class and subclass of each row; ('', '') where nothing tells."""
        of_name = self.code(table.delivered.name)
        number = "number" if table.role == "pipe_node" else "start_node"
        known: dict[tuple[str, str, str], Code] = {}
        found = []
        for key in zip(
            table.texts("pipe_class"), table.texts("subclass"), table.texts(number), strict=True
        ):
            if key not in known:
                known[key] = self._one(*key, of_name)
            found.append(known[key])
        return found

    def _one(self, said: str, sub: str, number: str, of_name: Code | None) -> Code:
        code, finer = self.code(said), self.code(sub)
        if code is None:
            letters = _LETTERS.match(number)
            code = finer or of_name or (self.code(letters.group()) if letters else None)
        if code is None:
            return "", sub
        if finer is not None and finer[0] == code[0]:
            return code[0], finer[1] or code[1]
        return code[0], sub or code[1]


def set_classes(table: SurveyTable, codes: list[Code]) -> None:
    """Write the codes where they are told; a word that none knows stays, to be told of."""
    said = table.texts("pipe_class")
    table.set("pipe_class", [c or w or None for (c, _), w in zip(codes, said, strict=True)])
    table.set("subclass", [sub or None for _, sub in codes])


def node_kind(words: SurveyWordTable, word: str) -> str:
    """The kind of node of that name: the plan's own label, or a word of surveys; '' if unknown."""
    own = {code.label.zh: code.code for code in DOMAINS["node_kind"].codes}
    return own.get(word.strip()) or words.node_kind(word)


def set_kinds(table: SurveyTable, words: SurveyWordTable) -> None:
    """One kind of node from 附属物 or, where that is empty, 特征."""
    by_name = {bare_header(header): header for header in table.columns}
    headers = [by_name[name] for name in (*_THINGS, *_FEATURES) if name in by_name]
    headers += [table.header("kind")] if table.has("kind") else []
    cells = [[as_text(cell) for cell in table.columns[header].tolist()] for header in headers]
    if not cells:
        return
    said = [next((word for word in row if word), "") for row in zip(*cells, strict=True)]
    known = {word: node_kind(words, word) or word for word in set(said)}
    table.set("kind", [known[word] or None for word in said])

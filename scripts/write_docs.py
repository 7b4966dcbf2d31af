"""Write the pages of docs/ that come from the code. ``python scripts/write_docs.py``.

A test fails while a page differs from what this script would write.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.analysis import analyses  # noqa: E402
from app.cli.group import jiugai  # noqa: E402
from app.rules import RuleTable  # noqa: E402
from app.rules.row import CONFIDENCES, RuleRow  # noqa: E402
from app.schema.analysis import Analysis, Halo, ParamField, param_fields  # noqa: E402
from app.schema.layers import PLAN_LAYERS, RESULT_LAYERS, SCHEMA_VERSION  # noqa: E402
from app.schema.model import Column, Domain, Layer  # noqa: E402
from app.services.plans import Shelf  # noqa: E402
from app.settings import MEANINGS, Settings  # noqa: E402
from app.store.rule_files import load_all_rules  # noqa: E402
from app.web.factory import create_app  # noqa: E402

MADE = "<!-- made by scripts/write_docs.py; change the code, not this page -->\n"
EVERYWHERE = {"dataset_id", "updated_at", "updated_by", "version"}


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def table(*heads: str) -> str:
    return row(*heads) + row(*["---"] * len(heads))


def layers_page() -> str:
    """Every layer and table with its columns, then every domain with its codes."""
    text = f"# Layers and tables\n{MADE}Schema version {SCHEMA_VERSION}. Every row also has `dataset_id`, "
    text += "`updated_at`, `updated_by` and `version`. An empty cell means unknown, never zero; "
    text += "`*` marks columns that hold a value in every row.\n"
    for title, layers in (("Plan", PLAN_LAYERS), ("Results", RESULT_LAYERS)):
        text += f"\n## {title}\n" + "".join(layer_section(layer) for layer in layers)
    domains = {c.domain.name: c.domain for layer in (*PLAN_LAYERS, *RESULT_LAYERS)
               for c in layer.columns if c.domain}  # fmt: skip
    text += "\n## Coded domains\n" + table("domain", "codes")
    return text + "".join(domain_row(domains[name]) for name in sorted(domains))


def layer_section(layer: Layer) -> str:
    shape = " or ".join(layer.geometry) or "table"
    told = f"{shape}{', heights' if layer.has_z else ''}{', protected' if layer.protected else ''}"
    text = f"\n### {layer.name} {layer.label.zh}\n{layer.label.en}: {told}. {layer.description.en}"
    return (
        text.rstrip()
        + "\n\n"
        + table("column", "中文", "English", "kind")
        + "".join(
            row(f"`{c.name}`{'*' if c.required else ''}", c.label.zh, c.label.en, column_kind(c))
            for c in layer.columns
            if c.name not in EVERYWHERE
        )
    )


def column_kind(column: Column) -> str:
    parts = [column.kind, column.unit]
    if column.domain:
        parts.append(f"domain {column.domain.name}")
    if column.references:
        parts.append(f"of {column.references}")
    return ", ".join(part for part in parts if part)


def domain_row(domain: Domain) -> str:
    codes = "; ".join(f"`{c.code}` {c.label.zh} {c.label.en}" for c in domain.codes)
    return row(f"{domain.name} {domain.label.zh}", codes)


def rules_page() -> str:
    """How many rules each table has, on which editions, and how sure we are of them."""
    book = load_all_rules()
    text = (
        f"# Rule tables\n{MADE}The rules themselves, each with its clause and source, are on the "
    )
    text += "rules page of the map and in `jiugai info --rules`. How sure we are of a figure:\n\n"
    text += table("confidence", "meaning") + "".join(
        row(name, f"{told.zh} {told.en}") for name, told in CONFIDENCES.items()
    )
    text += "\n" + table("table", "rules", "confidence", "editions")
    for name, label in {rule.table: rule.table_label for rule in book.listing()}.items():
        rules = book.table(name)
        text += row(f"`{name}` {label.zh} {label.en}", len(rules), sureness(rules),
                    "; ".join(rules.editions))  # fmt: skip
    return text


def sureness(rules: RuleTable[RuleRow]) -> str:
    found = {name: sum(rule.confidence == name for rule in rules) for name in CONFIDENCES}
    return ", ".join(f"{count} {name}" for name, count in found.items() if count)


def commands_page() -> str:
    """Each verb with its help, as the terminal shows it."""
    text = f"# Commands\n{MADE}`jiugai`, also `python -m app`. Exit codes: 0 done, 1 findings or "
    text += "refused, 2 wrong usage, 3 cannot be read.\n"
    context = click.Context(jiugai, info_name="jiugai", terminal_width=96, max_content_width=96)
    for name, command in verbs(jiugai, context):
        inner = click.Context(
            command, parent=context, info_name=name, terminal_width=96, max_content_width=96
        )
        text += f"\n## {name}\n```\n{command.get_help(inner).rstrip()}\n```\n"
    return text


def verbs(group: click.Command, context: click.Context) -> Iterable[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield name, command


def settings_page() -> str:
    """Each setting with its default, as an operator writes it."""
    text = f"# Settings\n{MADE}Read once at the start: first `settings.toml` in the folder of "
    text += (
        "`JIUGAI_CONFIG` (by the key), then the environment (by the variable), then the options "
    )
    text += "of the command. `JIUGAI_PLANS` lists the plans for `flask --app app run`, separated "
    text += "like the folders of `PATH`.\n\n" + table("key", "variable", "default", "meaning")
    for field in dataclasses.fields(Settings):
        variable, meaning = MEANINGS[field.name]
        default = field.default
        if isinstance(default, Path):
            inside = default.is_relative_to(ROOT)
            default = default.relative_to(ROOT).as_posix() if inside else "the user's own"
        text += row(f"`{field.name}`", f"`{variable}`", default, meaning)
    return text


def api_page() -> str:
    """Every address of the server with the right that it asks for and what it answers."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(config_dir=Path(folder)), Shelf([]))
    text = f"# Addresses of the server\n{MADE}Answers are JSON without NaN; a failure has the keys "
    text += "`code`, `message`, `where`, `fix`. `?lang=zh|en` chooses the words. Every request but "
    text += "GET sends the token of `GET /api/actor` as `X-CSRFToken`. Answers about rows carry an "
    text += "ETag that changes with the revisions of their layers.\n\n"
    text += table("request", "right", "what it does")
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, str(rule.methods))):
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        right = vars(view)["policy"]
        [method] = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        meaning = " ".join((view.__doc__ or "").split())
        text += row(f"`{method} {rule.rule}`", f"{right.action} {right.obj}", meaning)
    return text


def analyses_page() -> str:
    """Every analysis as it declares itself: what it reads, takes, gives, and how far it reaches."""
    text = f"# Analyses\n{MADE}Each is a pure function from layers and rules to result layers. Its "
    text += "command, run form, job and this page come from one declaration "
    text += "(`app/schema/analysis.py`); how to add one is in `CONTRIBUTING.md`.\n"
    for name, analysis in analyses().items():
        text += f"\n## {name} {analysis.label.zh}\n{analysis.label.en}: {analysis.summary.en}.\n"
        text += f"\n{analysis.summary.zh.rstrip('。')}。\n\n" + table("", "")
        read = [f"`{layer.name}`" for layer in analysis.inputs]
        read += [f"`{layer.name}` where it was run" for layer in analysis.optional]
        text += row("reads", ", ".join(read))
        text += row("rules", ", ".join(f"`{rule}`" for rule in analysis.rules) or "none")
        text += row("gives", ", ".join(f"`{layer.name}`" for layer in analysis.outputs))
        text += row("a change is recomputed", reach_of(analysis))
        text += row("command", f"`{analysis.example or f'jiugai run {name} --plan PLAN'}`")
        fields = param_fields(analysis.params)
        if fields:
            text += "\n" + table("parameter", "meaning", "default", "may be")
        text += "".join(
            row(f"`{f.name}`", f"{f.label.zh} {f.label.en}", f.default, allowed(f)) for f in fields
        )
    return text


def reach_of(analysis: Analysis) -> str:
    if isinstance(analysis.reach, Halo) and analysis.reach.measure is not None:
        return "around what changed, as far as the rules reach"
    return "whole"


def allowed(field: ParamField) -> str:
    if field.choices:
        return " / ".join(field.choices)
    bounds = [f"{value:g}" for value in (field.minimum, field.maximum) if value is not None]
    return " to ".join(bounds) + (f" {field.unit}" if field.unit else "")


PAGES = {
    "docs/analyses.md": analyses_page,
    "docs/layers.md": layers_page,
    "docs/rules.md": rules_page,
    "docs/commands.md": commands_page,
    "docs/settings.md": settings_page,
    "docs/api.md": api_page,
}


def main() -> int:
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

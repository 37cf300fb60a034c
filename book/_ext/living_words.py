"""The role `{move}` and the directive `{task}`: `moves` says how they are written, `living-words.js` makes them live.

Without JavaScript, in print and for other builders both are plain words. A name that no widget has, a trait that the
widget lacks or a figure that the page does not show is a warning, so that a strict build fails.
"""

import hashlib
import html
import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from moves import Figure, parse_move, parse_task
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
FILES = ("living-words.js", "living-words.css")


class move(nodes.Inline, nodes.TextElement):
    """Words that move a figure: `figure` (a `Figure`) and `traits` (JSON)."""


class task(nodes.General, nodes.Element):
    """A paragraph or more with a condition: `figure`, `clauses` (JSON) and `key`, its name in the reader's memory."""


def _check(figure: Figure, traits: dict[str, Any], package: str) -> None:
    """Raises: ValueError if no widget has that name, or the widget lacks one of the traits."""
    widget = getattr(importlib.import_module(package), figure.name, None) if package else None
    if package and widget is None:
        raise ValueError(f"{package} has no widget {figure.name!r}")
    if widget and (unknown := set(traits) - set(widget.class_trait_names(sync=True))):
        raise ValueError(f"{figure.name} has no trait {', '.join(sorted(unknown))}")


class MoveRole(SphinxRole):
    """Turn `{move}` into words that know their figure."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            found = parse_move(self.text)
            _check(found.figure, found.traits, self.config.widget_package)
        except ValueError as error:
            logger.warning("move: %s", error, location=self.get_location(), type="move")
            return [nodes.inline("", self.text)], []
        words, messages = self.inliner.parse(found.words, self.lineno, self, self.inliner.parent)
        node = move("", "", *words, figure=found.figure, traits=json.dumps(found.traits))
        self.set_source_info(node)
        return [node], messages


class TaskDirective(SphinxDirective):
    """Turn `{task}` into a block that is ticked off once its condition holds."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        try:
            found = parse_task(self.arguments[0])
            _check(found.figure, found.traits, self.config.widget_package)
        except ValueError as error:
            logger.warning("task: %s", error, location=self.get_location(), type="task")
            return []
        key = hashlib.sha256("\n".join([self.arguments[0], *self.content]).encode()).hexdigest()[:8]
        node = task(figure=found.figure, clauses=json.dumps(found.clauses), key=key)
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def _figures_are_there(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of words that move a figure which the page does not show; known only where the cells were run."""
    scripts = NbMetadataCollector.get_js_files(app.env, app.env.docname)  # type: ignore[arg-type]
    if app.config.nb_execution_mode == "off":
        return
    _, attributes = scripts.get("ipywidgets_state", (None, {"body": '{"state": {}}'}))
    models = json.loads(attributes["body"])["state"].values()
    shown = Counter(model["state"].get("_anywidget_id", "").rpartition(".")[2] for model in models)
    for node in doctree.findall(lambda n: isinstance(n, (move, task))):
        if node["figure"].index > shown[node["figure"].name]:
            logger.warning("this page shows no %s#%d", node["figure"].name, node["figure"].index, location=node)


def _data(node: nodes.Element, **others: str) -> str:
    pairs = {"figure": node["figure"].name, "index": str(node["figure"].index), **others}
    return " ".join(f'data-{name}="{html.escape(value, quote=True)}"' for name, value in pairs.items())


def _open_move(writer: Any, node: move) -> None:
    writer.body.append(f'<span class="move" {_data(node, traits=node["traits"])}>')


def _close_move(writer: Any, node: move) -> None:
    writer.body.append("</span>")


def _open_task(writer: Any, node: task) -> None:
    writer.body.append(f'<div class="task" {_data(node, clauses=node["clauses"], key=node["key"])}>\n')


def _close_task(writer: Any, node: task) -> None:
    writer.body.append("</div>\n")


def _nothing(writer: Any, node: nodes.Element) -> None:
    """Let other builders write the children as they are."""


def _add_files(app: Sphinx) -> None:
    app.config.html_static_path.extend(str(Path(__file__).with_name(name)) for name in FILES)


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("myst_nb")
    app.add_config_value("widget_package", "wgan_lib.widgets", "env")
    app.add_role("move", MoveRole())
    app.add_directive("task", TaskDirective)
    for node, visit, depart in ((move, _open_move, _close_move), (task, _open_task, _close_task)):
        app.add_node(node, html=(visit, depart), **dict.fromkeys(("latex", "text", "man", "texinfo"), (_nothing,) * 2))
    app.connect("builder-inited", _add_files)
    app.connect("doctree-read", _figures_are_there)
    app.add_js_file(FILES[0], defer="defer")
    app.add_css_file(FILES[1])
    return {"parallel_read_safe": True, "parallel_write_safe": True}

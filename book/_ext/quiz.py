"""The `{quiz}` directive: a question whose every answer has feedback, with no JavaScript at all.

    ````{quiz} Two normals of equal width, 8 σ apart: their JS is …
    - [ ] infinite :: KL is large here, but JS never exceeds ln 2.
    - [x] a hair below ln 2 :: Yes: normals overlap everywhere, so ln 2 is only approached.
    ````

An answer is one line or more of inline MyST; after ` :: ` comes its feedback, which may hold indented paragraphs.
Text between the title and the list belongs to the question. Two or more right answers turn the radio buttons into
boxes. A style rule shows the chosen answer's feedback: it works from a file, without a network and by keyboard.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
ANSWER = re.compile(r"^[-*] \[(?P<mark>[ xX])\][ \t]+", re.MULTILINE)
SAID = re.compile(r"\bmore than one\b|\ball that (?:hold|apply)\b", re.IGNORECASE)
SEPARATOR = re.compile(r"\s+::(?:\s+|\Z)")


@dataclass(frozen=True)
class Answer:
    """One answer: its inline text, its feedback, and whether it is right."""

    text: str
    feedback: str
    right: bool


@dataclass(frozen=True)
class Quiz:
    """A question with its answers, all of it still MyST text."""

    question: str
    answers: tuple[Answer, ...]

    @property
    def multiple(self) -> bool:
        return sum(answer.right for answer in self.answers) > 1


def parse_quiz(title: str, body: str) -> Quiz:
    """Read a question and its answers; the page and the notebooks share this reader.

    Raises: ValueError naming what is missing: a question, a second answer, a right one, an answer's feedback; or what
        is said twice.
    """
    marks = list(ANSWER.finditer(body))
    answers = []
    for i, mark in enumerate(marks):
        end = marks[i + 1].start() if i + 1 < len(marks) else len(body)
        text, *feedback = SEPARATOR.split(body[mark.end() : end].strip(), maxsplit=1)
        if not feedback or not feedback[0].strip():
            raise ValueError(f"answer {text!r} has no feedback; write it after ' :: '")
        dedented = re.sub(r"^ {1,6}", "", feedback[0], flags=re.MULTILINE)
        answers.append(Answer(" ".join(text.split()), dedented, mark["mark"] != " "))
    question = f"{title}\n\n{body[: marks[0].start()] if marks else body}".strip()
    if not question:
        raise ValueError("the quiz asks nothing; write the question after {quiz}")
    if told := SAID.search(question):
        raise ValueError(f"the question says {told[0]!r}: leave it out, readers are told when several answers hold")
    if len(answers) < 2:
        raise ValueError(f"{len(answers)} answer(s) found; write at least two lines '- [ ] answer :: feedback'")
    if not any(answer.right for answer in answers):
        raise ValueError("no answer is marked right; mark one with [x]")
    return Quiz(question, tuple(answers))


class quiz_field(nodes.General, nodes.Element):
    """A fieldset; its first child is the question, the others are answers."""


class quiz_question(nodes.General, nodes.Element):
    """The legend of the fieldset."""


class quiz_answer(nodes.General, nodes.Element):
    """A choice: `name`, `input_type`, `input_id` and `right`, holding a label and its feedback."""


class quiz_label(nodes.General, nodes.Element):
    """The inline text of an answer."""


class quiz_feedback(nodes.General, nodes.Element):
    """What the reader who chose this answer is told."""


class QuizDirective(SphinxDirective):
    """Turn `{quiz}` into a fieldset; a malformed quiz is a warning, so that a strict build fails."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        try:
            quiz = parse_quiz(" ".join(self.arguments), "\n".join(self.content))
        except ValueError as error:
            logger.warning("malformed quiz: %s", error, location=self.get_location(), type="quiz")
            return []
        name = f"quiz-{self.env.new_serialno('quiz') + 1}"
        field = quiz_field(multiple=quiz.multiple)
        self.set_source_info(field)
        title, *details = self._parse(quiz.question).children
        field += [quiz_question("", *title.children), *details]
        for i, answer in enumerate(quiz.answers):
            input_type, input_id = "checkbox" if quiz.multiple else "radio", f"{name}-{i}"
            inline, _ = self.state.inline_text(answer.text, self.lineno)
            field += quiz_answer(
                "",
                quiz_label("", *inline, input_id=input_id),
                quiz_feedback("", *self._parse(answer.feedback).children, right=answer.right),
                input_type=input_type,
                input_id=input_id,
                name=name,
            )
        return [field]

    def _parse(self, text: str) -> nodes.Element:
        container = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), source=self.get_source_info()[0]), 0, container)
        return container


def _open_field(writer: Any, node: quiz_field) -> None:
    writer.body.append('<fieldset class="quiz">\n')


def _close_field(writer: Any, node: quiz_field) -> None:
    writer.body.append("</fieldset>\n")


def _open_question(writer: Any, node: quiz_question) -> None:
    writer.body.append('<legend class="quiz-question">')


def _close_question(writer: Any, node: quiz_question) -> None:
    hint = ' <span class="quiz-hint">Choose all that hold.</span>' if node.parent["multiple"] else ""
    writer.body.append(f"{hint}</legend>\n")


def _open_answer(writer: Any, node: quiz_answer) -> None:
    writer.body.append(
        f'<div class="quiz-answer"><input type="{node["input_type"]}" name="{node["name"]}" id="{node["input_id"]}"/>\n'
    )


def _close_answer(writer: Any, node: quiz_answer) -> None:
    writer.body.append("</div>\n")


def _open_label(writer: Any, node: quiz_label) -> None:
    writer.body.append(f'<label for="{node["input_id"]}">')


def _close_label(writer: Any, node: quiz_label) -> None:
    writer.body.append("</label>\n")


def _open_feedback(writer: Any, node: quiz_feedback) -> None:
    kind, sign, word = ("right", "✓", "Right") if node["right"] else ("wrong", "✗", "Not this one")
    # The live region stands in the page from the start: only then do screen readers speak what appears in it.
    writer.body.append(
        f'<div class="quiz-live" aria-live="polite"><div class="quiz-feedback quiz-{kind}">'
        f'<span class="quiz-sign" role="img" aria-label="{word}">{sign}</span>\n'
    )


def _close_feedback(writer: Any, node: quiz_feedback) -> None:
    writer.body.append("</div></div>\n")


def _nothing(writer: Any, node: nodes.Element) -> None:
    """Let other builders (text, LaTeX, man) write the children as plain paragraphs."""


def _add_stylesheet(app: Sphinx) -> None:
    app.config.html_static_path.append(str(Path(__file__).with_suffix(".css")))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("quiz", QuizDirective)
    for node, visit, depart in (
        (quiz_field, _open_field, _close_field),
        (quiz_question, _open_question, _close_question),
        (quiz_answer, _open_answer, _close_answer),
        (quiz_label, _open_label, _close_label),
        (quiz_feedback, _open_feedback, _close_feedback),
    ):
        others = dict.fromkeys(("latex", "text", "man", "texinfo"), (_nothing, _nothing))
        app.add_node(node, html=(visit, depart), **others)
    app.connect("builder-inited", _add_stylesheet)
    app.add_css_file("quiz.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}

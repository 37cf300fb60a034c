"""Turn MyST Markdown into Markdown that every notebook shows: no directives, roles, targets or citations are left.

Markdown that needs no translation stays as its author typed it. Figures, equations and exercises are counted as
Sphinx counts them, in the order of the table of contents, so that page and notebook show the same numbers.
"""

import re
from collections import Counter

from book_structure import Book, Page
from chapter_map import on_map, to_come
from colab_inline import NUMBER_WORDS, Inline, Label
from formulas import in_notebook
from moves import parse_task
from myst_blocks import Block, blocks, fold, pipe_table, quote, split_options
from quiz import parse_quiz
from reading import minutes

NOTES = {"note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error", "seealso"}
TITLED = {"admonition", "topic", "sidebar", "margin", "aside", "sidenote", "card", "grid-item-card", "tab-item"}
TRANSPARENT = {"grid", "grid-item", "tab-set", "container", "div"}
QUOTED = {"epigraph", "pull-quote", "highlights"}
DROPPED = {"toctree", "contents", "bibliography", "index", "ledger", "library", "exercise-end", "solution-end"}
CODE = re.compile(
    r"^[>\s]*(?P<f>`{3,})(?![`{]).*?^[>\s]*(?P=f)`*$|(?P<t>`+)(?![`{]).+?(?<!`)(?P=t)(?!`)|\$\$?[^$]+\$\$?",
    re.DOTALL | re.MULTILINE,
)
LEFT_OVER = re.compile(
    r"\{[\w:+.-]+\}`|^[>\s]*(?:`{3,}|~{3,})\{.*|^[>\s]*:{3,}.*|^\([\w:.-]+\)=|\{\{.+?\}\}|\[\^[^\]]+\]",
    re.MULTILINE,
)


class Translator:
    """Translates page after page; a first round over the book learns its labels, a second, strict one resolves them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.inline = Inline(book)

    def begin_round(self, *, strict: bool) -> None:
        self.strict_round = strict
        self.counts: Counter[tuple[str, int | None]] = Counter()

    def begin_page(self, page: Page) -> None:
        self.page = page
        self.inline.begin_page(page, strict=self.strict_round and page.is_notebook)
        self.sections: list[int] = []
        self.waiting: list[str] = []  # targets whose object has not come yet

    def cell(self, source: str) -> str:
        """Translate one Markdown cell of the current page and make sure that nothing foreign is left in it."""
        text = self._markdown(source, top=True)
        if found := LEFT_OVER.search(CODE.sub("", text)):
            self.inline.refuse(f"{found[0].strip()!r}")
        return self._coloured(text)

    def _coloured(self, text: str) -> str:
        try:
            return in_notebook(text)
        except ValueError as error:
            self.inline.refuse(str(error))
            return text

    def caption(self, kind: str, text: str, label: str | None = None) -> str:
        """Number a figure or table that has a caption, in the order of calls, and write the caption's line."""
        if not text.strip():
            return self._register("section", "", "", label)
        number = self._count(kind)
        body = self.inline.translate(text.strip())
        anchor = self._register(kind, number, body.split("\n\n")[0], label)
        return self._coloured(f"{anchor}*{NUMBER_WORDS[kind]}{number}.* {body}")

    def references(self) -> str:
        """List the works cited on the current page so far; empty if there are none."""
        known = self.inline.cited & set(self.book.bibliography)
        return "\n".join(["## References", "", *(f"- {line}" for line in self.book.references(known))]) if known else ""

    def _markdown(self, text: str, *, top: bool = False) -> str:
        parts = []
        for block in blocks(text):
            if block.kind in {"text", "code", "html", "math", "definitions"} and block.source.strip():
                self._register("section", "", "")  # a target in front of plain text can be linked to, but has no name
            translated = self.inline.translate(block.source) if block.kind == "text" else self._block(block, top)
            if translated != block.source and block.kind != "text":
                first, *others = f"{block.indent}{translated}".split("\n")
                translated = "\n".join([first, *(f"{block.hanging}{line}".rstrip() for line in others)])
            parts.append(translated)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip("\n")

    def _block(self, block: Block, top: bool) -> str:
        match block.kind:
            case "directive":
                name, argument = re.match(r"\{([\w:+-]+)\}\s*(.*)", block.info).groups()
                options, body = split_options(block.content)
                return self._directive(name, argument, options, body)
            case "equation":
                return self._equation(block.content, block.info)
            case "amsmath":
                if not re.match(r"\\begin\{\w+\*\}", block.content):
                    self._count("equation")
            case "target":
                self.waiting.append(block.info)
                return _anchor(block.info)
            case "comment":
                return ""
            case "heading":
                return self._heading(*re.match(r"\s*(#+)\s*(.*)", block.source).groups(), top)
            case "definitions":
                return re.sub(r"(?m)^(\S.*)\n+:[ ]+", r"**\1** — ", self.inline.translate(block.source))
        return block.source

    def _heading(self, hashes: str, text: str, top: bool) -> str:
        level, number = len(hashes), ""
        text = self.inline.translate(text)
        if top and self.page.number is not None:
            if level > 1:
                self.sections = [*self.sections, *[0] * level][: level - 1]
                self.sections[-1] += 1
            if level <= self.page.depth:
                number = ".".join(map(str, [self.page.number, *self.sections]))
        self._register("section", number, text)
        return f"{hashes} {number + self.book.number_suffix if number else ''}{text}"

    def _count(self, kind: str) -> str:
        self.counts[kind, self.page.number] += 1
        count = str(self.counts[kind, self.page.number])
        return count if self.page.number is None else f"{self.page.number}.{count}"

    def _register(self, kind: str, number: str, caption: str, label: str | None = None) -> str:
        """Tell the waiting targets and the object's own label what they mean; return the anchor of the latter."""
        for name in [*self.waiting, *filter(None, [label])]:
            self.inline.labels[name] = Label(self.page.name, kind, number, caption)
        self.waiting.clear()
        return f"{_anchor(label)}\n\n" if label else ""

    def _equation(self, body: str, label: str | None) -> str:
        if not label:
            return f"$$\n{body.strip()}\n$$"
        number = self._count("equation")
        return f"{self._register('equation', number, '', label)}$$\n{body.strip()} \\tag{{{number}}}\n$$"

    def _directive(self, name: str, argument: str, options: dict[str, str], body: str) -> str:
        if name in DROPPED:
            return ""
        if name in NOTES:
            title = "See also" if name == "seealso" else name.capitalize()
            return self._box(title, f"{argument}\n\n{body}".strip(), options)
        if name in TITLED:
            return self._box(self.inline.translate(argument), body, options)
        if name in {"dropdown", "toggle"}:
            return fold(self.inline.translate(argument) or "More", self._markdown(body))
        if name in TRANSPARENT:
            return self._markdown(body)
        if name in QUOTED:
            return quote(self._markdown(f"{argument}\n\n{body}"))
        if name == "rubric":
            return f"**{self.inline.translate(argument)}**"
        if name == "raw" and argument == "html":
            return body
        if name in {"code", "code-block", "sourcecode"}:
            return f"```{argument}\n{body}\n```"
        if name == "tableofcontents":
            _, *others = self.book.pages.values()
            return "\n".join(f"- {self.inline.page_link(page)}" for page in others)
        if name == "chapter-map":
            promised = [f"- {title} (to come). {self.inline.translate(q)}" for title, q in to_come(self.book, body)]
            return "\n".join([*(self._map_line(page) for page in on_map(self.book)), *promised])
        if name == "quiz":
            return self._quiz(argument, body)
        if name == "task":
            return self._task(argument, body)
        return self._numbered(name, argument, options, body)

    def _numbered(self, name: str, argument: str, options: dict[str, str], body: str) -> str:
        label = options.get("label") or options.get("name")
        if name == "math":
            return self._equation(f"{argument}\n{body}", label)
        if name in {"figure", "image"}:
            caption = self.caption("figure", body if name == "figure" else "", label)
            return f"![{options.get('alt', '')}]({self.inline.file(argument)})\n\n{caption}".strip()
        if name in {"table", "list-table"}:
            rows = pipe_table(body) if name == "list-table" else body
            return f"{self.caption('table', argument, label)}\n\n{self._markdown(rows)}".strip()
        if name == "prf:proof":
            return quote(f"*Proof.* {self._markdown(body)} ∎")
        kind = name.removeprefix("prf:").removesuffix("-start")
        if kind == "exercise" or name.startswith("prf:"):
            number = "" if "nonumber" in options else self._count(kind)
            title = f"{kind.capitalize()} {number}".strip()
            anchor = self._register(kind, number, title, label)
            heading = f"**{title}**" + (f" ({self.inline.translate(argument)})" if argument else "")
            return anchor + quote(f"{heading}\n\n{self._markdown(body)}")
        if kind == "solution":
            title = f"Solution to {self.inline.find(argument)[0].caption}"
            self._register(kind, "", title, label)
            gated = name.endswith("-start")  # its cells follow: there is no folding across cells
            return f"**{title}**\n\n{self._markdown(body)}" if gated else fold(title, self._markdown(body))
        inside = " inside another directive, where no page runs it either," if name == "code-cell" else ""
        self.inline.refuse(f"directive {{{name}}}{inside}")
        return self._markdown(body)

    def _box(self, title: str, body: str, options: dict[str, str]) -> str:
        if "dropdown" in options.get("class", "").split():
            return fold(title or "More", self._markdown(body))
        return quote(f"**{title}**\n\n{self._markdown(body)}" if title else self._markdown(body))

    def _map_line(self, page: Page) -> str:
        number = f"{page.number}{self.book.number_suffix}" if page.number else ""
        question = f" {self.inline.translate(page.question)}" if page.question else ""
        return f"- {self.inline.page_link(page, number + page.title)}{question} ({minutes(page.path)} minutes)"

    def _task(self, argument: str, body: str) -> str:
        try:
            parse_task(argument)
        except ValueError as error:
            self.inline.refuse(str(error))
        return self._markdown(body)

    def _quiz(self, title: str, body: str) -> str:
        try:
            quiz = parse_quiz(title, body)
        except ValueError as error:
            raise ValueError(f"{self.page.name}: malformed quiz: {error}") from error
        question, *details = self._markdown(quiz.question).split("\n\n")
        hint = " *(Choose all that hold.)*" if quiz.multiple else ""
        lettered = [(chr(ord("A") + i), answer) for i, answer in enumerate(quiz.answers)]
        choices = "\n".join(f"- **{letter}.** {self.inline.translate(answer.text)}" for letter, answer in lettered)
        replies = [
            fold(f"{letter}?", f"{'✓' if answer.right else '✗'} {self._markdown(answer.feedback)}")
            for letter, answer in lettered
        ]
        return "\n\n".join([f"**Quiz.** {question}{hint}", *details, choices, *replies])


def _anchor(label: str) -> str:
    return f'<a name="{label}" id="{label}"></a>'

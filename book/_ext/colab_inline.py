"""Translate what stands inside paragraphs: roles, citations, references, links and pictures."""

import re
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from book_structure import Book, Page
from moves import parse_move
from reading import minutes
from toc import chapter_words

NUMBER_WORDS = {"figure": "Fig. ", "table": "Table ", "section": "Section "}
SHOWN_AS_CODE = {"code", "command", "file", "samp", "glue", "glue:text", "eval", "py:func", "py:class", "py:mod"}
SHOWN_AS_HTML = {"sub": "sub", "sup": "sup", "subscript": "sub", "superscript": "sup", "kbd": "kbd"}

INLINE = re.compile(
    r"""(?<!\\)\{(?P<role>[\w:+.-]+)\}(?P<ticks>`+)(?P<content>.+?)(?<!`)(?P=ticks)(?!`)
    | (?P<verbatim>(?P<fence>`+)(?!`).+?(?<!`)(?P=fence)(?!`) | (?<!\\)\$\$?[^$]+\$\$?)
    | (?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<target>[^()\s]+)(?:\s+"[^"]*")?\)(?:\{[^{}]*\})?
    | \[(?P<span>[^\[\]]+)\]\{[.\#][^{}]*\}
    | ^\{[.\#][^{}`]*\}[ ]*\n""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Label:
    """What a reference points at; `caption` is the text of a heading, a figure or an exercise."""

    page: str
    kind: str
    number: str
    caption: str


class Inline:
    """Translates the text of one page after another; `labels` is filled in by whoever reads the blocks around it."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.labels: dict[str, Label] = {}
        self.problems: list[str] = []

    def begin_page(self, page: Page, *, strict: bool) -> None:
        """Turn to a page; only a `strict` translation notes problems, as later pages' labels are unknown at first."""
        self.page, self.strict = page, strict
        self.cited: set[str] = set()

    def translate(self, text: str) -> str:
        return INLINE.sub(self._match, text)

    def _match(self, match: re.Match[str]) -> str:
        if match["role"]:
            return self._role(match["role"], match["content"].strip())
        if match["verbatim"]:
            return match[0]
        if match["span"]:
            return self.translate(match["span"])
        if match["target"] is None:  # a line of attributes, such as {.wide}
            return ""
        text, target = self.translate(match["text"]), match["target"]
        if match["image"]:
            return f"![{text}]({self.file(target)})"
        if re.match(r"[a-z]+:", target):
            return f"[{text}]({target})"
        path, _, label = target.partition("#")
        if label:
            return self._reference(label, text)
        return self.page_link(self._find_page(path), text) if path.endswith(".md") else f"[{text}]({self.file(path)})"

    def _role(self, role: str, content: str) -> str:
        if role in {"chapter", "move"}:
            try:
                return self._chapter(content) if role == "chapter" else self.translate(parse_move(content).words)
            except ValueError as error:
                self.refuse(str(error))
                return content
        if role == "minutes":
            return f"{minutes(self._find_page(f'{content}.md').path if content != 'here' else self.page.path)} minutes"
        titled = re.match(r"(.*?)\s*<([^<>]+)>$", content, re.DOTALL)
        text, target = titled.groups() if titled else ("", content)
        if role.startswith("cite"):
            return self._cite(role, [key.strip() for key in content.split(",")])
        if role in {"ref", "prf:ref", "exercise-ref"}:
            return self._reference(target, text)
        if role == "numref":
            label, _ = self.find(target)
            form = text or NUMBER_WORDS.get(label.kind, f"{label.kind.capitalize()} ") + "%s"
            return self._reference(target, form.replace("%s", label.number).replace("{number}", label.number))
        if role == "eq":
            return self._reference(content, f"({self.find(content)[0].number})")
        if role == "doc":
            return self.page_link(self._find_page(target), text)
        if role == "term":
            glossary = next((page for name, page in self.book.pages.items() if name.endswith("glossary")), None)
            return self.page_link(glossary, text or content) if glossary else text or content
        if role == "download":
            return f"[{text or target}]({self.file(target)})"
        if role == "abbr":
            return re.sub(r"^(.*?)\s*\((.*)\)$", r'<abbr title="\2">\1</abbr>', content)
        if role == "math":
            return f"${content}$"
        if role in SHOWN_AS_CODE:  # a computed number is named here; the cell above prints it under that name
            return f"`{content.split(':')[0] if role.startswith('glue') else content}`"
        if role in SHOWN_AS_HTML:
            return f"<{SHOWN_AS_HTML[role]}>{content}</{SHOWN_AS_HTML[role]}>"
        self.refuse(f"role {{{role}}}")
        return content

    def _chapter(self, content: str) -> str:
        words, entry = chapter_words(content, self.book.entries, self.book.to_come)
        return self.page_link(self.book.pages[entry.name], words) if entry else words

    def _cite(self, role: str, keys: list[str]) -> str:
        """Write (Villani, 2009) for `cite` and `cite:p`, Villani (2009) for `cite:t`, each a link to the work."""
        works = []
        for key in keys:
            if key not in self.book.bibliography:
                self.refuse(f"citation {key!r}, which the bibliography lacks,")
                continue
            self.cited.add(key)
            names, year = self.book.authors(key), self.book.bibliography[key].fields.get("year", "n.d.")
            forms = {"cite:t": f"{names} ({year})", "cite:author": names, "cite:year": year}
            shown, address = forms.get(role, f"{names}, {year}"), self.book.source_address(key)
            works.append(f"[{shown}]({address})" if address else shown)
        return f"({'; '.join(works)})" if role in {"cite", "cite:p"} else ", ".join(works)

    def find(self, name: str) -> tuple[Label, str]:
        """Return a label and the address to link to: an anchor on the same page, else the other page."""
        if name not in self.labels:
            self.refuse(f"reference to {name!r}, a label that no page defines,")
            return Label(self.page.name, "section", "?", name), f"#{name}"
        label = self.labels[name]
        return label, f"#{name}" if label.page == self.page.name else self.book.page_address(label.page)

    def _reference(self, name: str, text: str) -> str:
        label, address = self.find(name)
        return f"[{text or label.caption or label.number}]({address})"

    def _find_page(self, path: str) -> Page:
        name = path[1:] if path.startswith("/") else normpath(join(dirname(self.page.name), path))
        page = self.book.pages.get(name.removesuffix(".md"))
        if page is None:
            self.refuse(f"link to {path!r}, a page that _toc.yml lacks,")
        return page or self.page

    def page_link(self, page: Page, text: str = "") -> str:
        return f"[{text or page.title}]({self.book.page_address(page.name)})"

    def file(self, path: str) -> str:
        """Give the address of a file of the repository, which Colab does not hold."""
        if re.match(r"[a-z]+:", path):
            return path
        name = path[1:] if path.startswith("/") else normpath(join(dirname(self.page.name), path))
        if not (self.book.root / name).is_file():
            self.refuse(f"file {path!r}, which does not exist,")
        return self.book.address(name, "raw")

    def refuse(self, thing: str) -> None:
        """Note that `thing` has no form in a notebook, if the translation is strict."""
        if self.strict:
            self.problems.append(f"{self.page.name}: {thing} has no form in a notebook")

"""What a browser alone knows of the live figures: how each looks as it opens, and how high it is.

Once the pages stand, a headless Chromium opens each of them, measures its figures on a phone, a tablet and a page, and
takes a picture of each without what only scripts can use. The heights keep the figures' places, so that nothing moves
when they stand. The pictures lie in `_images/stills`; a page names them inside `noscript`, so that only readers whose
browser runs no scripts load them. Both are kept by the contents of the page's figures and of the styles, and a page
whose figures have not changed is not opened again.

Without playwright or a Chromium the book is whole all the same: the sentence of `without_scripts` stays in a picture's
place, and the heights are those of the widgets' kinds. Run as a script it draws what it is asked for on its standard
input, {page: folder}: in a process of its own, since playwright has a loop that may not run inside another.
"""

import hashlib
import html
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from sphinx.util.logging import getLogger

logger = getLogger(__name__)

VIEW = '<script type="application/vnd.jupyter.widget-view+json"'
SENTENCE = re.compile(r'<noscript><p class="no-script">(.*?)</p></noscript>', re.DOTALL)
FIGURES = re.compile(r"<script[^>]*>(?:window\.widgetModules|\{).*?</script>", re.DOTALL)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
AT_REST = """.me-controls, .me-transport, .me-more > summary, .me-hint .me-halo { display: none !important }
    .me-number, .me-value { text-decoration: none !important; border-bottom-color: transparent !important }"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"
LABELS = """(hosts) => hosts.map((host) => [...host.querySelectorAll(".me-widget, [role=img]")]
    .map((e) => e.getAttribute("aria-label")).filter(Boolean).join("; "))"""
OPENED = """() => { for (const e of document.querySelectorAll(".toggle-hidden")) e.classList.remove("toggle-hidden");
    for (const fold of document.querySelectorAll("details:not(.me-more)")) fold.open = true; }"""
HEIGHTS = "(hosts) => hosts.map((host) => Math.round(host.getBoundingClientRect().height))"
WIDTHS = (390, 768, 1440)  # the last is the one of the pictures
SECONDS = 900


def with_stills(out: Path, keep: Path) -> None:
    """Put pictures in the places of sentences in the pages below ``out``; ``keep`` holds them between builds."""
    style = b"".join(sorted(path.read_bytes() for path in out.glob("_static/*.css")))
    pages = {path: text for path in sorted(out.rglob("*.html")) if SENTENCE.search(text := path.read_text("utf-8"))}
    drawn = {path: keep / hashlib.sha256(style + _figures(text)).hexdigest()[:24] for path, text in pages.items()}
    missing = {str(path): str(folder) for path, folder in drawn.items() if not (folder / "told.json").is_file()}
    if missing:
        order = {"input": json.dumps(missing), "capture_output": True, "text": True, "timeout": SECONDS}
        try:
            subprocess.run([sys.executable, __file__], check=True, **order)
        except subprocess.SubprocessError as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            logger.info("figures have no pictures for readers without scripts, and no measured heights: %s", said[-1])
    for path, text in pages.items():
        if (drawn[path] / "told.json").is_file():
            path.write_text(_pictured(text, path, drawn[path], out), encoding="utf-8")


def _figures(text: str) -> bytes:
    """What decides how a page's figures look: their state and scripts."""
    return "".join(FIGURES.findall(text)).encode()


def _pictured(text: str, path: Path, drawn: Path, out: Path) -> str:
    found = json.loads((drawn / "told.json").read_text(encoding="utf-8"))
    if len(found) != len(SENTENCE.findall(text)):  # not this page's figures: better a sentence than a wrong picture
        return text
    told, heights = iter(found), iter(" ".join(map(str, heights)) for *_, heights in found)
    folder = out / "_images/stills"
    folder.mkdir(parents=True, exist_ok=True)
    to_root = "../" * (len(path.relative_to(out).parts) - 1)

    def picture(sentence: re.Match[str]) -> str:
        file, width, height, label, _ = next(told)
        name = f"{path.stem}-{file}"
        shutil.copyfile(drawn / file, folder / name)
        alt = f"{html.escape(label)}. {sentence[1].partition('JavaScript. ')[2]}".strip()
        return (
            f'<noscript><figure class="no-script"><img src="{to_root}_images/stills/{name}" width="{width}" '
            f'height="{height}" alt="{alt}"><figcaption>{sentence[1]}</figcaption></figure></noscript>'
        )

    sized = re.sub(re.escape(VIEW), lambda view: f'{view[0]} data-sizes="{next(heights)}"', text)
    return SENTENCE.sub(picture, sized)


def draw(pages: dict[str, str]) -> None:
    """Open each page in a headless Chromium, and put pictures of its figures with `told.json` into its folder."""
    from playwright.sync_api import Error, sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        context = browser.new_context(
            viewport={"width": WIDTHS[-1], "height": 900}, device_scale_factor=2, reduced_motion="reduce"
        )
        context.set_default_timeout(120_000)  # a busy machine may take its time
        failed = []
        for path, folder in pages.items():
            page = context.new_page()
            try:
                page.goto(Path(path).as_uri())
                _draw_page(page, Path(folder))
            except Error as error:  # the other pages have theirs all the same
                failed.append(f"{Path(path).name}: {error.message.splitlines()[0]}")
            page.close()
        browser.close()
    if failed:
        sys.exit("; ".join(failed))


def _draw_page(page: Any, folder: Path) -> None:
    from PIL import Image

    page.wait_for_selector("html[data-widgets=ready]", state="attached")
    hosts, heights, told = page.locator("[data-widget-host]"), [], []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(DRAWN)
        heights.append(hosts.evaluate_all(HEIGHTS))
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")  # a figure that computes before it shows
    page.add_style_tag(content=AT_REST)
    page.evaluate(OPENED)  # a figure in a folded solution has a picture, too
    folder.mkdir(parents=True, exist_ok=True)
    for i, label in enumerate(hosts.evaluate_all(LABELS)):
        with Image.open(io.BytesIO(hosts.nth(i).screenshot(animations="disabled"))) as image:
            fewer_colours(image).save(folder / f"{i}.webp", lossless=True)
            told.append((f"{i}.webp", image.width // 2, image.height // 2, label, [h[i] for h in heights]))
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def fewer_colours(image: Any) -> Any:
    """Give the picture in 128 colours that cover all its hues: those of most pixels leave none for a few dots."""
    from PIL import Image

    return image.convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE).convert("RGB")


if __name__ == "__main__":
    draw(json.load(sys.stdin))

"""The icons that pages show keep their rules and glyphs; the others are gone."""

import sys
from pathlib import Path

import pydata_sphinx_theme
import pytest
from fontTools.ttLib import TTFont

sys.path.insert(0, str(Path(__file__).parent.parent / "book/_ext"))
import after_build

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(
        '<i class="fa-solid fa-rocket"></i><i class="fa-brands fa-github"></i>', "utf-8"
    )
    for name in ("styles/pydata-sphinx-theme.css", "vendor/fontawesome/webfonts/fa-solid-900.woff2",
                 "vendor/fontawesome/webfonts/fa-brands-400.woff2"):  # fmt: skip
        copy = tmp_path / "_static" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((THEME / name).read_bytes())
    after_build.finish(tmp_path)
    return tmp_path / "_static"


def test_only_the_icons_in_use_remain(built: Path) -> None:
    css = (built / "styles/pydata-sphinx-theme.css").read_text("utf-8")
    assert '.fa-rocket:before{content:"\uf135"}' in css
    assert ".fa-rocketchat:before" not in css
    assert len(css) < 0.5 * (THEME / "styles/pydata-sphinx-theme.css").stat().st_size
    assert css.count("{") == css.count("}")


def test_their_glyphs_are_in_the_fonts_and_the_fonts_are_small(built: Path) -> None:
    fonts = {font.name: font for font in built.glob("vendor/fontawesome/webfonts/*")}
    assert all(font.stat().st_size < 10_000 for font in fonts.values())
    assert 0xF135 in TTFont(fonts["fa-solid-900.woff2"]).getBestCmap()
    assert 0xF09B in TTFont(fonts["fa-brands-400.woff2"]).getBestCmap()

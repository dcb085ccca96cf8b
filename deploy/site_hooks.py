"""What mkdocs does beside its own work: files outside docs/ that pages link to come along, and nothing is fetched."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
# Pages, and files as they are, that stand elsewhere in the repository.
ALONGSIDE = ("CONTRIBUTING.md", "CHANGELOG.md", "dbt_like_sql/README.md")
_LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
_DRAWING = re.compile(r"```mermaid\n.*?```", re.DOTALL)
# As tests read titles of code; the site wants them in quotes, or takes the whole block for text.
_TITLE = re.compile(r"^```(\w+) title=([^\s\"]+)$", re.MULTILINE)
_FOREIGN_SCRIPT = re.compile(rb'"https://unpkg\.com/[^"]*"')


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Decisions stand in the navigation without being listed by hand."""
    records = [f"adr/{path.name}" for path in sorted((DOCS / "adr").glob("[0-9]*.md"))]
    for entry in config.nav or []:
        if "Decisions" in entry:
            entry["Decisions"] = ["adr/index.md", *records]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages link to outside docs/."""
    for name in sorted({*ALONGSIDE, *_linked()}):
        files.append(File.generated(config, f"repository/{name}", abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the repository has them become links of the site."""
    at = _home_of(page.file.src_uri)
    text = _DRAWING.sub("*(The repository's own page draws this; here the tables below list it.)*", markdown)
    text = _TITLE.sub(r'```\1 title="\2"', text)
    return _LINK.sub(lambda found: found[1] + _on_site(found[2], at, page.file.src_uri) + found[3], text)


def on_post_build(config: MkDocsConfig) -> None:
    """The theme would fetch libraries for drawings and for very old browsers; here their addresses go."""
    for script in Path(config.site_dir, "assets", "javascripts").glob("bundle*.js"):
        script.write_bytes(_FOREIGN_SCRIPT.sub(b'""', script.read_bytes()))


def _home_of(src_uri: str) -> Path:
    """Where a page of the site stands in the repository."""
    return ROOT / src_uri.removeprefix("repository/") if src_uri.startswith("repository/") else DOCS / src_uri


def _on_site(target: str, at: Path, src_uri: str) -> str:
    if "://" in target:
        return target
    meant = Path(os.path.normpath(at.parent / target))
    if meant == DOCS or not meant.is_relative_to(ROOT):
        return target
    inside = meant.is_relative_to(DOCS)
    uri = meant.relative_to(DOCS).as_posix() if inside else f"repository/{meant.relative_to(ROOT).as_posix()}"
    return os.path.relpath(uri, os.path.dirname(src_uri) or ".")


def _linked() -> set[str]:
    """Files outside docs/ that its pages, and those that come along, link to."""
    found = set()
    for page in [*DOCS.rglob("*.md"), *(ROOT / name for name in ALONGSIDE)]:
        for _, target, _ in _LINK.findall(page.read_text(encoding="utf-8")):
            meant = Path(os.path.normpath(page.parent / target))
            if "://" not in target and meant.is_file() and not meant.is_relative_to(DOCS):
                found.add(meant.relative_to(ROOT).as_posix())
    return found

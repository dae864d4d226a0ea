"""All pages of reference, by their paths below docs/reference, and the page that lists them."""

from pathlib import Path

from app.reference import acts, deadlines, metrics, problems, rules, settings
from app.reference.writing import LANGUAGES, Language, heading, page_name, say

PAGES = {
    "acts": acts,
    "deadlines": deadlines,
    "rules": rules,
    "problems": problems,
    "settings": settings,
    "metrics": metrics,
}
TITLE = ("Reference", "参考")
INTRO = (
    "Made from the tables by which the service runs, so that page and service say the same; a test holds them current.",
    "由服务运行所依据的各表生成，页面与服务一致，并由测试保证其为最新。",
)


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    written = {
        page_name(name, language): "\n".join(module.page(language))
        for name, module in PAGES.items()
        for language in LANGUAGES
    }
    return {**{page_name("README", language): "\n".join(_index(language)) for language in LANGUAGES}, **written}


def write(folder: Path) -> list[str]:
    """Write every page into a folder; return the names of those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in pages().items():
        file = folder / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            changed.append(name)
    return changed


def _index(language: Language) -> list[str]:
    links = [
        f"* [{say(module.TITLE, language)}]({page_name(name, language)}){say((': ', '：'), language)}"
        + say(module.INTRO, language)
        for name, module in PAGES.items()
    ]
    return [*heading("README", TITLE, INTRO, language), *links, ""]

"""The site: deterministic, escaped, complete, and right in a browser, wide and on a phone."""

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sslbench.metrics.catalogue import CATALOGUE
from sslbench.site.build import build_site, interval, number
from sslbench.site.rows import SHOWN
from sslbench.tables import build_tables

ROOT = Path(__file__).resolve().parents[2]
RESULTS, PACKAGE = ROOT / "results", ROOT / "sslbench"


@pytest.fixture(scope="module")
def own_site(tmp_path_factory):
    """The site of the repository's own results."""
    if not (RESULTS / "records").is_dir():
        pytest.skip("no results in this checkout")
    out = tmp_path_factory.mktemp("own")
    build_site(build_tables(RESULTS), out)
    return out


def pages(site):
    return sorted(site.rglob("*.html"))


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.ids = [], set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.found += [attrs[k] for k in ("href", "src") if k in attrs]
        self.ids |= {attrs["id"]} if "id" in attrs else set()


def parsed(page):
    links = Links()
    links.feed(page.read_text())
    return links


def test_the_same_tables_give_the_same_bytes(site, made_results, tmp_path):
    build_site(build_tables(made_results), tmp_path)
    first = {f.relative_to(site): f.read_bytes() for f in site.rglob("*") if f.is_file()}
    assert first == {f.relative_to(tmp_path): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}


@pytest.mark.parametrize("which", ["site", "own_site"])
def test_every_link_leads_somewhere_on_disk(which, request):
    for page in pages(request.getfixturevalue(which)):
        for link in parsed(page).found:
            if link.startswith("data:image/"):
                continue
            assert not link.startswith(("http:", "https:", "//", "/")), f"{page}: {link} needs a network or a server"
            name, _, anchor = link.partition("#")
            goal = (page.parent / name).resolve() if name else page
            assert goal.is_file(), f"{page}: {link}"
            if anchor:
                assert anchor in parsed(goal).ids, f"{page}: {link}"


def test_every_method_task_and_number_is_shown(own_site):
    tables = build_tables(RESULTS)
    index = (own_site / "index.html").read_text()
    for method in tables.cells["method"].unique():
        assert f'href="methods/{method}.html"' in index and (own_site / "methods" / f"{method}.html").is_file()
    for task in tables.cells["task"].unique():
        assert (own_site / "tasks" / f"{task}.html").is_file()
    bits = tables.scores.query("metric == 'bits' or probe == 'retrieval'")
    for row in bits.to_dict("records"):
        assert interval(row) in (own_site / "tasks" / f"{row['task']}.html").read_text()
    assumptions = (own_site / "assumptions.html").read_text()
    for v in tables.assumptions[tables.assumptions["verdict"] != "not applicable"].to_dict("records"):
        assert v.get("power") == "no power" or number(v["low"]) in assumptions
        assert f'<span class="tag {v["verdict"]}">' in assumptions


def test_metrics_verdicts_and_calibration_are_shown(own_site):
    tables = build_tables(RESULTS)
    shown = tables.metrics[tables.metrics["metric"].isin(SHOWN)]
    for row in shown[shown["method"].isin(["vicreg", "pca"])].to_dict("records"):
        if not row["target"]:
            for page in (f"methods/{row['method']}.html", f"tasks/{row['task']}.html"):
                assert number(row["value"], 2) in (own_site / page).read_text(), (page, row)
    page = (own_site / "representations.html").read_text()
    assert all(f'id="{name}"' in page for name in CATALOGUE)
    assert all(m in page for m in tables.metric_verdicts["method"].unique())
    trials = (own_site / "calibration.html").read_text()
    assert all(f"<td>{world}</td>" in trials for world in tables.calibration["world"].unique())
    cards = (own_site / "assumptions.html").read_text()
    assert "What a verdict does not say" in cards and "wrong (95 % bound" in cards


def test_text_from_records_and_cards_is_escaped(made_results, tmp_path):
    shutil.copytree(made_results, tmp_path / "r")
    cards = json.loads((tmp_path / "r" / "cards.json").read_text())
    cards["methods"]["vicreg"]["title"] = cards["tasks"]["photos"]["description"] = "<script>alert(1)</script>"
    (tmp_path / "r" / "cards.json").write_text(json.dumps(cards))
    build_site(build_tables(tmp_path / "r"), tmp_path / "site")
    for page in pages(tmp_path / "site"):
        assert "<script>alert" not in page.read_text()


def test_a_page_is_one_module_and_one_template(tmp_path):
    """A copy of the package with two files more has one page more, linked from every other."""
    shutil.copytree(PACKAGE, tmp_path / "sslbench", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tasks", tmp_path / "sslbench" / "_tasks")
    room = tmp_path / "sslbench" / "site"
    (room / "pages" / "extra.py").write_text(
        "from sslbench.site.page import Link\n"
        "LINK = Link(25, 'extra.html', 'Extra')\n"
        "def pages(site):\n"
        "    yield site.page(LINK.path, 'extra.html', count=len(site.tables.cells))\n"
    )
    (room / "templates" / "extra.html").write_text(
        '{% extends "base.html" %}{% block main %}<h1>{{ count }} cells</h1>{% endblock %}'
    )
    code = (
        "import sys; from pathlib import Path; from sslbench.site.build import build_site; "
        "from sslbench.tables import build_tables; build_site(build_tables(Path('none')), Path('site'))"
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}, check=True
    )
    assert "<h1>0 cells</h1>" in (tmp_path / "site" / "extra.html").read_text()
    links = re.findall('<a href="([a-z]+.html)"[^>]*>[A-Z]', (tmp_path / "site" / "cost.html").read_text())
    assert links[3:5] == ["representations.html", "extra.html"]


def test_an_empty_results_folder_gives_pages_too(tmp_path):
    build_site(build_tables(tmp_path / "none"), tmp_path / "site")
    assert "0</b> tasks" in (tmp_path / "site" / "index.html").read_text()


def test_numbers_are_readable():
    assert number(-0.12345) == "−0.123" and number(-0.0001) == "0.000" and number(float("nan")) == "–"
    assert interval({"value": 1, "low": float("nan"), "high": float("nan")}) == "1.000"


def test_templates_have_one_heading_and_a_language():
    for file in shipped_templates():
        text = file.read_text()
        if "{% block main %}" in text and file.name != "base.html":
            assert len(re.findall("<h1", text)) == 1, file


def shipped_templates():
    return sorted((Path(__file__).resolve().parents[2] / "sslbench" / "site" / "templates").glob("*.html"))


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium of the system, driven by playwright."""
    api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get(
        "CHROMIUM", shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )
    if not path:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.browser
@pytest.mark.parametrize(("which", "width"), [("site", 1280), ("site", 390), ("own_site", 390)])
def test_every_page_fits_its_screen_and_has_no_error(which, width, browser, request):
    page = browser.new_page(viewport={"width": width, "height": 800})
    problems = []
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("requestfailed", lambda r: problems.append(r.url))
    page.on("request", lambda r: problems.append(r.url) if not r.url.startswith("file:") else None)
    for file in pages(request.getfixturevalue(which)):
        page.goto(f"file://{file}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file
        assert page.locator("h1").count() == 1
    assert not problems


@pytest.mark.browser
def test_tables_sort_by_click_and_by_keyboard(site, browser):
    page = browser.new_page()
    page.goto(f"file://{site / 'index.html'}")
    table = page.locator("table.sortable").first
    head = table.locator("thead th", has_text=re.compile("^Bits$")).locator("button")

    def bits():
        shown = table.locator("tbody td:nth-child(6)").all_inner_texts()
        return [float(text.replace("−", "-")) for text in shown if text != "–"]

    head.click()
    assert bits() == sorted(bits(), reverse=True), "the best come first"
    head.focus()
    page.keyboard.press("Enter")
    assert bits() == sorted(bits())
    assert "not ranked" in table.locator("tbody tr").last.inner_text(), "what has no number stays last"


@pytest.mark.browser
def test_methods_are_picked_by_words_family_and_labels_and_the_address_keeps_it(site, browser):
    page = browser.new_page()
    page.goto(f"file://{site / 'index.html'}")
    shown = lambda: page.locator("table.sortable").first.locator("tbody tr:visible").count()  # noqa: E731
    every = shown()
    page.fill("input[name=q]", "simclr")
    page.locator("input[name=q]").press("Tab")
    assert 0 < shown() < every and page.url.endswith("#?q=simclr")
    page.reload()
    assert 0 < shown() < every and page.input_value("input[name=q]") == "simclr"
    assert page.locator("form.pick output").inner_text().startswith("1 of ")
    page.go_back()
    page.wait_for_function("!location.hash")
    assert shown() == every and page.input_value("input[name=q]") == ""
    page.select_option("select[name=family]", "control")
    controls = shown()
    page.click("button[type=reset]")
    page.check("input[name=labels]")
    assert 0 < controls < every and shown() == every - 1


@pytest.mark.browser
def test_all_content_is_there_without_script(site, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"file://{site / 'index.html'}")
    assert page.locator("table").count() >= 2 and page.locator("img").first.is_visible()

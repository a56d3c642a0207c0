"""The safety pages are what the code generates, and every requirement has a test."""

import pytest

from bench.hazards import HAZARDS, PAGES, PARTS, ROOT, requirement, verified_by
from controller.interlocks import INTERLOCKS, Interlock


@pytest.mark.parametrize(("name", "marker", "written"), PARTS, ids=lambda part: str(part)[:20])
def test_a_page_holds_what_is_generated(name, marker, written) -> None:
    text = (PAGES / name).read_text(encoding="utf-8")
    part = text.split(f"<!-- {marker} -->\n")[1].split(f"<!-- /{marker} -->")[0]
    assert part == written(), "python -m bench.hazards writes it anew"


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_every_interlock_is_verified_by_a_test(row: Interlock) -> None:
    assert verified_by(ROOT / "tests").get(row.name)


def test_every_hazard_has_an_interlock_and_every_interlock_a_hazard() -> None:
    named = {f"{hazard.number} {hazard.name}" for hazard in HAZARDS}
    assert {row.hazard for row in INTERLOCKS} == named


def test_no_mark_names_a_requirement_that_is_none() -> None:
    known = {row.name for row in INTERLOCKS} | {hazard.number for hazard in HAZARDS}
    assert {name for name in verified_by(ROOT / "tests") if not name.startswith("IEC ")} <= known


def test_a_requirement_says_when_what_and_how_fast() -> None:
    row = next(row for row in INTERLOCKS if row.name == "tip_cold")
    assert requirement(row) == (
        "in precheck, freeze, fault: unless tip_coldest_c at least -90.0 °C: shut, found within "
        "200 ms")

"""What the model check found: gas behind a shut valve was not seen while the mode kept changing."""

import pytest

from tests.controller.given import TICK_MS, Desk


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("orders", [("thaw", "stop"), ("thaw", "stop", "stop")])
def test_gas_that_does_not_stop_is_found_although_the_mode_keeps_changing(
        orders: tuple[str, ...]) -> None:
    desk = Desk()
    desk.tip_c = -20.0  # so that a thaw is not over at once
    for tick in range(4000 // TICK_MS):
        words = orders[tick // 10 % len(orders)] if tick % 10 == 0 else ""
        desk.tick(*([desk.command(words)] if words else []), flow_slpm=2.0)
        if desk.last.tripped:
            break
    assert [trip.name for trip in desk.last.tripped] == ["shut_flow"]
    assert desk.last.mode == "fault"

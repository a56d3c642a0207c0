"""Facts: what the interlocks look at; and how one sample is judged (declared fault, range, age).

It does not collect them (senses.py does) nor decide what a fault leads to (interlocks.py does).
"""

from typing import NamedTuple

from controller.records import Sample
from controller.text import number

SENTINEL = 9.9e37  # SCPI instruments say "overload" or "no value" with +-9.9E37 or 9.91E37

# Plausible range per channel; the tip's comes from the limits.
SKIN_C = (-20.0, 45.0)  # warmer is a burn or a sensor that drifts, and hides a cold skin
SUPPLY_KPA = (-100.0, 10000.0)
EXHAUST_KPA = (-100.0, 2000.0)
FLOW_SLPM = (-1.0, 100.0)
COLD_JUNCTION_C = (-40.0, 125.0)
PROBE_ID = (0.0, 1e9)

# Everything the rows look at: raw values, judged sensors, running totals, and what gas and tip did.
Facts = NamedTuple(
    "Facts",
    [
        ("estop_fault", str),  # "" when the loop is proven closed
        ("estop_untested", str),  # "" when it was seen to open, or need not be
        ("actuator_fault", str),  # "" when the last outputs arrived
        ("unclean", str),  # "" or how the last run of the control process ended
        ("limits_fault", str),  # "" when the limits are those of the start
        ("clock_fault", str),  # "" when time has not gone back
        ("log_fault", str),  # "" when what happens is kept
        ("indicator_fault", str),  # "" when lamp and buzzer do what they are told
        ("tip_fault", str),  # "" when present, fresh, finite, in range, or ridden through
        ("tip_b_fault", str),
        ("skin_fault", str),
        ("supply_fault", str),
        ("exhaust_fault", str),
        ("flow_fault", str),
        ("cold_junction_fault", str),
        ("pedal_fault", str),  # "" when it is pressed
        ("pedal_stuck", str),  # "" when it is released, or was since the check
        ("probe_fault", str),  # "" when the chip is read and is the rig's
        ("late_ms", float),  # 0..
        ("slips", float),  # 0..; in a row
        ("tip_step_c_per_s", float),  # 0..; of the worse sensor against its last good sample
        ("ab_difference_c", float),  # 0..
        ("tip_coldest_c", float),  # coldest of both raw values and the estimate
        ("tip_warmest_c", float),  # warmest of both raw values and the estimate
        ("start_tip_c", float),  # coldest again, watched only before a start
        ("pull_tip_c", float),  # coldest again, watched only after a freeze
        ("heater_fault", str),  # "" or how hot the tip is without heat being asked for
        ("skin_c", float),
        ("skin_warn_c", float),  # skin again, with a limit that leaves time
        ("skin_predicted_c", float),  # skin in SKIN_LEAD_S if it falls on
        ("skin_fall_c_per_min", float),  # 0..
        ("cold_junction_low_c", float),
        ("cold_junction_high_c", float),
        ("supply_kpa", float),
        ("exhaust_kpa", float),
        ("freeze_s", float),  # 0..; freeze time of this cycle
        ("total_freeze_s", float),  # 0..; since the plan was loaded
        ("cold_s", float),  # 0..; at or below -20 deg C since the plan was loaded
        ("ice_radius_mm", float),  # 0..; estimated
        ("ice_m20_radius_mm", float),  # 0..; estimated
        ("flow_share_low", float),  # of gas.GasFacts, from here to supply_end_kpa
        ("flow_share_high", float),
        ("shut_flow_slpm", float),
        ("burst_fault", str),
        ("supply_end_kpa", float),
        ("tip_flat_s", float),  # of progress.ProgressFacts, from here to tip_warming_c
        ("tip_b_flat_s", float),
        ("wrong_way_c", float),
        ("uncooled_s", float),
        ("approach_s", float),
        ("shut_fall_c", float),
        ("unwarmed_s", float),
        ("off_target_c", float),
        ("swing_c", float),
        ("tip_predicted_c", float),
        ("tip_warming_c", float),
        ("check_age_s", float),  # 0..; since the check before use was passed; NaN without
        ("check_fault", str),  # "" when it was passed with this very probe
    ],
)


def sample_fault(title: str, sample: Sample, low: float, high: float, age_ms_max: float) -> str:
    """Return "" when `sample` can be trusted, else why not: declared, not finite, range, age."""
    if sample.fault:
        named = sample.fault.startswith(title + ": ")  # most devices say whose fault it is
        return sample.fault if named else title + ": " + sample.fault
    if not (-SENTINEL < sample.value < SENTINEL):
        return title + " sensor reads " + number(sample.value) + ", not a number"
    if not (low <= sample.value <= high):
        return (title + " sensor reads " + number(sample.value) + ", outside " + number(low)
                + ".." + number(high))
    if not (0 <= sample.age_ms <= age_ms_max):
        return (title + " sample is " + str(sample.age_ms) + " ms old, not at most "
                + number(age_ms_max, 0) + " ms")
    return ""


def contact_fault(title: str, sample: Sample, age_ms_max: float, wanted: float,
                  otherwise: str) -> str:
    """Return "" when a contact is proven to be as `wanted` (0.0 or 1.0), else why not."""
    fault = sample_fault(title, sample, 0.0, 1.0, age_ms_max)
    if fault:
        return fault
    return "" if sample.value == wanted else otherwise

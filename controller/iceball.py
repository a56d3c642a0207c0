"""How far the tissue around the tip is frozen, and how cold, from the tip's temperature alone.

It does not decide how much ice is too much, nor whether a sensor is to be believed.

Explicit enthalpy method in confocal spheroidal shells with the tip's reading as the surface's: a
real contact is worse, so the ice is rather smaller. The tissue is muscle at 37 °C, whatever the
probe is truly in. All state is whole numbers: exact on a board's small floats, alike on both
interpreters, and without a new object for every sum. Nothing here exceeds 2**30.
"""

from math import asin, asinh, log, pi, sqrt, tanh

STEP_MS = 100  # one tick at 10 Hz; a shorter tick waits until a step is due
STEPS_MAX = 4  # in one update: the tick's time is bounded, the rest stays owed
OWED_MS_MAX = 10_000  # outputs are leases: a longer gap than the gas-off dip of 8 s grows no ice
DT_MS_MAX = 3_600_000  # an hour in one update is told as an hour, and no more

BELIEVED_C_MIN = -200.0  # the hard range of sensor_c_min and sensor_c_max: limits.py
BELIEVED_C_MAX = 150.0
MISSING_C = -90.0  # below the boiling point of N2O at 1 atm, -88.5 °C, and the tip floor
NERVE_MK = -20_000  # [S] nerve-effective, PubMed 7326160
EDGE_MK = -4_500  # middle of the freezing range, where the visible edge of the ice is

SHELLS = 12
FIRST_MM = 0.4  # thickness of the innermost shell; widened until the step is stable
WIDEN = 1.03
GROWTH = 1.17  # each further shell by the one before; the last ends about 22 mm from the tip
STABLE = 0.98  # of the stable step; the rest is for the blood, which needs 1/20000

# Muscle, Micromachines 2025, 16, 1321; as in the simulated probe. Heat is J/m³ from where freezing
# ends; conducted is the integral of the conductivity from there, in 0.01 W/m.
MUSHY = 268_887_400  # J/m³ where freezing begins: 250e6 latent, 7 K of 2.6982e6 J/(m³ K)
BODY = 405_687_400  # J/m³ at 37 °C: 38 K of 3.6e6 J/(m³ K) more
FROZEN = 8_982  # J/m³ by 0.01 W/m: 1.7964e6 J/(m³ K), 2.0 W/(m K)
UNFROZEN = 72_000  # J/m³ by 0.01 W/m: 3.6e6 J/(m³ K), 0.5 W/(m K)
FROZEN_MK = 1_796  # J/m³ by mK
MUSHY_MK = 38_413  # J/m³ by mK between
MUSHY_SHARE = 268_888  # J/m³ by one thousandth of the shell
ENDS_MK, BEGINS_MK = -8_000, -1_000
BEND_MK, BEND = 18_667, 93_333  # conducted in the range: t (18667 - t) / 93333, t in mK; 2 to 0.5
BEGINS = 875  # 0.01 W/m where freezing begins
AT_BODY = 2_775  # 0.01 W/m at 37 °C
METABOLISM = 420  # J/m³ by step: 4200 W/m³
BLOOD = 20_000  # steps until blood alone has warmed tissue: 3.6e6 J/(m³ K) by 1800 W/(m³ K)
THAWING = 7_710  # J/m³ by step: metabolism and blood in the middle of the range, none frozen

# How the shells of a tip of one slenderness differ from those of the spheroid of equal surface, as
# fitted to two dimensions: docs/decisions/0009-fitted-shells.md. Active length by diameter; focus
# by that of the spheroid; volume across the middle, 2/3 for a slender spheroid and 1 a cylinder.
FITTED = (
    (2.0, 1.124, 0.673),
    (3.0, 1.097, 0.777),
    (5.0, 1.112, 0.850),
    (10.0, 1.321, 0.954),
)


class IceBall:
    """Ice around one probe; `update` once per tick.

    radius_0c_mm: from the probe's axis to the edge of the ice, -4.5 °C; 0.0 when there is none.
    radius_m20c_mm: to -20 °C; 0.0 when nothing is as cold, else at most radius_0c_mm.
    cold_ms: 0..; how long the tip was at -20 °C or colder, or its temperature was not known.
    """

    def __init__(self, outer_diameter_mm: float, active_length_mm: float) -> None:
        diameter_mm = _within(outer_diameter_mm, 0.5, 6.0)
        length_mm = _within(active_length_mm, FITTED[0][0] * diameter_mm, 40.0)
        cut = _cut(diameter_mm, length_mm)
        self.face_um, self.middle_um, self.inward, self.outward = cut
        self.heat = [BODY] * SHELLS
        self.conducted = [AT_BODY] * (SHELLS + 1)  # the last: far away
        self.rest()

    def rest(self) -> None:
        """Begin at a new site: tissue at body temperature, nothing counted."""
        for shell in range(SHELLS):
            self.heat[shell] = BODY
        self.owed_ms = 0
        self.coldest_c = MISSING_C
        self.cold_ms = 0
        self.radius_0c_mm = 0.0
        self.radius_m20c_mm = 0.0

    def update(self, tip_c: float, dt_ms: int) -> None:
        """Go on by `dt_ms` (0..) with the tip at `tip_c`.

        A tip that is NaN or beyond belief counts as -90 °C, or as its coldest since `rest` if that
        was colder: what is not known never makes less ice than there is.
        """
        if not (BELIEVED_C_MIN <= tip_c <= BELIEVED_C_MAX):
            tip_c = self.coldest_c
        elif tip_c < self.coldest_c:
            self.coldest_c = tip_c
        if not (dt_ms > 0):
            return
        dt_ms = int(min(dt_ms, DT_MS_MAX))
        tip_mk = int(1000.0 * tip_c)
        if tip_mk <= NERVE_MK:
            self.cold_ms += dt_ms
        owed_ms = min(self.owed_ms + dt_ms, OWED_MS_MAX)
        steps = min(owed_ms // STEP_MS, STEPS_MAX)
        self.owed_ms = owed_ms - steps * STEP_MS
        for _ in range(steps):
            self._advance(_conducted(tip_mk))
        if steps:
            self._measure(tip_mk)

    def _advance(self, before: int) -> None:
        """One step, from the surface, which conducts `before`, outwards."""
        heat, conducted, inward, outward = self.heat, self.conducted, self.inward, self.outward
        for shell in range(SHELLS):
            h = heat[shell]
            if h >= MUSHY:
                conducted[shell] = BEGINS + (h - MUSHY) // UNFROZEN
            elif h <= 0:
                conducted[shell] = h // FROZEN
            else:
                t = h // MUSHY_MK
                conducted[shell] = t * (BEND_MK - t) // BEND
        here = conducted[0]
        for shell in range(SHELLS):
            h = heat[shell]
            after = conducted[shell + 1]
            gain = outward[shell] * (after - here) - inward[shell] * (here - before)
            if h >= MUSHY:
                gain += METABOLISM + (BODY - h) // BLOOD
            elif h > 0:
                gain += h // MUSHY_SHARE * THAWING // 1000
            heat[shell] = h + gain
            before, here = here, after

    def _measure(self, tip_mk: int) -> None:
        """Find the edge and -20 °C, each at the outermost shell that is still as cold."""
        heat, face_um = self.heat, self.face_um
        shell = SHELLS - 1
        while shell >= 0 and heat[shell] > MUSHY // 2:
            shell -= 1
        if shell < 0 and tip_mk > EDGE_MK:
            self.radius_0c_mm = self.radius_m20c_mm = 0.0
            return
        # Of this shell and the next counts what is frozen: an edge between middles would stand
        # still while a shell gives its latent heat, and then leap.
        edge_um = face_um[shell + 1]
        if shell >= 0:
            edge_um -= (edge_um - face_um[shell]) * _liquid(heat[shell]) // 1000
        if shell + 1 < SHELLS:
            width_um = face_um[shell + 2] - face_um[shell + 1]
            edge_um += width_um * (1000 - _liquid(heat[shell + 1])) // 1000
        self.radius_0c_mm = edge_um * 0.001
        while shell >= 0 and _at_mk(heat[shell]) > NERVE_MK:
            shell -= 1
        self.radius_m20c_mm = min(edge_um, self._nerve_um(shell, tip_mk, edge_um)) * 0.001

    def _nerve_um(self, shell: int, tip_mk: int, edge_um: int) -> int:
        """Return where -20 °C is, straight between middles, the surface and the edge."""
        if shell < 0 and tip_mk > NERVE_MK:
            return 0
        low_um, low_mk = self.face_um[0], tip_mk
        if shell >= 0:
            low_um, low_mk = self.middle_um[shell], _at_mk(self.heat[shell])
        if shell + 1 >= SHELLS:
            return low_um
        high_um, high_mk = self.middle_um[shell + 1], _at_mk(self.heat[shell + 1])
        if high_mk > ENDS_MK and high_um > edge_um:
            high_um, high_mk = edge_um, EDGE_MK
        return low_um + max(0, high_um - low_um) * (NERVE_MK - low_mk) // (high_mk - low_mk)


def _conducted(at_mk: int) -> int:
    if at_mk <= ENDS_MK:
        return (at_mk - ENDS_MK) // 5  # 2 W/(m K)
    if at_mk <= BEGINS_MK:
        return (at_mk - ENDS_MK) * (BEND_MK - at_mk + ENDS_MK) // BEND
    return BEGINS + (at_mk - BEGINS_MK) // 20  # 0.5 W/(m K)


def _at_mk(heat: int) -> int:
    """Return the temperature up to the end of the range; what is warmer counts as that."""
    if heat <= 0:
        return ENDS_MK + heat // FROZEN_MK
    return min(BEGINS_MK, ENDS_MK + heat // MUSHY_MK)


def _liquid(heat: int) -> int:
    """Return how much of a shell is not frozen, 0..1000."""
    return min(1000, max(0, heat // MUSHY_SHARE))


def _within(value: float, low: float, high: float) -> float:
    """Return `value` held within; NaN is the high end, for more ice."""
    return min(high, max(low, value)) if value == value else high


def _cut(diameter_mm: float, length_mm: float) -> "tuple[list[int], ...]":
    """Return faces and middles of the shells, µm, and their links inward and outward.

    A link is J/m³ of the shell in one step by 0.01 W/m across. The shells are widened until none
    can give more than it has, so the step is stable: frozen tissue, which leads most, is the test.
    """
    first_mm = FIRST_MM
    while True:
        faces_mm = [0.5 * diameter_mm]
        for shell in range(SHELLS):
            faces_mm.append(faces_mm[shell] + first_mm * GROWTH**shell)
        middles_mm, inward, outward = _linked(faces_mm, length_mm)
        if max([a + b for a, b in zip(inward, outward)]) <= STABLE * FROZEN:
            return ([int(1000.0 * face) for face in faces_mm],
                    [int(1000.0 * middle) for middle in middles_mm], inward, outward)
        first_mm *= WIDEN


def _linked(faces_mm: "list[float]",
            length_mm: float) -> "tuple[list[float], list[int], list[int]]":
    """Return middles, mm, and the links of every shell inward and outward.

    Conductance between two spheroids of focus f: 4 pi f / (ln tanh(b/2) - ln tanh(a/2)) with
    sinh a = r / f.
    """
    inner_mm = faces_mm[0]
    slenderness = 0.5 * length_mm / inner_mm
    focus_mm = _fitted(slenderness, 1) * _focus_mm(inner_mm, length_mm)
    lack_mm2 = (1.0 - _fitted(slenderness, 2)) * focus_mm * focus_mm
    middles_mm = [0.5 * (faces_mm[i] + faces_mm[i + 1]) for i in range(SHELLS)]
    ways = [log(tanh(0.5 * asinh(r / focus_mm))) for r in [inner_mm] + middles_mm + faces_mm[-1:]]
    poles_mm = [sqrt(r * r + focus_mm * focus_mm) for r in faces_mm]
    within_mm3 = [4.0 * pi * (p * p * p / 3.0 - lack_mm2 * p) for p in poles_mm]
    links_mm = [4.0 * pi * focus_mm / (ways[i + 1] - ways[i]) for i in range(SHELLS + 1)]
    scale = 10.0 * STEP_MS  # seconds, from mm/mm³ to 1/m², by 0.01 W/m
    volumes_mm3 = [within_mm3[i + 1] - within_mm3[i] for i in range(SHELLS)]
    inward = [int(scale * links_mm[i] / volumes_mm3[i] + 0.5) for i in range(SHELLS)]
    outward = [int(scale * links_mm[i + 1] / volumes_mm3[i] + 0.5) for i in range(SHELLS)]
    return middles_mm, inward, outward


def _fitted(slenderness: float, column: int) -> float:
    """Return a column of FITTED, straight between rows over the logarithm, held beyond them."""
    low = FITTED[0]
    for high in FITTED[1:]:
        if slenderness < high[0]:
            on = max(0.0, log(slenderness / low[0]) / log(high[0] / low[0]))
            return low[column] + on * (high[column] - low[column])
        low = high
    return low[column]


def _focus_mm(minor_mm: float, length_mm: float) -> float:
    """Return the focus of the prolate spheroid with the active part's surface, by bisection."""
    low, high = 0.0, 4.0 * length_mm
    for _ in range(40):
        focus_mm = 0.5 * (low + high)
        major_mm = sqrt(focus_mm * focus_mm + minor_mm * minor_mm)
        area = minor_mm + major_mm * major_mm / focus_mm * asin(focus_mm / major_mm)
        if area < length_mm:  # both by 2 pi times the semi-minor axis
            low = focus_mm
        else:
            high = focus_mm
    return focus_mm

"""How far tissue is frozen around the tip, from the tip temperature alone.

It does not decide how much ice is too much, nor what a sensor is worth.
"""

from math import asin, asinh, log, pi, sqrt, tanh
from typing import NamedTuple

STEP_MS = 100
STEPS_MAX = 4
OWED_MS_MAX = 10_000
DT_MS_MAX = 3_600_000
SHELLS = 12
FIRST_MM = 0.5
GROWTH = 1.22

Fit = NamedTuple(
    "Fit",
    [
        ("slenderness", float),
        ("stretch", float),
        ("fullness", float),
        ("share", float),
    ],
)

FITTED = (
    Fit(2.0, 1.124, 0.673, 0.917),
    Fit(3.0, 1.097, 0.777, 0.903),
    Fit(5.0, 1.112, 0.850, 0.857),
    Fit(10.0, 1.321, 0.954, 0.680),
)

# J/m3, 0 where freezing ends
MUSHY = 268_891_000  #
BODY = MUSHY + 38 * 3_600_000
FROZEN = 8982  # J/m3 by 0.01 W/m
UNFROZEN = 72_000
MILLIKELVIN = 38_413
ENDS = 18_667
FALLS = 93_333
BEGIN = 875
AT_BODY = BEGIN + 1900
COLD = -12 * 1_796_400   # -20
MIDDLE = MUSHY // 2
BLOOD = 20_000
METABOLISM = 420


class IceBall:
    def __init__(self, outer_diameter_mm: float, active_length_mm: float) -> None:
        self.inner_mm = 0.5 * outer_diameter_mm
        geometry(self, outer_diameter_mm, active_length_mm)
        n = len(self.width_mm)
        self.heat = [BODY] * n
        self.phi = [AT_BODY] * (n + 1)
        self.coldest_c = -90.0
        self.rest()

    def rest(self) -> None:
        for i in range(len(self.heat)):
            self.heat[i] = BODY
        self.owed_ms = 0
        self.cold_ms = 0
        self.radius_0c_mm = 0.0
        self.radius_m20c_mm = 0.0
        self.coldest_c = -90.0

    def update(self, tip_c: float, dt_ms: int) -> None:
        if not (-200.0 <= tip_c <= 150.0):
            tip_c = self.coldest_c
        elif tip_c < self.coldest_c:
            self.coldest_c = tip_c
        if not (dt_ms > 0):
            return
        dt_ms = int(min(dt_ms, DT_MS_MAX))
        if tip_c <= -20.0:
            self.cold_ms += dt_ms
        owed_ms = min(self.owed_ms + dt_ms, OWED_MS_MAX)
        steps = min(owed_ms // STEP_MS, STEPS_MAX)
        self.owed_ms = owed_ms - steps * STEP_MS
        if steps:
            tip = int(100.0 * conducted(tip_c))
            for _ in range(steps):
                self.advance(tip)
            self.measure(tip_c)

    def advance(self, tip: int) -> None:
        heat, phi, inward, outward = self.heat, self.phi, self.inward, self.outward
        n = len(heat)
        for i in range(n):
            h = heat[i]
            if h >= MUSHY:
                phi[i] = BEGIN + (h - MUSHY) // UNFROZEN
            elif h <= 0:
                phi[i] = h // FROZEN
            else:
                mk = h // MILLIKELVIN
                phi[i] = mk * (ENDS - mk) // FALLS
        before = tip
        here = phi[0]
        for i in range(n):
            after = phi[i + 1]
            h = heat[i]
            if h > 0:
                if h >= MUSHY:
                    h += METABOLISM + (BODY - h) // BLOOD
                else:
                    h += (METABOLISM + 180 * 40) * (h // MILLIKELVIN) // 7000
            heat[i] = h + outward[i] * (after - here) - inward[i] * (here - before)
            before = here
            here = after

    def measure(self, tip_c: float) -> None:
        heat = self.heat
        outer = self.face_mm
        n = len(heat)
        edge = 0.0
        i = n - 1
        while i >= 0 and heat[i] > MIDDLE:
            i -= 1
        if i >= 0:
            nxt = heat[i + 1] if i + 1 < n else MUSHY
            edge = outer[i + 1]
            w = outer[i + 1] - outer[i]
            edge -= w * liquid(heat[i])
            if i + 1 < n:
                edge += (outer[i + 2] - outer[i + 1]) * (1.0 - liquid(nxt))
        elif tip_c < -4.5:
            edge = outer[0] + (outer[1] - outer[0]) * (1.0 - liquid(heat[0]))
        self.radius_0c_mm = edge
        # -20
        while i >= 0 and heat[i] > COLD:
            i -= 1
        cold = 0.0
        if i >= 0 or tip_c < -20:
            if i >= 0:
                r = self.mid_mm[i]; c = heat[i] / 1796400.0 - 8.0
            else:
                r = outer[0]; c = tip_c
            h = heat[i + 1]
            r2 = self.mid_mm[i + 1]; c2 = h / 1796400.0 - 8.0 if h <= 0 else h/MUSHY*7.0-8.0
            if h > 0 and r2 > edge:
                r2 = edge; c2 = -4.5
            if r2 > r and c2>c:
                cold = r + (r2 - r) * (-20.0 - c) / (c2 - c)
            else: cold = r
        self.radius_m20c_mm = min(cold, edge)


def liquid(h):
    return min(1.0, max(0.0, h / MUSHY))


def conducted(c):
    if c <= -8.0:
        return 2.0 * (c + 8.0)
    if c <= -1.0:
        k = c + 8.0
        return k * (2.0 - 1.5 / 14.0 * k)
    return 8.75 + 0.5 * (c + 1.0)


def fitted(s):
    low = FITTED[0]
    if s <= low.slenderness: return low
    for high in FITTED[1:]:
        if s <= high.slenderness:
            x = log(s / low.slenderness) / log(high.slenderness / low.slenderness)
            return Fit(s, *[a + x * (b - a) for a, b in zip(low[1:], high[1:])])
        low = high
    return low


def geometry(self, d, L):
    fit = fitted(L / d)
    r0 = 0.5 * d
    area = 2 * pi * r0 * L
    lo, hi = r0 * 1.000001, max(area / r0, 2 * r0)
    for _ in range(60):
        mid = .5 * (lo + hi); e = sqrt(1 - (r0 / mid)**2)
        a = 2 * pi * r0**2 * (1 + mid / (r0 * e) * asin(e))
        if a < area: lo = mid
        else: hi = mid
    f = fit.stretch * sqrt(mid * mid - r0 * r0)
    lack = (1 - fit.fullness) * f * f
    def vol(r):
        p = sqrt(r * r + f * f); return fit.share * 4 * pi * (p**3 / 3 - lack * p)
    def res(a, b):
        return (log(tanh(asinh(b / f) / 2)) - log(tanh(asinh(a / f) / 2))) / (fit.share * 4 * pi * f)
    w = FIRST_MM
    while True:
        face = [r0]
        for i in range(SHELLS):
            face.append(face[-1] + w * GROWTH**i)
        mid = [.5 * (a + b) for a, b in zip(face, face[1:])]
        V = [vol(b) - vol(a) for a, b in zip(face, face[1:])]
        links = [1 / res(a, b) for a, b in zip([r0] + mid, mid + [face[-1]])]
        # a fraction by W/m of 0.01: dt (s) * link mm / V mm3 *1e6 * .01
        k = STEP_MS * 1e-3 * 1e6 * .01
        inw = [k * l / v for l, v in zip(links, V)]
        out = [k * l / v for l, v in zip(links[1:], V)]
        worst = max(a + b for a, b in zip(inw, out)) / FROZEN
        if worst <= 0.98: break
        w *= 1.03
    self.first_mm = w
    self.inward = [int(a + .5) for a in inw]; self.outward = [int(a + .5) for a in out]
    self.face_mm = face; self.mid_mm = mid; self.width_mm = [b - a for a, b in zip(face, face[1:])]

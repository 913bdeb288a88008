"""What is drawn on the skin stroke by stroke: brows, freckles, wrinkles. Positions in head units, seen from the front."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from avatars.cast.arrays import Floats, lerp
from avatars.cast.fields import blur, sample
from avatars.cast.people import Brows

LEFT, TOP, WIDTH, HEIGHT, SCALE = -0.85, 0.95, 1190, 1540, 700  # frame of the canvas; SCALE pixels a head unit
Point = tuple[float, float]


class Canvas:
    """A frontal drawing in head units, supersampled twice."""

    def __init__(self) -> None:
        self._image = Image.new("L", (WIDTH * 2, HEIGHT * 2))
        self._pen = ImageDraw.Draw(self._image)

    def line(self, points: Sequence[Point], tone: float, width: float) -> None:
        """A polyline; `tone` 0-255, `width` in canvas pixels."""
        self._pen.line([self._place(point) for point in points], fill=int(tone), width=max(1, int(width)))

    def dot(self, point: Point, radius: float, tone: float) -> None:
        """A filled circle; `radius` in canvas pixels."""
        x, y = self._place(point)
        self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(tone))

    def curve(self, points: Sequence[Point], width: float, tone: float) -> None:
        """A quadratic Bezier curve that fades and thins at both ends."""
        t = np.linspace(0, 1, 25)[:, None]
        a, b, c = (np.array(point) for point in points)
        path = [(float(x), float(y)) for x, y in (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c]
        for step in range(24):
            swell = float(np.sin(np.pi * (step + 0.5) / 24))
            self.line(path[step : step + 2], tone * swell, width * (0.4 + 0.6 * swell))

    def projected(self, x: Floats, y: Floats, softness: float) -> Floats:
        """The drawing looked up at head-unit places, blurred by `softness` pixels, 0-1."""
        small = self._image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        tone = blur(np.asarray(small, np.float64) / 255, softness)
        return sample(tone, (TOP - y) * SCALE, (x - LEFT) * SCALE, outside="constant")

    def _place(self, point: Point) -> Point:
        return 2 * (point[0] - LEFT) * SCALE, 2 * (TOP - point[1]) * SCALE


def both_sides(draw: Callable[[float], None]) -> None:
    """Draw once for the left side (+1) and once for the right (-1)."""
    draw(1.0)
    draw(-1.0)


def draw_brows(canvas: Canvas, brows: Brows, random: np.random.RandomState) -> None:
    """Single hairs: upright and sparse at the inner end, lying and dense towards the tail."""

    def side(sign: float) -> None:
        for _ in range(int(330 * brows.density)):
            along = float(random.rand() ** 0.85)
            entry = min(1.0, along * 5)
            thickness = brows.thickness * (1 - 0.75 * along**1.6) * (0.45 + 0.55 * entry)
            across = float(random.uniform(-1, 1))
            level = brows.height + 0.055 * np.sin(along * 2.25) * brows.arch - 0.016 * along
            length = random.uniform(0.042, 0.070) * (1 - 0.3 * along)
            slope = np.radians(lerp(64, 6, min(1.0, along * 1.9)) - across * 16 + random.normal(0, 7))
            hair = [(0.110 + 0.33 * along, level + across * thickness / 2)]
            for step in range(1, 4):
                turn = slope - np.radians(10 * step)
                hair.append((hair[-1][0] + length / 3 * np.cos(turn), hair[-1][1] + length / 3 * np.sin(turn)))
            tone = random.uniform(110, 225) * (0.45 + 0.55 * entry)
            canvas.line([(sign * x, y) for x, y in hair], tone, random.uniform(4, 8))

    both_sides(side)


def draw_freckles(canvas: Canvas, amount: float, random: np.random.RandomState) -> None:
    """Soft dots over nose and cheeks."""
    for _ in range(int(420 * amount)):
        place = (float(random.normal(0, 0.30)), float(random.normal(-0.20, 0.12)))
        canvas.dot(place, random.uniform(1.5, 4.5), random.uniform(20, 95))


def draw_wrinkles(canvas: Canvas, eye_x: float, mouth: tuple[float, float], random: np.random.RandomState) -> None:
    """Crow's feet, smile lines, lines under the eyes and on the forehead. `mouth` is (half width, height)."""
    half, level = mouth

    def side(sign: float) -> None:
        for slant in (0.07, 0.01, -0.05, -0.10):
            feet = ((0.22, slant * 0.6 - 0.01), (0.28, slant * 0.9), (0.34 + random.normal(0, 0.01), slant * 1.7))
            canvas.curve([(sign * (eye_x + x), y) for x, y in feet], 5, 130)
        smile_line = ((0.14, -0.37), (0.26, -0.46), (half + 0.075, level - 0.04))
        canvas.curve([(sign * x, y) for x, y in smile_line], 9, 120)
        corner = ((half + 0.02, level - 0.03), (half + 0.05, level - 0.12), (half + 0.03, level - 0.2))
        canvas.curve([(sign * x, y) for x, y in corner], 7, 45)
        under_eye = ((0.14, -0.10), (eye_x, -0.19), (eye_x + 0.17, -0.11))
        canvas.curve([(sign * x, y) for x, y in under_eye], 7, 100)

    both_sides(side)
    for number, level in enumerate((0.37, 0.45, 0.53)):
        canvas.curve([(-0.33, level + 0.01), (0.0, level - 0.03), (0.33, level + 0.01)], 6, 65 - 10 * number)

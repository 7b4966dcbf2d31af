"""Four parameters of a city's grid: given, fitted, and what a wrong control point does."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from app.errors import CrsError
from app.geo.similarity import FourParameters, fit_four_parameters, parse_four_parameters

CITY = FourParameters(4_199_123.456, 598_765.432, 0.21, 1.0000137)
LOCAL = np.array([(1000.0, 2000.0), (5200.0, 1800.0), (4800.0, 6100.0), (900.0, 5900.0), (3000.0, 4000.0)])  # fmt: skip


def moved(points, parameters=CITY):
    return np.stack(parameters.moved(points[:, 0], points[:, 1]), axis=1)


def fitted(source, target):
    return fit_four_parameters(source, target, limit_m=0.1)


def test_exact_pairs_give_the_parameters_back():
    fit = fitted(LOCAL, moved(LOCAL))
    assert fit.is_good
    assert fit.worst_m < 1e-6
    found = fit.parameters
    assert (found.rotation_deg, found.scale) == pytest.approx((0.21, 1.0000137), abs=1e-11)
    assert (found.dx_m, found.dy_m) == pytest.approx((CITY.dx_m, CITY.dy_m), abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_the_fit_is_that_of_a_general_least_squares_solver(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 12))
    source = rng.uniform(0, 20_000, (count, 2)) + rng.choice([0.0, 4_200_000.0])
    target = moved(source) + rng.normal(0, 0.03, (count, 2))
    middle = source.mean(axis=0)  # the oracle needs the figures small, the fit does that itself
    aim = target.mean(axis=0)
    x, y = (source - middle).T
    rows = np.zeros((2 * count, 4))
    rows[:count] = np.stack([np.ones(count), np.zeros(count), x, -y], axis=1)
    rows[count:] = np.stack([np.zeros(count), np.ones(count), y, x], axis=1)
    answer, *_ = np.linalg.lstsq(rows, (target - aim).T.ravel(), rcond=None)
    fit = fitted(source, target)
    expected = ((target - aim).T.ravel() - rows @ answer).reshape(2, count).T
    assert fit.residuals_m == pytest.approx(expected, abs=2e-6)
    assert fit.parameters.scale == pytest.approx(np.hypot(answer[2], answer[3]), abs=1e-12)
    sigma = np.sqrt((expected**2).sum() / (2 * count - 4))
    assert fit.sigma_m == pytest.approx(sigma, abs=2e-6)


def test_moving_a_point_is_the_helmert_operation_of_proj():
    # PROJ takes x to the east, so the turn from north towards east is its positive theta.
    way = Transformer.from_pipeline(
        f"+proj=helmert +x={CITY.dy_m} +y={CITY.dx_m} +s={CITY.scale:.12f} "
        f"+theta={CITY.rotation_deg * 3600:.9f}"
    )
    east, north = way.transform(LOCAL[:, 1], LOCAL[:, 0])
    ours_north, ours_east = CITY.moved(LOCAL[:, 0], LOCAL[:, 1])
    assert east == pytest.approx(ours_east, abs=1e-5)
    assert north == pytest.approx(ours_north, abs=1e-5)


def test_a_point_in_the_north_turns_east_under_a_positive_angle():
    quarter = FourParameters(0, 0, 90, 1)
    north, east = quarter.moved(np.array([100.0]), np.array([0.0]))
    assert (north[0], east[0]) == pytest.approx((0, 100), abs=1e-9)


def test_one_pair_is_refused_and_two_leave_nothing_to_check():
    with pytest.raises(CrsError, match="four parameters need two"):
        fitted(LOCAL[:1], moved(LOCAL[:1]))
    with pytest.raises(CrsError, match="one point"):
        fitted(LOCAL[[0, 0]], moved(LOCAL[[0, 0]]))
    fit = fitted(LOCAL[:2], moved(LOCAL[:2]))
    assert np.isnan(fit.sigma_m)
    assert fit.worst_m < 1e-6


def test_the_wrong_pair_among_five_is_named():
    target = moved(LOCAL)
    target[3, 1] += 2.0  # a digit mistyped
    fit = fitted(LOCAL, target)
    assert not fit.is_good
    assert fit.outlier == 3


def test_among_three_pairs_nobody_can_say_which_is_wrong():
    target = moved(LOCAL[:3])
    target[1, 0] -= 3.0
    fit = fitted(LOCAL[:3], target)
    assert not fit.is_good
    assert fit.outlier is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.5, -6.25, 0.5, 1.00001", (12.5, -6.25, 0.5, 1.00001)),
        ("12.5 -6.25 0°30'00\" 10ppm", (12.5, -6.25, 0.5, 1.00001)),
        ("12.5，-6.25，-1°30′36″，1", (12.5, -6.25, -1.51, 1.0)),
        (str(CITY), (CITY.dx_m, CITY.dy_m, CITY.rotation_deg, CITY.scale)),
    ],
)
def test_parameters_are_read_as_surveyors_write_them(text, expected):
    found = parse_four_parameters(text)
    shown = (found.dx_m, found.dy_m, found.rotation_deg, found.scale)
    assert shown == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,x", "1,2,3,1.5", "nan,0,0,1", "0,0,0,1,5"])
def test_what_is_no_four_parameters_is_refused(text):
    with pytest.raises(CrsError):
        parse_four_parameters(text)

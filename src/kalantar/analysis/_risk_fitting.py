# SPDX-License-Identifier: BSD-3-Clause
"""Poisson and negative binomial regression by Newton's method, in blocks that stay in the cache.

Rows with equal 0/1 columns are one row with totals; others pass through a small buffer, so no copy
of the columns is ever made.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

_BLOCK = 4096
_COLLAPSE_UP_TO = 52  # columns whose pattern fits a double exactly
_MANY = 60_000  # rows from which a fit begins on a sixteenth of them


@dataclass(frozen=True)
class Rows:
    """What a fit sees: each row stands for `weight` cells with these columns."""

    columns: np.ndarray  # (m, p)
    y: np.ndarray  # events, summed
    squares: np.ndarray  # events squared (over exposure when summed over exposures), summed
    weight: np.ndarray  # cells; 1 where exposures are summed
    exposure: np.ndarray  # of each cell of the row, or of all of them where they are summed
    collapsed: bool


@dataclass(frozen=True)
class Totals:
    """What of the counts a likelihood needs and no fit changes."""

    n: int
    events: float
    values: np.ndarray  # distinct counts
    tally: np.ndarray
    log_factorial: float  # sum of ln y!
    y_log_y: float
    y_log_exposure: float  # sum of y ln(exposure)


@dataclass(frozen=True)
class Fit:
    beta: np.ndarray  # intercept first
    covariance: np.ndarray
    likelihood: float
    theta: float
    theta_se: float
    iterations: int
    converged: bool


def are_binary(columns):
    """Are all columns 0 or 1? Looked at block by block, so the first other number ends it."""
    for at in range(0, len(columns), 1 << 16):
        part = columns[at : at + (1 << 16)]
        if not np.array_equal(part * part, part):
            return False
    return True


def totals(y, exposure):
    values, tally = _tally(y)
    return Totals(
        n=len(y),
        events=float(y.sum()),
        values=values,
        tally=tally,
        log_factorial=float(tally @ special.gammaln(values + 1)),
        y_log_y=float(tally @ special.xlogy(values, values)),
        y_log_exposure=float(y @ np.log(exposure)) if exposure is not None else 0.0,
    )


def _tally(y):
    top = y.max() if len(y) else 0.0
    if top < 1 << 20:
        tally = np.bincount(y.astype(np.int64))
        values = np.flatnonzero(tally)
        return values.astype(float), tally[values].astype(float)
    values, tally = np.unique(y, return_counts=True)
    return values, tally.astype(float)


def rows_of(columns, y, exposure, *, binary, own_exposure):
    """Rows: collapsed to patterns where the columns are 0/1 and few enough, else as they are.

    own_exposure : every cell keeps its exposure (negative binomial); else exposures of a pattern are summed.
    """
    n, p = columns.shape
    if binary and p <= _COLLAPSE_UP_TO and not (own_exposure and exposure is not None):
        code = columns @ (2.0 ** np.arange(p))
        if p <= 16:
            of, size = code.astype(np.int64), 1 << p
            pattern = np.arange(size)
        else:
            distinct, inverse = np.unique(code, return_inverse=True)
            of, size, pattern = inverse.astype(np.int64), len(distinct), distinct.astype(np.int64)
        there = np.bincount(of, minlength=size)
        found = np.flatnonzero(there)
        if len(found) <= max(n // 3, 1):
            patterns = pattern[found][:, None] >> np.arange(p) & 1
            events = np.bincount(of, y, size)[found]
            cells = there[found].astype(float)
            squares = np.bincount(of, y * y if exposure is None else y * y / exposure, size)[found]
            one_each = np.ones(len(found))
            if own_exposure:
                return Rows(patterns.astype(float), events, squares, cells, one_each, True)
            whole = cells if exposure is None else np.bincount(of, exposure, size)[found].astype(float)
            return Rows(patterns.astype(float), events, squares, one_each, whole, True)
    one = np.broadcast_to(1.0, n)
    size = one if exposure is None else exposure
    squares = y * y if own_exposure or exposure is None else y * y / exposure
    return Rows(columns, y, squares, one, size, False)


def summed_exposures(rows):
    """Poisson's rows of patterns: cells of equal exposure add up to one cell of the sum."""
    return Rows(rows.columns, rows.y, rows.squares, np.ones(len(rows.y)), rows.weight * rows.exposure, True)


class Problem:
    """Newton's passes over Rows for one choice of columns, standardised on the fly."""

    def __init__(self, rows, chosen=None, scale=None):
        self.rows = rows
        self.chosen = np.arange(rows.columns.shape[1]) if chosen is None else np.asarray(chosen, dtype=np.int64)
        self.mean, self.deviation = moments(rows) if scale is None else scale
        self.mean, self.deviation = self.mean[self.chosen], self.deviation[self.chosen]
        self.all = chosen is None
        self.terms = len(self.chosen) + 1
        # columns along the rows of the buffer: long inner loops, whatever the number of columns
        self._buffer = np.empty((self.terms, min(_BLOCK, len(rows.y))))
        self._buffer[0] = 1.0
        self._work = np.empty_like(self._buffer)

    def blocks(self, step=1):
        """(slice, standardised columns (terms, rows) with the intercept first), in turn; the array is used again."""
        rows = self.rows
        span = _BLOCK * step
        inverse = 1 / self.deviation[:, None]
        for at in range(0, len(rows.y), span):
            part = slice(at, min(at + span, len(rows.y)), step)
            columns = rows.columns[part] if self.all else rows.columns[part][:, self.chosen]
            z = self._buffer[:, : len(columns)]
            np.subtract(columns.T, self.mean[:, None], out=z[1:])
            z[1:] *= inverse
            yield part, z

    def look(self, beta, theta=math.inf, step=1):
        """(log-likelihood without constants, gradient, information) at beta."""
        rows = self.rows
        gradient, information, height = np.zeros(self.terms), np.zeros((self.terms, self.terms)), 0.0
        for part, z in self.blocks(step):
            linear = beta @ z
            y, weight = rows.y[part], rows.weight[part]
            with np.errstate(over="ignore"):
                mu = rows.exposure[part] * np.exp(linear)
            if theta == math.inf:
                all_mu = weight * mu
                height += float(y @ linear - all_mu.sum())
                residual, spread = y - all_mu, all_mu
            else:
                around = mu + theta
                height += float(y @ np.log(mu) - (y + weight * theta) @ np.log(around))
                shrink = theta / around
                residual, spread = (y - weight * mu) * shrink, weight * mu * shrink
            gradient += z @ residual
            information += np.multiply(z, spread, out=self._work[:, : z.shape[1]]) @ z.T
        return height, gradient, information

    def height(self, beta):
        """Poisson log-likelihood without constants."""
        rows, out = self.rows, 0.0
        for part, z in self.blocks():
            linear = beta @ z
            with np.errstate(over="ignore"):
                out += float(rows.y[part] @ linear - (rows.weight[part] * rows.exposure[part]) @ np.exp(linear))
        return out

    def means(self, beta):
        """Expected events of a cell (or of all of a collapsed row), one a row."""
        out = np.empty(len(self.rows.y))
        for part, z in self.blocks():
            out[part] = self.rows.exposure[part] * np.exp(beta @ z)
        return out

    def start(self):
        rows = self.rows
        beta = np.zeros(self.terms)
        beta[0] = math.log(max(rows.y.sum(), 0.5) / float(rows.weight @ rows.exposure))
        if len(rows.y) > _MANY:
            found = self.newton(beta, math.inf, step=16, tolerance=1e-4, most=12)
            if found[4] and np.abs(found[0]).max() < 12:
                return found[0]
        return beta

    def newton(self, beta, theta, *, step=1, tolerance=1e-8, most=60):
        """(beta, information, height, iterations, converged)."""
        height, gradient, information = self.look(beta, theta, step)
        for turn in range(1, most + 1):
            move = _solve(information, gradient)
            if move is None:
                return beta, information, height, turn, False
            gain = float(gradient @ move)
            if gain < tolerance:
                beta = beta + move
                height, _, information = self.look(beta, theta, step)
                return beta, information, height, turn, True
            size = 1.0
            while True:
                trial = beta + size * move
                reached = self.look(trial, theta, step)
                if np.isfinite(reached[0]) and reached[0] >= height - 1e-9 * abs(height):
                    break
                size /= 2
                if size < 1e-6:
                    return beta, information, height, turn, False
            beta, (height, gradient, information) = trial, reached
        return beta, information, height, most, False

    def as_given(self, beta):
        """Coefficients of the columns as given."""
        slopes = beta[1:] / self.deviation
        return np.append(beta[0] - slopes @ self.mean, slopes)

    def covariance_as_given(self, covariance):
        turn = np.zeros((self.terms, self.terms))
        turn[0, 0] = 1.0
        turn[0, 1:] = -self.mean / self.deviation
        turn[np.arange(1, self.terms), np.arange(1, self.terms)] = 1 / self.deviation
        return turn @ covariance @ turn.T


def moments(rows):
    """(mean, standard deviation) of every column over cells; 1 where a column is constant."""
    weight = rows.weight if not rows.collapsed or rows.weight.max() > 1 else rows.exposure
    whole = float(weight.sum())
    p = rows.columns.shape[1]
    summed = np.zeros(p)
    for at in range(0, len(rows.y), _BLOCK):
        summed += weight[at : at + _BLOCK] @ rows.columns[at : at + _BLOCK]
    mean = summed / whole
    squares = np.zeros(p)
    for at in range(0, len(rows.y), _BLOCK):
        away = rows.columns[at : at + _BLOCK].T - mean[:, None]
        np.multiply(away, away, out=away)
        squares += away @ weight[at : at + _BLOCK]
    deviation = np.sqrt(squares / whole)
    return mean, np.where(deviation > 1e-12 * np.maximum(np.abs(mean), 1e-300), deviation, 1.0)


def poisson(problem, fixed, beta=None):
    """Fit of a Poisson regression."""
    beta = problem.start() if beta is None else beta
    beta, information, height, turns, converged = problem.newton(beta, math.inf)
    return Fit(
        beta=beta,
        covariance=_inverse(information),
        likelihood=height + fixed.y_log_exposure - fixed.log_factorial,
        theta=math.inf,
        theta_se=math.nan,
        iterations=turns,
        converged=converged,
    )


def negative_binomial(problem, fixed, beta=None, theta=None):
    """Fit of a negative binomial regression: columns given theta, theta given columns, in turn.

    theta is inf where the counts vary no more than chance alone makes.
    """
    rows = problem.rows
    plain = poisson(problem, fixed, beta)
    if not plain.converged:
        return plain
    beta, turns = plain.beta, plain.iterations
    mu = problem.means(beta)
    pearson = float(((rows.squares - 2 * rows.y * mu + rows.weight * mu * mu) / mu).sum())
    if theta is None:
        surplus = float(((rows.squares - rows.y - 2 * rows.y * mu + rows.weight * mu * mu) / (mu * mu)).sum())
        theta = fixed.n / surplus if surplus > 0 else 100.0 * max(pearson / fixed.n, 1.0)
    height, previous, converged, information = -math.inf, -math.inf, False, None
    for _ in range(100):
        theta = _theta(theta, mu, rows, fixed)
        if theta > 1e7:
            return plain
        beta, information, height, more, good = problem.newton(beta, theta)
        turns += more
        if not good:
            break
        mu = problem.means(beta)
        whole = height + _theta_terms(theta, fixed)
        if abs(whole - previous) < 1e-10 * (abs(whole) + 1):
            converged = True
            break
        previous = whole
    likelihood = height + _theta_terms(theta, fixed)
    if likelihood < plain.likelihood:
        return plain
    _, curvature = _theta_slopes(theta, mu, rows, fixed)
    return Fit(
        beta=beta,
        covariance=_inverse(information),
        likelihood=likelihood,
        theta=theta,
        theta_se=1 / math.sqrt(curvature) if curvature > 0 else math.nan,
        iterations=turns,
        converged=converged,
    )


def _theta_terms(theta, fixed):
    risen = special.gammaln(fixed.values + theta) - special.gammaln(theta)
    return float(fixed.tally @ risen) + fixed.n * theta * math.log(theta) - fixed.log_factorial


def _theta_slopes(theta, mu, rows, fixed):
    """Derivative of the log-likelihood by theta, and minus its second derivative."""
    around = mu + theta
    part = (rows.y + rows.weight * theta) / around
    first = (
        float(fixed.tally @ special.digamma(fixed.values + theta))
        - fixed.n * float(special.digamma(theta))
        + fixed.n * (math.log(theta) + 1)
        - float(rows.weight @ np.log(around))
        - float(part.sum())
    )
    second = (
        fixed.n * float(special.polygamma(1, theta))
        - float(fixed.tally @ special.polygamma(1, fixed.values + theta))
        - fixed.n / theta
        + 2 * float((rows.weight / around).sum())
        - float((part / around).sum())
    )
    return first, second


def _theta(theta, mu, rows, fixed):
    """Newton on the logarithm of theta, its steps cut."""
    at = math.log(min(max(theta, 1e-6), 1e8))
    for _ in range(60):
        theta = math.exp(at)
        first, second = _theta_slopes(theta, mu, rows, fixed)
        slope = first * theta
        curve = second * theta * theta - slope
        move = slope / curve if curve > 0 else math.copysign(1.0, slope)
        at += min(max(move, -2.0), 2.0)
        if abs(move) < 1e-10 or at > 17:
            break
    return math.exp(min(at, 17.0))


def _solve(information, gradient):
    try:
        return linalg.cho_solve(linalg.cho_factor(information), gradient)
    except (linalg.LinAlgError, ValueError):
        return None


def _inverse(information):
    try:
        return linalg.cho_solve(linalg.cho_factor(information), np.eye(len(information)))
    except (linalg.LinAlgError, ValueError, TypeError):
        return np.full(np.shape(information), np.nan)

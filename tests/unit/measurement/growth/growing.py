"""Learners whose places move, simulated from a known law, and the exact answer by the whole tensor of places."""

import itertools

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from yucai.measurement.engine.records import Items, records_of
from yucai.measurement.engine.state import Backbone, Numbers, State
from yucai.measurement.growth.laws import GrowthLaw, Path, joint_covariance
from yucai.measurement.growth.search import Chain


def a_path(*, d, t_n, law=GrowthLaw.RETURNING, kept=0.8, moved=0.3, means=None, steps=None):
    correlation = np.full((d, d), 0.5) + 0.5 * np.eye(d)
    return Path(
        law=law,
        steps=np.ones(t_n - 1) if steps is None else np.asarray(steps, float),
        mean=np.zeros((1, t_n, d)) if means is None else np.asarray(means, float),
        begin=correlation,
        moved=moved * correlation,
        kept=np.full(d, kept if law is GrowthLaw.RETURNING else 1.0),
    )


class Growing:
    """n learners in T occasions answer ``per_quality`` graded items a quality each time; some units are not there."""

    def __init__(self, path, *, n, per_quality, rng, n_categories=2, there=1.0, group=None):
        t_n, d = path.mean.shape[1:]
        self.path, self.group = path, np.zeros(n, dtype=np.int64) if group is None else group
        own = rng.multivariate_normal(np.zeros(t_n * d), joint_covariance(path), n).reshape(n, t_n, d)
        self.places = own + path.mean[self.group]
        self.quality = np.repeat(np.arange(d), per_quality)
        j_n = len(self.quality)
        self.slopes = rng.lognormal(0.2, 0.3, j_n)
        self.intercepts = np.sort(rng.normal(0, 1.2, (j_n, n_categories - 1)), axis=1)[:, ::-1]
        line = self.slopes * self.places[:, :, self.quality]
        drawn = rng.random(line.shape)
        self.table = sum(
            (drawn < 1 / (1 + np.exp(-(line + self.intercepts[:, k])))).astype(np.int64)
            for k in range(n_categories - 1)
        )
        self.table[rng.random((n, t_n)) > there] = -1
        self.k_n = n_categories

    @property
    def chain(self):
        _, t_n, j_n = self.table.shape
        seen = (self.table >= 0).any(axis=2)
        who, time = np.nonzero(seen)
        unit, item = np.nonzero(self.table[who, time] >= 0)
        items = Items(
            family=np.zeros(j_n, np.int64), quality=self.quality, n_categories=np.full(j_n, self.k_n, dtype=np.int64)
        )
        records = records_of(items, unit=unit, item=item, category=self.table[who, time][unit, item], n_units=len(who))
        d = len(self.path.kept)
        return Chain(
            records=records,
            units=np.concatenate([[0], np.cumsum(seen.sum(axis=1))]),
            time=time,
            group=self.group,
            told=np.ones((len(self.path.mean), t_n, d), dtype=bool),
        )

    @property
    def state(self):
        d = len(self.path.kept)
        intercepts = np.zeros((len(self.slopes), max(2, self.k_n - 1)))
        intercepts[:, : self.k_n - 1] = self.intercepts
        return State(
            numbers=Numbers(
                slopes=self.slopes[:, None], intercepts=intercepts, severity=np.zeros(0), severity_sd=np.zeros(d)
            ),
            backbone=Backbone(mean=np.zeros(d), regression=np.zeros((0, d)), covariance=np.eye(d)[None]),
        )

    def curves(self, i, nodes):
        """Log-likelihoods (T, D, Q) of one learner's answers, and where there are any (T, D)."""
        t_n, d = self.path.mean.shape[1:]
        curves, seen = np.zeros((t_n, d, len(nodes))), np.zeros((t_n, d), dtype=bool)
        for t, j in itertools.product(range(t_n), range(len(self.slopes))):
            if self.table[i, t, j] >= 0:
                curves[t, self.quality[j]] += self.log_p(j, nodes)[self.table[i, t, j]]
                seen[t, self.quality[j]] = True
        return curves, seen

    def log_p(self, j, x):
        line = self.slopes[j] * x + self.intercepts[j][:, None]
        above = np.concatenate([np.ones((1, len(x))), 1 / (1 + np.exp(-line)), np.zeros((1, len(x)))])
        return np.log(np.maximum(above[:-1] - above[1:], 1e-300))

    def exact(self, nodes):
        """Means (n, T), covariances (n, T, T) and log-likelihoods (n,) for one quality, by the whole tensor."""
        t_n = self.path.mean.shape[1]
        tensor = np.array(list(itertools.product(range(len(nodes)), repeat=t_n)))
        grid = nodes[tensor]
        prior = multivariate_normal(self.path.mean[0, :, 0], joint_covariance(self.path)).logpdf(grid)
        prior += t_n * np.log(nodes[1] - nodes[0])
        means, covariances, heights = [], [], []
        for i in range(len(self.table)):
            curves, _ = self.curves(i, nodes)
            height = prior + sum(curves[t, 0][tensor[:, t]] for t in range(t_n))
            total = logsumexp(height)
            weight = np.exp(height - total)
            mean = weight @ grid
            means.append(mean)
            covariances.append((grid - mean).T @ ((grid - mean) * weight[:, None]))
            heights.append(total)
        return np.array(means), np.array(covariances), np.array(heights)

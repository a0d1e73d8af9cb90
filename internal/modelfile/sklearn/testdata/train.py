"""Trains estimators on generated data and exports them, with rows and what
scikit-learn says of them, for the tests of export.py.

    train.py FOLDER          all of them, 10 000 distinct rows each
    train.py --sample FOLDER two small ones, a few rows each
"""

import copy
import os
import sys
import types

import joblib
import numpy as np
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, IsolationForest, RandomForestClassifier
from sklearn.ensemble import RandomForestRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import export as exporter  # noqa: E402
from export import _round_down, export  # noqa: E402

FEATURES = ["plain", "adjacent", "count", "huge", "below zero", "tiny"]
CLASSES = ["normal", "probing", "walking"]


def rows(n, seed):
    """Distinct rows. Some features have neighbouring float32 only: between two of
    them no threshold fits, and a wrongly rounded one sends rows the other way."""
    rng = np.random.default_rng(seed)
    step = 2.0**-23
    x = np.column_stack(
        [
            rng.normal(size=n),
            1 + step * rng.integers(0, 300, n),
            rng.poisson(3, n),
            10 ** rng.uniform(-3, 37, n),
            -1 - step * rng.integers(0, 300, n),
            1e-44 * rng.integers(0, 30, n),
        ]
    ).astype(np.float32)
    return rng.permutation(np.unique(x, axis=0))


def labels(x):
    k = np.rint((x[:, 1].astype(np.float64) - 1) * 2**23).astype(int)
    m = np.rint((-1 - x[:, 4].astype(np.float64)) * 2**23).astype(int)
    return np.where(k % 7 < 3, 0, np.where((m % 5 < 2) | (x[:, 0] > 1), 1, 2))


def table(path, estimator, x):
    """A line for each row: its values, the scores and the class that is predicted."""
    if isinstance(estimator, IsolationForest):
        scores, predicted = -estimator.score_samples(x)[:, np.newaxis], np.zeros(len(x), int)
    else:
        scores = estimator.predict_proba(x)
        predicted = np.searchsorted(estimator.classes_, estimator.predict(x))
    with open(path, "w") as file:
        for row, score, label in zip(x, scores.tolist(), predicted):
            file.write(",".join([str(v) for v in row] + [repr(v) for v in score] + [str(label)]) + "\n")


def bagging(tree, **settings):
    return BaggingClassifier(tree, random_state=1, **settings)


def everything():
    return {
        "random_forest": RandomForestClassifier(20, random_state=1),
        "weighted": RandomForestClassifier(10, class_weight={0: 0.3, 1: 1.7, 2: 0.1}, min_samples_leaf=2, random_state=1),
        "extra_trees": ExtraTreesClassifier(20, random_state=1),
        "bagging": bagging(DecisionTreeClassifier(), n_estimators=10),
        "bagging_of_features": bagging(DecisionTreeClassifier(), n_estimators=15, max_features=3, bootstrap_features=True),
        "one_row_each": bagging(DecisionTreeClassifier(), n_estimators=10, max_samples=1),
        "unseen_class": bagging(DecisionTreeClassifier(), n_estimators=5),
        "tree": DecisionTreeClassifier(random_state=1),
        "isolation": IsolationForest(n_estimators=50, random_state=1),
        "isolation_of_features": IsolationForest(n_estimators=50, max_features=3, bootstrap=True, max_samples=100, random_state=1),
    }


def sample():
    return {
        "forest": RandomForestClassifier(6, max_depth=6, random_state=2),
        "isolation": IsolationForest(n_estimators=8, max_samples=64, random_state=2),
    }


def newer(estimator):
    """The tree as scikit-learn 1.3 and newer has it: with probabilities in the place
    of weights, and a side for missing values."""
    tree = estimator.tree_
    names = ["children_left", "children_right", "feature", "threshold", "n_node_samples", "weighted_n_node_samples"]
    stand_in = types.SimpleNamespace(**{name: getattr(tree, name) for name in names})
    stand_in.value = tree.value / tree.value.sum(axis=2, keepdims=True)
    stand_in.missing_go_to_left = (np.arange(tree.node_count) % 3 == 0).astype(np.uint8)
    estimator = copy.copy(estimator)
    estimator.tree_ = stand_in
    return estimator


def names(estimator):
    return None if isinstance(estimator, IsolationForest) else CLASSES


def refusals(folder, x):
    """What export says of estimators and names that it cannot export."""
    y = labels(x)
    words = np.array(CLASSES)[y]
    tree = DecisionTreeClassifier(max_depth=2).fit(x, words)
    for estimator, features, classes in [
        (RandomForestRegressor(2).fit(x, y), FEATURES, None),
        (bagging(KNeighborsClassifier()).fit(x, y), FEATURES, CLASSES),
        (DecisionTreeClassifier(max_depth=2).fit(x, np.column_stack([y, y])), FEATURES, CLASSES),
        (DecisionTreeClassifier(), FEATURES, CLASSES),
        (IsolationForest(n_estimators=2, max_samples=1).fit(x), FEATURES, None),
        (IsolationForest(n_estimators=2).fit(x), FEATURES, CLASSES),
        (tree, None, None),
        (tree, FEATURES[1:], None),
        (tree, ["x"] * 6, None),
        (tree, FEATURES, ["a", "b"]),
        (tree, FEATURES, ["probing", "normal", "walking"]),
    ]:
        try:
            export(estimator, features, classes, os.path.join(folder, "refused.json"))
            yield "exported"
        except ValueError as error:
            yield str(error).splitlines()[0]


def rounding(path):
    """Thresholds, and the float32 that they are rounded down to, as text and in JSON."""
    rng = np.random.default_rng(3)
    steps = np.ldexp(rng.integers(-(2**26), 2**26, 2000).astype(float), rng.integers(-170, 90, 2000))
    edges = [0.0, 0.1, 1 + 2.0**-24, 1 + 3 * 2.0**-24, -1 - 2.0**-24, 1e-46, -1e-46, 3.5e38, np.inf, -3.5e38, -np.inf]
    thresholds = np.concatenate([steps, rng.normal(size=2000), edges])
    with open(path, "w") as file:
        for exact, rounded in zip(thresholds.tolist(), _round_down(thresholds)):
            file.write("%r,%s,%s\n" % (exact, rounded, exporter._number(rounded)))


def main():
    folder = sys.argv[-1]
    small = sys.argv[1] == "--sample"
    x, unseen = rows(3000, 1), rows(300 if small else 12000, 2)[: 200 if small else 10000]
    estimators = sample() if small else everything()
    for name, estimator in estimators.items():
        y = labels(x)
        estimator.fit(x, y)
        if name == "unseen_class":  # as when a tree's rows happen to be of two classes, since scikit-learn 1.8
            estimator.estimators_[1] = DecisionTreeClassifier().fit(x[y != 1], y[y != 1])
        export(estimator, FEATURES, names(estimator), os.path.join(folder, name + ".json"))
        table(os.path.join(folder, name + ".csv"), estimator, unseen)
    if small:
        return
    table(os.path.join(folder, "newer.csv"), estimators["tree"], unseen)
    version, exporter.sklearn.__version__ = exporter.sklearn.__version__, "1.10.dev0"
    export(newer(estimators["tree"]), FEATURES, CLASSES, os.path.join(folder, "newer.json"))
    exporter.sklearn.__version__ = version
    rounding(os.path.join(folder, "rounding.csv"))
    joblib.dump(estimators["tree"], os.path.join(folder, "tree.joblib"))
    export(estimators["tree"], FEATURES, CLASSES, os.path.join(folder, "tree.json.gz"))
    with open(os.path.join(folder, "refusals.txt"), "w") as file:
        file.writelines(line + "\n" for line in refusals(folder, x[:500]))


main()

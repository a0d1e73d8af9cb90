#!/usr/bin/env python3
"""Export a tree ensemble of scikit-learn as a model that Spanwarden reads.

    python3 export.py model.joblib --features a,b,c --classes normal,attack --out model.json

or, where the model was trained:

    from export import export
    export(estimator, ["a", "b", "c"], ["normal", "attack"], "model.json")

Exported are RandomForestClassifier, ExtraTreesClassifier, BaggingClassifier of
decision trees, DecisionTreeClassifier and IsolationForest, of scikit-learn 1.2
and newer. Spanwarden's decisions and class probabilities are scikit-learn's; the
score of an isolation forest is -score_samples.

To read a model.joblib or a pickle is to run what is in it: export only models of
people whom you would let run a program.
"""

import argparse
import decimal
import gzip
import hashlib
import json
import os
import sys

import numpy as np
import sklearn
from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, IsolationForest, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

_READ = (
    "exported are RandomForestClassifier, ExtraTreesClassifier, BaggingClassifier of decision trees, "
    "DecisionTreeClassifier and IsolationForest"
)


def export(estimator, features=None, classes=None, path="model.json", origin=None):
    """Write a fitted estimator to path, gzipped if it ends in .gz.

    features: names, in the order of the columns that it was trained on; None for
        those that it remembers (feature_names_in_).
    classes: names, in the order of estimator.classes_; None for these themselves.
    origin: in a few words, what it was trained on.

    Returns the model's checksum. Raises ValueError if the estimator or the names
    cannot be exported.
    """
    forest = _forest(estimator, features, classes, origin)
    checksum = "sha256:" + hashlib.sha256(forest.encode()).hexdigest()
    text = '{"format":"spanwarden.forest","version":1,"checksum":%s,"forest":%s}\n' % (json.dumps(checksum), forest)
    data = text.encode()
    if str(path).endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    part = "%s.%d.part" % (path, os.getpid())  # whoever reads path finds a whole model
    with open(part, "wb") as file:
        file.write(data)
    os.replace(part, path)
    return checksum


def _forest(estimator, features, classes, origin):
    """The forest as JSON without white space, written as Spanwarden itself writes it."""
    kind, trees = _trees(estimator)
    if origin is None:
        origin = "%s of scikit-learn %s" % (type(estimator).__name__, sklearn.__version__)
    parts = ['"kind":"%s"' % kind]
    if len(origin.encode()) > 1024:
        raise ValueError("the origin has more than 1024 bytes: say in fewer words what the model was trained on")
    if origin:
        parts.append('"origin":' + _text(origin))
    parts.append('"features":' + _list(_text(name) for name in _features(estimator, features)))
    if kind == "isolation_forest":
        if classes is not None:
            raise ValueError("an isolation forest has no classes: leave them out")
        if estimator.max_samples_ < 2:
            raise ValueError("its trees were grown on one row each: train with max_samples of at least 2")
        parts.append('"sample_size":%d' % estimator.max_samples_)
    else:
        parts.append('"classes":' + _list(_text(name) for name in _classes(estimator, classes)))
    missing = any(np.any(getattr(tree.tree_, "missing_go_to_left", 0)) for tree, _ in trees)
    written = [_tree(estimator, tree, columns, missing) for tree, columns in trees]
    parts.append('"trees":[' + ",".join(written) + "]")
    return "{" + ",".join(parts) + "}"


def _trees(estimator):
    """The kind of the ensemble, and its trees with the features that each was grown on."""
    if not isinstance(
        estimator,
        (RandomForestClassifier, ExtraTreesClassifier, BaggingClassifier, DecisionTreeClassifier, IsolationForest),
    ):
        raise ValueError("a %s cannot be exported: %s" % (type(estimator).__name__, _READ))
    check_is_fitted(estimator)
    if getattr(estimator, "n_outputs_", 1) != 1:
        raise ValueError("it predicts %d things at once: train one model for each" % estimator.n_outputs_)
    every = np.arange(estimator.n_features_in_)
    if isinstance(estimator, DecisionTreeClassifier):
        return "bagging", [(estimator, every)]
    if isinstance(estimator, IsolationForest):
        return "isolation_forest", list(zip(estimator.estimators_, estimator.estimators_features_))
    if isinstance(estimator, BaggingClassifier):
        for tree in estimator.estimators_:
            if not isinstance(tree, DecisionTreeClassifier):
                raise ValueError("a BaggingClassifier of %s cannot be exported: %s" % (type(tree).__name__, _READ))
        return "bagging", list(zip(estimator.estimators_, estimator.estimators_features_))
    return "random_forest", [(tree, every) for tree in estimator.estimators_]


def _features(estimator, names):
    known = getattr(estimator, "feature_names_in_", None)
    return _names("feature", names, known, estimator.n_features_in_, "the names of the columns")


def _classes(estimator, names):
    known = [str(c) for c in estimator.classes_]
    return _names("class", names, known, len(known), "classes_ of the estimator, " + ", ".join(known))


def _names(what, names, known, count, order):
    """Names as they were given, or else as they are known; never in another order."""
    if names is None:
        if known is None:
            raise ValueError("the estimator does not know the names of its %ss: give all %d" % (what, count))
        return [str(name) for name in known]
    names = [str(name) for name in names]
    if len(names) != count:
        raise ValueError("%d %s names for %d, in the order of %s" % (len(names), what, count, order))
    if len(set(names)) != count:
        raise ValueError("two of the %s names are equal" % what)
    if known is not None and names != list(known) and set(names) == set(known):
        raise ValueError("the %s names are in another order than %s: %s" % (what, order, ", ".join(known)))
    return names


def _tree(ensemble, estimator, columns, missing):
    """One tree as JSON: its nodes breadth first, without what follows from the rest."""
    tree = estimator.tree_
    left, right = tree.children_left, tree.children_right
    order = [0]
    for node in order:  # grows while we walk
        if left[node] >= 0:
            order += [left[node], right[node]]
    order = np.array(order)
    isolation = isinstance(ensemble, IsolationForest)
    split = left[order] >= 0
    at = np.flatnonzero(split)
    below = 1 + 2 * np.arange(len(at))  # left children of the splits

    # The length of a path into a leaf is that of its rows, however much they weigh.
    cover = (tree.n_node_samples if isolation else tree.weighted_n_node_samples)[order].astype(np.float64)
    majority_left = cover[below] >= cover[below + 1]
    missing_left = majority_left
    if missing:
        missing_left = tree.missing_go_to_left[order][at].astype(bool)

    feature = np.full(len(order), -1)
    feature[split] = np.asarray(columns)[tree.feature[order][split]]
    parts = [
        '"feature":' + _list(map(str, feature.tolist())),
        '"threshold":' + _numbers(_round_down(tree.threshold[order][split])),
    ]
    if not np.array_equal(missing_left, majority_left):
        parts.append('"missing_left":' + _list(map(str, at[missing_left].tolist())))
    adds_up = np.array_equal(cover[at], cover[below] + cover[below + 1])
    parts.append('"cover":' + _numbers(cover[~split] if adds_up else cover))
    if not isolation:
        parts.append('"values":' + _numbers(_probabilities(ensemble, estimator)[order][~split].ravel()))
    return "{" + ",".join(parts) + "}"


def _round_down(threshold):
    """The largest float32 that are not above thresholds.

    scikit-learn compares float32 values with float64 thresholds; a value is at most
    the one exactly if it is at most the other.
    """
    if np.any(np.isnan(threshold)):
        raise ValueError("a threshold is not a number")
    with np.errstate(over="ignore"):
        rounded = threshold.astype(np.float32)
    above = rounded.astype(np.float64) > threshold
    rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
    return rounded


def _probabilities(ensemble, estimator):
    """The class probabilities of each node, as predict_proba has them."""
    value = estimator.tree_.value[:, 0, :]
    total = value.sum(axis=1)[:, np.newaxis]
    total[total == 0.0] = 1.0
    # Since scikit-learn 1.3 the values are probabilities and predict_proba takes them
    # as they are. Before, they are weights.
    if _version() < (1, 3) or not np.allclose(total, 1.0, rtol=0, atol=1e-9):
        value = value / total
    if len(estimator.classes_) == len(ensemble.classes_):
        return value
    every = np.zeros((len(value), len(ensemble.classes_)))
    every[:, np.asarray(estimator.classes_).astype(int)] = value  # not all were among the tree's rows
    return every


def _version():
    return tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def _list(parts):
    return "[" + ",".join(parts) + "]"


def _text(text):
    """JSON, with as few escapes as Spanwarden writes."""
    written = json.dumps(text, ensure_ascii=False)
    return written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _numbers(numbers):
    numbers = numbers + numbers.dtype.type(0)  # no -0
    distinct, where = np.unique(numbers, return_inverse=True)
    written = [_number(x) for x in distinct]
    return _list(written[i] for i in where)


def _number(x):
    """The shortest decimals that are read as x, written as ECMAScript does."""
    if np.isinf(x):  # a threshold
        return "1e999" if x > 0 else "-1e999"
    sign, digits, exponent = decimal.Decimal(str(x)).as_tuple()
    digits = "".join(map(str, digits))
    point = len(digits) + exponent  # before which digit it is
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    sign = "-" if sign else ""
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    if 0 < point <= 21:
        digits = digits.ljust(point, "0")
        return sign + digits[:point] + ("." + digits[point:] if digits[point:] else "")
    return sign + digits[0] + ("." + digits[1:] if digits[1:] else "") + "e%+d" % (point - 1)


def _split(names):
    return None if names is None else names.split(",")


def _main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a fitted estimator, saved by joblib or pickle")
    parser.add_argument("--features", help="names of the columns, separated by commas")
    parser.add_argument("--classes", help="names of the classes in the order of classes_, separated by commas")
    parser.add_argument("--origin", help="in a few words, what the model was trained on")
    parser.add_argument("--out", required=True, help="file to write; gzipped if it ends in .gz")
    options = parser.parse_args()

    import joblib  # reads pickles as well

    try:
        estimator = joblib.load(options.model)
        checksum = export(estimator, _split(options.features), _split(options.classes), options.out, options.origin)
    except (OSError, ValueError) as error:
        sys.exit("%s: %s" % (options.model, error))
    if options.classes and hasattr(estimator, "classes_"):
        pairs = zip(estimator.classes_, options.classes.split(","))
        print("classes: " + ", ".join("%s is %s" % pair for pair in pairs))
    print("%s: %s" % (options.out, checksum))


if __name__ == "__main__":
    _main()

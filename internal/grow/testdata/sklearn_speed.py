"""Trains scikit-learn's ensembles on tables that a Go test wrote.

Each line read is a job in JSON: kind (random_forest, bagging, tree or
isolation_forest), trees, depth (0: no limit), threads, seed, and the paths train
and test, before which x_ and y_ name the .npy files. Each line written is what
came of it: seconds of training, nodes of a tree on average, and the part of the
test rows that were classified rightly, or the area under the ROC curve.
"""

import json
import os
import sys
import time

import numpy
import sklearn
from sklearn.ensemble import BaggingClassifier, IsolationForest, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier


def load(path):
    folder, name = os.path.split(path)
    return [numpy.load(os.path.join(folder, prefix + name + ".npy")) for prefix in ("x_", "y_")]


def model(job):
    depth = job["depth"] or None
    common = {"random_state": job["seed"]}
    if job["kind"] == "tree":
        return DecisionTreeClassifier(max_depth=depth, **common)
    common |= {"n_estimators": job["trees"], "n_jobs": job["threads"]}
    if job["kind"] == "bagging":
        return BaggingClassifier(DecisionTreeClassifier(max_depth=depth), **common)
    if job["kind"] == "isolation_forest":
        return IsolationForest(**common)
    return RandomForestClassifier(max_depth=depth, **common)


def run(job):
    x, y = load(job["train"])
    m = model(job)
    start = time.perf_counter()
    m.fit(x, y)
    seconds = time.perf_counter() - start
    x, y = load(job["test"])
    if job["kind"] == "isolation_forest":
        right = roc_auc_score(y, -m.score_samples(x))
    else:
        right = (m.predict(x) == y).mean()
    trees = getattr(m, "estimators_", [m])
    nodes = numpy.mean([tree.tree_.node_count for tree in trees])
    return {"seconds": seconds, "right": float(right), "nodes": float(nodes)}


print(json.dumps({"version": sklearn.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)

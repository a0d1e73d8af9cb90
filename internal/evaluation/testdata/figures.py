"""Figures of cases from standard input as scikit-learn calculates them, one line of JSON for each line."""

import json
import sys
import warnings

import numpy as np
from sklearn import metrics

warnings.simplefilter("ignore")  # of figures that are not defined

for line in sys.stdin:
    case = json.loads(line)
    truth, predicted, scores = case["truth"], case["predicted"], np.array(case["scores"]).T
    labels = sorted(set(truth) | set(predicted))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, predicted, labels=labels)
    figures = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro"),
        "labels": labels,
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": [int(rows) for rows in support],
        "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
    }
    if len(scores[0]) == 2:
        figures["auc"] = metrics.roc_auc_score(truth, scores[:, 1])
    else:
        figures["auc"] = metrics.roc_auc_score(truth, scores, multi_class="ovr", average="macro")
    print(json.dumps(figures))

"""Wrong gradients of losses and penalties."""

import numpy as np

from gradient_corpus.example import faults, length, sigmoid, softmax, some, total, wrong

__all__ = ["WRONG_LOSSES"]

LOGITS, LABELS = some(5, 4), np.array([2, 0, 3, 3, 1])
HOT = np.eye(4)[LABELS]
SMOOTH = 0.9 * HOT + 0.1 / 4
VALID = np.array([1, 1, 0, 1, 0])
BY_CLASS = np.array([1.0, 2.0, 0.5, 4.0])[LABELS]


def cross_entropy(z, targets=HOT, weights=1 / 5):
    return -np.sum(np.reshape(weights, (-1, 1)) * targets * np.log(softmax(z)))


def cross_entropy_gradient(z, targets=HOT, weights=1 / 5):
    return np.reshape(weights, (-1, 1)) * (softmax(z) - targets)


def crossing(name, targets, weights, *, instead, source=""):
    """Return an example of softmax cross-entropy whose gradient has other targets or weights."""
    return wrong(
        name,
        lambda z: cross_entropy(z, targets, weights),
        LOGITS,
        right=lambda z: cross_entropy_gradient(z, targets, weights),
        claimed=lambda z: cross_entropy_gradient(z, *instead),
        source=source,
    )


FAR = np.array([-3.0, -1.5, -0.4, 0.3, 0.9, 2.5])


def huber(x, delta=1.0):
    size = np.sqrt(x * x)
    return np.sum(np.where(size.real <= delta, x * x / 2, delta * (size - delta / 2)))


def huber_gradient(x, *, signed=False, clipped=True, beyond=1.0):
    inside = x <= 1 if signed else np.abs(x) <= 1
    return np.where(inside, x, beyond * np.sign(x)) if clipped else 1 * x


def hinge(scores):
    """Multiclass, margin 1."""
    margins = np.maximum(0, scores - np.sum(HOT * scores, axis=1, keepdims=True) + 1) * (1 - HOT)
    return np.mean(np.sum(margins, axis=1))


def hinge_gradient(scores, *, counted=True):
    over = (scores - np.sum(HOT * scores, axis=1, keepdims=True) + 1 > 0) * (1 - HOT)
    return (over - HOT * (over.sum(1, keepdims=True) if counted else 1)) / 5


DATA, TARGET = some(6, 3, seed=1), some(6, seed=2)


def ridge(w):
    return np.mean((DATA @ w - TARGET) ** 2) + 0.1 * np.sum(w**2)


def ridge_gradient(w, *, decay=0.2, fit=2.0, rows=6):
    return fit * DATA.T @ (DATA @ w - TARGET) / rows + decay * w


def contrastive(a, b):
    """Pull the first pair together, push the second apart."""
    near, far = np.sum((a[0] - b[0]) ** 2), np.sum((a[1] - b[1]) ** 2)
    return near + np.maximum(40 - far, 0)


def contrastive_gradient(a, b, *, difference=True, second=-1):
    gap = a - b
    gradient = np.stack([2 * gap[0], -2 * (gap[1] if difference else np.ones(3))])
    return gradient, second * gradient


def triplet(anchor, positive, negative):
    return np.maximum(0, np.sum((anchor - positive) ** 2) - np.sum((anchor - negative) ** 2) + 20)


def triplet_gradient(anchor, positive, negative, *, pull=1):
    return 2 * pull * (negative - positive), 2 * (positive - anchor), 2 * (anchor - negative)


def focal(z):
    p = sigmoid(z)
    return -np.sum((1 - p) ** 2 * np.log(p))


def focal_gradient(z, *, modulated=True):
    p = sigmoid(z)
    return 2 * modulated * (1 - p) ** 2 * p * np.log(p) - (1 - p) ** 3


def cosine(a, b):
    return np.sum(a * b) / (length(a) * length(b))


def cosine_gradient(a, b, *, projected=True):
    n, m = np.linalg.norm(a), np.linalg.norm(b)
    c = projected * (a @ b) / (n * m)
    return b / (n * m) - c * a / n**2, a / (n * m) - c * b / m**2


def dice(p):
    return 1 - 2 * np.sum(p * HOT) / np.sum(p * p + HOT)


def dice_gradient(p, *, squared=True):
    below = np.sum(p * p + HOT)
    return -2 * HOT / below + 2 * np.sum(p * HOT) * (2 * p if squared else 1) / below**2


def inside(u):
    """Fit by a parameter that a sine keeps between 0 and 4."""
    return np.sum((TARGET - 2 * (np.sin(u) + 1)) ** 2)


def inside_gradient(u, *, transformed=True):
    return np.full(1, 2 * np.sum(2 * (np.sin(u) + 1) - TARGET)) * (2 * np.cos(u) if transformed else 1)


WRONG_LOSSES = (
    crossing("cross-entropy: no batch mean", HOT, 1 / 5, instead=(HOT, 1.0)),
    crossing("cross-entropy: batch mean twice", HOT, 1 / 5, instead=(HOT, 1 / 25)),
    crossing("cross-entropy: labels not smoothed", SMOOTH, 1 / 5, instead=(HOT, 1 / 5)),
    crossing("cross-entropy: smoothed over other classes", SMOOTH, 0.2, instead=((0.9 - 0.1 / 3) * HOT + 0.1 / 3, 0.2)),
    crossing("cross-entropy: mean over ignored rows too", HOT, VALID / 3, instead=(HOT, VALID / 5)),
    crossing("cross-entropy: ignored rows not ignored", HOT, VALID / 3, instead=(HOT, 1 / 3)),
    crossing("cross-entropy: classes not weighed", HOT, BY_CLASS / BY_CLASS.sum(), instead=(HOT, 1 / 5)),
    crossing("cross-entropy: labels one off", HOT, 1 / 5, instead=(np.roll(HOT, 1, axis=0), 1 / 5)),
    *faults(
        huber,
        FAR,
        huber_gradient,
        ("Huber: signed difference against the threshold", {"signed": True}, "attorch #13"),
        ("Huber: quadratic everywhere", {"clipped": False}),
        ("Huber: threshold halved beyond", {"beyond": 0.5}),
    ),
    *faults(
        hinge,
        some(5, 4, seed=3),
        hinge_gradient,
        ("hinge: right class not counted for each margin", {"counted": False}),
    ),
    *faults(
        ridge,
        some(3, seed=4),
        ridge_gradient,
        ("ridge: no factor 2 in the decay", {"decay": 0.1}, "jingtinghuang/CS231n-Spring-2017 #3"),
        ("ridge: decay twice", {"decay": 0.4}),
        ("ridge: decay subtracted", {"decay": -0.2}, "andersbll/nnet #4"),
        ("ridge: no factor 2 in the fit", {"fit": 1.0}),
        ("ridge: no mean over rows", {"rows": 1}),
    ),
    *faults(
        contrastive,
        (some(2, 3, seed=5), some(2, 3, seed=6)),
        contrastive_gradient,
        ("contrastive: difference missing", {"difference": False}, "Caffe PR 7100"),
        ("contrastive: same sign for both", {"second": 1}),
    ),
    *faults(
        triplet,
        (some(3, seed=7), some(3, seed=8), some(3, seed=9)),
        triplet_gradient,
        ("triplet: anchor pushed the wrong way", {"pull": -1}),
    ),
    *faults(focal, some(5, seed=10), focal_gradient, ("focal: modulating factor constant", {"modulated": False})),
    *faults(
        cosine,
        (some(4, seed=11), some(4, seed=12)),
        cosine_gradient,
        ("cosine: lengths constant", {"projected": False}),
    ),
    *faults(dice, some(5, 4, seed=13, low=0.05, high=0.95), dice_gradient, ("dice: square below", {"squared": False})),
    *faults(
        inside,
        np.array([0.3]),
        inside_gradient,
        ("bounded fit: transformation not in the chain", {"transformed": False}, "leastsqbound-scipy #6, lmfit #233"),
    ),
    wrong(
        "AdaBoost: the negative gradient's sign",
        lambda s: np.sum(np.exp(-s * np.sign(TARGET))),
        TARGET / 2,
        right=lambda s: -np.sign(TARGET) * np.exp(-s * np.sign(TARGET)),
        claimed=lambda s: np.sign(TARGET) * np.exp(-s * np.sign(TARGET)),
        source="scikit-learn PR 22050",
    ),
    wrong(
        "constraints: minus signs forgotten",
        lambda x: 3 * (1 - x[0] - 2 * x[1]) + 2 * (1 - x[0] ** 2 - x[1]) + (1 - x[0] ** 2 + x[1]),
        some(2, seed=15),
        right=lambda x: np.array([-3 - 6 * x[0], -7.0]),
        claimed=lambda x: np.array([3 - 6 * x[0], 5.0]),
        source="SciPy #9122",
    ),
    wrong(
        "divergence: by the target without + 1",
        total(lambda p: p * np.log(p / 0.25)),
        some(4, seed=17, low=0.1, high=0.9),
        right=lambda p: np.log(p / 0.25) + 1,
        claimed=lambda p: np.log(p / 0.25),
    ),
    wrong(
        "pinball: sides swapped",
        total(lambda x: np.where(x.real > 0, 0.9 * x, -0.1 * x)),
        FAR,
        right=lambda x: np.where(x > 0, 0.9, -0.1),
        claimed=lambda x: np.where(x > 0, 0.1, -0.9),
    ),
)

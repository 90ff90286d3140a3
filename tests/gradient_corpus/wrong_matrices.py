"""Wrong gradients of matrices and transforms, and of what is solved or iterated."""

import math

import numpy as np

from gradient_corpus.example import faults, some

__all__ = ["WRONG_MATRICES"]

A, G = some(3, 3) + 4 * np.eye(3), some(3, 3, seed=1)
B = np.array([1.0, -2.0, 0.5])
POSITIVE = A @ A.T / 4


def inverse(a):
    return np.sum(G * np.linalg.inv(a))


def inverse_gradient(a, *, transposed=True, sign=-1):
    i = np.linalg.inv(a).T if transposed else np.linalg.inv(a)
    return sign * i @ G @ i


def log_det(a):
    return np.log(np.linalg.det(a))


def log_det_gradient(a, *, transposed=True):
    return np.linalg.inv(a).T if transposed else np.linalg.inv(a)


def det_gradient(a, *, factor=True):
    return np.linalg.inv(a).T * (np.linalg.det(a) if factor else 1)


def solved(a, b):
    return np.sum(np.sin(np.linalg.solve(a, b)))


def solved_gradient(a, b, *, swapped=False, sign=-1):
    x = np.linalg.solve(a, b)
    by_b = np.linalg.solve(a.T, np.cos(x))
    return sign * (np.outer(x, by_b) if swapped else np.outer(by_b, x)), by_b


def cholesky(a):
    """Return the lower factor, which looks at the lower triangle of a alone."""
    rows = np.zeros(a.shape, a.dtype)
    for i, j in zip(*np.tril_indices(len(a)), strict=True):
        rest = a[i, j] - rows[i, :j] @ rows[j, :j]
        rows[i, j] = np.sqrt(rest) if i == j else rest / rows[j, j]
    return rows


def of_cholesky(a):
    return np.sum(G * cholesky(a))


def of_cholesky_gradient(a, *, below=2, above=0, halved=True):
    low = cholesky(a)
    inner = np.tril(low.T @ np.tril(G))
    inner -= halved * np.diag(np.diag(inner)) / 2
    left = np.linalg.inv(low)
    s = left.T @ inner @ left
    s = (s + s.T) / 2
    return below * np.tril(s, -1) + np.diag(np.diag(s)) + above * np.triu(s, 1)


def eigenvalues(a):
    return B @ np.linalg.eigvalsh((a + a.T) / 2)


def eigenvalues_gradient(a, *, rows=False):
    vectors = np.linalg.eigh((a + a.T) / 2)[1]
    return vectors.T @ np.diag(B) @ vectors if rows else vectors @ np.diag(B) @ vectors.T


def complex_eigenvalues(a):
    return B @ np.sort(np.linalg.eigvals((a + a.T) / 2))


def singular_values(a):
    return np.sum(np.linalg.svd(a, compute_uv=False))


def singular_values_gradient(a, *, transposed=False):
    u, _, v = np.linalg.svd(a)
    return u @ (v.T if transposed else v)


def complex_singular_values(a):
    return np.sum(np.sqrt(np.linalg.eigvals(a.T @ a)))


def cube(a):
    return np.sum(G * (a @ a @ a))


def cube_gradient(a, *, kept=3, like_numbers=False):
    terms = [G @ a.T @ a.T, a.T @ G @ a.T, a.T @ a.T @ G]
    return 3 * terms[0] if like_numbers else sum(terms[:kept])


def quadratic(x):
    return x @ (A + G) @ x


def quadratic_gradient(x, *, symmetric=False):
    return 2 * (A + G) @ x if symmetric else (A + G + (A + G).T) @ x


def kron(a, b):
    return np.sum(np.sin(np.kron(a, b)) * np.arange(36).reshape(6, 6))


def kron_gradient(a, b, *, order="aibj"):
    g = (np.cos(np.kron(a, b)) * np.arange(36).reshape(6, 6)).reshape(3, 2, 3, 2)
    return np.einsum(f"{order},ij->ab", g, b), np.einsum("aibj,ab->ij", g, a)


FILTER, ANGLES = np.array([1.0, 0.5, -0.3, 0.8, 0.2, 0.7]), np.outer(np.arange(6), np.arange(6)) * math.pi / 3


def spectrum(re, im):
    return np.sum(FILTER * np.abs(np.fft.fft(re + 1j * im)) ** 2)


def real_spectrum(re, im):
    c, s = np.cos(ANGLES), np.sin(ANGLES)
    return np.sum(FILTER * ((c @ re + s @ im) ** 2 + (c @ im - s @ re) ** 2))


def spectrum_gradient(re, im, *, conjugate=1, scale=6):
    found = 2 * scale * np.fft.ifft(FILTER * np.fft.fft(re + 1j * im))
    return found.real, conjugate * found.imag


def half_spectrum(x):
    return np.sum(FILTER[:4] * np.abs(np.fft.rfft(x)) ** 2)


def real_half_spectrum(x):
    return np.sum(FILTER[:4] * ((np.cos(ANGLES[:4]) @ x) ** 2 + (np.sin(ANGLES[:4]) @ x) ** 2))


def half_spectrum_gradient(x, *, inner=0.5):
    return 12 * np.fft.irfft(FILTER[:4] * np.array([1, inner, inner, 1]) * np.fft.rfft(x), 6)


def iterated(x, turns=5):
    for _ in range(turns):
        x = 3.2 * x * (1 - x)
    return np.sum(x)


def iterated_gradient(x, *, turns=5, last=False):
    slope = np.ones_like(x)
    for turn in range(turns):
        slope = slope * (3.2 * (1 - 2 * x) if not last or turn == 4 else 1)
        x = 3.2 * x * (1 - x)
    return slope


def fixed_point(w):
    """Return the x with x = ½ tanh(w + x)."""
    x = 0 * w
    for _ in range(80):
        x = np.tanh(w + x) / 2
    return x


def equilibrium(w):
    return np.sum(fixed_point(w) ** 2)


def equilibrium_gradient(w, *, implicit=True):
    x = fixed_point(w)
    slope = (1 - 4 * x**2) / 2
    return 2 * x * slope / (1 - slope * implicit)


def pairs(x):
    """Return the Lennard-Jones energy of four points in space."""
    gaps = x[:, None] - x
    squares = np.sum(gaps**2, axis=2)[np.triu_indices(4, 1)]
    return np.sum(squares**-6 - squares**-3)


def pairs_gradient(x, *, reaction=True, inner=-12):
    gaps = x[:, None] - x
    squares = np.sum(gaps**2, axis=2) + 1e9 * np.eye(4)
    forces = (inner * squares**-7 + 6 * squares**-4)[:, :, None] * gaps
    return forces.sum(1) if reaction else (forces * np.triu(np.ones((4, 4)))[:, :, None]).sum(1)


WRONG_MATRICES = (
    *faults(
        inverse,
        A,
        inverse_gradient,
        ("inverse: not transposed", {"transposed": False}),
        ("inverse: no minus sign", {"sign": 1}),
    ),
    *faults(log_det, A, log_det_gradient, ("log det: not transposed", {"transposed": False})),
    *faults(np.linalg.det, A, det_gradient, ("det: without det", {"factor": False})),
    *faults(
        solved,
        (A, B),
        solved_gradient,
        ("solve: outer product the other way round", {"swapped": True}),
        ("solve: no minus sign", {"sign": 1}),
    ),
    *faults(
        of_cholesky,
        POSITIVE,
        of_cholesky_gradient,
        ("Cholesky: a triangle that is not looked at", {"above": 1, "below": 1}, "JAX #40421"),
        ("Cholesky: triangle not doubled", {"below": 1}),
        ("Cholesky: diagonal not halved", {"halved": False}),
    ),
    *faults(
        eigenvalues,
        POSITIVE,
        eigenvalues_gradient,
        ("eigenvalues: rows for vectors", {"rows": True}),
        analytic=complex_eigenvalues,
    ),
    *faults(
        singular_values,
        A,
        singular_values_gradient,
        ("singular values: V transposed", {"transposed": True}),
        analytic=complex_singular_values,
    ),
    *faults(
        cube,
        A,
        cube_gradient,
        ("matrix power: as of numbers", {"like_numbers": True}),
        ("matrix power: a term dropped", {"kept": 2}),
    ),
    *faults(quadratic, B, quadratic_gradient, ("quadratic form: taken for symmetric", {"symmetric": True})),
    *faults(kron, (A, some(2, 2, seed=4)), kron_gradient, ("Kronecker: blocks transposed", {"order": "biaj"})),
    *faults(
        spectrum,
        (some(6, seed=5), some(6, seed=6)),
        spectrum_gradient,
        ("FFT: conjugated", {"conjugate": -1}, "Enzyme-JAX #2071"),
        ("FFT: inverse scaled by 1/n", {"scale": 1}),
        analytic=real_spectrum,
    ),
    *faults(
        half_spectrum,
        some(6, seed=7),
        half_spectrum_gradient,
        ("real FFT: inner bins twice", {"inner": 1}),
        analytic=real_half_spectrum,
    ),
    *faults(
        iterated,
        np.array([0.3, 0.6]),
        iterated_gradient,
        ("iteration: a step too few", {"turns": 4}),
        ("iteration: only the last step", {"last": True}),
    ),
    *faults(
        equilibrium, some(4, seed=8), equilibrium_gradient, ("fixed point: only the last step", {"implicit": False})
    ),
    *faults(
        pairs,
        np.array([[0.0, 0.1, 0], [1.1, 0, 0.2], [0.1, 1.2, 0], [0, 0.3, 1.3]]),
        pairs_gradient,
        ("pair forces: no reaction", {"reaction": False}),
        ("pair forces: 6 instead of 12", {"inner": -6}),
    ),
)

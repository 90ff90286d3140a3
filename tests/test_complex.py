"""Complex numbers: x, the values of f, and the conventions of what is claimed."""

import numpy as np
import pytest

from verification import (
    FailureMode,
    Verdict,
    check_gradient,
    check_jacobian,
    check_jvp,
    check_the_check,
    check_vjp,
)

RNG = np.random.default_rng(7)
Z = RNG.normal(size=4) + 1j * RNG.normal(size=4)
A = RNG.normal(size=(3, 4)) + 1j * RNG.normal(size=(3, 4))
H = A.conj().T


def quartic(z):
    return np.sum(np.abs(A @ z) ** 4)


def quartic_gradient(z):
    y = A @ z
    return H @ (4 * np.abs(y) ** 2 * y)


def squares(z):
    return A @ z**2


def squares_vjp(z, cotangent):
    return np.conj(2 * z) * (H @ cotangent)


def squares_jvp(z, tangent):
    return A @ (2 * z * tangent)


def squares_jacobian(z):
    return A * (2 * z)


def spectrum_loss(signal):
    return np.sum(np.abs(np.fft.fft(signal)) ** 2 * np.arange(len(signal)))


def spectrum_gradient(signal):
    spectrum = 2 * np.arange(len(signal)) * np.fft.fft(signal)
    return np.fft.ifft(spectrum).real * len(signal)


RIGHT = {
    "gradient": lambda: check_gradient(quartic, quartic_gradient, Z),
    "gradient in complex64": lambda: check_gradient(quartic, quartic_gradient, Z.astype(np.complex64)),
    "a number": lambda: check_gradient(lambda z: abs(z) ** 2, lambda z: 2 * z, 3 + 4j),
    "a gradient that is real": lambda: check_gradient(lambda z: np.sum(z.real**2), lambda z: 2 * z.real, Z),
    "real and complex arrays": lambda: check_gradient(
        lambda r, z: r * np.abs(z) ** 2, lambda r, z: (np.abs(z) ** 2, 2 * r * z), (2.0, 3 + 4j)
    ),
    "a dict": lambda: check_gradient(
        lambda p: np.sum(np.abs(p["z"]) ** 2) * p["r"],
        lambda p: {"z": 2 * p["r"] * p["z"], "r": np.sum(np.abs(p["z"]) ** 2)},
        {"z": Z, "r": np.float64(0.7)},
    ),
    "vjp": lambda: check_vjp(squares, squares_vjp, Z),
    "vjp of conj": lambda: check_vjp(np.conj, lambda z, cotangent: np.conj(cotangent), Z),
    "vjp of real values": lambda: check_vjp(np.abs, lambda z, cotangent: cotangent * z / np.abs(z), Z),
    "vjp of real x": lambda: check_vjp(lambda x: A @ x, lambda x, cotangent: (H @ cotangent).real, Z.real),
    "vjp of many outputs": lambda: check_vjp(np.fft.fft, lambda z, u: len(z) * np.fft.ifft(u), np.tile(Z, 20) * 0.3),
    "jvp": lambda: check_jvp(squares, squares_jvp, Z),
    "jvp of conj": lambda: check_jvp(np.conj, lambda z, tangent: np.conj(tangent), Z),
    "jvp of many outputs": lambda: check_jvp(np.fft.ifft, lambda z, tangent: np.fft.ifft(tangent), np.tile(Z, 20)),
    "jacobian": lambda: check_jacobian(squares, squares_jacobian, Z),
    "jacobian of real x": lambda: check_jacobian(lambda x: A @ x, lambda x: A, Z.real),
    "jacobian of many outputs": lambda: check_jacobian(np.exp, lambda z: np.diag(np.exp(z)), np.tile(Z, 10)),
    "real x, complex inside": lambda: check_gradient(spectrum_loss, spectrum_gradient, Z.real),
    "read-only and reversed": lambda: check_gradient(quartic, quartic_gradient, np.broadcast_to(Z[:1], 4)[::-1]),
}


@pytest.mark.parametrize("check", RIGHT.values(), ids=RIGHT)
def test_a_right_derivative_of_complex_numbers_agrees(check):
    assert check().verdict is Verdict.AGREES


@pytest.mark.parametrize("scale", [1e-150, 1e-8, 1e8, 1e100])
def test_at_any_scale_and_beside_the_real_line(scale):
    at = scale * (Z.real + 1e-9j * Z.imag)
    check = check_gradient(
        lambda z: np.sum(np.abs(z / scale) ** 4), lambda z: 4 * np.abs(z / scale) ** 2 * z / scale / scale, at
    )
    assert check.verdict is Verdict.AGREES


def wrong_gradient(change):
    return lambda: check_gradient(quartic, lambda z: change(quartic_gradient(z)), Z)


NAMED = {
    "conjugate": (wrong_gradient(np.conj), FailureMode.CONJUGATE, "claimed = conj(true)"),
    "Wirtinger": (wrong_gradient(lambda g: np.conj(g) / 2), FailureMode.CONJUGATE, "½ conj(true), the Wirtinger"),
    "half": (wrong_gradient(lambda g: g / 2), FailureMode.CONSTANT_FACTOR, "½ × true"),
    "turned": (wrong_gradient(lambda g: 1j * g), FailureMode.CONSTANT_FACTOR, "claimed = i × true"),
    "turned back": (wrong_gradient(lambda g: -1j * g), FailureMode.CONSTANT_FACTOR, "claimed = -i × true"),
    "sign": (wrong_gradient(lambda g: -g), FailureMode.WRONG_SIGN, "claimed = -true"),
    "the real part alone": (wrong_gradient(np.real), FailureMode.ZERO_BLOCK, "(z.imag: claimed = 0)"),
    "imaginary parts": (
        wrong_gradient(lambda g: g + 0.3j * np.arange(1, 5) ** 2),
        FailureMode.WRONG_SLICE,
        "only z.imag",
    ),
    "shift": (wrong_gradient(lambda g: np.roll(g, 1)), FailureMode.SHIFTED_INDEX, "moved by 1"),
    "one entry": (wrong_gradient(lambda g: g + 1j * np.eye(4)[2]), FailureMode.WRONG_ENTRIES, "z[2].imag"),
    "chain": (wrong_gradient(lambda g: g / Z**2), FailureMode.MISSING_CHAIN_FACTOR, "true / x²"),
    "shape": (wrong_gradient(lambda g: g[np.newaxis]), FailureMode.WRONG_SHAPE, "shape (1, 4) for z of shape (4,)"),
    "transposed": (
        lambda: check_gradient(
            lambda Z: np.sum(np.abs(A[:, :3] @ Z) ** 2), lambda Z: (2 * H[:3] @ A[:, :3] @ Z).T, A[:, 1:]
        ),
        FailureMode.TRANSPOSED,
        "claimed = trueᵀ",
    ),
    "vjp as of JAX": (
        lambda: check_vjp(squares, lambda z, u: 2 * z * (A.T @ u), Z),
        FailureMode.CONJUGATE,
        "claimed = conj(true) of the conjugate cotangent",
    ),
    "vjp of real x as of JAX": (
        lambda: check_vjp(lambda x: A @ x, lambda x, u: (A.T @ u).real, Z.real),
        FailureMode.CONJUGATE,
        "claimed = true of the conjugate cotangent",
    ),
    "jvp": (
        lambda: check_jvp(squares, lambda z, t: np.conj(squares_jvp(z, t)), Z),
        FailureMode.CONJUGATE,
        "conj(true)",
    ),
    "jacobian": (
        lambda: check_jacobian(squares, lambda z: np.conj(squares_jacobian(z)), Z),
        FailureMode.CONJUGATE,
        "claimed = conj(true)",
    ),
    "vjp of an elementwise function": (
        lambda: check_vjp(np.exp, lambda z, u: np.exp(z) * u, Z),
        FailureMode.CONJUGATE,
        "claimed = conj(true) of the conjugate cotangent",
    ),
    "a large Jacobian": (
        lambda: check_jacobian(np.exp, lambda z: np.diag(np.exp(np.conj(z))), np.tile(Z, 10)),
        FailureMode.CONJUGATE,
        "of the conjugate cotangent",
    ),
    "not holomorphic": (
        lambda: check_jacobian(lambda z: A @ (z * np.abs(z)), squares_jacobian, Z),
        FailureMode.NOT_HOLOMORPHIC,
        "a step of i times d",
    ),
}


@pytest.mark.parametrize(("check", "mode", "message"), NAMED.values(), ids=NAMED)
def test_a_wrong_derivative_of_complex_numbers_has_its_name(check, mode, message):
    found = check()
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].mode is mode
    assert message in found.diagnoses[0].message


def test_a_conjugate_is_said_once():
    assert len(NAMED["conjugate"][0]().diagnoses) == 1


def test_one_wrong_part_of_many_is_found():
    n = 20_000
    z = np.exp(1j * np.arange(n))

    def gradient(z):
        found = 4 * np.abs(z) ** 2 * z
        found[12_345] += 0.01j
        return found

    found = check_gradient(lambda z: np.sum(np.abs(z) ** 4), gradient, z)
    assert [entry.name for entry in found.entries] == ["z[12345].imag"]


def test_a_kink_is_named_by_its_parts():
    found = check_gradient(
        lambda z: np.sum(np.abs(z)), lambda z: z / np.maximum(np.abs(z), 1e-300), np.array([0j, 3 + 4j])
    )
    assert found.is_subgradient
    assert "z[0].real, z[0].imag" in found.reason


def test_the_point_nearby_is_complex_too():
    found = check_gradient(lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z, np.zeros(2, complex))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.displaced.dtype == complex
    assert found.displaced.shape == (2,)


def test_what_the_caller_passed_stays():
    at = Z.copy()

    def gradient(z):
        at[0] = 7
        z[1] = 3
        return 2 * z

    found = check_gradient(lambda z: np.sum(np.abs(z) ** 2), gradient, at)
    assert found.diagnoses[0].mode is FailureMode.GRADIENT_CHANGES_INPUT
    assert np.array_equal(at, Z)


def test_a_complex_point_that_is_not_finite_is_named():
    found = check_gradient(lambda z: np.sum(np.abs(z)), np.conj, np.array([1, complex(0, np.nan)]))
    assert found.diagnoses[0].where == "z[1]"


def test_faults_are_planted_into_complex_gradients():
    found = check_the_check(quartic, quartic_gradient, Z)
    assert found
    assert "conjugate" in [fault.name for fault in found.faults]
    real = check_the_check(lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z, Z.real.astype(complex))
    assert "conjugate" in [fault.name for fault in real.survivors]
    assert real.better.dtype == complex


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_gradient(squares, squares_jacobian, Z), "Return the real or the imaginary part"),
        (lambda: check_jacobian(np.abs, np.abs, Z), "Expected f to have complex values where x is complex"),
    ],
)
def test_what_has_no_such_derivative_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("seed", range(5))
def test_one_wrong_imaginary_part_of_a_jacobian_is_found(seed):
    z = np.exp(1j * np.linspace(0.1, 2, 20))

    def jacobian(z):
        found = np.exp(z)
        found[3] += 100j
        return found

    check = check_jacobian(lambda z: np.sum(np.exp(z)), jacobian, z, seed=seed)
    assert check.verdict is Verdict.DISAGREES
    assert [entry.name for entry in check.entries] == ["J[3].imag"]


def test_a_jacobian_by_real_and_by_complex_arrays():
    check = check_jacobian(
        lambda r, z: r[:2] * z, lambda r, z: (np.eye(2, 3) * z[:, None], np.diag(r[:2])), (np.arange(1.0, 4), Z[:2])
    )
    assert check.verdict is Verdict.AGREES

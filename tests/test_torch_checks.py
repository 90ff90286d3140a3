"""What PyTorch autograd returns: of functions, custom functions and modules."""

import pytest
import torch
from torch import nn
from torch_functions import Exponential, Slightly, T, net

from verification import FailureMode, GradientError, Verdict, assert_autograd, check_autograd


class Deaf(Exponential):
    @classmethod
    def backward(cls, ctx, cotangent):
        return super().backward(ctx, torch.ones_like(cotangent))


class Tied(nn.Module):
    """Its two layers have one weight."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3, dtype=torch.float64)
        self.second = nn.Linear(3, 3, dtype=torch.float64)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


RIGHT = {
    "a function": (torch.tanh, (T,)),
    "a function of float32": (torch.tanh, (T.float(),)),
    "bfloat16": (torch.tanh, (T.bfloat16(),)),
    "two inputs, one of them no tensor": (lambda a, b, n: (a @ b.T) * n, (T, T + 1, 3)),
    "two outputs": (lambda a: (a.sin(), a.sum()), (T,)),
    "a number": (lambda a: a.pow(3).sum(), (T,)),
    "an expanded input": (torch.sin, (T[:, :1].expand(2, 3),)),
    "an input that is not contiguous": (torch.sin, (T.T,)),
    "one that requires a gradient": (lambda a, b: a * b.abs(), (T.clone().requires_grad_(), T)),
    "an unused input": (lambda a, b: a.sin(), (T, T + 1)),
    "a custom function": (Exponential.apply, (T,)),
    "a module": (net(), (T,)),
    "a module of float32": (net(torch.float32), (T.float(),)),
    "bfloat16 in several operations": (lambda x: torch.sigmoid(x) * x**2, (T.bfloat16(),)),
    "a module of bfloat16": (net(torch.bfloat16), (T.bfloat16(),)),
    "a module that keeps statistics": (nn.BatchNorm1d(3), (torch.randn(5, 3, generator=torch.manual_seed(1)),)),
    "tensors in dicts and lists": (lambda d, n: d["a"].sin() * d["b"][0] * n, ({"a": T, "b": [T + 1]}, 2)),
    "outputs nested, and some of them integers": (lambda a: {"sorted": a.sort(), "sum": [a.sum()]}, (T,)),
    "a sparse output": (lambda a: (a * a).to_sparse(), (T,)),
    "a derivative that is zero everywhere in one output": (lambda a: (a.sin(), torch.zeros(2) * a.sum()), (T,)),
    "entries that share memory": (torch.sin, (torch.linspace(-1, 2, 30).unfold(0, 5, 2)[:, ::4],)),
    "shared storage": (lambda a, b: a * b.exp(), (T, T.view(3, 2).T)),
    "tied parameters": (Tied(), (T,)),
    "a recurrent module": (nn.GRUCell(3, 2).double(), (T, torch.zeros(2, 2).double())),
}


@pytest.mark.parametrize(("fn", "inputs"), RIGHT.values(), ids=RIGHT)
def test_autograd_is_right(fn, inputs):
    before = [value.clone() if isinstance(value, torch.Tensor) else value for value in inputs]
    state = {k: v.clone() for k, v in fn.state_dict().items()} if isinstance(fn, nn.Module) else {}
    check = check_autograd(fn, *inputs)
    assert check.verdict is Verdict.AGREES, str(check)
    assert all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in zip(inputs, before, strict=True)
    )
    assert all(torch.equal(fn.state_dict()[name], value) for name, value in state.items())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_factor_that_gradcheck_lets_pass_is_found(dtype):
    check = check_autograd(Slightly.apply, T.to(dtype))
    assert check.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR
    assert check.diagnoses[0].evidence["factor"] == pytest.approx(1.001, rel=1e-4)
    with pytest.raises(GradientError, match=r"1\.001"):
        assert_autograd(Slightly.apply, T.to(dtype))


def test_a_cotangent_that_is_ignored_is_named():
    assert check_autograd(Deaf.apply, T).diagnoses[0].mode is FailureMode.IGNORED_COTANGENT


def test_parameters_are_called_by_their_names():
    class Detached(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(3, 2).double(), nn.Linear(2, 1).double()

        def forward(self, x):
            return self.second(torch.tanh(x @ self.first.weight.detach().T + self.first.bias))

    check = check_autograd(Detached(), T)
    assert check.diagnoses[0].mode is FailureMode.ZERO_BLOCK
    assert check.diagnoses[0].where == "first.weight"
    assert check.entries[0].name.startswith("first.weight[")


def test_dropout_is_named_as_random():
    check = check_autograd(nn.Sequential(nn.Linear(3, 20), nn.Dropout()), T.float())
    assert check.verdict is Verdict.INCONCLUSIVE
    assert check.diagnoses[0].mode is FailureMode.RANDOM_FUNCTION
    assert check.diagnoses[0].where == "1"
    assert check.diagnoses[0].remedy == "Call fn.eval() first: then nothing is drawn in 1."
    assert check.reason.endswith("In training mode: 1.")
    recurrent = check_autograd(nn.LSTM(3, 4, num_layers=2, dropout=0.5).double(), T)
    assert recurrent.diagnoses[0].where == "fn"
    functional = check_autograd(nn.functional.dropout, T)
    assert functional.diagnoses[0].remedy == "Fix the seed inside f, switch dropout off, or reset the state inside f."


def test_a_kink_is_one():
    check = check_autograd(torch.relu, torch.zeros(2, dtype=torch.float64))
    assert check.is_subgradient
    assert assert_autograd(torch.relu, torch.zeros(2, dtype=torch.float64), subgradient="accept") == check


@pytest.mark.parametrize(
    ("fn", "inputs", "message"),
    [
        (torch.sin, (3,), "Expected inputs to hold tensors of floats"),
        (lambda x: x > 0, (T,), "Expected fn to return tensors of floats but got torch.bool"),
        (lambda x: x.numpy(), (T,), "Expected fn to return tensors of floats but got ndarray"),
    ],
)
def test_what_autograd_cannot_do_is_refused(fn, inputs, message):
    with pytest.raises(TypeError, match=message):
        check_autograd(fn, *inputs)


def test_inputs_are_called_as_arguments_are():
    class Flipped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, q, k):
            ctx.save_for_backward(q, k)
            return q * k

        @staticmethod
        def backward(ctx, cotangent):
            q, k = ctx.saved_tensors
            return cotangent * k, -cotangent * q

    found = check_autograd(lambda query, key: 2 * Flipped.apply(query, key), T, T + 1)
    assert found.diagnoses[0].where == "key"
    assert "products with a random cotangent" in " ".join(str(found).split())
    assert check_autograd(Flipped.apply, T, T + 1).diagnoses[0].where == "input1"


def test_no_output_is_refused():
    with pytest.raises(TypeError, match="Expected fn to return tensors of floats but got an empty tuple"):
        check_autograd(lambda _: (), T)


COMPLEX = torch.tensor([0.3 + 0.4j, -1.2 + 0.1j, 0.5 - 2j], dtype=torch.complex128)


@pytest.mark.parametrize("dtype", [torch.complex128, torch.complex64])
@pytest.mark.parametrize(
    "fn",
    [torch.exp, torch.abs, torch.conj, torch.angle, torch.fft.fft, torch.view_as_real, lambda z: (z**2, z.abs() ** 2)],
    ids=["exp", "abs", "conj", "angle", "fft", "view_as_real", "complex and real"],
)
def test_complex_tensors_keep_the_convention_of_autograd(fn, dtype):
    assert check_autograd(fn, COMPLEX.to(dtype)).verdict is Verdict.AGREES


def test_a_backward_that_forgets_to_conjugate_is_named():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z**2

        @staticmethod
        def backward(ctx, cotangent):
            (z,) = ctx.saved_tensors
            return 2 * z * cotangent

    check = check_autograd(Square.apply, COMPLEX)
    assert check.verdict is Verdict.DISAGREES
    assert check.diagnoses[0].mode is FailureMode.CONJUGATE


def test_parameters_may_be_complex():
    module = torch.nn.Linear(3, 2, dtype=torch.complex128)
    assert check_autograd(module, COMPLEX).verdict is Verdict.AGREES


NESTED = {
    "a dict": (lambda d: d["W"].detach() * d["b"], ({"W": T, "b": T + 1},), "d.W"),
    "a tuple": (lambda pair: pair[0] * pair[1].detach(), ((T, T + 1),), "pair[1]"),
    "numbers and a tuple": (lambda by: by[3].detach() * by["k"][0], ({3: T, "k": (T + 1,)},), "by[3]"),
}


@pytest.mark.parametrize(("fn", "inputs", "where"), NESTED.values(), ids=NESTED)
def test_what_is_nested_is_called_as_a_user_would_write_it(fn, inputs, where):
    found = check_autograd(fn, *inputs)
    assert found.diagnoses[0].mode is FailureMode.ZERO_BLOCK
    assert found.diagnoses[0].where == where
    assert found.entries[0].name.startswith(f"{where}[")


def test_keyword_arguments_are_handed_on_and_differentiated():
    signal, kernel = T[None], torch.randn(2, 2, 2, generator=torch.manual_seed(0)).double()
    assert check_autograd(nn.functional.conv1d, signal, kernel, padding=1)
    found = check_autograd(lambda x, *, scale: x * scale.detach(), T, scale=T + 1)
    assert found.diagnoses[0].where == "scale"
    assert found.call == "check_autograd(fn, *inputs, **options, seed=0)"
    attention = nn.MultiheadAttention(4, 2, dtype=torch.float64)
    query = torch.randn(3, 4, generator=torch.manual_seed(0)).double()
    assert check_autograd(attention, query, query + 1, query - 1, need_weights=False)


def test_a_sparse_input_is_refused_with_the_way_to_pass_it():
    with pytest.raises(TypeError, match=r"Expected s to be a dense tensor but got torch\.sparse_coo"):
        check_autograd(lambda s: s.to_dense(), T.to_sparse().requires_grad_())


def test_a_sparse_gradient_is_looked_at_as_a_dense_one():
    module = nn.Embedding(4, 3, sparse=True, dtype=torch.float64)
    assert check_autograd(module, torch.tensor([0, 2, 2])).verdict is Verdict.AGREES


def test_tensors_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"Expected the tensors to have different names but got tensors\.a\.b"):
        check_autograd(lambda tensors: tensors["a"]["b"] * tensors["a.b"], {"a": {"b": T}, "a.b": T})

"""check_autograd over torch's own database of operators: nothing right is accused, and a factor of 1.001 is found."""

import warnings
from collections import Counter

import numpy as np
import pytest
import torch
from torch.utils import _pytree as pytree

from verification import Verdict, check_autograd

database = pytest.importorskip(
    "torch.testing._internal.common_methods_invocations",
    reason="torch's operators were NOT tested: tox run -e operators does",
)

OPERATORS = {
    operator.formatted_name: operator
    for operator in database.op_db
    if operator.supports_autograd and torch.float64 in operator.supported_dtypes("cpu")
}
WRONG = {
    "as_strided_scatter": "where the strides overlap, an entry of the input is covered, and still gets a gradient",
    "nn_functional_hardsigmoid": "1/6 is rounded to float32 in the backward pass",
    "nn_functional_max_unpool1d": "of two values that go to one place, that which is lost gets a gradient too",
    "nn_functional_max_unpool2d": "the same",
    "nn_functional_max_unpool3d": "the same",
    "native_group_norm": "those of the mean and of the deviation are lost where the first output is not used",
    "normal": "the gradient by the mean and by the standard deviation is defined as zero",
    "normal_number_mean": "the same",
}
"""Operators whose gradient is not the derivative, and why; torch exempts all but hardsigmoid from its own test."""

BEYOND = {"as_strided_partial_views"}
"""Operators that read memory beyond their inputs, of which every check has copies; torch exempts them too."""

SMALL, LARGE = 200, 1_000_000
"""torch's gradcheck differentiates entry by entry, and is asked about no more of them. Samples of more than a million
entries, of which one operator has some, take a minute each."""


FACTOR, PLANTED = 1.001, 3
"""The factor is planted into so many samples of each operator: to find what is wrong takes longer than to agree."""


class Factor(torch.autograd.Function):
    """Nothing, with a gradient that is a thousandth too large."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, cotangent):
        return FACTOR * cotangent


class Sample:
    """An operator with what it is called with, as a function of the tensors that require a gradient."""

    def __init__(self, operator, sample):
        self.operator, self.sample = operator, sample
        self.values, self.structure = pytree.tree_flatten((sample.input, sample.args, sample.kwargs))
        self.places = [i for i, v in enumerate(self.values) if isinstance(v, torch.Tensor) and v.requires_grad]
        self.inputs = [self.values[place] for place in self.places]
        self.kept = [output.requires_grad for output in self._outputs(*self.inputs)] if self.places else []

    @property
    def is_differentiable(self):
        return any(self.kept) and all(value.layout is torch.strided for value in self.inputs)

    @property
    def size(self):
        return sum(value.numel() for value in self.inputs)

    def __call__(self, *tensors):
        return tuple(output for output, is_kept in zip(self._outputs(*tensors), self.kept, strict=True) if is_kept)

    def planted(self, *tensors):
        return tuple(map(Factor.apply, self(*tensors)))

    def _outputs(self, *tensors):
        values = list(self.values)
        for place, tensor in zip(self.places, tensors, strict=True):
            values[place] = tensor.clone() if tensor is self.values[place] else tensor  # some work in place
        first, args, kwargs = pytree.tree_unflatten(values, self.structure)
        found = self.operator.gradcheck_wrapper(self.operator.get_op(), first, *args, **kwargs)
        if self.sample.output_process_fn_grad is not None:
            found = self.sample.output_process_fn_grad(found)
        return [output for output in pytree.tree_flatten(found)[0] if isinstance(output, torch.Tensor)]


def samples(name):
    torch.manual_seed(0)
    drawn = OPERATORS[name].sample_inputs("cpu", torch.float64, requires_grad=True)
    found = [Sample(OPERATORS[name], sample) for sample in drawn]
    return [sample for sample in found if sample.is_differentiable and sample.size <= LARGE]


@pytest.fixture(autouse=True)
def operators_may_warn():
    """Let operators warn of what is deprecated, and of what floats do."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", [name for name in OPERATORS if name not in {*WRONG, *BEYOND}])
def test_a_right_gradient_is_never_accused_and_a_planted_factor_is_found(name, record_property):
    count = Counter(operators=1)
    compared = None
    for sample in samples(name):
        check = check_autograd(sample, *sample.inputs)
        count.update(["samples", check.verdict.name])
        assert check.verdict is not Verdict.DISAGREES, f"{sample.sample}\n{check}"
        if check:
            if check.detectable > FACTOR - 1:  # it says itself that it would not see so little: in half precision
                continue
            if count["planted"] < PLANTED:
                count["planted"] += 1
                count["found"] += check_autograd(sample.planted, *sample.inputs).verdict is Verdict.DISAGREES
            if sample.size <= SMALL and compared is None and passes_torch(sample, sample.inputs):
                compared = sample
    if compared is not None:
        count.update({"compared": 1, "found by torch": not passes_torch(compared.planted, compared.inputs)})
    count["into"] = int(count["planted"] > 0)
    for key, number in count.items():
        record_property(key, number)
    assert count["found"] == count["planted"]
    assert not count["found by torch"]


@pytest.mark.parametrize("name", WRONG)
def test_a_gradient_that_is_not_the_derivative_is_accused(name):
    assert any(check_autograd(sample, *sample.inputs).verdict is Verdict.DISAGREES for sample in samples(name))


def passes_torch(function, inputs):
    return torch.autograd.gradcheck(function, tuple(inputs), raise_exception=False)

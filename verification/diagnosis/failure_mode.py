"""The ways in which a gradient goes wrong, by name."""

from enum import Enum

__all__ = ["FailureMode"]


class FailureMode(Enum):
    """A way in which a gradient goes wrong; each member is its name, why it happens, and the remedy.

    Examples
    --------
    >>> print(FailureMode.KEPT_DIMENSION.title, "-", FailureMode.KEPT_DIMENSION.remedy)
    kept dimension - Return f(X)[:, 0], or sum without keepdims.

    """

    # The ways of a batch gradient that shifts a column at a time.
    REDUCED_OUTPUT = (
        "reduced output",
        "f returns one number for the whole batch, so every row receives the slope of the batch total.",
        "Return each row's value, or differentiate entry by entry with numerical_gradient.",
    )
    COUPLED_ROWS = (
        "coupled rows",
        "row i of f looks at other rows, and shifting all rows at once adds up what they do to one another.",
        "Differentiate entry by entry with numerical_gradient.",
    )
    SHARED_PARAMETER = (
        "shared parameter",
        "X is a weight whose rows are not samples: all of them act on one loss, and each receives their sum.",
        "Differentiate a parameter entry by entry with numerical_gradient.",
    )
    ONE_SAMPLE_FUNCTION = (
        "one-sample function",
        "f was written for one sample, so it reads rows of the batch as coordinates; the shapes fit by chance or not.",
        "Apply f row by row with numerical_gradient_batch.",
    )
    KEPT_DIMENSION = (
        "kept dimension",
        "f returns shape (N, 1), which does not fit a column of the gradient.",
        "Return f(X)[:, 0], or sum without keepdims.",
    )
    INTEGER_INPUT = (
        "integer input",
        "an integer array cannot hold x + h: the step is rounded away or refused.",
        "Pass it as floats, x.astype(float); bind labels and indices instead: lambda W: f(W, labels).",
    )
    INPUT_NOT_RESTORED = (
        "1-D input not restored",
        "x[dim] is never put back: later partials are taken at a shifted point, and x comes back changed.",
        "Put x[dim] back after each difference.",
    )
    MORE_DIMENSIONS = (
        "more than two dimensions",
        "a whole slab of X is shifted at once, so its entries receive one sum or do not fit.",
        "Shift one entry of each sample at a time.",
    )
    LOW_PRECISION = (
        "low precision",
        "rounding in the precision of x, or of an x far larger than a step, leaves few digits of the gradient or none.",
        "Compute it in float64.",
    )
    DOMAIN_EDGE = (
        "edge of the domain",
        "x - h or x + h is outside the domain of f, where f is NaN or inf.",
        "Use a smaller h, or move x away from the edge.",
    )
    NOT_FINITE_INPUT = (
        "x that is not finite",
        "x holds NaN or inf, where there is no slope.",
        "Remove the NaN and inf from x.",
    )
    ALIASED_INPUT = (
        "aliased input",
        "two of the arrays share memory; they are taken for independent, and copied apart.",
        "Pass one array where one is meant: its gradient is the sum of both.",
    )
    UNUSED_ARGUMENT = (
        "argument not used",
        "f has the same value whatever it is given: it ignores its argument, or reads x from elsewhere.",
        "Let f compute with what it is given.",
    )
    NOT_FINITE_VALUE = (
        "f that is not finite",
        "f is NaN or inf at x, where there is no slope.",
        "Move x into the domain of f.",
    )
    FUNCTION_CHANGES_INPUT = (
        "f changes its input",
        "f writes into its argument, so that what is computed next belongs to another point.",
        "Let f work on a copy, or write x = x + ... instead of x += ...",
    )
    CALLER_CHANGED = (
        "x changed from elsewhere",
        "f or the gradient has changed x itself, not the copy that it was given.",
        "Let both work with their arguments alone.",
    )
    RANDOM_FUNCTION = (
        "random f",
        "f returns another value at the same x: it draws random numbers or keeps a state, and has no derivative.",
        "Fix the seed inside f, switch dropout off, or reset the state inside f.",
    )
    STATEFUL_FUNCTION = (
        "f depends on earlier calls",
        "f repeats itself until it has been called elsewhere: it keeps a state.",
        "Reset the state inside f, or freeze running statistics.",
    )
    GRADIENT_CHANGES_INPUT = (
        "gradient changes its input",
        "the gradient writes into its argument.",
        "Let it work on a copy, or write x = x + ... instead of x += ...",
    )
    RANDOM_GRADIENT = (
        "gradient not repeatable",
        "the gradient comes out otherwise when it is asked for again at the same x.",
        "Fix its seed, and clear what it accumulates (zero the gradients) before each pass.",
    )
    STATEFUL_GRADIENT = (
        "gradient depends on earlier calls",
        "the gradient at x is another once f or the gradient was called elsewhere: it uses values kept from there.",
        "Compute the forward pass inside it: def vjp(x, u): layer.forward(x); return layer.backward(u).",
    )
    WRONG_STRUCTURE = (
        "wrong structure",
        "what is returned is not nested as it must be.",
        "Return an array for each array of x, in the same dict, list or tuple; one array if x is one.",
    )
    WRONG_SHAPE = (
        "wrong shape",
        "what is returned does not have the shape that it must have.",
        "Return an array of that shape.",
    )
    MISSING_BROADCAST_SUM = (
        "missing broadcast sum",
        "an array that was broadcast in f gets the gradient of the broadcast one: it is not summed over the new axes.",
        "Sum the gradient over the axes along which the array was broadcast.",
    )
    NOT_REAL = (
        "no real numbers",
        "the gradient holds something else than real numbers.",
        "Return arrays of floats.",
    )
    OVERFLOW = (
        "NaN or overflow",
        "the gradient holds NaN or inf where f has a finite slope: something in it overflows, or 0 is divided by 0.",
        "Rewrite the formula so that it does not overflow, as log-sum-exp does by its maximum.",
    )
    WRONG_SIGN = (
        "wrong sign",
        "the gradient is the true one times -1.",
        "Negate it; look for target - output instead of output - target.",
    )
    CONSTANT_FACTOR = (
        "constant factor",
        "the gradient is the true one times a constant.",
        "Look for a forgotten 1/2, 2, learning rate or scale.",
    )
    MISSING_BATCH_MEAN = (
        "missing batch mean",
        "the gradient is the true one times the number of samples: it sums over the batch where f takes the mean.",
        "Divide by the number of samples.",
    )
    EXTRA_BATCH_MEAN = (
        "extra batch mean",
        "the gradient is the true one divided by the number of samples, which f does not do, or only once.",
        "Divide by the number of samples just as often as f does.",
    )
    TRANSPOSED = (
        "transposed",
        "the gradient is the true one with two axes swapped.",
        "Transpose it; check the order of the factors of the matrix product.",
    )
    SWAPPED_ARGUMENTS = (
        "swapped arguments",
        "each of two arrays has got the other's gradient.",
        "Return the gradients in the order of the arguments.",
    )
    OTHER_ARGUMENT = (
        "gradient of another array",
        "an array has got the gradient of another one.",
        "Compute it by the array itself; look for a name that was used twice.",
    )
    SHIFTED_INDEX = (
        "shifted index",
        "the gradient is the true one moved along an axis.",
        "Check the indices: off by one, or a roll in the wrong direction.",
    )
    WRONG_AXIS = (
        "wrong axis",
        "the gradient is the true one flipped, or summed and spread along an axis.",
        "Check the axis of the sum, flip or broadcast.",
    )
    ZERO_BLOCK = (
        "zero block",
        "the gradient is zero where f has a slope: nothing flows back to these entries.",
        "Look for a detached value, a mask, or an array that was never filled in.",
    )
    WRONG_SLICE = (
        "wrong slice",
        "only some rows, columns, channels or slices are wrong.",
        "Check what is special about it in the backward pass: first, last, padding, loop bounds, an index used twice.",
    )
    WRONG_ENTRIES = (
        "wrong entries",
        "only some entries are wrong, and they have nothing visible in common.",
        "Check what is special about them: an index used twice, a clipped or masked value.",
    )
    DROPPED_TERM = (
        "dropped term",
        "the true gradient has one more term.",
        "Add the term; look at each path by which the array acts on f.",
    )
    EXTRA_TERM = (
        "extra term",
        "the gradient has one term that f does not have.",
        "Remove the term, or add to f what it belongs to.",
    )
    IGNORED_COTANGENT = (
        "ignored cotangent or tangent",
        "the product sees nothing, or the mean alone, of the vector that it is taken with.",
        "Multiply by the incoming cotangent (or tangent), entry by entry, before summing.",
    )
    NONLINEAR_PRODUCT = (
        "product that is not linear",
        "the product does not depend linearly on its cotangent or tangent, as every product does.",
        "Multiply by the vector, which comes second: not by its square, size or sign, and add no term without it.",
    )
    COLUMN_AT_A_TIME = (
        "column at a time",
        "each row has got the sum over all rows: a whole column was shifted at once.",
        "Shift one entry at a time, or differentiate per sample a function that returns one value a row.",
    )
    MIXED_ROWS = (
        "mixed rows",
        "the gradient of a row depends on other rows, though its value does not.",
        "Look for a sum or mean over the batch, and for rows that are taken in another order.",
    )
    STALE_POINT = (
        "gradient of another point",
        "the gradient belongs to another x.",
        "Compute it at the x that is passed: look for values cached before an update, or read from elsewhere.",
    )
    UNCHANGING = (
        "gradient that does not change",
        "the gradient is the same at other points, where f has other slopes.",
        "Look for a forgotten factor that depends on x, or for values that are cached or read from elsewhere.",
    )
    MISSING_CHAIN_FACTOR = (
        "missing chain factor",
        "the gradient lacks a factor that depends on x, or has it once too often.",
        "Multiply by the derivative of the inner function.",
    )
    BRANCH = (
        "wrong branch",
        "the gradient is wrong only where x lies on one side of a threshold.",
        "Check the condition, and the formula of that branch.",
    )
    OUTSIDE_SUBGRADIENTS = (
        "no subgradient",
        "at a kink of f the gradient is beyond all slopes that f has about it, along some direction.",
        "Give each of several equal entries a share that adds up to 1, or choose one of them.",
    )
    TRUNCATED_DTYPE = (
        "truncated dtype",
        "the gradient was rounded to a lower precision than it is returned in.",
        "Compute in the dtype of x; look for casts, integer arrays and rounded constants.",
    )
    CONJUGATE = (
        "conjugate",
        "the derivative is the complex conjugate of the true one, or a multiple of that.",
        "Conjugate the gradient, or what a product multiplies by, as in A.conj().T @ u; JAX and autograd do not.",
    )
    NOT_HOLOMORPHIC = (
        "f that is not holomorphic",
        "a step of i times d moves f by something else than i times what d does: f has no Jacobian of complex numbers.",
        "Call check_jvp or check_vjp.",
    )
    UNTOLD = (
        "inputs that tell nothing",
        "of nearly all inputs it cannot be told whether the gradient is right.",
        "Draw others: away from kinks, where f has a slope, and inside its domain.",
    )
    UNKNOWN = (
        "unknown",
        "the gradient is wrong in a way that none of the known faults explains.",
        "Compare the wrong entries with the formula.",
    )

    def __init__(self, title: str, explanation: str, remedy: str) -> None:
        self.title = title
        self.explanation = explanation
        self.remedy = remedy

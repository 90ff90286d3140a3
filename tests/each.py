"""One test of many small examples: what pytest needs for a test of its own is more than most of them take."""

import functools

__all__ = ["each"]


def each(examples):
    """Make a check of one example a test of all; what fails first is raised, and its note says of which."""

    def decorate(check):
        def test():
            failures = list(filter(None, (failure(check, example) for example in examples)))
            if failures:
                example, error = failures[0]
                error.add_note(f"of {example}; of {len(examples)} examples {len(failures)} fail")
                raise error

        functools.update_wrapper(test, check)
        del test.__wrapped__  # its parameter is no fixture
        return test

    return decorate


def failure(check, example):
    try:
        check(example)
    except Exception as error:  # noqa: BLE001 - whatever a check raises
        return example, error
    return None

"""Wrong lines planted into what saves a training and goes on from there: each makes one of its own tests fail."""

from functools import partial

import numpy as np
import pytest
import test_checkpoint as saving
import test_resuming as resuming
import test_training as training_tests
from planted_bugs import Bug

from numgrad import checkpoint, training, training_run
from numgrad.training_run import TrainingRun

goes_on = partial(resuming.test_a_run_goes_on_from_its_checkpoint, every=2, error=KeyboardInterrupt)
goes_on_after_an_error = partial(resuming.test_a_run_goes_on_from_its_checkpoint, every=2, error=resuming.StopError)


def other_rate(tmp_path):
    resuming.test_a_checkpoint_of_another_run_is_refused_and_kept(tmp_path, *resuming.OTHERS["rate"])


def other_seed(tmp_path):
    resuming.test_a_checkpoint_of_another_run_is_refused_and_kept(tmp_path, *resuming.OTHERS["seed"])


def with_saved(test):
    """Return a test of a saved checkpoint as one that saves it."""

    def run(tmp_path):
        checkpoint.save_checkpoint(saving.SAVED, tmp_path / "run.npz")
        test(tmp_path / "run.npz")

    return run


def any_kind(tmp_path):
    resuming.test_a_generator_of_any_kind_goes_on_where_it_was(tmp_path, np.random.MT19937)


def failing_write(saved):
    with pytest.MonkeyPatch.context() as patch:
        saving.test_a_write_that_fails_leaves_the_earlier_one(saved, patch, "replace")


def half_an_iteration(_):
    training_tests.test_ctrl_c_within_an_iteration_takes_back_its_half()


any_line = resuming.test_ctrl_c_on_any_line_of_a_resumed_run_loses_no_iteration
made_longer = resuming.test_a_run_that_is_done_can_be_made_longer
all_saved = resuming.test_a_run_that_is_done_has_saved_its_last_iterations
fresh_entropy = resuming.test_what_a_run_was_begun_with_outlives_a_resumption_with_fresh_entropy
flipped = with_saved(saving.test_a_flipped_weight_is_refused)
BUGS = [
    Bug(TrainingRun._resume, "self.generator.bit_generator.state = found.rng", "None", goes_on),
    Bug(TrainingRun._resume, "self.net.params.update(found.params)", "None", goes_on),
    Bug(TrainingRun.save, "if reached.evaluated_early", "if False", made_longer),
    Bug(TrainingRun.step, "if last or iteration % options.ch", "if iteration % options.ch", all_saved),
    Bug(TrainingRun._resume, "evaluations, found.origin", "evaluations, self.origin", fresh_entropy, ValueError),
    Bug(TrainingRun.begin, "ended and", "False and", made_longer),
    Bug(TrainingRun._state, "default=np.ndarray.tolist", "default=str", any_kind, TypeError),
    Bug(training.train, " or not run.begun", "", any_line),
    Bug(TrainingRun.take_back, "self.net.params.update(self.reached.params)", "None", half_an_iteration),
    Bug(TrainingRun.step, "iteration % options.checkpoint_every == 0", "False", goes_on_after_an_error),
    Bug(training.train, "run.save()", "None", goes_on),
    Bug(training_run._require_origin, "if value == begun_with", "if True", other_rate),
    Bug(training_run._require_origin, '(name == "rng" and value is None)', 'name == "rng"', other_seed),
    Bug(
        checkpoint._read,
        'arrays.pop("digest") != _digest(arrays)',
        'arrays.pop("digest") == 1',
        flipped,
    ),
    Bug(checkpoint._arrays, "np.array(history.loss, np.float64)", "np.array(history.loss, np.float32)", goes_on),
    Bug(checkpoint._checkpoint, 'about["params"]', 'about["params"][:3]', goes_on),
    Bug(checkpoint._replace, "_remove([partial])", "None", with_saved(failing_write)),
    Bug(checkpoint._replace, "partial.replace(path)", "path.write_bytes(content)", with_saved(failing_write)),
    Bug(checkpoint.save_checkpoint, "os.path.realpath(path)", "path", with_saved(saving.test_a_link_stays_a_link)),
]


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, monkeypatch, tmp_path):
    bug.plant(monkeypatch)
    with pytest.raises((bug.raises, pytest.fail.Exception)):
        bug.found_by(tmp_path)

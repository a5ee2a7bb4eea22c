"""The loop: an interrupted run ends where an unbroken one does, frozen parts stay, the loss knows right from wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("pymatting")

from scripts.training.data.composites import Sample  # noqa: E402
from scripts.training.steps import checkpoint, loop, losses, windows  # noqa: E402


def make(number: int) -> Sample:
    random = np.random.default_rng(number)
    alpha = np.zeros((32, 32), np.uint8)
    alpha[8:24, 8:24] = 255
    photo = random.integers(0, 255, (32, 32, 3)).astype(np.uint8)
    return Sample(photo, alpha, np.full_like(alpha, 255))


def run(folder: Path, stop: int | None, monkeypatch: pytest.MonkeyPatch) -> loop.Student:
    """Four steps, with a crash before step `stop` and a second start if one is given."""
    stage = loop.Stage("s", side=32, batch=2, steps=4, edges=1e-3, meaning=1e-3)
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY", 2)
    folder.mkdir()

    def crash(number: int) -> Sample:
        if stop is not None and number >= stop * stage.batch:
            raise KeyboardInterrupt
        return make(number)

    for source in (crash, make) if stop else (make,):
        torch.manual_seed(0)
        student = loop.Student()
        average = loop.duplicate(student)
        try:
            loop.train_stage(student, average, stage, source, folder, seed=0)
        except KeyboardInterrupt:
            continue
    return average


@pytest.mark.slow
def test_a_resumed_run_gives_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(tmp_path / "whole", None, monkeypatch).state_dict()
    broken = run(tmp_path / "broken", 3, monkeypatch).state_dict()
    for name, value in whole.items():
        torch.testing.assert_close(broken[name], value, rtol=0, atol=1e-6)


def test_a_rate_of_zero_freezes_a_part() -> None:
    student = loop.Student()
    steer = loop.optimiser(student, loop.Stage("s", 64, 1, 1, edges=1e-3))
    trained = {id(p) for g in steer.param_groups for p in g["params"]}
    assert all(id(p) in trained for p in student.network.edges.parameters())
    assert not any(p.requires_grad for p in student.network.encoder.parameters())


def test_the_rate_warms_up_and_fades() -> None:
    rates = [loop.rate(s, 1000) for s in range(1000)]
    assert rates[0] < 0.05 and max(rates) == pytest.approx(1) and rates[-1] < 0.03


def test_loss_prefers_the_truth_and_ignores_what_nobody_trusts() -> None:
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., 16:48, 16:48] = 1
    coarse = torch.nn.functional.avg_pool2d(alpha, 8) * 16 - 8
    right, wrong = (alpha * 2 - 1) * 8, (alpha * 2 - 1) * 8
    wrong[..., 20:30, 20:30] = -8
    trust = torch.ones_like(alpha)
    assert losses.loss(right, coarse, alpha, trust) < 0.1 * losses.loss(wrong, coarse, alpha, trust)
    trust[..., 19:31, 19:31] = 0
    plain = losses.weighted((torch.sigmoid(wrong) - alpha).abs(), trust)
    assert float(plain) < 1e-3


def test_between_two_sets_of_weights_lies_their_mean_and_neither_changes() -> None:
    torch.manual_seed(1)
    before, after = loop.Student(), loop.Student()
    first, last = (next(iter(student.parameters())).clone() for student in (before, after))
    mixed = next(iter(loop.between(before, after, 0.25).parameters()))
    torch.testing.assert_close(mixed, 0.75 * first + 0.25 * last)
    assert torch.equal(next(iter(before.parameters())), first) and torch.equal(next(iter(after.parameters())), last)


@pytest.mark.slow
def test_windows_train_the_edges_and_leave_what_is_frozen(tmp_path: Path) -> None:
    stage = loop.Stage("w", side=64, batch=2, steps=2, edges=1e-3, window=32)

    def large(number: int) -> Sample:
        small = make(number)
        return Sample(*(plane.repeat(2, 0).repeat(2, 1) for plane in (small.photo, small.alpha, small.trust)))

    torch.manual_seed(0)
    student = loop.Student()
    before = {name: value.clone() for name, value in student.network.state_dict().items()}
    loop.train_stage(student, loop.duplicate(student), stage, large, tmp_path, seed=0)
    moved = {name for name, value in student.network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved and all(name.startswith("edges.") for name in moved)


def test_windows_show_the_same_place_of_every_plane() -> None:
    alpha = torch.zeros(2, 1, 64, 64)
    alpha[0, :, 16:32, 8:40] = 0.5
    where = windows.corners(alpha, torch.ones_like(alpha), 32, 3)
    assert [b for b, _, _ in where] == [0, 0, 0, 1, 1, 1] and all(y % 8 == x % 8 == 0 for _, y, x in where)
    fine = windows.cut(alpha, where, 32)
    coarse = windows.cut(torch.nn.functional.avg_pool2d(alpha, 8), where, 32, 8)
    torch.testing.assert_close(torch.nn.functional.avg_pool2d(fine, 8), coarse)
    trust = windows.inside(torch.ones(1, 1, 32, 32))
    assert float(trust.sum()) == 16 * 16


def test_a_frozen_encoder_answers_as_the_encoder_does() -> None:
    torch.manual_seed(0)
    encoder, photo = loop.Student().network.encoder.eval(), torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        for theirs, ours in zip(windows.FrozenEncoder(encoder, 64)(photo), encoder(photo), strict=True):
            torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-4)


def test_a_checkpoint_in_halves_is_nearly_what_was_written(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student, again = loop.Student(), loop.Student()
    checkpoint.write(student, tmp_path / "next.npz")
    checkpoint.load(again, tmp_path / "next.npz")
    for ours, theirs in zip(student.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-5)


def test_gaps_are_background_between_parts_of_a_person() -> None:
    alpha = torch.zeros(1, 1, 128, 128)
    alpha[..., 40:90, 30:50] = alpha[..., 40:90, 60:80] = 1
    gaps = losses.gaps(alpha)[0, 0]
    assert float(gaps[60, 55]) > 0.5 and float(gaps[60, 40]) == 0 and float(gaps[60, 110]) == 0

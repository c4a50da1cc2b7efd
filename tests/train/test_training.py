"""Training: it learns, it goes on as if it had never stopped, and shards are one seed's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flawmap_train.cache import Shard, build_shard, fill, shards
from flawmap_train.network import CONTEXT, Context
from flawmap_train.photos import load_photos, load_shapes
from flawmap_train.training import Plan, Trainer, blended, load_weights, save_checkpoint


@pytest.fixture(scope="module")
def cache(data, tmp_path_factory):
    """Two shards of six crops."""
    out = tmp_path_factory.mktemp("cache")
    assert [p.name for p in fill(data, out, part="dev", seed=3, count=2, size=6)] == [
        "shard-00000",
        "shard-00001",
    ]
    return out


def batch_of(cache):
    shard = Shard.open(shards(cache)[0])
    return (
        np.array(shard.crops[:4]),
        np.array(shard.labels[:4]),
        shard.context[:4],
        np.array(shard.unknown[:4]),
    )


def test_a_shard_is_whole_and_the_same_for_the_same_seed(data, cache, tmp_path):
    made = Shard.open(shards(cache)[1])
    assert made.crops.shape == (6, 256, 256, 3) and made.labels.shape == (6, 8, 32, 32)
    assert made.context.shape == (6, CONTEXT) and made.context.dtype == np.float32
    again = Shard.open(
        build_shard(
            1,
            seed=3,
            count=6,
            photos=load_photos(data, "dev"),
            shapes=load_shapes(data, "dev"),
            context=Context(),
            out=tmp_path,
        )
    )
    assert np.array_equal(made.crops, again.crops)
    assert np.array_equal(made.labels, again.labels)
    assert np.array_equal(made.unknown, again.unknown)
    np.testing.assert_allclose(made.context, again.context, atol=1e-5)


def test_a_bounded_cache_drops_its_oldest_shards(data, tmp_path):
    made = fill(data, tmp_path, part="dev", seed=0, count=3, size=1, keep=2)
    assert [p.name for p in made] == ["shard-00000", "shard-00001", "shard-00002"]
    assert [p.name for p in shards(tmp_path)] == ["shard-00001", "shard-00002"]


def test_no_photos_for_a_part_is_said(tmp_path):
    (tmp_path / "photos").mkdir()
    header = "file,split,scene,tags,has_bokeh,noise_sigma,sharp_share\n"
    (tmp_path / "photos" / "photos.csv").write_text(header)
    with pytest.raises(FileNotFoundError, match="no photos for the part 'dev'"):
        next(fill(tmp_path, tmp_path / "out", part="dev", seed=0, count=1))


def test_a_few_steps_lower_the_loss(cache):
    trainer = Trainer(Plan(seconds=1e9, warm_steps=1, rate=1e-3, context_dropped=0.0))
    losses = [trainer.train_step(*batch_of(cache)) for _ in range(6)]
    assert losses[-1] < 0.9 * losses[0]


def test_a_resumed_training_ends_where_an_unbroken_one_does(cache, tmp_path):
    plan = Plan(seconds=1e9, warm_steps=2, batch=4)

    def same(a, b):
        return all(torch.equal(v, b[k]) for k, v in a.items())

    unbroken = Trainer(plan)
    whole = [unbroken.train_step(*batch_of(cache)) for _ in range(3)]
    first = Trainer(plan)
    half = [first.train_step(*batch_of(cache)) for _ in range(2)]
    save_checkpoint(first, tmp_path / "c.pt")
    second = Trainer(plan)
    second.load(tmp_path / "c.pt")
    assert (second.step, second.seen) == (2, 8)
    # The rate follows the clock; the state that the clock does not touch is equal to the bit.
    second.busy = unbroken.busy
    assert [*half, second.train_step(*batch_of(cache))] == pytest.approx(whole, rel=1e-5)
    for name, value in unbroken.network.state_dict().items():
        ours = second.network.state_dict()[name]
        torch.testing.assert_close(ours, value, rtol=1e-3, atol=1e-4)
    assert same(first.twin.state_dict(), load_weights(tmp_path / "c.pt").state_dict())


def test_a_slice_ends_with_a_checkpoint_that_can_be_loaded(cache, tmp_path):
    said = []
    trainer = Trainer(Plan(seconds=0.5, batch=2))
    trainer.run(cache, seconds=60, checkpoint=tmp_path / "w" / "c.pt", say=said.append)
    assert trainer.progress == 1.0 and trainer.step >= 1
    assert not load_weights(tmp_path / "w" / "c.pt").training


def test_training_without_crops_says_what_to_run_first(tmp_path):
    with pytest.raises(FileNotFoundError, match="run the cache command first"):
        Trainer(Plan(1.0)).run(tmp_path, seconds=1, checkpoint=tmp_path / "c.pt")


def test_a_training_can_begin_with_an_earlier_ones_weights(cache, tmp_path):
    first = Trainer(Plan(seconds=1e9, warm_steps=1))
    first.train_step(*batch_of(cache))
    save_checkpoint(first, tmp_path / "c.pt")
    state = torch.load(tmp_path / "c.pt", weights_only=True)
    state["twin"] = {k: v for k, v in state["twin"].items() if not k.startswith("around.")}
    torch.save(state, tmp_path / "older.pt")
    second = Trainer(Plan(seconds=1e9))
    second.start_from(tmp_path / "older.pt")
    # A part that the earlier network lacked begins without a say.
    assert not second.network.around[1].weight.any()
    assert (second.step, second.seen) == (0, 4)
    crops, _, context, _ = batch_of(cache)
    photo = torch.from_numpy(crops.astype(np.float32)).permute(0, 3, 1, 2)
    with torch.no_grad():
        ours = second.twin(photo, torch.from_numpy(context))
        theirs = first.twin.eval()(photo, torch.from_numpy(context))
    for a, b in zip(ours, theirs, strict=True):
        # One step of learning is all that the missing part had said.
        torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)


def test_a_network_that_grew_says_at_first_what_the_smaller_one_said(cache, tmp_path):
    first = Trainer(Plan(seconds=1e9, warm_steps=1))
    first.train_step(*batch_of(cache))
    save_checkpoint(first, tmp_path / "c.pt")
    state = torch.load(tmp_path / "c.pt", weights_only=True)
    twin = state["twin"]
    for head in ("presence", "strength"):
        for part in ("weight", "bias"):
            twin[f"{head}.{part}"] = twin[f"{head}.{part}"][:6]
    twin["photo.0.weight"] = twin["photo.0.weight"][:64, :128]
    twin["photo.0.bias"] = twin["photo.0.bias"][:64]
    twin["photo.2.weight"] = twin["photo.2.weight"][:, :64]
    torch.save(state, tmp_path / "small.pt")
    second = Trainer(Plan(seconds=1e9))
    second.start_from(tmp_path / "small.pt")
    ours = second.network.state_dict()
    assert torch.equal(ours["presence.weight"][:6], twin["presence.weight"])
    assert not ours["photo.2.weight"][:, 64:].any()
    assert not ours["photo.0.weight"][:64, 128:].any()


def test_a_blend_lies_between_two_trainings(cache, tmp_path):
    trainer = Trainer(Plan(seconds=1e9, warm_steps=1))
    save_checkpoint(trainer, tmp_path / "a.pt")
    trainer.train_step(*batch_of(cache))
    save_checkpoint(trainer, tmp_path / "b.pt")
    a, b = (load_weights(tmp_path / f"{n}.pt").state_dict() for n in "ab")
    torch.save(blended(tmp_path / "a.pt", tmp_path / "b.pt", 0.25), tmp_path / "c.pt")
    for name, value in load_weights(tmp_path / "c.pt").state_dict().items():
        if value.dtype.is_floating_point:
            torch.testing.assert_close(value, 0.25 * b[name] + 0.75 * a[name])


def test_frozen_stages_stay_as_they_are(cache):
    trainer = Trainer(Plan(seconds=1e9, warm_steps=1, frozen=2))
    before = {k: v.clone() for k, v in trainer.network.state_dict().items()}
    trainer.train_step(*batch_of(cache))
    after = trainer.network.state_dict()
    still = ("eyes.stem.", "eyes.stages.0.", "eyes.stages.1.")
    for name, value in before.items():
        if name.startswith(still):
            assert torch.equal(value, after[name]), name
    assert any(not torch.equal(v, after[k]) for k, v in before.items() if "stages.2" in k)


def test_weights_of_another_network_are_refused(tmp_path):
    trainer = Trainer(Plan(seconds=1.0))
    save_checkpoint(trainer, tmp_path / "c.pt")
    state = torch.load(tmp_path / "c.pt", weights_only=True)
    state["twin"]["elsewhere.weight"] = torch.zeros(1)
    torch.save(state, tmp_path / "c.pt")
    with pytest.raises(ValueError, match="another network: elsewhere"):
        trainer.start_from(tmp_path / "c.pt")

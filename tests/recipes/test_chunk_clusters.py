import numpy as np
import pytest
from examples.recipes import chunk_clusters
from examples.recipes.chunk_clusters import gmm_cluster, main, mixture_of_chunks


def chunks_about(n_topics, n_chunks, random):
    topics = random.normal(0.0, 6.0, (n_topics, 4))
    about = np.arange(n_chunks) % n_topics
    return topics[about] + random.normal(size=(n_chunks, 4)), about


def test_chunks_come_into_the_clusters_of_their_topics():
    chunks, about = chunks_about(4, 400, np.random.default_rng(0))
    clusters, n_clusters = gmm_cluster(chunks, most=8)
    assert n_clusters == 4
    assert all(len(one) >= 1 for one in clusters)
    first = np.array([one[0] for one in clusters])
    assert all(len(np.unique(first[about == topic])) == 1 for topic in range(4))


def test_a_chunk_between_two_topics_comes_into_both():
    random = np.random.default_rng(1)
    chunks = np.vstack([random.normal(center, 1.0, (200, 2)) for center in ([0.0, 0.0], [6.0, 0.0])])
    clusters, _ = gmm_cluster(np.vstack([chunks, [[3.0, 0.0]]]), most=4)
    assert len(clusters[-1]) == 2


@pytest.mark.filterwarnings("ignore::mixfold.errors.SelectionWarning")  # where equal chunks are most of them
def test_equal_chunks_do_not_fail():
    chunks, _ = chunks_about(3, 90, np.random.default_rng(2))
    clusters, n_clusters = gmm_cluster(np.repeat(chunks, 3, axis=0), most=6)
    assert len(clusters) == 270
    assert n_clusters >= 1


def test_of_many_chunks_the_number_is_chosen_on_a_sample_and_all_are_fitted(monkeypatch):
    monkeypatch.setattr(chunk_clusters, "MOST_TO_CHOOSE_ON", 300)
    chunks, _ = chunks_about(3, 900, np.random.default_rng(3))
    mixture = mixture_of_chunks(chunks, most=6)
    assert mixture.n_components == 3
    np.testing.assert_allclose(mixture.weights_ @ mixture.means_, chunks.mean(axis=0), atol=0.1)


def test_it_runs_as_its_first_lines_say(capsys, monkeypatch):
    monkeypatch.setattr(chunk_clusters, "MOST_TO_CHOOSE_ON", 1000)
    main(2000)
    assert capsys.readouterr().out.startswith("2000 chunks: ")

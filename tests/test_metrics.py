"""What is counted together is what would have been counted one by one."""

from prometheus_client import CollectorRegistry, Histogram

from bot import metrics

SECONDS = [0.0, 0.002, 0.0021, 0.3, 0.3, 7.0]


def samples(registry):
    [family] = registry.collect()
    return [
        (one.name, one.labels, round(one.value, 9))
        for one in family.samples
        if not one.name.endswith("_created")
    ]


def test_many_durations_at_once_are_as_many_one_by_one():
    one_by_one, together = CollectorRegistry(), CollectorRegistry()
    single = Histogram("waits", "-", buckets=(0.002, 0.01, 1), registry=one_by_one)
    for one in SECONDS:
        single.observe(one)

    metrics.Durations("waits", "-", buckets=(0.002, 0.01, 1), registry=together).observe_all(SECONDS)

    assert samples(together) == samples(one_by_one)


def test_what_was_noted_is_counted_once():
    def counted():
        return metrics.MESSAGES.labels("noted", "text", "answered")._value.get()

    before = counted()
    noted = metrics.Noted()
    for _ in range(3):
        noted.note("noted", "text", "answered", since=0.0)

    noted.write()
    noted.write()

    assert counted() == before + 3

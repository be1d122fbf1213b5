"""Fills the store of a server with the runs of a small training pipeline, by the official client.

Usage: python example.py HOST PORT

Twelve runs of `wine-quality`: each trains a model on the same data with other settings and evaluates it; the last one
fails, and one repeats an earlier one. Beside them stand nodes with hostile names and values.
"""

import sys

from google.protobuf import struct_pb2
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as proto

HOSTILE_NAME = "<img src=x onerror=\"document.title='hit'\">\u202egnp.\u0007\u0000 end"
HOSTILE_TEXT = "</script><script>document.title='hit'</script>\n{{7*7}} ${7*7} \u2066isolated\u2069 \x1b[31mred"


def main(host: str, port: int) -> None:
    store = metadata_store.MetadataStore(proto.MetadataStoreClientConfig(host=host, port=port))
    types = put_types(store)
    pipeline = proto.Context(type_id=types["Pipeline"], name="wine-quality")
    pipeline.custom_properties["team"].string_value = "sensory lab"
    [pipeline_id] = store.put_contexts([pipeline])
    pipeline.id = pipeline_id
    data_id = ingest(store, types, pipeline)
    for number in range(1, 13):
        run(store, types, pipeline, data_id, number)
    put_hostile(store, types)


def put_types(store) -> dict:
    """The ids of the types by name."""
    p = proto
    types = {
        "Dataset": artifact_type("Dataset", p.ArtifactType.DATASET, split=p.STRING, rows=p.INT),
        "Model": artifact_type("Model", p.ArtifactType.MODEL, framework=p.STRING, size_bytes=p.INT),
        "Metrics": artifact_type(
            "Metrics", p.ArtifactType.METRICS, accuracy=p.DOUBLE, loss=p.DOUBLE, passed=p.BOOLEAN
        ),
        "Report": p.ArtifactType(name="Report"),
        "Ingest": execution_type("Ingest", p.ExecutionType.PROCESS, source=p.STRING),
        "Trainer": execution_type(
            "Trainer", p.ExecutionType.TRAIN, learning_rate=p.DOUBLE, epochs=p.INT, settings=p.STRUCT
        ),
        "Evaluator": execution_type("Evaluator", p.ExecutionType.EVALUATE, threshold=p.DOUBLE),
        "Pipeline": p.ContextType(name="Pipeline"),
        "PipelineRun": p.ContextType(name="PipelineRun", properties={"trigger": p.STRING}),
    }
    put = {
        p.ArtifactType: store.put_artifact_type,
        p.ExecutionType: store.put_execution_type,
        p.ContextType: store.put_context_type,
    }
    return {name: put[type(message)](message) for name, message in types.items()}


def artifact_type(name, base, **properties):
    return proto.ArtifactType(name=name, base_type=base, properties=properties)


def execution_type(name, base, **properties):
    return proto.ExecutionType(name=name, base_type=base, properties=properties)


def event(kind, *path):
    steps = [
        proto.Event.Path.Step(index=step) if isinstance(step, int) else proto.Event.Path.Step(key=step)
        for step in path
    ]
    return proto.Event(type=kind, path=proto.Event.Path(steps=steps))


def ingest(store, types, pipeline) -> int:
    execution = proto.Execution(
        type_id=types["Ingest"], name="ingest", last_known_state=proto.Execution.COMPLETE
    )
    execution.properties["source"].string_value = "https://archive.example/wine-quality.csv"
    dataset = proto.Artifact(
        type_id=types["Dataset"],
        name="wine-quality",
        uri="s3://lab/data/wine-quality/2026-10",
        external_id="dataset:wine-quality:2026-10",
        state=proto.Artifact.LIVE,
    )
    dataset.properties["split"].string_value = "all"
    dataset.properties["rows"].int_value = 6497
    dataset.custom_properties["licence"].string_value = "CC0-1.0"
    _, artifact_ids, _ = store.put_execution(
        execution, [(dataset, event(proto.Event.OUTPUT, "examples", 0))], [pipeline]
    )
    return artifact_ids[0]


def run(store, types, pipeline, data_id, number) -> None:
    context = proto.Context(type_id=types["PipelineRun"], name=f"wine-quality-run-{number:02d}")
    context.properties["trigger"].string_value = "schedule" if number % 3 else "manual"
    [context.id] = store.put_contexts([context])
    store.put_parent_contexts([proto.ParentContext(child_id=context.id, parent_id=pipeline.id)])
    # Run 8 repeats run 4.
    variant = 4 if number == 8 else number
    is_failed = number == 12
    [dataset] = store.get_artifacts_by_id([data_id])

    trainer = proto.Execution(
        type_id=types["Trainer"],
        name=f"train-{number:02d}",
        last_known_state=proto.Execution.FAILED if is_failed else proto.Execution.COMPLETE,
    )
    trainer.properties["learning_rate"].double_value = round(0.5 / variant, 4)
    trainer.properties["epochs"].int_value = 10 + 5 * (variant % 4)
    settings = struct_pb2.Struct()
    settings.update(
        {
            "layers": [64, 32, 8],
            "optimizer": {"name": "adam", "beta": [0.9, 0.999], "warmup": variant % 2 == 0},
            "note": "seed changed" if variant % 5 == 0 else None,
        }
    )
    trainer.properties["settings"].struct_value.CopyFrom(settings)
    trainer.custom_properties["host"].string_value = f"gpu-{number % 3}"
    if is_failed:
        trainer.custom_properties["error"].string_value = "Traceback: " + "out of memory in layer 2\n" * 40
    pairs = [(dataset, event(proto.Event.INPUT, "examples", 0))]
    if not is_failed:
        model = proto.Artifact(
            type_id=types["Model"],
            name=f"wine-model-{number:02d}",
            uri=f"s3://lab/models/wine/{number:02d}",
            state=proto.Artifact.MARKED_FOR_DELETION if number < 3 else proto.Artifact.LIVE,
        )
        model.properties["framework"].string_value = "scikit-learn"
        model.properties["size_bytes"].int_value = 2**53 + number
        pairs.append((model, event(proto.Event.OUTPUT, "model", 0)))
    _, artifact_ids, _ = store.put_execution(trainer, pairs, [pipeline, context])
    if is_failed:
        return

    [model] = store.get_artifacts_by_id([artifact_ids[-1]])
    evaluator = proto.Execution(
        type_id=types["Evaluator"], name=f"evaluate-{number:02d}", last_known_state=proto.Execution.COMPLETE
    )
    evaluator.properties["threshold"].double_value = 0.8
    metrics = proto.Artifact(
        type_id=types["Metrics"], name=f"metrics-{number:02d}", uri=f"s3://lab/metrics/{number:02d}.json"
    )
    accuracy = round(0.93 - 0.16 / (variant + 0.5) - 0.002 * (variant % 3), 4)
    metrics.properties["accuracy"].double_value = accuracy
    metrics.properties["loss"].double_value = round(1.1 * (1 - accuracy), 4)
    metrics.properties["passed"].bool_value = accuracy > 0.8
    store.put_execution(
        evaluator,
        [
            (dataset, event(proto.Event.INPUT, "examples", 0)),
            (model, event(proto.Event.INPUT, "model", 0)),
            (metrics, event(proto.Event.OUTPUT, "metrics", 0)),
        ],
        [pipeline, context],
    )


def put_hostile(store, types) -> None:
    artifact = proto.Artifact(
        type_id=types["Dataset"], name=HOSTILE_NAME, uri="javascript:document.title='hit'"
    )
    artifact.custom_properties["text"].string_value = HOSTILE_TEXT
    artifact.custom_properties["<b>bold</b>"].string_value = "the name of this property is markup"
    artifact.custom_properties["long"].string_value = "0123456789abcdef" * 65536
    artifact.custom_properties["constructor"].int_value = -(2**63)
    artifact.custom_properties["packed"].proto_value.type_url = "type.example/lab.Unknown"
    artifact.custom_properties["packed"].proto_value.value = b"\x08\x01"
    store.put_artifacts([artifact])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

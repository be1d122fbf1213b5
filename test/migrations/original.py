"""Runs the original on databases: each line of standard input is a JSON array, a task and its arguments. Here `db` is
a ConnectionConfig in protocol buffers' JSON.

  ["fill", db, values]   makes a database with something of everything in it, integers of `values.bits` bits (and a
                         sign) and the text `values.text` among it
  ["downgrade", db, n]   takes it back to schema version n
  ["upgrade", db]        brings it to the original's own version
  ["read", db]           prints the names of the nodes, by kind, as a line of JSON
"""

import json
import sys

from google.protobuf import any_pb2, json_format, struct_pb2
from ml_metadata import metadata_store, proto
from ml_metadata.proto import metadata_store_pb2

KINDS = {
    "i": metadata_store_pb2.INT,
    "d": metadata_store_pb2.DOUBLE,
    "s": metadata_store_pb2.STRING,
    "t": metadata_store_pb2.STRUCT,
    "p": metadata_store_pb2.PROTO,
    "b": metadata_store_pb2.BOOLEAN,
}


def config(database):
    return json_format.ParseDict(database, proto.ConnectionConfig())


def fill(database, values):
    store = metadata_store.MetadataStore(config(database))
    artifact_type = store.put_artifact_type(
        proto.ArtifactType(
            name="Data",
            version="v1",
            description="rows",
            external_id="type-a",
            properties=KINDS,
            base_type=proto.ArtifactType.DATASET,
        )
    )
    other_type = store.put_artifact_type(proto.ArtifactType(name="Data", version="v2"))
    any_input = metadata_store_pb2.ArtifactStructType()
    any_input.any.SetInParent()
    execution_type = store.put_execution_type(
        proto.ExecutionType(
            name="Train", properties=KINDS, input_type=any_input, base_type=proto.ExecutionType.TRAIN
        )
    )
    context_type = store.put_context_type(proto.ContextType(name="Run", properties=KINDS, external_id="type-c"))

    data = proto.Artifact(type_id=artifact_type, name="data", uri="s3://bucket/ä", state=2, external_id="a")
    nameless = proto.Artifact(type_id=artifact_type)
    model = proto.Artifact(type_id=other_type, name="", uri="")
    run = proto.Execution(type_id=execution_type, name="run", last_known_state=3, external_id="e")
    again = proto.Execution(type_id=execution_type)
    pipeline = proto.Context(type_id=context_type, name="pipeline", external_id="c")
    part = proto.Context(type_id=context_type, name="part 'of' it")
    for node in (data, run, pipeline):
        set_properties(node.properties, values)
        set_properties(node.custom_properties, values)
        node.custom_properties["long"].string_value = "long " * 20_000
        node.custom_properties["least"].int_value = -(2 ** values["bits"])
        node.custom_properties["empty"].string_value = ""
    artifacts = store.put_artifacts([data, nameless, model])
    executions = store.put_executions([run, again])
    contexts = store.put_contexts([pipeline, part])

    path = proto.Event.Path(steps=[{"key": "models"}, {"index": 7}])
    store.put_events(
        [
            event(artifacts[0], executions[0], proto.Event.INPUT, None),
            event(artifacts[1], executions[0], proto.Event.OUTPUT, path),
            event(artifacts[2], executions[0], proto.Event.DECLARED_OUTPUT, path),
            event(artifacts[1], executions[1], proto.Event.INPUT, None),
        ]
    )
    store.put_attributions_and_associations(
        [proto.Attribution(artifact_id=id, context_id=contexts[0]) for id in artifacts],
        [proto.Association(execution_id=id, context_id=contexts[1]) for id in executions],
    )
    store.put_parent_contexts([proto.ParentContext(parent_id=contexts[0], child_id=contexts[1])])


def set_properties(properties, values):
    thing = any_pb2.Any(type_url="type.example/Thing", value=bytes([0, 255, 10]))
    struct = struct_pb2.Struct()
    struct.update({"list": [1, "a", None], "empty": {}})
    properties["i"].int_value = 2 ** values["bits"] - 1
    properties["d"].double_value = 0.125
    properties["s"].string_value = values["text"]
    properties["t"].struct_value.CopyFrom(struct)
    properties["p"].proto_value.CopyFrom(thing)
    properties["b"].bool_value = True


def event(artifact_id, execution_id, type, path):
    return proto.Event(
        artifact_id=artifact_id, execution_id=execution_id, type=type, path=path, milliseconds_since_epoch=12345
    )


def downgrade(database, version):
    metadata_store.downgrade_schema(config(database), version)


def upgrade(database):
    metadata_store.MetadataStore(config(database), enable_upgrade_migration=True)


def read(database):
    store = metadata_store.MetadataStore(config(database))
    types = store.get_artifact_types() + store.get_execution_types() + store.get_context_types()
    print(
        json.dumps(
            {
                "types": [type.name for type in types],
                "artifacts": [[node.id, node.uri, node.name] for node in store.get_artifacts()],
                "executions": [[node.id, node.name] for node in store.get_executions()],
                "contexts": [[node.id, node.name] for node in store.get_contexts()],
                "events": len(store.get_events_by_artifact_ids([1, 2, 3])),
            }
        ),
        flush=True,
    )


TASKS = {"fill": fill, "downgrade": downgrade, "upgrade": upgrade, "read": read}

for line in sys.stdin:
    task, *arguments = json.loads(line)
    TASKS[task](*arguments)

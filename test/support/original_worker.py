"""Serves the original's native extension on a pipe, in raw protocol buffer bytes.

Standard input holds calls, standard output the answers to them, in order. All integers are unsigned, 32 bits,
little endian; `bytes` is a length and that many bytes.

  call    method: bytes, request: bytes
  answer  code: integer (0 OK), message: bytes, response: bytes

The method `open` takes a ConnectionConfig and must come first; coming again, it replaces the store. A method that
the extension does not have is answered UNIMPLEMENTED. Standard error is the extension's own log.

The request of the method `batch` is a sequence of calls. They are made one after the other, up to the first that
fails; the response is the nanoseconds that they took, and the processor's nanoseconds, 64 bits each.
"""

import io
import os
import struct
import sys
import time

from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store

UNKNOWN = 2
UNIMPLEMENTED = 12
LENGTH = struct.Struct("<I")
TIMES = struct.Struct("<QQ")


def serve(read, write):
    store = None
    while True:
        method = read_bytes(read)
        if method is None:
            return
        request = read_bytes(read)
        if method == b"open":
            store, answer = open_store(request)
        elif method == b"batch":
            answer = batch(store, io.BytesIO(request))
        else:
            answer = call(store, method.decode(), request)
        code, message, response = answer
        write.write(
            b"".join(
                (LENGTH.pack(code), LENGTH.pack(len(message)), message, LENGTH.pack(len(response)), response)
            )
        )
        write.flush()


def open_store(config):
    try:
        return metadata_store.CreateMetadataStore(config, b""), (0, b"", b"")
    except RuntimeError as error:
        # The extension keeps the status code of a failed open to itself.
        return None, (UNKNOWN, str(error).encode(), b"")


def call(store, method, request):
    function = getattr(metadata_store, method, None)
    if function is None:
        return UNIMPLEMENTED, b"not offered by the extension: " + method.encode(), b""
    response, message, code = function(store, request)
    return code, message, response


def batch(store, calls):
    prepared = []
    while (method := read_bytes(calls)) is not None:
        prepared.append((getattr(metadata_store, method.decode()), read_bytes(calls)))
    processor = time.process_time_ns()
    start = time.perf_counter_ns()
    for function, request in prepared:
        _, message, code = function(store, request)
        if code != 0:
            return code, message, b""
    taken = time.perf_counter_ns() - start
    return 0, b"", TIMES.pack(taken, time.process_time_ns() - processor)


def read_bytes(read):
    head = read.read(LENGTH.size)
    return read.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


if __name__ == "__main__":
    # The answers get the pipe for themselves, whatever else might print.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)

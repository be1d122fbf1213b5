import { Code, ConnectError } from "@connectrpc/connect";

/** What to tell a person about a failed call. */
export function explain(error: Error): { title: string; detail: string } {
  if (!(error instanceof ConnectError))
    return { title: "Something went wrong on this page", detail: error.message };
  const titles: Partial<Record<Code, string>> = {
    [Code.Unavailable]: "The server cannot be reached",
    [Code.Unknown]: "The server cannot be reached",
    [Code.NotFound]: "Not found",
    [Code.InvalidArgument]: "The server does not understand this",
    [Code.ResourceExhausted]: "Too much at once",
    [Code.DeadlineExceeded]: "It took too long",
  };
  return { title: titles[error.code] ?? `The server answered ${Code[error.code]}`, detail: error.rawMessage };
}

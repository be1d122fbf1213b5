/** The canonical gRPC status codes an operation can fail with, by name and number. */
export const codeNumbers = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type Code = keyof typeof codeNumbers;

/** A client sees at most this many characters of a message: gRPC sends it in a header, and headers are limited. */
const messageLengthMax = 1000;

/**
 * The one error that leaves this package. `code` and `message` are for the caller and are what the server
 * sends; `cause` (a driver's error, say) stays in the process.
 */
export class MlmdError extends Error {
  override readonly name = "MlmdError";
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(shorten(message, messageLengthMax), options);
    this.code = code;
  }
}

export function invalidArgument(message: string): MlmdError {
  return new MlmdError("INVALID_ARGUMENT", message);
}

export function notFound(message: string): MlmdError {
  return new MlmdError("NOT_FOUND", message);
}

export function alreadyExists(message: string, cause?: unknown): MlmdError {
  return new MlmdError("ALREADY_EXISTS", message, { cause });
}

/** A user's text as it is shown in a message: quoted and printable. */
export function quote(text: string): string {
  return `"${printable(text)}"`;
}

/** Control characters, and those that change the direction of the text around them. */
const unprintable = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** A user's text with what would disturb the message escaped, cut to a readable length. */
export function printable(text: string): string {
  const escaped = JSON.stringify(shorten(text, 100)).slice(1, -1);
  return escaped.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function shorten(text: string, lengthMax: number): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
}

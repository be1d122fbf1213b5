import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MethodName, methods } from "../../src/contract/service.ts";
import { codeNumbers, MlmdError } from "../../src/errors.ts";
import type { MetadataStore } from "../../src/index.ts";
import { inMemory, Original } from "../support/original.ts";
import { originalPython, skipNote } from "../support/python.ts";
import { type OpenTarget, targets } from "../support/targets.ts";
import { type Case, parseCases, printAnswer, readCases } from "./cases.ts";
import { ask, type Call, load } from "./store.ts";

const cases = readCases();
const title = ({ place, kind, filter }: Case) => `${place} ${kind}: ${filter}`;

function callOf({ rpc }: MetadataStore): Call {
  return async (method, bytes) => {
    const { input, output } = descriptor(method);
    const operation = rpc[method] as (request: Message) => Promise<Message>;
    try {
      const response = await operation.call(rpc, fromBinary(input, bytes));
      return { code: 0, message: "", response: toBinary(output, response) };
    } catch (error) {
      if (!(error instanceof MlmdError)) throw error;
      return { code: codeNumbers[error.code], message: error.message, response: new Uint8Array() };
    }
  };
}

function descriptor(method: MethodName) {
  const found = methods.get(method);
  if (found === undefined) throw new RangeError(`no method ${method}`);
  return found;
}

describe("the files of cases", () => {
  test("hold each filter once", () => {
    const filters = cases.map(({ kind, filter }) => `${kind}: ${filter}`);
    expect(filters.filter((filter, i) => filters.indexOf(filter) < i)).toEqual([]);
    expect(filters.length).toBeGreaterThan(300);
  });

  test.each([
    ["artifact: id = 1", "nothing is expected"],
    ["artifact: id = 1\n  -> 1, 2", "no answer"],
    ["artifact: id = 1\n  -> BAD_CODE", "no answer"],
    ["artifact: id = 1\n  -> 1\n  original: 2", "needs its reason"],
    ["artifact: id = 1\n  -> 1\n  why: so", "needs its reason"],
    ["artifact: id = 1\n  -> 1\n  original: 1\n  why: so", "no difference"],
    ["artefact: id = 1\n  -> 1", "expected a kind"],
    ["artifact: id = 1\n  -> 1\n  mysql: 1", "expected a kind"],
  ])("refuse %j", (text, reason) => {
    expect(() => parseCases("x", text)).toThrow(reason);
  });
});

// How a filter gets to a server makes no difference to what it selects.
const embedded = targets.filter(({ name }) => name.endsWith("embedded"));

describe.each(embedded)("$name", ({ name, missing, open }) => {
  describe.skipIf(missing !== undefined)("selects", () => {
    let target: OpenTarget;
    let call: Call;
    const database = /^\w+/.exec(name)?.[0] ?? "";

    beforeAll(async () => {
      target = await open();
      call = callOf(target.store);
      await load(call);
    });
    afterAll(() => target.close());

    test.each(cases.map((each) => [title(each), each] as const))("%s", async (_, each) => {
      const expected = each.byDatabase.get(database) ?? each.expected;
      expect(printAnswer(await ask(call, each))).toBe(printAnswer(expected));
    });
  });
});

const python = await originalPython();

describe.skipIf(python.missing !== undefined)(`the original${skipNote(python)}`, () => {
  let original: Original;
  const call: Call = (method, request) => original.call(descriptor(method).name, request);

  beforeAll(async () => {
    original = await Original.start(python.python as string, inMemory());
    await load(call);
  });
  afterAll(() => original.stop());

  // A difference that is stated must be there, or the case fails as well.
  test.each(cases.map((each) => [title(each), each] as const))("%s", async (_, each) => {
    expect(printAnswer(await ask(call, each))).toBe(printAnswer(each.original ?? each.expected));
  });
});

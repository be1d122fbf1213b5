import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { evaluate, train } from "../../src/cli/quickstart/classifier.ts";
import { featureNames, readPenguins, split } from "../../src/cli/quickstart/penguins.ts";
import { runs } from "../../src/cli/quickstart/pipeline.ts";
import { openStore } from "../../src/index.ts";
import { here, mlmd, printed } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "mlmd-quickstart-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("fills a new file and answers seven questions, each with a command that gives the answer again", async () => {
  const { code, stdout, stderr } = await mlmd(["quickstart", "new one.db"], {
    cwd: folder,
    env: { COLUMNS: "100" },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const parts = stdout.split(/^\d\. .*\n(?=\$ )/m).slice(1);
  expect(parts).toHaveLength(7);
  for (const part of parts) {
    const command = /^\$ mlmd (.*) --sqlite 'new one\.db'\n\n/.exec(part)?.[1] ?? "";
    const answer = await printed([...command.split(" "), "--sqlite", join(folder, "new one.db")], {
      COLUMNS: "100",
    });
    expect(answer).not.toBe("");
    expect(part).toContain(answer);
  }
  expect(existsSync(join(folder, "new one.db-wal"))).toBe(false);
});

test("leaves a file that is there alone, and says what to do", async () => {
  const file = join(folder, "mine.db");
  writeFileSync(file, "mine");
  const { code, stdout, stderr } = await here(["quickstart", file]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /is there already, and the example fills a new file: give another name, or remove it first/,
  );
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect((await here(["quickstart", join(folder, "none", "x.db")])).stderr).toMatch(
    /cannot be made .*folder there\?/,
  );
});

test("what is recorded is what was computed", async () => {
  const file = join(folder, "computed.db");
  await printed(["quickstart", file]);
  const store = await openStore({ sqlite: { path: file, mode: "READONLY" } });
  const evaluations = await store.getArtifactsByType("ModelEvaluation");
  const computed = runs.map((run) => {
    const parts = split(readPenguins().filter(({ year }) => year <= run.lastYear));
    return evaluate(train(parts.train, run), parts.eval);
  });
  expect(evaluations.map(({ properties }) => properties.accuracy)).toEqual(
    computed.map(({ accuracy }) => Number(accuracy.toFixed(4))),
  );
  expect(evaluations.map(({ properties }) => properties.confusion)).toEqual(
    computed.map(({ confusion }) => confusion),
  );
  // Better data and more of it make better models, or there would be nothing to see in the example.
  expect(evaluations.map(({ properties }) => properties.accuracy)).toEqual([0.9091, 0.9545, 0.9706]);

  // The second run found what the first had made.
  const states = (await store.getExecutions()).map(({ name, lastKnownState }) => `${name} ${lastKnownState}`);
  expect(states.filter((state) => state.endsWith("CACHED"))).toEqual([
    "run-2.CsvExampleGen CACHED",
    "run-2.StatisticsGen CACHED",
  ]);
  expect(states).toHaveLength(15);
  await store.close();
});

test("the classifier tells apart what can be told apart, and the same input gives the same model", () => {
  const parameters = { features: featureNames, epochs: 50, learningRate: 0.5 };
  const parts = split(readPenguins());
  const classifier = train(parts.train, parameters);
  expect(train(parts.train, parameters)).toEqual(classifier);
  const { accuracy, logLoss, confusion } = evaluate(classifier, parts.eval);
  const guesses = Object.values(confusion).flatMap((row) => Object.values(row));
  expect(guesses.reduce((sum, count) => sum + count, 0)).toBe(parts.eval.length);
  expect(accuracy).toBeGreaterThan(0.9);
  // A model that knows nothing gives each of three species the same probability.
  expect(logLoss).toBeLessThan(Math.log(3) / 2);
  const shuffled = parts.train.map((penguin, index) => ({
    ...penguin,
    species: ["Adelie", "Chinstrap", "Gentoo"][index % 3] as string,
  }));
  expect(evaluate(train(shuffled, parameters), parts.eval).accuracy).toBeLessThan(0.7);
});

test("the measurements are those of their source", () => {
  const penguins = readPenguins();
  expect(penguins).toHaveLength(342);
  expect(Object.groupBy(penguins, ({ species }) => species)).toMatchObject({
    ...{ Adelie: { length: 151 }, Chinstrap: { length: 68 }, Gentoo: { length: 123 } },
  });
});

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { MlmdError } from "../../../src/errors.ts";
import { compileFilter } from "../../../src/filter/compile.ts";
import { type Candidate, type Completion, complete, type StoreNames } from "../lib/complete.ts";
import { type KindName, kinds } from "../lib/kinds.ts";
import { Text } from "./text.tsx";

interface FilterBoxProps {
  readonly kind: KindName;
  readonly value: string;
  readonly names: StoreNames;
  /** Is given a filter that the language allows, or an empty text. */
  readonly onApply: (filter: string) => void;
}

/** What is wrong with the filter: the message with its caret; undefined where it is right. */
export function problemOf(kind: KindName, text: string): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    compileFilter(kind, text);
    return undefined;
  } catch (error) {
    return error instanceof MlmdError ? error.message : String(error);
  }
}

/** The text of the box, what may stand at its caret, and what is wrong with it. */
function useFilter({ kind, value, names, onApply }: FilterBoxProps) {
  const [text, setText] = useState(value);
  const [completion, setCompletion] = useState<Completion | undefined>();
  const [chosen, setChosen] = useState(-1);
  const [problem, setProblem] = useState<string | undefined>();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setText(value);
    setProblem(problemOf(kind, value));
    setCompletion(undefined);
  }, [kind, value]);
  const candidates = completion?.candidates ?? [];
  const close = () => setCompletion(undefined);
  const offer = () => {
    const input = box.current;
    if (input === null) return;
    setCompletion(complete(kind, input.value, input.selectionStart ?? input.value.length, names));
    setChosen(-1);
  };
  const edit = (next: string) => {
    setText(next);
    // While a text is being written it is not wrong yet; what was wrong is right as soon as it is.
    if (problem !== undefined) setProblem(problemOf(kind, next));
    offer();
  };
  const take = ({ text: added }: Candidate) => {
    const input = box.current;
    if (input === null || completion === undefined) return;
    const start = text.slice(0, completion.from) + added;
    input.value = start + text.slice(completion.to);
    input.focus();
    input.setSelectionRange(start.length, start.length);
    edit(input.value);
  };
  const apply = () => {
    const found = problemOf(kind, text);
    setProblem(found);
    close();
    if (found === undefined) onApply(text.trim());
  };
  const move = (by: 1 | -1) => {
    if (candidates.length === 0) return offer();
    const from = chosen < 0 && by < 0 ? 0 : chosen;
    setChosen((from + by + candidates.length) % candidates.length);
  };
  return { box, text, candidates, chosen, problem, offer, edit, take, apply, move, close };
}

/**
 * A box for a filter: offers the names that may stand at the caret, and says what is wrong and where. The language
 * is read here by the rules that the server reads it by; the server has the last word.
 */
export function FilterBox(props: FilterBoxProps) {
  const { kind } = props;
  const { box, text, candidates, chosen, problem, ...act } = useFilter(props);
  const id = useId();
  const onKey = (event: KeyboardEvent) => {
    const candidate = candidates[chosen];
    if (event.key === "ArrowDown") act.move(1);
    else if (event.key === "ArrowUp") act.move(-1);
    else if (event.key === "Escape") act.close();
    else if ((event.key === "Enter" || event.key === "Tab") && candidate) act.take(candidate);
    else return;
    event.preventDefault();
  };
  const isOpen = candidates.length > 0;
  return (
    <form
      className="filter-box"
      onSubmit={(event) => {
        event.preventDefault();
        act.apply();
      }}
    >
      <div className="filter-field">
        <input
          ref={box}
          type="text"
          role="combobox"
          aria-label={`Filter ${kinds[kind].plural}`}
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={`Filter ${kinds[kind].plural}, e.g. ${examples[kind]}`}
          value={text}
          onChange={(event) => act.edit(event.target.value)}
          onClick={act.offer}
          onKeyDown={onKey}
          onBlur={act.close}
        />
        <Candidates id={id} candidates={candidates} chosen={chosen} onTake={act.take} />
      </div>
      <button type="submit">Filter</button>
      {problem !== undefined && <Problem id={`${id}-problem`} message={problem} />}
    </form>
  );
}

/** The first line says what is wrong and may be long; the others are the place with the caret under it. */
function Problem({ id, message }: { readonly id: string; readonly message: string }) {
  const [what = "", ...place] = message.split("\n");
  return (
    <div id={id} className="filter-problem" role="alert">
      <Text max={2000}>{what}</Text>
      {place.length > 0 && (
        <pre>
          <Text max={500} keepLines>
            {place.join("\n")}
          </Text>
        </pre>
      )}
    </div>
  );
}

const examples: Readonly<Record<KindName, string>> = {
  artifact: "type = 'Model' AND properties.accuracy.double_value > 0.9",
  execution: "last_known_state = FAILED AND contexts_a.name = 'run-42'",
  context: "name LIKE 'run-%' AND parent_contexts_p.name = 'pipeline'",
};

interface CandidatesProps {
  readonly id: string;
  readonly candidates: readonly Candidate[];
  readonly chosen: number;
  readonly onTake: (candidate: Candidate) => void;
}

function Candidates({ id, candidates, chosen, onTake }: CandidatesProps) {
  return (
    <div
      id={`${id}-list`}
      className="candidates"
      role="listbox"
      aria-label="Completions"
      hidden={candidates.length === 0}
    >
      {candidates.map((candidate, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the box, which keeps the focus
        <div
          key={candidate.text}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onTake(candidate)}
        >
          <code>
            <Text>{candidate.text.trim()}</Text>
          </code>
          <span className="quiet">
            <Text>{candidate.hint}</Text>
          </span>
        </div>
      ))}
    </div>
  );
}

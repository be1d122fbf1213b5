import type { ReactNode } from "react";
import { setParams } from "../lib/address.ts";
import { plainText } from "../lib/text.ts";
import type { Grouping } from "./group.ts";
import { type Direction, directions } from "./hops.ts";
import { groupingText, hopsMax, readGrouping, toParams, type ViewState } from "./state.ts";

const directionNames: Readonly<Record<Direction, string>> = {
  both: "Ancestors and descendants",
  before: "Ancestors",
  after: "Descendants",
  connected: "All that is connected",
};

const hopChoices = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50, hopsMax];

interface ToolbarProps {
  readonly state: ViewState;
  /** Whether direction and hops mean something: a context is shown whole. */
  readonly isWalk: boolean;
  readonly grouping: Grouping;
  readonly contextTypes: readonly { typeId: bigint; type: string; count: number }[];
  readonly foundText: string;
  readonly onFindNext: () => void;
  readonly children: ReactNode;
}

export function Toolbar(props: ToolbarProps) {
  const { state, isWalk, grouping, contextTypes, foundText, onFindNext, children } = props;
  return (
    <form
      className="lineage-tools"
      onSubmit={(event) => {
        event.preventDefault();
        onFindNext();
      }}
    >
      {isWalk && <WalkChoices state={state} />}
      <label>
        Group by
        <select
          value={groupingText(grouping)}
          onChange={({ target }) => {
            const chosen = readGrouping(target.value);
            setParams(toParams({ grouping: chosen, opened: new Set(), isAll: false }));
          }}
        >
          <option value="none">nothing</option>
          <option value="type">type</option>
          {contextTypes.map(({ typeId, type, count }) => (
            <option key={String(typeId)} value={`context.${typeId}`}>
              {`${plainText(type)} (${count})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Find
        <input
          type="search"
          value={state.find}
          placeholder="name, type, URI, #id"
          onChange={({ target }) => setParams(toParams({ find: target.value }), { replace: true })}
        />
      </label>
      <span className="lineage-found" role="status">
        {foundText}
      </span>
      <span className="lineage-spring" />
      <fieldset className="lineage-switch">
        <legend className="for-readers">Show as</legend>
        <button
          type="button"
          aria-pressed={!state.isTable}
          onClick={() => setParams(toParams({ isTable: false }))}
        >
          Picture
        </button>
        <button
          type="button"
          aria-pressed={state.isTable}
          onClick={() => setParams(toParams({ isTable: true }))}
        >
          Table
        </button>
      </fieldset>
      {children}
    </form>
  );
}

function WalkChoices({ state }: { readonly state: ViewState }) {
  const choices = [...new Set([...hopChoices, state.hops])].sort((a, b) => a - b);
  return (
    <>
      <label>
        Show
        <select
          value={state.direction}
          onChange={({ target }) => {
            const direction = directions.find((known) => known === target.value);
            if (direction) setParams(toParams({ direction, more: [] }));
          }}
        >
          {directions.map((direction) => (
            <option key={direction} value={direction}>
              {directionNames[direction]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Hops
        <select
          value={state.hops}
          onChange={({ target }) => setParams(toParams({ hops: Number(target.value) }))}
        >
          {choices.map((hops) => (
            <option key={hops} value={hops}>
              {hops === hopsMax ? "all (100)" : hops}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

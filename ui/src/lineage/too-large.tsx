import { setParams } from "../lib/address.ts";
import { plainText } from "../lib/text.ts";
import { type LineageTooLarge, nodesMax } from "./read.ts";
import { toParams, type ViewState } from "./state.ts";

/** So many boxes are drawn unasked. */
export const boxesMax = 2000;

/** Ways on where the picture would have more boxes than help anyone. */
export function TooManyBoxes({
  boxes,
  state,
  contextTypes,
}: {
  readonly boxes: number;
  readonly state: ViewState;
  readonly contextTypes: readonly { typeId: bigint; type: string; count: number }[];
}) {
  return (
    <div className="lineage-notice" role="status">
      <h2>{boxes.toLocaleString("en-US")} boxes are more than can be read</h2>
      <p>Nothing is drawn yet. Groups make a picture of it; a group can be opened where it is of interest.</p>
      <p className="lineage-actions">
        {state.opened.size > 0 && (
          <button type="button" onClick={() => setParams(toParams({ opened: new Set() }))}>
            Close the opened groups
          </button>
        )}
        <button
          type="button"
          onClick={() => setParams(toParams({ grouping: { by: "type" }, opened: new Set() }))}
        >
          Group by type
        </button>
        {contextTypes
          .filter(({ count }) => count > 1 && count <= boxesMax)
          .map(({ typeId, type }) => (
            <button
              type="button"
              key={String(typeId)}
              onClick={() => setParams(toParams({ grouping: { by: "context", typeId }, opened: new Set() }))}
            >
              Group by {plainText(type, 60)}
            </button>
          ))}
        <FewerHops state={state} />
        <button type="button" onClick={() => setParams(toParams({ isAll: true }))}>
          Draw all {boxes.toLocaleString("en-US")}
        </button>
      </p>
    </div>
  );
}

/** Ways on where the lineage cannot even be read. */
export function TooLarge({ error, state }: { readonly error: LineageTooLarge; readonly state: ViewState }) {
  const known = error.sizes
    .map((count, hops) => ({ count, hops }))
    .filter(({ count, hops }) => hops > 0 && count <= nodesMax);
  return (
    <div className="lineage-notice" role="alert">
      <h2>This lineage is too large to show at once</h2>
      <p>{error.message}</p>
      {known.length > 0 ? (
        <ul>
          {known.map(({ count, hops }) => (
            <li key={hops}>
              <button type="button" onClick={() => setParams(toParams({ hops, more: [] }))}>
                {hops} {hops === 1 ? "hop" : "hops"}
              </button>{" "}
              {count.toLocaleString("en-US")} nodes
            </li>
          ))}
        </ul>
      ) : (
        <p className="lineage-actions">
          <FewerHops state={state} />
          {state.direction !== "before" && (
            <button type="button" onClick={() => setParams(toParams({ direction: "before" }))}>
              Ancestors only
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function FewerHops({ state }: { readonly state: ViewState }) {
  const fewer = Math.floor(state.hops / 2);
  if (fewer < 1) return null;
  return (
    <button type="button" onClick={() => setParams(toParams({ hops: fewer, more: [] }))}>
      Only {fewer} {fewer === 1 ? "hop" : "hops"}
    </button>
  );
}
